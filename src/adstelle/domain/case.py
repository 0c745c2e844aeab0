"""The steps of a case: one table of what may follow what, read by every screen and test."""

from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from adstelle.domain.handover import Decision
from adstelle.errors import StepRefused


class State(StrEnum):
    """Where a case of one Stelle stands; the person sees these words, translated."""

    NEU = "neu"
    GELESEN = "gelesen"
    IN_BEARBEITUNG = "in_bearbeitung"
    RUECKFRAGE = "rueckfrage"
    ABGESCHLOSSEN = "abgeschlossen"


STEPS: Final = MappingProxyType(
    {
        State.NEU: (State.GELESEN,),
        State.GELESEN: (State.IN_BEARBEITUNG, State.RUECKFRAGE, State.ABGESCHLOSSEN),
        State.IN_BEARBEITUNG: (State.RUECKFRAGE, State.ABGESCHLOSSEN),
        State.RUECKFRAGE: (State.IN_BEARBEITUNG, State.ABGESCHLOSSEN),
        State.ABGESCHLOSSEN: (State.IN_BEARBEITUNG,),
    }
)


def allowed(state: State) -> tuple[State, ...]:
    """Name the states that may follow *state*."""
    return STEPS[state]


def advance(state: State, to: State) -> State:
    """Take a step. Raises `StepRefused` where the table has none."""
    if to not in STEPS[state]:
        raise StepRefused
    return to


# Who takes a case over works on it, who cannot closes it. A question to the person stays asked.
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
