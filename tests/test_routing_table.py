"""The decision table for lawyers: complete, in plain German, safe to open."""

import csv
import io
import re
import shutil
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from adstelle.city import City, load_city
from adstelle.routing_cli import main
from adstelle.routing_table import (
    ASKED,
    KINDS,
    MARK,
    NOT_OURS,
    SUBJECT,
    Table,
    as_csv,
    as_html,
    as_markdown,
    harmless,
    read_table,
)
from tests.cities import ALL, ERFUNDENSTEDT, JENA

PAGE = Path(__file__).parents[1] / "docs" / "routing.md"
TODAY = date(2026, 11, 22)


@pytest.fixture(params=ALL, ids=lambda folder: folder.name)
def table(request: pytest.FixtureRequest) -> Table:
    return read_table(load_city(request.param), request.param)


@pytest.fixture(scope="module")
def jena() -> Table:
    return read_table(load_city(JENA), JENA)


def german(city: City, key: str) -> str:
    return city.catalogue.text("de", key)


def parsed(content: str) -> list[dict[str, str]]:
    """Read it as a spreadsheet does: the mark says UTF-8, the separator is a semicolon."""
    assert content.startswith(MARK)
    return list(csv.DictReader(io.StringIO(content.removeprefix(MARK)), delimiter=";"))


def suggested(table: Table) -> int:
    return sum(bool(subject.when) for subject in table.city.subjects)


def test_every_rule_has_its_row_with_everything_about_it(table: Table) -> None:
    city, rows = table.city, list(table.rows())

    assert [row.name for row in rows[: len(city.rules)]] == [rule.id for rule in city.rules]
    assert len(rows) == len(city.rules) + suggested(table)
    for row, rule in zip(rows, city.rules, strict=False):
        assert row.reason == german(city, rule.reason)
        assert row.stellen == tuple(german(city, city.stellen[s].name) for s in rule.stellen)
        assert len(row.conditions) == len(rule.when)
        assert (row.kind == NOT_OURS) == (rule.kind == "not_ours")


def test_sets_are_spelled_out_and_answers_are_those_of_the_form(table: Table) -> None:
    """As many answers as the rule really knows, each in the words that people tick."""
    for row, rule in zip(table.rows(), table.city.rules, strict=False):
        for shown, condition in zip(row.conditions, rule.when, strict=True):
            for question in ASKED:
                codes = getattr(condition, question)
                words = shown.questions.get(question, ())
                assert len(words) == len(codes)
                assert not any("@" in word or "_" in word for word in words)
                if question in {"grounds", "territory", "incident_type"}:
                    labels = {f"„{german(table.city, f'code.{question}.{c}')}“" for c in codes}
                    assert set(words) == labels


def test_the_page_says_all_of_it(table: Table) -> None:
    page = unescape(as_html(table, TODAY))
    plain = " ".join(re.sub(r"<[^>]+>", " ", page).split())

    for row in table.rows():
        for text in (row.name, row.kind, *row.stellen, *row.yields_to):
            assert " ".join(text.split()) in plain
        assert " ".join(row.reason.split()) in plain
        for condition in row.conditions:
            for question, words in condition.parts:
                assert f"{ASKED[question]}: {' oder '.join(words)}" in plain
    assert plain.count(" Eine davon genügt:") == sum(len(r.conditions) > 1 for r in table.rows())
    assert "Stand der Regeln: 22.11.2026" in plain
    assert 'lang="de"' in page
    assert page.count("<caption>") == page.count("<table") == 1 + bool(suggested(table))
    assert page.count('scope="row"') == len(list(table.rows()))
    assert "@media print" in page


def test_a_condition_is_a_line_of_the_csv(table: Table) -> None:
    lines = parsed(as_csv(table))
    rows = list(table.rows())

    assert len(lines) == sum(len(row.conditions) for row in rows)
    assert list(lines[0])[-len(ASKED) :] == list(ASKED.values())
    told = iter(lines)
    for number, row in enumerate(rows, start=1):
        for place, condition in enumerate(row.conditions, start=1):
            line = next(told)
            assert line["Nr."] == str(number)
            assert (line["Regel"], line["Art"], line["Begründung"]) == (
                row.name,
                row.kind,
                row.reason,
            )
            assert line["Stellen"] == "; ".join(row.stellen)
            assert line["Bedingung"] == f"{place} von {len(row.conditions)}"
            for question, label in ASKED.items():
                assert line[label] == " oder ".join(condition.questions.get(question, ()))


