"""retention.toml: every state has its one rule, and what others rely on is kept long enough."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from adstelle.city import CITIES, City, CityError, load_city
from adstelle.domain.case import State
from adstelle.domain.retention import Kind

Change = Callable[[str], str]
Edit = Callable[[Change], list[str]]
OPEN: Final = '["neu", "gelesen", "in_bearbeitung", "rueckfrage", "wartet_auf_stelle", "ruht"]'


@pytest.fixture
def faults_of(tmp_path: Path) -> Edit:
    """Change Jena's plan and say what the check finds."""

    def faults(change: Change) -> list[str]:
        folder = tmp_path / "jena"
        shutil.copytree(CITIES / "jena", folder)
        file = folder / "retention.toml"
        text = file.read_text(encoding="utf-8")
        changed = change(text)
        assert changed != text
        file.write_text(changed, encoding="utf-8")
        try:
            load_city(folder, today=date(2026, 11, 22))
        except CityError as error:
            return [fault.message for fault in error.faults]
        return []

    return faults


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (OPEN, OPEN.replace('"in_bearbeitung", ', ""), "in state in_bearbeitung is kept"),
        (OPEN, OPEN.replace("]", ', "abgeschlossen"]'), "has a rule already, see A1"),
        (
            f"states = {OPEN}",
            f'states = {OPEN}\nkinds = ["report"]',
            "of kind package in state neu",
        ),
        ('id = "A2"', 'id = "A1"', "rule A1 is written twice"),
        ("log = 36", "log = 11", "log: at least 12 months"),
        ("tombstones = 12", "tombstones = 6", "tombstones: at least 12 months"),
        ("months = 36", "months = 0", "months"),
        ('\nthen = "ask"', '\nthen = "burn"', "then"),
        ("[periods]", "[period]", "[periods] is missing"),
        ('reason = "retention_rule.open"', 'reason = "retention_rule.opne"', "retention_rule.opne"),
        ("months = 36", "months = 36\nverified_on = 2027-01-01", "verified in the future"),
        ('"ruht"]', '"ruht", "irgendwie"]', "irgendwie"),
    ],
)
def test_a_plan_that_could_mislead_is_refused(
    faults_of: Edit, old: str, new: str, found: str
) -> None:
    assert any(found in fault for fault in faults_of(lambda text: text.replace(old, new, 1)))


def test_every_state_and_kind_has_its_rule(city: City) -> None:
    for state in State:
        for kind in Kind:
            assert city.retention.rule(state, kind).fits(state, kind)


def test_what_no_lawyer_has_read_is_said(city: City) -> None:
    said = [warning.message for warning in city.warnings if Path(warning.file).stem == "retention"]
    assert said == [
        "retention rule A1: not yet verified",
        "retention rule A2: not yet verified",
        "other periods: not yet verified",
    ]
