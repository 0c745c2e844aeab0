"""The steps of a case are exactly those of this table."""

import itertools

import pytest

from adstelle.domain.case import STEPS, State, advance, allowed
from adstelle.errors import StepRefused

TABLE = {
    "neu": {"gelesen"},
    "gelesen": {"in_bearbeitung", "rueckfrage", "abgeschlossen"},
    "in_bearbeitung": {"rueckfrage", "abgeschlossen"},
    "rueckfrage": {"in_bearbeitung", "abgeschlossen"},
    "abgeschlossen": {"in_bearbeitung"},
}


@pytest.mark.parametrize(("state", "to"), list(itertools.product(State, State)))
def test_a_step_is_taken_or_refused_as_the_table_says(state: State, to: State) -> None:
    if to in TABLE[state]:
        assert advance(state, to) is to
    else:
        with pytest.raises(StepRefused):
            advance(state, to)


@pytest.mark.parametrize("state", State)
def test_the_steps_offered_are_those_that_are_taken(state: State) -> None:
    assert set(allowed(state)) == TABLE[state]
    assert len(allowed(state)) == len(set(allowed(state)))


def test_every_state_can_be_reached_and_left() -> None:
    reached = {to for steps in STEPS.values() for to in steps}
    assert reached == set(State) - {State.NEU}
    assert all(STEPS[state] for state in State)


def test_the_table_cannot_be_changed_while_running() -> None:
    with pytest.raises(TypeError):
        STEPS[State.NEU] = ()  # type: ignore[index]  # that is the point
