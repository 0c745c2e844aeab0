"""`adstelle statistics audit` as a process: one JSON object, an exit code, words on the side."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adstelle import statistics_cli

Json = dict[str, Any]


def release(**values: int | None) -> Json:
    names = sorted(values)
    cells: list[Json] = [{"id": "T", "where": {}, "value": 30}]
    cells += [{"id": it, "where": {"a": it}, "value": values[it]} for it in names]
    return {
        "format": "sdc-release/1",
        "params": {"k": 5},
        "dims": {"a": {"values": names}},
        "cells": cells,
    }


def cpu_of_children() -> float:
    """Seconds; unlike the clock on the wall they do not depend on who else is working."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture
def run(tmp_path: Path) -> Any:
    def called(*arguments: str, **files: Any) -> subprocess.CompletedProcess[str]:
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (tmp_path / f"{name}.json").write_text(text)
        named = [f"{name}.json" for name in files if name != "split"]
        given = [*arguments, *named]
        return subprocess.run(
            [sys.executable, "-m", "adstelle", "statistics", *given],
            cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False,
            env={it: os.environ[it] for it in os.environ if not it.startswith("ADSTELLE_")},
        )  # fmt: skip

    return called


def test_a_safe_release(run: Any) -> None:
    done = run("audit", year=release(x=None, y=None, z=20))
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer["status"] == "safe"
    assert answer["intervals"] == [
        {"id": "x", "lo": 0, "hi": 10},
        {"id": "y", "lo": 0, "hi": 10},
    ]


def test_an_unsafe_release_says_why(run: Any) -> None:
    done = run("audit", year=release(x=None, y=20, z=8))
    assert done.returncode == 1
    assert done.stderr == "year.json: x: is hidden, but follows exactly: 2\n"
    assert json.loads(done.stdout)["reasons"][0]["id"] == "x"


def test_two_files_together(run: Any) -> None:
    first, second = release(x=None, y=None, z=20), release(x=7, y=None, z=20)
    assert run("audit", first=first).returncode == 0
    assert run("audit", second=second).returncode == 1
    assert run("audit", first=first, second=second).returncode == 1


def test_a_contradiction_names_files_and_cells(run: Any) -> None:
    done = run("audit", first=release(x=10, y=10, z=10), second=release(x=10, y=10, z=11))
    assert done.returncode == 3
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["intervals"]) == ("contradiction", [])
    assert "these cannot all be true" in done.stderr
    assert "second.json: z" in done.stderr


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"year": "{"}, "year.json: is not JSON"),
        ({"year": {"format": "sdc-problem/1"}}, "year.json: format: must be"),
        ({"year": {**release(x=1), "cells": [{"id": 3, "value": 1}]}}, "year.json: cells[0].id: "),
    ],
)
def test_bad_input(run: Any, files: Json, said: str) -> None:
    done = run("audit", **files)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"adstelle statistics audit: {said}")
    assert "Traceback" not in done.stderr


def test_a_file_that_is_missing(run: Any) -> None:
    done = run("audit", "none.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "adstelle statistics audit: none.json: No such file or directory\n"


def test_attackers_and_the_split(run: Any) -> None:
    tight = release(x=None, y=None, z=22)
    assert run("audit", year=tight).returncode == 0
    assert run("audit", "--rule-aware", year=tight).returncode == 0
    split = ("--rule-aware", "--sensitive", "split.json")
    done = run("audit", *split, year=tight, split=["x", "y"])
    assert done.returncode == 1
    assert json.loads(done.stdout)["intervals"][0] == {"id": "x", "lo": 4, "hi": 4}
    assert run("audit", *split, year=tight, split=["z"]).returncode == 2
    assert run("audit", "--insider", year=release(x=None, y=None, z=25)).returncode == 1
    assert run("audit", "--strict", year=tight).returncode == 0


def test_linked_tables_of_a_year_are_quick(run: Any) -> None:
    """Two linked tables with every inner cell withheld."""
    sizes = {"a": 10, "f": 6, "d": 9}
    values = {name: [f"{name}{it}" for it in range(size)] for name, size in sizes.items()}
    cells: list[Json] = [{"id": "T", "where": {}, "value": 400}]
    cells += [
        {"id": f"{one}|{other}", "where": {"a": one, name: other}, "value": None}
        for name in "fd"
        for one in values["a"]
        for other in values[name]
    ]
    for name in "fd":
        share = [400 // sizes[name]] * sizes[name]
        share[0] += 400 - sum(share)
        cells += [
            {"id": it, "where": {name: it}, "value": number}
            for it, number in zip(values[name], share, strict=True)
        ]
    cells += [{"id": it, "where": {"a": it}, "value": 40} for it in values["a"]]
    dims = {name: {"values": it} for name, it in values.items()}
    begun = cpu_of_children()
    done = run("audit", year={"format": "sdc-release/1", "dims": dims, "cells": cells})
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["intervals"]) == 150
    assert cpu_of_children() - begun < 10


def test_unknown_and_missing_commands(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert statistics_cli.main(["guess"]) == 2
    known = ", ".join(sorted(statistics_cli.COMMANDS))
    assert f"guess is none of {known}" in capsys.readouterr().err
    monkeypatch.setitem(statistics_cli.COMMANDS, "protect", "adstelle.not_written")
    assert statistics_cli.main(["protect"]) == 2
    assert "protect: is not part of this version" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "highspy", None)
    for name in list(sys.modules):
        if name.startswith("adstelle.auditing."):
            monkeypatch.delitem(sys.modules, name)
    assert statistics_cli.main(["audit", "x"]) == 2
    assert "needs adstelle[statistics] installed" in capsys.readouterr().err
