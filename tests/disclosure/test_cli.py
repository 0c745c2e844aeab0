"""`adstelle statistics protect` as a process: what it prints, how it ends, what it never says."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from adstelle.disclosure import cli, solver
from tests.disclosure.tables import crossed, problem, single
from tests.disclosure.test_protection import EXAMPLE, PLANS, SQUARE

CANARIES = ("1009", "1013")


def protect(*arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "adstelle", "statistics", "protect", *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(problem(SQUARE, EXAMPLE, PLANS["square"][1], k=5)))
    return path


def test_a_problem_in_a_release_out(file: Path) -> None:
    done = protect(str(file))

    assert (done.returncode, done.stderr) == (0, b"")
    answered = json.loads(done.stdout)
    assert list(answered) == ["status", "suppressed", "release", "optimal", "certificate"]
    release = answered["release"]
    assert release["format"] == "sdc-release/1"
    assert set(release) == {"format", "params", "dims", "structural_zeros", "cells", "relations"}
    hidden = {cell["id"] for cell in release["cells"] if cell["value"] is None}
    assert hidden == set(answered["suppressed"])
    assert protect("-", given=file.read_bytes()).stdout == done.stdout
    reported = json.loads(protect(str(file), "--report").stdout)["utility"]
    assert {"method": "suppression", "dimensions": 2, "cells": 9}.items() <= reported[2].items()


def test_bad_input_ends_with_2_and_nothing_printed(file: Path) -> None:
    file.write_text('{"format": "sdc-problem/1", "cells": [{"id": "a", "value": "1009"}]}')

    done = protect(str(file))

    assert (done.returncode, done.stdout) == (2, b"")
    assert b"cells[0].value" in done.stderr
    assert b"1009" not in done.stderr
    assert protect(str(file.parent / "none.json")).returncode == 2


def test_what_cannot_be_protected_says_so_without_a_count(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    dims = single("area", 2)
    asked = problem(dims, [], crossed(dims, (), ["area"]), k=1014)
    for cell, value in zip(asked["cells"], (2022, 1009, 1013), strict=True):
        cell["value"] = value
    asked["params"]["k"] = 1000
    asked["never_suppress"] += ["area:area0"]
    asked["cells"][1]["persons"] = 3
    file = tmp_path / "problem.json"
    file.write_text(json.dumps(asked))

    assert cli.main([str(file)]) == 1

    out, err = capfdbinary.readouterr()
    assert json.loads(out)["cells"][0]["id"] == "area:area0"
    assert not any(count.encode() in out + err for count in CANARIES)


@pytest.mark.parametrize("rounding", [[], ["--round"]])
def test_nothing_is_answered_when_the_solver_fails(
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    rounding: list[str],
) -> None:
    assert cli.main([str(file), *rounding]) == 0  # one thread from here on in this process
    capfdbinary.readouterr()
    monkeypatch.setattr(solver, "THREADS", 2)

    assert cli.main([str(file), *rounding]) == 4

    out, err = capfdbinary.readouterr()
    assert out == b""
    assert b"kNotset" in err


def test_hidden_numbers_stand_in_no_byte_of_the_release(tmp_path: Path) -> None:
    dims = single("area", 3) | single("form", 3)
    asked: Any = problem(dims, EXAMPLE, PLANS["square"][1], k=5)
    asked["cells"][-1] |= {"persons": 3}
    grown = {"all", "area:area2", "form:form2", "area:area2 form:form2"}
    for cell in asked["cells"]:
        cell["value"] += 993 * (cell["id"] in grown)  # 20 + 993 = 1013
    file = tmp_path / "problem.json"
    file.write_text(json.dumps(asked))

    answered = json.loads(protect(str(file)).stdout)

    assert "area:area2 form:form2" in answered["suppressed"]
    assert "1013" not in json.dumps(answered["release"])
    assert "persons" not in json.dumps(answered["release"])


def test_without_the_solver_the_extra_is_named(file: Path) -> None:
    program = (
        "import sys; sys.modules['highspy'] = None\n"
        "from adstelle.__main__ import main\n"
        f"sys.exit(main(['statistics', 'protect', {str(file)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)

    assert done.returncode == 2
    assert b"adstelle[statistics]" in done.stderr


def test_on_a_terminal_it_is_seen_how_far_it_is(file: Path) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "adstelle", "statistics", "protect", str(file)]

    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, check=False)

    os.close(theirs)
    assert b"hiding: 0\r" in os.read(ours, 10_000)
    os.close(ours)
    assert json.loads(done.stdout)["status"] == "protected"


def open_for(pipe: Path) -> int | None:
    """The pipe, once somebody reads it."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


def test_ctrl_c_ends_it_without_an_answer(tmp_path: Path) -> None:
    pipe = tmp_path / "problem.json"
    os.mkfifo(pipe)
    program = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # wherever the tests run\n"
        "from adstelle.__main__ import main\n"
        f"sys.exit(main(['statistics', 'protect', {str(pipe)!r}]))"
    )
    command = [sys.executable, "-c", program]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        while (writing := open_for(pipe)) is None and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert writing is not None
    os.close(writing)

    assert (process.returncode, out) == (130, b"")
    assert err == b"adstelle statistics protect: stopped; nothing is answered\n"
