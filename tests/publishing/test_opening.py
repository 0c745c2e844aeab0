"""Opening on every core: the same as on one, in the same order, and nothing stays behind."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from adstelle.cards import Opened, Sealed, What
from adstelle.crypto import sealing
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sessions import ChainedKey
from adstelle.domain.counting import Assessment
from adstelle.publishing import work
from adstelle.publishing.opening import FEW, Ended, opening
from tests.counting.cases import card

KEY = PrivateKey.generate()
MANY = FEW + 1  # rows, so there are other processes
OTHER = """
import sys
from adstelle.crypto.hpke import PrivateKey
from adstelle.publishing.opening import _Process
print(_Process(PrivateKey.generate())._process.pid, flush=True)
sys.stdin.read()
"""


def rows(number: int) -> Iterator[Sealed]:
    """Assessments and then cards; the last of each does not open."""
    key = KEY.public()
    for _ in range(number):
        it = uuid4()
        word = Assessment(card_id=uuid4(), stelle="ads_jena", outcomes=("rat",))
        yield Sealed(What.ASSESSMENT, it, sealing.seal_assessment(it, word, key))
    yield Sealed(What.ASSESSMENT, uuid4(), b"damaged")
    for _ in range(number):
        given = card(card_id=uuid4())
        sealed = sealing.seal_card(given.card_id, given.card, key)
        yield Sealed(What.CARD, given.card_id, sealed)
    yield Sealed(What.CARD, uuid4(), b"damaged")


def opened(
    pages: Sequence[Sequence[Sealed]], number: int, key: PrivateKey = KEY
) -> list[tuple[UUID, bytes | None]]:
    with opening(key, number) as lent:
        return [(it.number, it.content) for it in lent(pages)]


def test_several_processes_give_what_one_gives_in_its_order() -> None:
    """Pages of every size, more of them than processes, and none at all."""
    every = [*rows(20)]
    pages = [every[at : at + size] for at, size in ((0, 1), (1, 7), (8, 2), (10, 30), (40, 2))]
    found = opened(pages, MANY)

    assert [number for number, _ in found] == [it.number for it in every]
    assert sum(content is None for _, content in found) == 2
    assert found == opened(pages, 1)
    assert opened([], MANY) == []
    newer = ChainedKey(PrivateKey.generate().seed, [KEY.seed])
    assert found == opened(pages, MANY, newer), "after a new key, before all is sealed for it"


def test_a_process_that_is_gone_is_no_end_of_the_cards() -> None:
    with opening(KEY, MANY) as lent:
        found = lent([[*rows(1)]] * 50)
        next(found)
        for child in _children():
            os.kill(child, signal.SIGKILL)
        with pytest.raises(Ended):
            deque(found, maxlen=0)


def test_it_ends_with_whoever_started_it_however_that_ends() -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    opener = Path(f"/proc/{int(other.stdout.readline())}")
    assert opener.exists()
    other.send_signal(signal.SIGKILL)
    other.communicate()
    for _ in range(600):
        if not _is_running(opener):
            break
        time.sleep(0.1)
    assert not _is_running(opener)


def test_how_many_assessments_are_opened_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "EVERY", 2)
    told: list[tuple[str, int, int | None]] = []
    given = [
        Opened(what=what, number=uuid4(), content=b"")
        for what in [What.ASSESSMENT] * 5 + [What.CARD] * 3
    ]
    passed = work._told(given, 5, lambda it: told.append((it.step, it.done, it.of)))

    assert [*passed] == given
    assert told == [("opening", 0, 5), ("opening", 2, 5), ("opening", 4, 5)]


def _children() -> list[int]:
    """The processes that open for this one."""
    found = (int(it.name) for it in Path("/proc").iterdir() if it.name.isdigit())
    return [pid for pid in found if _parent(pid) == os.getpid() and _opens(pid)]


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def _opens(pid: int) -> bool:
    try:
        return b"adstelle.publishing.opening" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _is_running(process: Path) -> bool:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
