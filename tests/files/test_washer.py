"""What is cleaned is clean and still shows what it showed; what cannot be trusted is refused."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from adstelle.files import washer
from adstelle.files.washer import Refused, Unwashable
from tests.files import samples
from tests.files.samples import CANARY


def is_clean(content: bytes) -> bool:
    return not any(
        spelling in content
        for spelling in (CANARY.encode(), CANARY.encode("utf-16-le"), CANARY.encode("utf-16-be"))
    )


@pytest.mark.parametrize(("kind", "form"), [("jpeg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")])
def test_a_picture_loses_place_and_camera(kind: str, form: str) -> None:
    original = samples.picture(form)
    assert not is_clean(original)

    found, copy_kind, copy = washer.wash(kind, original)

    assert (found, copy_kind) == (kind, kind)
    assert is_clean(copy)
    with Image.open(io.BytesIO(copy)) as opened:
        assert opened.size == (64, 48)
        assert not opened.getexif()
        red, green, blue = opened.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    assert abs(red - 200) < 8
    assert abs(green - 120) < 8
    assert abs(blue - 40) < 8


def test_a_picture_stands_upright_when_its_camera_only_said_so() -> None:
    turned = samples.exif()
    turned[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGB", (64, 48)).save(out, "JPEG", exif=turned.tobytes())
    _, _, copy = washer.wash("jpeg", out.getvalue())
    with Image.open(io.BytesIO(copy)) as opened:
        assert opened.size == (48, 64)


def test_a_picture_with_a_comment_and_something_behind_it() -> None:
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "JPEG", comment=CANARY.encode())
    _, _, copy = washer.wash("jpeg", out.getvalue() + CANARY.encode())
    assert is_clean(copy)


def test_a_picture_with_too_many_pixels_has_no_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(washer, "MOST_PIXELS", 1000)
    with pytest.raises(Unwashable):
        washer.wash("jpeg", samples.picture())


def test_a_broken_picture_has_no_copy() -> None:
    with pytest.raises(Unwashable):
        washer.wash("png", samples.picture("PNG")[:60])


def test_a_pdf_loses_author_script_and_what_it_carries() -> None:
    original = samples.pdf()
    assert not is_clean(original)

    _, _, copy = washer.wash("pdf", original)

    assert is_clean(copy)
    for word in (b"JavaScript", b"/OpenAction", b"/AA", b"EmbeddedFile", b"/Metadata", b"/Info"):
        assert word not in copy, word
    with pikepdf.open(io.BytesIO(copy)) as opened:
        assert len(opened.pages) == 1
        assert not opened.attachments


def test_a_pdf_with_a_password_has_no_copy() -> None:
    document = pikepdf.new()
    document.add_blank_page()
    out = io.BytesIO()
    document.save(out, encryption=pikepdf.Encryption(owner="x", user="y"))
    with pytest.raises(Unwashable):
        washer.wash("pdf", out.getvalue())


@pytest.mark.parametrize(
    ("kind", "content"),
    [("docx", samples.docx()), ("odt", samples.odt()), ("xlsx", samples.xlsx())],
)
def test_an_office_file_loses_properties_and_authors(kind: str, content: bytes) -> None:
    found, copy_kind, copy = washer.wash("zip", content)

    assert (found, copy_kind) == (kind, kind)
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    assert all(map(is_clean, entries.values()))
    assert is_clean(copy)
    assert not any(name.startswith("docProps") for name in entries)
    assert not any(b"docProps" in inside for inside in entries.values())
    text = entries.get("word/document.xml") or entries.get("content.xml") or b"Brief"
    assert b"Brief" in text


@pytest.mark.parametrize(
    ("why", "content"),
    [
        ("macro", samples.docx({"word/vbaProject.bin": b"x"})),
        ("polyglot", samples.docx({"word/run.exe": b"x"})),
        ("polyglot", samples.docx({"Evil.class": b"x"})),
        ("polyglot", samples.docx({"../../etc/passwd": b"x"})),
        ("polyglot", samples.picture() + samples.docx()),
        ("polyglot", samples.docx() + b"%PDF-1.7"),
        ("unknown", samples.packed({"a.txt": b"x"})),
        ("broken", samples.docx()[:300]),
        ("bomb", samples.bomb()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_archive_that_is_not_what_it_says_is_refused(why: str, content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        washer.wash("zip", content)
    assert refused.value.why == why


def test_the_process_can_write_nowhere_and_take_no_more(tmp_path: Path) -> None:
    """The limits hold: a file cannot be written, memory cannot be taken."""
    tried = (
        "import adstelle.files.washer as w; w.limit()\n"
        "import sys\n"
        "try:\n"
        "    open('written','wb').write(b'x' * 10)\n"
        "except OSError: pass\n"
        "try:\n"
        "    bytearray(2 * w.MOST_MEMORY); print('took')\n"
        "except MemoryError: print('refused')\n"
    )
    preamble = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    done = subprocess.run(
        [sys.executable, "-c", preamble + tried], cwd=tmp_path, capture_output=True, check=False
    )
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) == 0
    assert done.stdout.strip() == b"refused"