def test_what_a_rule_gives_way_to_is_named(jena: Table) -> None:
    rows = {row.name: row for row in jena.rows()}

    assert rows["R3b"].yields_to[1] == "Antidiskriminierungsstelle der Stadt Jena"
    assert rows["R12"].yields_to == ("irgendeine Stelle",)
    assert rows["R1"].yields_to == ()


def test_subjects_stand_behind_the_rules_and_say_what_they_are(jena: Table) -> None:
    kinds = [row.kind for row in jena.rows()]

    assert kinds[-suggested(jena) :] == [SUBJECT] * suggested(jena)
    assert SUBJECT not in kinds[: -suggested(jena)]
    assert set(kinds) == set(KINDS)


# ------------------------------------------------------------ safe to open


@pytest.mark.parametrize("text", ["=1+1", "+49", "-2", "@cmd", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Jena", "a=b", "„-“", "1 von 2", " =x"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


@pytest.fixture
def hostile(tmp_path: Path) -> Table:
    """A city whose texts would be formulas and markup."""
    folder = Path(shutil.copytree(ERFUNDENSTEDT, tmp_path / "boese"))
    texts = folder / "texts" / "de.toml"
    written = texts.read_text(encoding="utf-8")
    for old, new in (
        ('"Beratung nach Gewalt (Testdaten)"', "'=HYPERLINK(\"http://x\")'"),
        (
            '"Nach einem Angriff hilft',
            '"@SUM(A1) <script>alert(1)</script> Nach einem Angriff; hilft',
        ),
        ('"In Erfundenstedt"', '"<b>Ort</b> & mehr"'),
    ):
        assert old in written
        written = written.replace(old, new)
    texts.write_text(written, encoding="utf-8")
    return read_table(load_city(folder), folder)


def test_no_text_becomes_a_formula(hostile: Table) -> None:
    cells = [cell for line in parsed(as_csv(hostile)) for cell in line.values()]

    assert '\'=HYPERLINK("http://x")' in cells
    assert any(cell.startswith("'@SUM(A1)") and "; hilft" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_no_text_becomes_markup(hostile: Table) -> None:
    page = as_html(hostile, TODAY)

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<b>Ort</b>" not in page


# ------------------------------------------------------------ the command


def test_the_page_for_advisers_is_current(jena: Table) -> None:
    """If this fails: `adstelle routing table > docs/routing.md`."""
    assert PAGE.read_text(encoding="utf-8").splitlines() == list(as_markdown(jena))


def test_the_command_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table"]) == 0
    assert capsys.readouterr().out == PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["html", "csv"])
def test_the_command_writes_a_file(
    table: Table, tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"regeln.{form}"
    folder = next(folder for folder in ALL if folder.name == table.city.code)
    given = ["table", "--city", folder.name, "--format", form, "--output", str(file)]

    assert main(given, folder.parent) == 0

    expected = as_html(table, date.today()) if form == "html" else as_csv(table)
    assert file.read_bytes() == expected.encode()
    assert capsys.readouterr().out == ""


def test_the_csv_is_printed_byte_for_byte(
    jena: Table, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Windows line ends and the mark for UTF-8 come out of a pipe as they are."""
    assert main(["table", "--format", "csv"]) == 0

    printed = capfdbinary.readouterr().out
    assert printed == as_csv(jena).encode()
    assert printed.startswith(b"\xef\xbb\xbfNr.;Regel;")
    assert printed.count(b"\r\n") == len(parsed(as_csv(jena))) + 1


def test_a_file_that_cannot_be_written_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["table", "--output", str(tmp_path / "no" / "x.html")]) == 2
    assert "No such file or directory" in capsys.readouterr().err


def test_an_unknown_format_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["table", "--format", "pdf"])

    assert stopped.value.code == 2
    assert "markdown, html, csv" in capsys.readouterr().err.replace("'", "")
