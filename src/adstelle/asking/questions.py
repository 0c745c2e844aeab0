"""The questions of the form: a table. One entry a page, in the order in which they are asked."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Literal

import msgspec

from adstelle.domain.roles import AFFECTED, THIRD_PARTIES

Kind = Literal["choice", "choices", "select", "long", "line", "date", "stellen", "tick", "files"]

MOST_ACCOUNT: Final = 20_000
MOST_WORDS: Final = 2_000
MOST_LINE: Final = 200
INTERNET: Final = "internet"
FILES: Final = "files"  # its answer says only that there are some: they lie elsewhere
NOBODY: Final = "niemand"  # the choice "only count it, give it to nobody"
AGREES: Final = ("ja", "niemand_bestimmtes", "nein")
RESIDENT: Final = ("ja", "nein", "unklar")

Answers = Mapping[str, tuple[str, ...]]


class Field(msgspec.Struct, frozen=True):
    """One thing to fill in. *codes* names a list of the city's codes, or lists the codes itself.

    *most* is the number of characters that may be typed; *autocomplete* is the WCAG 1.3.5 token.
    """

    name: str
    kind: Kind
    codes: str | tuple[str, ...] = ()
    required: bool = False
    most: int = MOST_LINE
    autocomplete: str | None = None


def always(answers: Answers) -> bool:
    """Most questions are asked of everybody."""
    return True


def is_own(answers: Answers) -> bool:
    """Whether somebody reports what happened to themselves."""
    return answers.get("reporter_role") == (AFFECTED,)


def is_third_party(answers: Answers) -> bool:
    """Whether somebody reports what happened to another person."""
    return not THIRD_PARTIES.isdisjoint(answers.get("reporter_role", ()))


def has_recipient(answers: Answers) -> bool:
    """Whether at least one Stelle was chosen, or may still be."""
    return "stellen" not in answers or bool(set(answers["stellen"]) - {NOBODY})


class Step(msgspec.Struct, frozen=True):
    """One page. The first field carries the heading; *name* is the last part of the URL."""

    name: str
    fields: tuple[Field, ...]
    applies: Callable[[Answers], bool] = always


STEPS: Final = (
    Step("rolle", (Field("reporter_role", "choice", "reporter_role"),)),
    Step("zustimmung", (Field("affected_agrees", "choice", AGREES),), is_third_party),
    Step("was", (Field("incident_type", "choice", "incident_type"),)),
    Step("erzaehlen", (Field("account", "long", required=True, most=MOST_ACCOUNT),)),
    Step(
        "wann",
        (
            Field("date", "date"),
            Field("date_words", "line"),
            Field("frequency", "choice", "frequency"),
        ),
    ),
    Step(
        "wo",
        (
            Field("territory", "choice", "place"),
            Field("district", "select", "district"),
            Field("place", "line"),
        ),
    ),
    Step("wohnort", (Field("resident", "choice", RESIDENT),)),
    Step("bereich", (Field("area_of_life", "choice", "area_of_life"),)),
    Step(
        "grund",
        (Field("grounds", "choices", "grounds"), Field("ground_words", "long", most=MOST_WORDS)),
    ),
    Step("wer", (Field("alleged_responsible", "choice", "alleged_responsible"),)),
    Step("dateien", (Field(FILES, "files"),)),
    Step("hilfe", (Field("mandates", "choices", "mandate"),)),
    Step("stellen", (Field("stellen", "stellen", required=True),)),
    Step(
        "antwort",
        (
            Field("language", "choice", "language"),
            Field("interpreter", "line"),
            Field("address_as", "line"),
        ),
        has_recipient,
    ),
    Step(
        "kontakt",
        (
            Field("name", "line", autocomplete="name"),
            Field("mail", "line", autocomplete="email"),
            Field("phone", "line", autocomplete="tel"),
            Field("voicemail", "tick"),
            Field("safe_times", "line"),
            Field("with_contact", "choices", "chosen"),
        ),
        has_recipient,
    ),
)

BY_NAME: Final = {step.name: step for step in STEPS}
MOST_UNDER_ONE_HEADING: Final = 2  # a page with more fields has a heading of its own


def path(answers: Answers) -> tuple[Step, ...]:
    """The pages this person is asked, in order."""
    return tuple(step for step in STEPS if step.applies(answers))


def after(step: Step, answers: Answers) -> Step | None:
    """The page after *step*; None when all questions were asked."""
    following = STEPS[STEPS.index(step) + 1 :]
    return next((later for later in following if later.applies(answers)), None)


def unasked(answers: Answers) -> Step | None:
    """The first page this person was never shown; a change may open one."""
    return next(
        (step for step in path(answers) if not set(names(step.fields)) & answers.keys()), None
    )


def before(step: Step, answers: Answers) -> Step | None:
    """The page before *step*; None on the first."""
    earlier = STEPS[: STEPS.index(step)]
    return next((page for page in reversed(earlier) if page.applies(answers)), None)


def names(fields: Iterable[Field]) -> tuple[str, ...]:
    """The names under which a step's entries arrive: a date has three."""
    return tuple(
        name
        for field in fields
        for name in (
            (f"{field.name}-tag", f"{field.name}-monat", f"{field.name}-jahr")
            if field.kind == "date"
            else (field.name,)
        )
    )
