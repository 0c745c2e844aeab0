"""Every way a file can arrive at the form, through a real HTTP server."""

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from adstelle.files import uploads
from adstelle.files.kinds import clean_name, named
from adstelle.web import overload
from adstelle.web.overload import Gate
from tests.conftest import Admin
from tests.files import samples
from tests.files.conftest import listed, names_in, upload

LIMIT = uploads.MOST_BYTES
MANY = 6000  # looks, two minutes of them: nothing but a guard against waiting for ever


async def rows(admin: Admin) -> tuple[int, int]:
    """How many files and chunks are kept."""
    return (
        await admin.fetchval("select count(*) from intake.file"),
        await admin.fetchval("select count(*) from intake.chunk"),
    )


def error_in(page: httpx.Response) -> str:
    assert page.status_code == 422, page.status_code
    assert "<title>Fehler:" in page.text
    found = re.search(r'id="feld-files-fehler">(.*?)</div>', page.text, re.DOTALL)
    assert found, "no error beside the field"
    return " ".join(re.sub(r"<[^>]*>", " ", found[1]).split())


async def test_files_are_listed_and_can_be_taken_back(
    visitor: httpx.AsyncClient, admin: Admin
) -> None:
    page = await upload(visitor, ("Foto.jpg", samples.picture()), ("Brief.docx", samples.docx()))
    assert (page.status_code, page.headers["location"]) == (303, "/de/m/dateien")
    assert await listed(visitor) == ["Foto.jpg", "Brief.docx"]
    assert await rows(admin) == (2, 4)  # each with its copy

    shown = await visitor.get("/de/m/dateien")
    first = re.search(r'name="datei" value="([0-9a-f-]{36})"', shown.text)
    assert first
    await visitor.post("/de/m/dateien/entfernen", data={"datei": first[1]})
    assert await listed(visitor) == ["Brief.docx"]
    assert await rows(admin) == (1, 2)


async def test_going_on_takes_the_chosen_files_along(visitor: httpx.AsyncClient) -> None:
    page = await upload(visitor, ("a.txt", b"Text"), then="weiter")
    assert page.headers["location"] == "/de/m/hilfe"
    assert await listed(visitor) == ["a.txt"]
    check = await visitor.get("/de/m/pruefen")
    assert "a.txt" in check.text


