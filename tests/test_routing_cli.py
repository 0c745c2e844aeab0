"""`adstelle routing`: one JSON object a line, or a clear error and nothing else."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from adstelle.city import CITIES, City, load_city
from adstelle.routing_cli import explain, explain_lines, main

ATTACK = {
    "id": "CH-038",
    "grounds": ["antisemitismus"],
    "incident_type": "koerperlicher_angriff",
    "territory": "jena",
    "criminal_relevance": True,
    "summary_de": "ignored",
}


@pytest.fixture(scope="session")
def city() -> City:
    """Jena, with the texts of the service as well."""
    return load_city(CITIES / "jena")


@pytest.fixture
def run(city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def explained(content: str | bytes, *args: str) -> tuple[int, list[Any], str]:
        """Explain *content*; return the exit status, what was printed, and what was said."""
        file = tmp_path / "answers.json"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        status = explain(city, str(file), *args)
        out, err = capsys.readouterr()
        return status, [json.loads(line) for line in out.splitlines()], err

    return explained


def test_each_entry_is_one_line_with_offers_in_order(run: Any) -> None:
    status, lines, err = run(json.dumps([ATTACK]))

    assert (status, err) == (0, "")
    assert list(lines[0]) == ["id", "offers", "not_ours"]
    assert lines[0]["id"] == "CH-038"
    assert lines[0]["not_ours"] is None
    assert [(offer["stelle"], offer["rule"]) for offer in lines[0]["offers"]] == [
        ("rias_th", "R3"),
        ("ezra", "R2"),
        ("ads_jena", "R1"),
        ("kokont", "R4c"),
        ("weisser_ring", "R10"),
    ]
    assert lines[0]["offers"][1]["reason"].startswith("ezra hilft Menschen in Thüringen")


def test_who_is_competent_elsewhere_is_named(run: Any) -> None:
    _, lines, _ = run(json.dumps(ATTACK | {"territory": "deutschland"}))

    assert lines[0]["offers"] == []
    assert lines[0]["not_ours"]["stellen"] == ["ads_bund", "rias_bund", "vbrg", "weisser_ring"]
    assert "außerhalb von Thüringen" in lines[0]["not_ours"]["reason"]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([ATTACK, ATTACK]),
        json.dumps([ATTACK, ATTACK], indent=1),
        f"{json.dumps(ATTACK)}\n\n{json.dumps(ATTACK)}\n",
        f"{json.dumps(ATTACK)}\r\n{json.dumps(ATTACK)}",
        "\ufeff" + json.dumps([ATTACK, ATTACK]),
    ],
    ids=["list", "indented", "lines", "windows", "byte order mark"],
)
def test_a_list_and_one_object_a_line_are_read_alike(run: Any, content: str) -> None:
    status, lines, _ = run(content)

    assert status == 0
    assert [line["id"] for line in lines] == ["CH-038", "CH-038"]


@pytest.mark.parametrize("content", ["[]", "", " \n"])
def test_nothing_in_nothing_out(run: Any, content: str) -> None:
    assert run(content) == (0, [], "")


@pytest.mark.parametrize("entry", [{}, dict.fromkeys(ATTACK), {"resident": True}])
def test_every_key_may_be_missing_or_null(run: Any, entry: dict[str, object]) -> None:
    status, lines, _ = run(json.dumps([entry]))

    assert status == 0
    assert lines[0]["id"] is None
    assert lines[0]["offers"][0]["stelle"] == "ads_jena"


def test_the_place_of_residence_counts(run: Any) -> None:
    abroad = {"territory": "deutschland", "incident_type": "beleidigung"}
    _, lines, _ = run(json.dumps([abroad, abroad | {"resident": True}]))

    assert lines[0]["offers"] == []
    assert lines[1]["offers"][0]["rule"] == "R1b"


def test_reasons_come_in_the_language_asked_for(run: Any) -> None:
    _, lines, _ = run(json.dumps(ATTACK), "en")

    assert lines[0]["offers"][1]["reason"].startswith("ezra helps people in Thuringia")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([{}, {"id": "X", "territory": "y"}], 'entry 2 (X): territory: unknown code "y"'),
        ([{"grounds": ["antisemitismus", "x"]}], 'entry 1: grounds: unknown code "x"'),
        ([{"id": 7, "grounds": "antisemitismus"}], "entry 1 (7): grounds: must be a list of codes"),
        ([{"grounds": [1]}], "entry 1: grounds: must be a list of codes"),
        ([{"territory": 3}], "entry 1: territory: must be a code or null"),
        ([{"territory": ["jena"]}], "entry 1: territory: must be a code or null"),
        ([{"online": "ja"}], "entry 1: online: must be true, false or null"),
        ([{"criminal_relevance": 1}], "entry 1: criminal_relevance: must be true, false or null"),
        (["CH-038"], "entry 1: is not an object"),
        ([[]], "entry 1: is not an object"),
        (3, "entry 1: is not an object"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_named_and_nothing_is_printed(
    run: Any, content: object, expected: str
) -> None:
    status, lines, err = run(json.dumps(content))

    assert (status, lines) == (2, [])
    assert expected in err


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[{]", "the file is not JSON: "),
        (f"{json.dumps(ATTACK)}\n{{\n", "line 2 is not JSON: "),
        (b'{"id": "\xff"}', "the file is not UTF-8"),
        ("[" * 200_000, "the file is not JSON: "),
    ],
    ids=["list", "line", "encoding", "depth"],
)
def test_what_is_not_json_is_said(run: Any, content: str | bytes, expected: str) -> None:
    status, lines, err = run(content)

    assert (status, lines) == (2, [])
    assert expected in err


def test_an_unknown_language_is_said(run: Any) -> None:
    status, lines, err = run("[]", "fr")

    assert (status, lines) == (2, [])
    assert "language fr is none of de, de-simple, en, ar" in err


def test_a_missing_file_is_said(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(city, "/nowhere.json") == 2
    assert "No such file" in capsys.readouterr().err


def test_standard_input_is_read(
    city: City, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(ATTACK).encode())))

    assert explain(city, "-") == 0
    assert "CH-038" in capsys.readouterr().out


def test_an_id_that_is_no_text_comes_back_as_it_was(run: Any) -> None:
    status, lines, _ = run('{"id": "\\ud800"}')

    assert status == 0
    assert lines[0]["id"] == "\ud800"


def test_the_trace_says_rule_by_rule_why(city: City) -> None:
    (line,) = explain_lines(city, json.dumps(ATTACK), trace=True)

    steps = {step["rule"]: step for step in line["rules"]}
    assert list(steps) == [rule.id for rule in city.rules]
    assert steps["R2"]["applied"]
    assert steps["R8"] == {"rule": "R8", "applied": False, "missed": ("grounds",), "offered": ()}
    assert steps["R12"]["missed"] == ("territory",)


@pytest.fixture
def answers(tmp_path: Path) -> str:
    file = tmp_path / "answers.jsonl"
    file.write_text(json.dumps(ATTACK), encoding="utf-8")
    return str(file)


def test_the_command_explains(answers: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--city", "jena", "--language", "en", answers]) == 0
    assert "ezra helps" in capsys.readouterr().out

    assert main(["explain", "--trace", answers]) == 0
    assert '"rules"' in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["explain", "--city", "../jena", "x"], ["explain"], []])
def test_a_wrong_command_line_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)

    assert stopped.value.code == 2
    assert capsys.readouterr().out == ""


def test_a_city_elsewhere_is_read(
    answers: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(CITIES / "jena", tmp_path / "cities" / "andere")

    assert main(["explain", "--city", "andere", answers], tmp_path / "cities") == 0
    assert "rias_th" in capsys.readouterr().out
