"""The steps of a case: one table of what may follow what, read by every screen and test."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

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
