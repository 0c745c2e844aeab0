"""Files of every kind, made here: small, and telling where each hides what."""

import io
import zipfile
from typing import Final

import pikepdf
from PIL import Image

CANARY: Final = "Kanarienvogel"


def exif() -> Image.Exif:
    """Where and by whom a picture was taken."""
    written = Image.Exif()
    written[0x010F] = CANARY  # the maker of the camera
    written[0x9286] = CANARY
    gps = written.get_ifd(0x8825)
    gps[1], gps[2] = "N", (50.0, 55.0, 39.0)
    gps[29] = CANARY
    return written


def picture(form: str = "JPEG", size: tuple[int, int] = (64, 48)) -> bytes:
    out = io.BytesIO()
    picture = Image.new("RGB", size, (200, 120, 40))
    picture.save(out, form, exif=exif().tobytes())
    return out.getvalue()


def pdf() -> bytes:
    """A document with a title, an author, a script that runs and a file inside."""
    document = pikepdf.new()
    page = document.add_blank_page()
    document.docinfo["/Title"] = CANARY
    with document.open_metadata() as metadata:
        metadata["dc:creator"] = [CANARY]
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=f"app.alert('{CANARY}')")
    document.Root.OpenAction = script
    page.AA = pikepdf.Dictionary(O=script)
    document.attachments["x.txt"] = CANARY.encode()
    out = io.BytesIO()
    document.save(out, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def packed(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inside in entries.items():
            archive.writestr(name, inside)
    return out.getvalue()


DOCX: Final[dict[str, bytes]] = {
    "[Content_Types].xml": b'<?xml version="1.0"?><Types><Default Extension="xml" '
    b'ContentType="application/xml"/><Override PartName="/docProps/core.xml" '
    b'ContentType="x"/><Override PartName="/word/document.xml" ContentType="y"/></Types>',
    "_rels/.rels": b'<Relationships><Relationship Id="r1" Type="t" Target="word/document.xml"/>'
    b'<Relationship Id="r2" Type="t" Target="docProps/core.xml"/></Relationships>',
    "docProps/core.xml": f"<a><dc:creator>{CANARY}</dc:creator></a>".encode(),
    "word/document.xml": f'<w:body><w:ins w:author="{CANARY}">Brief</w:ins></w:body>'.encode(),
    "word/media/image1.jpeg": picture(),
}


def docx(more: dict[str, bytes] | None = None) -> bytes:
    return packed({**DOCX, **(more or {})})


def odt() -> bytes:
    return packed(
        {
            "mimetype": b"application/vnd.oasis.opendocument.text",
            "content.xml": f"<o><dc:creator>{CANARY}</dc:creator>Brief</o>".encode(),
            "meta.xml": CANARY.encode(),
            "META-INF/manifest.xml": b"<manifest:manifest/>",
        }
    )


def xlsx() -> bytes:
    return packed(
        {
            "[Content_Types].xml": b"<Types/>",
            "xl/workbook.xml": f'<w><x15ac:absPath url="C:/{CANARY}/"/></w>'.encode(),
            "docProps/app.xml": CANARY.encode(),
        }
    )


def bomb() -> bytes:
    """A document of 1 MB that would be 900 MB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inside in DOCX.items():
            archive.writestr(name, inside)
        with archive.open("word/large.xml", "w", force_zip64=True) as entry:
            for _ in range(900):
                entry.write(bytes(1024 * 1024))
    return out.getvalue()


MP4: Final = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(range(256)) * 8
OGG: Final = b"OggS\x00\x02" + bytes(range(256)) * 8
MP3: Final = b"ID3\x04\x00\x00" + bytes(range(256)) * 8
TEXT: Final = f"Der {CANARY} singt.\n".encode()
