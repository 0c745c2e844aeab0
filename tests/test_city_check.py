"""`adstelle city check FOLDER` as somebody meets it who makes a city and is no programmer."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from adstelle.__main__ import main
from adstelle.city import CITIES
from tests.cities import ERFUNDENSTEDT, MUSTERWERDER

Check = Callable[[Path], tuple[int, list[str], list[str]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ERFUNDENSTEDT, tmp_path / "neustadt"))


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    def checked(folder: Path) -> tuple[int, list[str], list[str]]:
        """Return the exit code, the lines on standard output, and those on standard error."""
        code = main(["city", "check", str(folder)])
        out, err = capsys.readouterr()
        return code, out.splitlines(), err.splitlines()

    return checked


def faults_of(check: Check, folder: Path) -> list[str]:
    """The faults, without the folder before them; the last line counts them."""
    code, out, err = check(folder)
    assert (code, out) == (1, [])
    *faults, counted = err
    assert counted == f"{folder}: {len(faults)} faults, cannot be served"
    return [fault.removeprefix(f"{folder}/") for fault in faults]


def test_a_city_in_order_is_said_so_and_warnings_stand_apart(check: Check, folder: Path) -> None:
    code, out, err = check(folder)

    assert (code, err) == (0, [])
    *warnings, summary = out
    assert all(line.startswith(f"warning: {folder}/") for line in warnings)
    assert any("stellen.toml:17: Stelle gewaltberatung: contact not yet" in w for w in warnings)
    expected = "4 Stellen, 3 rules, 2 subjects"
    assert summary == f"Erfundenstedt: {expected}, {len(warnings)} warnings, no faults"


def test_the_test_cities_are_in_order(check: Check) -> None:
    assert [check(city)[0] for city in (ERFUNDENSTEDT, MUSTERWERDER)] == [0, 0]


def test_the_day_of_the_check_counts(check: Check, folder: Path) -> None:
    stellen = folder / "stellen.toml"
    written = stellen.read_text(encoding="utf-8")
    tomorrow = date.today() + timedelta(days=1)

    stellen.write_text(written.replace("2026-11-02", "2020-01-31"), encoding="utf-8")
    assert any("verified more than 18 months ago" in line for line in check(folder)[1])

    stellen.write_text(written.replace("2026-11-02", f"{tomorrow}"), encoding="utf-8")
    assert faults_of(check, folder) == [
        "stellen.toml:15: Stelle landesverein: verified in the future"
    ]


def test_a_folder_that_is_not_there(check: Check, tmp_path: Path) -> None:
    nowhere = tmp_path / "nirgends"

    assert faults_of(check, nowhere) == [f"{nowhere}:1: there is no such folder"]


def test_a_file_instead_of_a_folder(check: Check, tmp_path: Path) -> None:
    file = tmp_path / "stadt.toml"
    file.touch()

    assert faults_of(check, file) == [f"{file}:1: this is a file, a folder is needed"]


def test_an_empty_folder_lacks_every_file(check: Check, tmp_path: Path) -> None:
    empty = tmp_path / "leer"
    empty.mkdir()

    found = faults_of(check, empty)

    names = ("city", "codes", "stellen", "districts", "rules", "finder")
    assert {f"{name}.toml:1: file is missing" for name in names} <= set(found)


@pytest.mark.parametrize("name", ["city", "codes", "stellen", "districts", "rules", "finder"])
def test_an_empty_file_is_not_taken_for_a_city(check: Check, folder: Path, name: str) -> None:
    (folder / f"{name}.toml").write_text("", encoding="utf-8")

    assert faults_of(check, folder)


def test_a_city_needs_its_texts(check: Check, folder: Path) -> None:
    shutil.rmtree(folder / "texts")

    found = faults_of(check, folder)

    assert "texts/de.toml:1: no texts in language de" in found
    assert "texts/en.toml:1: no texts in language en" in found


def test_a_folder_instead_of_a_file(check: Check, folder: Path) -> None:
    (folder / "rules.toml").unlink()
    (folder / "rules.toml").mkdir()

    assert "rules.toml:1: this is a folder, a file is needed" in faults_of(check, folder)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('code = "wohnen"', "code = wohnen", 4, "not TOML: Invalid value"),
        ('code = "wohnen"', 'code "wohnen"', 4, "not TOML: Expected '=' after a key"),
        ('code = "wohnen"', 'code = "wohnen', 4, "not TOML: Illegal character"),
        ("[[subject]]", "[[subject]", 3, "not TOML: Expected ']]'"),
        ('territory = ["anderswo"]', 'territory = ["anderswo"', 16, "not TOML: Unclosed array"),
        ('code = "wohnen"', 'code = "wohnen"\ncode = "x"', 5, "not TOML: Cannot overwrite a value"),
    ],
    ids=["no quotes", "no sign", "open quotes", "open head", "open at the end", "twice"],
)  # fmt: skip
def test_a_slip_of_the_pen_is_named_with_its_line(
    check: Check, folder: Path, old: str, new: str, line: int, message: str
) -> None:
    file = folder / "finder.toml"
    written = file.read_text(encoding="utf-8")
    assert old in written
    file.write_text(written.replace(old, new, 1), encoding="utf-8")

    slips = [fault for fault in faults_of(check, folder) if "not TOML" in fault]

    assert len(slips) == 1
    assert slips[0].startswith(f"finder.toml:{line}: {message}")
    assert "column" not in slips[0]


def test_a_file_in_another_encoding_is_named_with_its_line(check: Check, folder: Path) -> None:
    file = folder / "texts" / "de.toml"
    written = file.read_text(encoding="utf-8")
    line = next(n for n, row in enumerate(written.split("\n"), 1) if not row.isascii())
    file.write_bytes(written.encode("latin-1", errors="replace"))

    assert f"texts/de.toml:{line}: not UTF-8: please save the file as UTF-8" in faults_of(
        check, folder
    )


def test_a_file_in_utf_16_is_named(check: Check, folder: Path) -> None:
    file = folder / "codes.toml"
    file.write_bytes(file.read_text(encoding="utf-8").encode("utf-16"))

    assert "codes.toml:1: not UTF-8: please save the file as UTF-8" in faults_of(check, folder)


def test_what_windows_writes_is_read(check: Check, folder: Path) -> None:
    """A byte order mark and Windows line ends do no harm, and no line number is shifted."""
    for file in folder.rglob("*.toml"):
        lines = file.read_text(encoding="utf-8").replace("\n", "\r\n")
        file.write_bytes(b"\xef\xbb\xbf" + lines.encode())
    assert check(folder)[0] == 0

    file = folder / "finder.toml"
    file.write_bytes(file.read_bytes().replace(b'"mietberatung"', b'"mietberatungg"'))
    assert "finder.toml:5: subject wohnen names the unknown Stelle mietberatungg" in faults_of(
        check, folder
    )


def test_a_file_that_nobody_reads_is_misspelt(check: Check, folder: Path) -> None:
    (folder / "findr.toml").touch()

    (found,) = faults_of(check, folder)

    assert found.startswith("findr.toml:1: nobody reads this file; a city has city.toml, ")


def test_what_is_no_data_may_lie_beside_it(check: Check, folder: Path) -> None:
    (folder / "README.md").write_text("Notes", encoding="utf-8")
    (folder / "incidents.toml").touch()

    assert check(folder)[0] == 0


def test_texts_in_a_language_that_is_not_listed_are_a_warning(check: Check, folder: Path) -> None:
    (folder / "texts" / "fr.toml").write_text('[city]\nname = "X"\n', encoding="utf-8")
    (folder / "texts" / "tr").mkdir()

    code, out, _ = check(folder)

    assert code == 0
    for path, lang in (("fr.toml", "fr"), ("tr", "tr")):
        told = f"nobody reads these texts: city.toml does not list language {lang}"
        assert f"warning: {folder}/texts/{path}:1: {told}" in out


def test_a_language_lies_in_a_file_or_in_a_folder(check: Check, folder: Path) -> None:
    (folder / "texts" / "de").mkdir()

    assert faults_of(check, folder) == ["texts/de.toml:1: there is a folder de too: remove one"]


def test_a_text_that_nobody_shows_is_named(check: Check, folder: Path) -> None:
    """Here a text of the service that was to be replaced, misspelt in both languages."""
    for lang in ("de", "en"):
        file = folder / "texts" / f"{lang}.toml"
        written = file.read_text(encoding="utf-8")
        file.write_text(written.replace("\nsite = ", "\nsight = "), encoding="utf-8")

    assert faults_of(check, folder) == [
        f"texts/{lang}.toml:4: text common.sight: nobody shows it; misspelt?"
        for lang in ("de", "en")
    ]


def test_a_replaced_text_needs_the_same_placeholders(check: Check, folder: Path) -> None:
    """`Gemeinde {city}`: without the place for the name, one language would say it and one not."""
    file = folder / "texts" / "en.toml"
    written = file.read_text(encoding="utf-8")
    file.write_text(written.replace("Municipality of {city}", "Municipality"), encoding="utf-8")

    assert faults_of(check, folder) == [
        "texts/en.toml:4: text common.site: placeholders must be the same everywhere: city"
    ]


def test_the_command_line_is_used_rightly(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["city", "check"])

    assert stopped.value.code == 2
    assert "FOLDER" in capsys.readouterr().err.upper()


def test_a_plan_of_statistics_is_checked_too(check: Check, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(CITIES / "jena", tmp_path / "jena"))
    plan = folder / "statistics.toml"
    assert check(folder)[0] == 0
    plan.write_text(plan.read_text("utf-8").replace('"winzerla"', '"winzerlar"'), "utf-8")
    assert "winzerlar is no answer of district" in faults_of(check, folder)[0]