async def test_nobody_has_to_choose_a_file(visitor: httpx.AsyncClient, admin: Admin) -> None:
    """What a browser sends where nothing was chosen, and what a program sends without files."""
    empty = await upload(visitor, ("", b""), then="weiter")
    plain = await visitor.post("/de/m/dateien", data={"tun": "weiter"})
    assert empty.headers["location"] == plain.headers["location"] == "/de/m/hilfe"
    assert await rows(admin) == (0, 0)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("leer.pdf", b"", "ist leer"),
        ("programm.jpg", b"MZ\x90\x00" + bytes(400), "Diese Art von Datei"),
        ("seite.svg", b"\x00<svg/>", "Diese Art von Datei"),
        ("gifar.jpg", samples.picture() + samples.packed({"A.class": b"x"}), "eine zweite"),
        ("doppelt.pdf", samples.pdf() + samples.docx(), "eine zweite"),
        ("jar.docx", samples.docx({"Evil.class": b"x"}), "eine zweite"),
        ("archiv.zip", samples.packed({"a.txt": b"x"}), "Diese Art von Datei"),
        ("makro.docx", samples.docx({"word/vbaProject.bin": b"x"}), "Makro"),
        ("bombe.docx", samples.bomb(), "viel zu groß"),
        ("halb.docx", samples.docx()[:-40], "nicht lesen"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
async def test_what_is_not_taken_says_why_beside_the_field_and_leaves_nothing(
    visitor: httpx.AsyncClient, admin: Admin, name: str, content: bytes, says: str
) -> None:
    page = await upload(visitor, (name, content))
    said = error_in(page)
    assert says in said
    assert name in said
    assert await rows(admin) == (0, 0)


async def test_what_is_right_stays_when_something_else_is_wrong(
    visitor: httpx.AsyncClient,
) -> None:
    page = await upload(visitor, ("leer.txt", b""), ("gut.txt", b"Text"), then="weiter")
    assert "leer.txt" in error_in(page)
    assert names_in(page) == ["gut.txt"]


@pytest.mark.parametrize(
    ("given", "content", "kept"),
    [
        ("foto.pdf", samples.picture(), "foto.jpg"),
        ("foto.JPEG", samples.picture(), "foto.JPEG"),
        ("brief.exe", samples.pdf(), "brief.pdf"),
        ("../../etc/passwd", samples.TEXT, "passwd.txt"),
        ("C:\\Bilder\\ich.png", samples.picture("PNG"), "ich.png"),
        ("gpj\u202e.txt", samples.TEXT, "gpj.txt"),
        ("Dr. Müller.odt", samples.odt(), "Dr. Müller.odt"),
        ("صورة.jpg", samples.picture(), "صورة.jpg"),
        ("sprache.opus", samples.OGG, "sprache.opus"),
        ("video", samples.MP4, "video.mp4"),
        ("ton.wav", samples.MP3, "ton.mp3"),
        ("tabelle.xlsx", samples.xlsx(), "tabelle.xlsx"),
        ("notiz.md", "Ähm".encode("cp1252"), "notiz.txt"),
    ],
)
async def test_a_file_is_called_what_it_is(
    visitor: httpx.AsyncClient, given: str, content: bytes, kept: str
) -> None:
    await upload(visitor, (given, content))
    assert await listed(visitor) == [kept]


async def test_one_byte(visitor: httpx.AsyncClient, admin: Admin) -> None:
    await upload(visitor, ("a.txt", b"x"))
    assert await listed(visitor) == ["a.txt"]
    assert await rows(admin) == (1, 1)


def large(size: int) -> bytes:
    return samples.MP4 + bytes(size - len(samples.MP4))


async def test_exactly_the_limit_and_one_byte_more(
    visitor: httpx.AsyncClient, admin: Admin
) -> None:
    page = await upload(visitor, ("gross.mp4", large(LIMIT)))
    assert page.status_code == 303
    assert await listed(visitor) == ["gross.mp4"]

    over = await upload(visitor, ("zu-gross.mp4", large(LIMIT + 1)))
    assert "größer als 50 MB" in error_in(over)
    assert names_in(over) == ["gross.mp4"]
    assert (await rows(admin))[0] == 1


async def test_all_together_have_a_limit(
    visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_TOTAL", 250_000)
    await upload(visitor, ("a.mp4", large(150_000)))
    page = await upload(visitor, ("b.mp4", large(150_000)))
    assert "Zusammen sind die Dateien größer" in error_in(page)
    assert names_in(page) == ["a.mp4"]


@pytest.mark.parametrize("many", [21, 200, 600])
async def test_too_many_files_say_so_once(
    visitor: httpx.AsyncClient, admin: Admin, many: int
) -> None:
    page = await upload(visitor, *((f"{n}.txt", b"Text") for n in range(many)))
    said = error_in(page)
    assert said.count("höchstens 20 Dateien") == 1
    assert len(names_in(page)) == uploads.MOST_FILES
    assert (await rows(admin))[0] == uploads.MOST_FILES


async def begun(
    visitor: httpx.AsyncClient, address: str, length: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Begin to send a form with files, by hand."""
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    writer.write(
        f"POST /de/m/dateien HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {length}\r\n\r\n".encode()
    )
    return reader, writer


async def until_it_comes(admin: Admin) -> None:
    """Until some of a file is there."""
    for _ in range(MANY):
        if (await rows(admin))[1] >= 8:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nothing comes")


async def test_broken_off_in_the_middle_nothing_is_kept(
    visitor: httpx.AsyncClient, address: str, admin: Admin
) -> None:
    """The connection ends within the second file: the first one goes as well."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nText\r\n'
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="b.mp4"\r\n\r\n'
        + large(2_000_000)
    )
    _, writer = await begun(visitor, address, 5_000_000)
    writer.write(body)
    await writer.drain()
    await until_it_comes(admin)
    writer.close()
    for _ in range(MANY):
        if await rows(admin) == (0, 0):
            break
        await asyncio.sleep(0.02)
    assert await rows(admin) == (0, 0)
    assert await listed(visitor) == []


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/form-data", b"--x\r\n", 400),
        ("multipart/form-data; boundary=", b"--x\r\n", 400),
        ("multipart/form-data; boundary=x", b"nothing of the kind", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; n", 400),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="files"; filename="'
            + b"a" * 20_000
            + b'"\r\n\r\nx\r\n--x--\r\n',
            400,
        ),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\n" + b"X-A: b\r\n" * 200 + b"\r\nx\r\n--x--\r\n",
            400,
        ),
        ("application/json", b"{}", 400),
    ],
)
async def test_what_is_no_form_is_refused_and_leaves_nothing(
    visitor: httpx.AsyncClient, admin: Admin, kind: str, body: bytes, status: int
) -> None:
    page = await visitor.post("/de/m/dateien", content=body, headers={"content-type": kind})
    assert page.status_code == status
    assert await rows(admin) == (0, 0)


