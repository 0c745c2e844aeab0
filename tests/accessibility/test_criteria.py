"""The table of criteria is complete and names nothing that does not exist."""

import ast
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from accessibility.browser import CHECKS
from accessibility.browser.axe import axe_rules
from accessibility.browser.tab import Tab
from accessibility.rules import RULES

ROOT = Path(__file__).parents[2]
FILE = ROOT / "accessibility" / "criteria.toml"
CRITERIA: list[dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["criterion"]
EVIDENCE = ("rules", "browser", "axe", "tests")
IDS = [criterion["id"] for criterion in CRITERIA]


def test_every_criterion_is_there_once() -> None:
    """All of A and AA (4.1.1 is obsolete), and of AAA what we take on."""
    assert Counter(criterion["level"] for criterion in CRITERIA) == {"A": 31, "AA": 24, "AAA": 25}
    assert len(set(IDS)) == len(IDS)


@pytest.mark.parametrize("criterion", CRITERIA, ids=IDS)
def test_the_status_is_honest(criterion: dict[str, Any]) -> None:
    """Proven by checks, judged by a named person on a day, or open with what is to be judged."""
    has_evidence = any(criterion.get(kind) for kind in EVIDENCE)
    match criterion["status"]:
        case "proven" | "absent":
            assert has_evidence
            assert "person" not in criterion
        case "open":
            assert criterion["person"].endswith("?")
            assert "by" not in criterion
        case "judged":
            assert criterion["by"]
            assert criterion["on"]
        case status:
            pytest.fail(f"unknown status {status}")


@pytest.mark.parametrize("criterion", CRITERIA, ids=IDS)
def test_every_check_exists(criterion: dict[str, Any]) -> None:
    assert set(criterion.get("rules", ())) <= set(RULES)
    assert set(criterion.get("browser", ())) <= set(CHECKS)
    for test in criterion.get("tests", ()):
        file, _, name = test.partition("::")
        assert name in functions(ROOT / file), test


def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}


@pytest.mark.browser
async def test_every_rule_of_axe_exists(tab: Tab) -> None:
    await tab.page.goto("about:blank")
    named = {rule for criterion in CRITERIA for rule in criterion.get("axe", ())}

    assert named <= await axe_rules(tab)


def test_every_check_serves_a_criterion_or_protects_people() -> None:
    """What is checked for another reason than WCAG is named here with that reason."""
    for_privacy = {
        "nothing_is_loaded_from_elsewhere",
        "links_lead_where_they_may",
        "nothing_foreign_is_asked_for",
        "prints_what_belongs_to_the_person",
    }
    for_languages = {
        "what_is_typed_has_its_own_direction",
        "foreign_words_carry_their_language",
        "mirrored_from_right_to_left",
        "dark_only_where_wanted",
    }
    for_robustness = {
        "ids_are_unique",
        "texts_are_filled_in",
        "script_only_adds",
        "browser_does_not_complain",
    }
    named = {
        check
        for criterion in CRITERIA
        for kind in ("rules", "browser")
        for check in criterion.get(kind, ())
    }

    assert named | for_privacy | for_languages | for_robustness == set(RULES) | set(CHECKS)
