"""No text that somebody sends keeps a process busy: time grows with a text, never with its square.

Each of these stopped the public or the advisers' process for minutes or days, with one request.
"""

import resource
import subprocess
import sys

from adstelle.web import days

SECONDS = 60  # of the processor; all of it takes about two, and each defect alone far more
CASES = """
from adstelle.accounts import entered
from adstelle.asking import form
from adstelle.domain import masking, search
from adstelle.files import kinds
from adstelle.web import days

ACCENTS = "a" + "\\u0301\\u0316" * 200_000
HIDDEN = "a" + "\\uff9e\\u0f73" * 200_000
DOTS = "a@" + "." * 1_000_000 + "@"

for text in (ACCENTS, HIDDEN):
    days.read_parts(days.TypedDay(month=text))
    search.words_of(text)
    entered.normalised_passphrase(text)
    kinds.clean_name(text)
    entered.matching_step("A" * 32, text, __import__("datetime").datetime.now())
assert not form.is_like_mail(DOTS)
list(masking.sentences(DOTS[:200_000]))
"""


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def test_what_people_send_takes_no_more_time_than_it_is_long() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", CASES], preexec_fn=limit, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_a_month_is_no_longer_than_a_month() -> None:
    assert days.read_parts(days.TypedDay(month="März")) == (None, 3, None)
    assert days.read_parts(days.TypedDay(month="März" + "\N{COMBINING ACUTE ACCENT}" * 100)) is None