async def test_more_than_any_form_is_refused_before_it_is_read(
    visitor: httpx.AsyncClient, address: str
) -> None:
    reader, writer = await begun(visitor, address, 2**30)
    assert b"413" in await asyncio.wait_for(reader.readline(), 120)
    writer.close()


async def test_more_uploads_than_places_are_asked_to_wait(
    visitor: httpx.AsyncClient, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each keeps its place as long as it lasts; others hear "later" before memory grows."""
    monkeypatch.setattr(overload, "MOST_UPLOADS", 2)
    may_end = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        await may_end.wait()
        yield b"Text\r\n--x--\r\n"

    headers = {"content-type": "multipart/form-data; boundary=x"}
    going = [
        asyncio.create_task(visitor.post("/de/m/dateien", content=slow(), headers=headers))
        for _ in range(2)
    ]
    for _ in range(MANY):
        if gate._uploads == len(going):
            break
        await asyncio.sleep(0.02)
    assert gate._uploads == len(going)
    page = await upload(visitor, ("b.txt", b"Text"))
    assert page.status_code == 503
    assert page.headers["retry-after"]
    may_end.set()
    for each in going:
        assert (await each).status_code == 303
    assert (await upload(visitor, ("b.txt", b"Text"))).status_code == 303


async def test_the_quick_exit_deletes_files(visitor: httpx.AsyncClient, admin: Admin) -> None:
    await upload(visitor, ("a.txt", b"Text"))
    await visitor.get("/weg")
    assert await rows(admin) == (0, 0)


async def test_an_upload_does_not_bring_back_what_the_exit_deleted(
    visitor: httpx.AsyncClient, admin: Admin
) -> None:
    """The draft goes in another window while a file is on its way."""
    is_gone = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield (
            b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\n'
            + large(900_000)
        )
        await is_gone.wait()
        yield large(900_000) + b"\r\n--x--\r\n"

    headers = {"content-type": "multipart/form-data; boundary=x"}
    cookies = dict(visitor.cookies)
    going = asyncio.create_task(visitor.post("/de/m/dateien", content=slow(), headers=headers))
    await until_it_comes(admin)
    async with httpx.AsyncClient(base_url=visitor.base_url, cookies=cookies) as other:
        await other.get("/weg")
    is_gone.set()
    page = await going
    assert page.status_code == 200
    assert await rows(admin) == (0, 0)
    assert await admin.fetchval("select count(*) from intake.draft") == 0


def test_names() -> None:
    assert clean_name("a\u0000b\n.txt") == "ab.txt"
    assert len(clean_name("x" * 500)) == 120
    assert named("", "pdf", "Datei") == "Datei.pdf"
    assert named("...", "pdf", "Datei") == "Datei.pdf"
