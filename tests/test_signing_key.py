"""`adstelle signing-key`: a key of our own, in a file for its owner alone."""

import re
import stat
from pathlib import Path

import pytest

from adstelle.__main__ import main
from adstelle.crypto.signing import SigningKey, VerifyingKey

LINE = re.compile(r'^ {4}verifying_keys = \["([^"]+)"\]$', re.MULTILINE)


def run(file: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(["signing-key", str(file)])
    return code, *capsys.readouterr()


def test_a_key_is_made_and_only_its_public_half_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "signing.pem"

    code, printed, _ = run(file, capsys)

    key = SigningKey.read(file.read_text())
    (shown,) = LINE.findall(printed)
    assert code == 0
    assert VerifyingKey.read(shown).raw == key.verifying().raw
    assert key.verifying().key_id in printed
    assert file.read_text().split("\n")[1] not in printed
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_that_is_there_is_shown_again_and_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "signing.pem"
    first = run(file, capsys)
    content = file.read_bytes()

    assert run(file, capsys) == first
    assert file.read_bytes() == content


def test_another_file_is_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Kanarie")

    code, printed, said = run(file, capsys)

    assert (code, printed) == (1, "")
    assert said == "adstelle: notes.txt holds no signing key; it was left as it is\n"
    assert file.read_text() == "Kanarie"


def test_a_folder_that_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, said = run(tmp_path / "nowhere" / "signing.pem", capsys)

    assert code == 1
    assert said == "adstelle: cannot write signing.pem: No such file or directory\n"
