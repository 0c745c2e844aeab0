"""The steps of a case: one table of what may follow what, read by screens, tests and diagram."""

from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import msgspec

from adstelle.domain.handover import Decision
from adstelle.errors import StepRefused

TAKE_BACK_WITHIN: Final = timedelta(minutes=10)


class State(StrEnum):
    """Where a case of one Stelle stands; the person sees these words, translated.

    States stand in clear in the database, so none of them says what a case is about, or for whom
    it waits: partner, court, authority and the other side are all one `wartet_auf_stelle`.
    """

    NEU = "neu"
    GELESEN = "gelesen"
    IN_BEARBEITUNG = "in_bearbeitung"
    RUECKFRAGE = "rueckfrage"
    WARTET_AUF_STELLE = "wartet_auf_stelle"
    RUHT = "ruht"
    ABGESCHLOSSEN = "abgeschlossen"


STEPS: Final = MappingProxyType(
    {
        State.NEU: (State.GELESEN,),
        State.GELESEN: (State.IN_BEARBEITUNG, State.RUECKFRAGE, State.ABGESCHLOSSEN),
        State.IN_BEARBEITUNG: (
            State.RUECKFRAGE,
            State.WARTET_AUF_STELLE,
            State.RUHT,
            State.ABGESCHLOSSEN,
        ),
        State.RUECKFRAGE: (
            State.IN_BEARBEITUNG,
            State.WARTET_AUF_STELLE,
            State.RUHT,
            State.ABGESCHLOSSEN,
        ),
        State.WARTET_AUF_STELLE: (
            State.IN_BEARBEITUNG,
            State.RUECKFRAGE,
            State.RUHT,
            State.ABGESCHLOSSEN,
        ),
        State.RUHT: (State.IN_BEARBEITUNG, State.ABGESCHLOSSEN),
        State.ABGESCHLOSSEN: (State.IN_BEARBEITUNG,),
    }
)


class Closing(StrEnum):
    """Why a case was closed. It says something about the case, so it is kept sealed only."""

    GEKLAERT = "geklaert"
    NICHT_WEITER = "nicht_weiter"
    KEIN_KONTAKT = "kein_kontakt"
    ANDERE_STELLE = "andere_stelle"
    NICHT_UNSERE = "nicht_unsere"
    ANDERES = "anderes"


class LastStep(msgspec.Struct, frozen=True, kw_only=True):
    """The step that a case took last.

    *takes_back* whether it took another one back, *is_own* whether the member who asks took it,
    *age* since when, *acts_since* how much else was done with the case in that step or after it.
    """

    step_id: int
    from_state: State
    to_state: State
    takes_back: bool
    is_own: bool
    age: timedelta
    acts_since: int


def allowed(state: State) -> tuple[State, ...]:
    """Name the states that may follow *state*."""
    return STEPS[state]


def advance(state: State, to: State) -> State:
    """Take a step. Raises `StepRefused` where the table has none."""
    if to not in STEPS[state]:
        raise StepRefused
    return to


def may_take_back(last: LastStep | None) -> bool:
    """Whether the last step can be undone: one's own, of the last minutes, nothing done since.

    That a case was read cannot be undone, nor what took another step back. A step that did more
    than change the state, as taking a case over does, has told somebody: it stays.
    """
    return (
        last is not None
        and last.is_own
        and not last.takes_back
        and last.from_state is not State.NEU
        and timedelta(0) <= last.age <= TAKE_BACK_WITHIN
        and last.acts_since == 0
    )


# Who takes a case over works on it, who cannot closes it. What was asked or waits stays so.
_DECIDED: Final = MappingProxyType(
    {
        Decision.ACCEPTED: {
            State.NEU: (State.GELESEN, State.IN_BEARBEITUNG),
            State.GELESEN: (State.IN_BEARBEITUNG,),
            State.ABGESCHLOSSEN: (State.IN_BEARBEITUNG,),
        },
        Decision.REFUSED: {
            State.NEU: (State.GELESEN, State.ABGESCHLOSSEN),
            State.GELESEN: (State.ABGESCHLOSSEN,),
            State.IN_BEARBEITUNG: (State.ABGESCHLOSSEN,),
            State.RUECKFRAGE: (State.ABGESCHLOSSEN,),
            State.WARTET_AUF_STELLE: (State.ABGESCHLOSSEN,),
            State.RUHT: (State.ABGESCHLOSSEN,),
        },
    }
)


def brought_about(state: State, decision: Decision) -> tuple[tuple[State, State], ...]:
    """The steps that a decision takes from *state*, one after the other; none where it fits."""
    return tuple(pairwise((state, *_DECIDED[decision].get(state, ()))))


def takes_over(to: State) -> bool:
    """Whether a step says that the case is taken over: who works on it has done so."""
    return to is State.IN_BEARBEITUNG


def may_decide(before: Decision | None, now: Decision) -> bool:
    """A refusal can be taken back as long as the case is there. What was taken over stays so:
    who cannot go on closes it, or refers it on with the person.
    """
    return before is not Decision.ACCEPTED or now is Decision.ACCEPTED


def diagram() -> str:
    """Draw the table as Mermaid does: one line for each step, in the order of the table."""
    lines = [f"    [*] --> {State.NEU}"]
    lines += [f"    {state} --> {to}" for state, following in STEPS.items() for to in following]
    return "\n".join(("stateDiagram-v2", *lines))
