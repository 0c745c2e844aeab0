"""`adstelle statistics tabulate`: what it prints, how it ends, what it never says."""

import json
from pathlib import Path

import msgspec
import pytest

from adstelle.city import CITIES
from adstelle.disclosure.problem import read
from adstelle.statistics_cli import main
from tests.counting.cases import card, several

PLAN = str(CITIES / "jena" / "statistics.toml")
YEAR = ["--from", "2027-01-01", "--to", "2027-12-31", "--cut-off", "2028-03-31"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cards.jsonl"
    path.write_bytes(b"\n".join(msgspec.json.encode(it) for it in several(30)))
    return path


def test_cards_in_a_problem_out(file: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["tabulate", str(file), "--plan", PLAN, *YEAR]) == 0
    out, err = capsysbinary.readouterr()
    problem = read(out)
    assert err == b""
    values = {cell.id: cell.value for cell in problem.cells}
    assert values["contacts"] == values["incidents area=work"] == 30
    assert b"null" not in out


def test_groups_can_be_coarser(file: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    merges = ["--merge", "area=area_broad", "--merge", "place=none"]
    assert main(["tabulate", str(file), "--plan", PLAN, *YEAR, *merges]) == 0
    dims = json.loads(capsysbinary.readouterr().out)["dims"]
    assert "area_broad" in dims
    assert not {"area", "place"} & dims.keys()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (["--merge", "area=nowhere"], "nowhere"),
        (["--plan", "nowhere.toml", "--city", str(CITIES / "jena")], "file is missing"),
        (["--from", "2027-01-02"], "whole months"),
    ],
)
def test_what_is_wrong_is_said(
    file: Path, capsys: pytest.CaptureFixture[str], change: list[str], told: str
) -> None:
    assert main(["tabulate", str(file), "--plan", PLAN, *YEAR, *change]) == 2
    assert told in capsys.readouterr().err


def test_a_card_that_cannot_be_read_is_named_by_its_line(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = json.loads(msgspec.json.encode(card(area="canary")))
    one["card"]["month"] = 202705
    file.write_bytes(file.read_bytes() + b"\n" + json.dumps(one).encode())
    assert main(["tabulate", str(file), "--plan", PLAN, *YEAR]) == 2
    told = capsys.readouterr().err
    assert ":31: " in told
    assert "canary" not in told
