"""Events: no field can hold free text, and an error is named without its message."""

import json
import logging
from uuid import UUID, uuid4

import msgspec
import pytest

from adstelle import events

# A word of ours, never of a person: a Stelle's code, a kind of promise, a
# reason of a refusal, a process, a city, a module
# and a line, a rule of the city's plan and what keeps a case.
OUR_WORDS = {
    (name, str)
    for name in ("stelle", "kind", "reason", "process", "city", "at", "rule", "obstacle")
}
SAFE_TYPES = {bool, int, UUID, events.ErrorName, int | None}


@pytest.mark.parametrize("event", events.Event.__subclasses__(), ids=lambda kind: kind.__name__)
def test_no_field_can_hold_free_text(event: type[events.Event]) -> None:
    for field in msgspec.structs.fields(event):
        assert field.type in SAFE_TYPES or (field.name, field.type) in OUR_WORDS, field.name


def test_an_error_is_named_without_its_message() -> None:
    error = ValueError("Frau Beispiel aus der Krautgasse")

    assert events.error_name(error) == "ValueError"
    assert events.where(error) == "unknown"


def test_the_place_of_an_error_is_a_module_and_a_line() -> None:
    def fail() -> None:
        raise RuntimeError("Krautgasse")

    try:
        fail()
    except RuntimeError as error:
        place = events.where(error)

    module, _, line = place.rpartition(":")
    assert module.endswith("test_events")
    assert line.isdigit()


def test_an_event_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    events.configure()
    member = uuid4()
    events.emit(events.SignedIn(member_id=member))

    written = capsys.readouterr().out
    assert written.count("\n") == 1
    assert json.loads(written) == {"event": "SignedIn", "member_id": str(member)}


def test_no_other_logger_speaks(capfd: pytest.CaptureFixture[str]) -> None:
    events.configure()
    for name in ("", "litestar", "asyncio", "uvicorn.error"):
        logging.getLogger(name).error("Krautgasse")

    assert "Krautgasse" not in "".join(capfd.readouterr())
