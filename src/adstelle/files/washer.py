"""Makes a copy without metadata, as a process: ``python -m adstelle.files.washer KIND``.

The file comes on standard input; the answer is one line of JSON (`Fate`), then the copy. Parsers of
pictures, PDF and office files meet what strangers send: here they have one file, no key, no
database, and limits that the system enforces. Nothing can be written to a disk.
"""

import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from typing import Any, Final

MOST_MEMORY: Final = 1024**3  # bytes of address space
MOST_SECONDS: Final = 40
MOST_PIXELS: Final = 64_000_000
MOST_INFLATED: Final = 256 * 1024**2  # bytes in all entries of an office file
MOST_RATIO: Final = 200  # of an entry over 1 MiB
MOST_ENTRIES: Final = 4_000
MOST_DEPTH: Final = 60  # of what lies directly in each other in a PDF

PICTURES: Final = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "JPEG"}
_PARTS: Final = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "odt": "content.xml"}
_ODT: Final = b"application/vnd.oasis.opendocument.text"
_MACROS: Final = re.compile(r"vbaProject|^Basic/|^Scripts/|macrosheets/", re.I)
_PROGRAMS: Final = re.compile(
    r"\.(class|jar|exe|dll|com|scr|bat|cmd|ps1|vbs|js|html?|php|sh)$", re.I
)
_DOC_PROPS: Final = re.compile(
    rb"<(Relationship|Override|Default)\b[^>]*?(?:Target|PartName)=\"/?docProps/[^>]*?(?:/>|></\1>)"
)
_AUTHORS: Final = re.compile(
    rb"\b((?:w|w15|w16cex):(?:author|initials|userId|providerId))=\"[^\"]*\""
)
_NAMES: Final = re.compile(
    rb"(<(author|dc:creator|meta:creator-initials|loext:sender-initials)>)[^<]*(?=</\2>)"
)
_PLACES: Final = re.compile(rb"<x15ac:absPath\b[^>]*/>")
_PREVIEW: Final = re.compile(rb"<manifest:file-entry\b[^>]*\"Thumbnails/[^>]*/>")
_META: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-meta '
    b'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" office:version="1.2">'
    b"<office:meta/></office:document-meta>"
)
# Where an action of a PDF does more than lead to a place in it or to an address.
_ACTIONS: Final = frozenset(
    f"/{name}"
    for name in (
        "JavaScript", "Launch", "ImportData", "SubmitForm", "ResetForm", "GoToE", "GoToR",
        "Rendition", "RichMediaExecute", "Movie", "Sound", "Hide",
    )
)  # fmt: skip
_PDF_KEYS: Final = (
    "/Metadata", "/PieceInfo", "/LastModified", "/AA", "/OpenAction", "/JavaScript", "/JS",
    "/EmbeddedFiles", "/EF", "/AF", "/XFA", "/Collection", "/RichMediaContent",
)  # fmt: skip


class Refused(Exception):
    """The file must not be taken; *why* is polyglot, bomb, macro or broken."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class Unwashable(Exception):
    """There is nothing against the file, but no copy can be made."""


def wash(kind: str, content: bytes) -> tuple[str, str, bytes]:
    """Return what the file is, what its copy is, and the copy. Raises `Refused`, `Unwashable`."""
    if kind in PICTURES:
        return kind, PICTURES[kind].lower(), picture(kind, content)
    if kind == "pdf":
        return "pdf", "pdf", pdf(content)
    found, copy = office(content)
    return found, found, copy


# Pictures ---------------------------------------------------------------------------------------


def picture(kind: str, content: bytes) -> bytes:
    """Paint the picture anew: what is not seen is gone."""
    from PIL import Image, ImageOps

    if kind == "heic":
        import pi_heif

        pi_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    formats = ["HEIF"] if kind == "heic" else [PICTURES[kind]]
    try:
        with Image.open(io.BytesIO(content), formats=formats) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Unwashable
            upright = ImageOps.exif_transpose(opened)
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError):
        raise Unwashable from None
    has_alpha = kind != "jpeg" and PICTURES[kind] != "JPEG" and upright.has_transparency_data
    painted = upright.convert("RGBA" if has_alpha else "RGB")
    painted.info.clear()
    out = io.BytesIO()
    painted.save(out, PICTURES[kind], **({} if PICTURES[kind] == "PNG" else {"quality": 90}))
    return out.getvalue()


# PDF --------------------------------------------------------------------------------------------


def pdf(content: bytes) -> bytes:
    """Write the document anew without what it says about its making, and without what acts."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            if document.is_encrypted:
                raise Unwashable
            if "/Info" in document.trailer:
                del document.trailer["/Info"]
            for number in range(1, len(document.objects)):
                _strip(document.objects[number], pikepdf)
            _strip(document.Root, pikepdf)
            out = io.BytesIO()
            document.save(out, fix_metadata_version=False, static_id=True)
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, RecursionError, MemoryError):
        raise Unwashable from None
    return out.getvalue()


def _strip(thing: Any, pikepdf: Any, depth: int = 0) -> None:
    """Take out of a dictionary, and of what lies directly in it, what must not stay."""
    if depth > MOST_DEPTH:
        raise Unwashable
    if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        _strip_keys(thing, pikepdf)
        inside = [thing[key] for key in list(thing.keys())]
    else:
        inside = list(thing) if isinstance(thing, pikepdf.Array) else []
    for inner in inside:  # what is not direct is visited by itself
        if isinstance(inner, pikepdf.Object) and not inner.is_indirect:
            _strip(inner, pikepdf, depth + 1)


def _strip_keys(thing: Any, pikepdf: Any) -> None:
    for key in _PDF_KEYS:
        if key in thing:
            del thing[key]
    if "/S" in thing and str(thing["/S"]) in _ACTIONS:
        thing["/S"] = pikepdf.Name("/None")
    if "/Filter" in thing and thing["/Filter"] == pikepdf.Name.DCTDecode:
        thing.write(without_segments(thing.read_raw_bytes()), filter=pikepdf.Name.DCTDecode)


def without_segments(jpeg: bytes) -> bytes:
    """A JPEG without what its camera or its owner wrote into it (APP1, APP3–13, APP15, COM)."""
    if jpeg[:2] != b"\xff\xd8":
        return jpeg
    kept, at = [jpeg[:2]], 2
    while jpeg[at : at + 1] == b"\xff" and jpeg[at + 1 : at + 2] not in {b"", b"\xda"}:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])
        marker = jpeg[at + 1]
        if not (0xE1 <= marker <= 0xEF and marker not in {0xE2, 0xEE}) and marker != 0xFE:
            kept.append(jpeg[at:end])
        at = end
    return b"".join([*kept, jpeg[at:]])


# Office files -----------------------------------------------------------------------------------


def office(content: bytes) -> tuple[str, bytes]:
    """Pack the document anew without its properties, preview and names of authors."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            kind = _office_kind(archive, content)
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
                for name, inside in _entries(archive):
                    _pack(packed, name, _cleaned(name, inside))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError):
        raise Refused("broken") from None
    except RuntimeError:  # entries that want a password
        raise Refused("broken") from None
    return kind, out.getvalue()


def _office_kind(archive: zipfile.ZipFile, content: bytes) -> str:
    names = archive.namelist()
    if len(names) > MOST_ENTRIES:
        raise Refused("bomb")
    if not names or archive.infolist()[0].header_offset != 0 or archive.comment:
        raise Refused("polyglot")
    if content[-22:-18] != b"PK\x05\x06" or len(set(names)) != len(names):
        raise Refused("polyglot")
    if any(map(_MACROS.search, names)):
        raise Refused("macro")
    if any(map(_PROGRAMS.search, names)) or any(_leads_out(name) for name in names):
        raise Refused("polyglot")
    is_odt = names[0] == "mimetype" and archive.getinfo("mimetype").file_size == len(_ODT)
    if is_odt and _PARTS["odt"] in names and archive.read("mimetype") == _ODT:
        return "odt"
    found = [k for k in ("docx", "xlsx") if _PARTS[k] in names and "[Content_Types].xml" in names]
    if len(found) != 1:
        raise Refused("unknown")
    return found[0]


def _leads_out(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/")


def _entries(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """Inflate one entry after the other, and never more than is allowed, whatever they claim."""
    left = MOST_INFLATED
    for info in archive.infolist():
        most = min(left, max(1024**2, MOST_RATIO * info.compress_size))
        with archive.open(info) as entry:
            inside = entry.read(most + 1)
        if len(inside) > most:
            raise Refused("bomb")
        left -= len(inside)
        yield info.filename, inside


def _cleaned(name: str, inside: bytes) -> bytes | None:
    """An entry as it goes into the copy; None where it does not."""
    if name.startswith(("docProps/", "Thumbnails/")):
        return None
    if name == "meta.xml":
        return _META
    if name.endswith((".xml", ".rels")):
        cleaned = _DOC_PROPS.sub(b"", inside)
        cleaned = _AUTHORS.sub(rb'\1=""', cleaned)
        cleaned = _NAMES.sub(rb"\1", cleaned)
        return _PREVIEW.sub(b"", _PLACES.sub(b"", cleaned))
    ending = name.rpartition(".")[2].lower()
    kind = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png"}.get(ending)
    return inside if kind is None else _picture_inside(kind, inside)


def _picture_inside(kind: str, inside: bytes) -> bytes:
    """A picture in a document; one that cannot be read means that there is no clean copy."""
    return picture(kind, inside)


def _pack(packed: zipfile.ZipFile, name: str, inside: bytes | None) -> None:
    if inside is None:
        return
    info = zipfile.ZipInfo(name)  # with no time of its own
    info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
    packed.writestr(info, inside)


# The process ------------------------------------------------------------------------------------


def answer(kind: str, content: bytes) -> tuple[dict[str, str | int], bytes]:
    """What is said about a file, and its copy."""
    try:
        found, copy_kind, copy = wash(kind, content)
    except Refused as refused:
        return {"fate": "refused", "why": refused.why}, b""
    except Unwashable:
        if kind == "zip":  # what it is was seen before a picture in it failed
            return {"fate": "kept", "kind": office_kind_of(content)}, b""
        return {"fate": "kept", "kind": kind}, b""
    return {"fate": "washed", "kind": found, "copy": copy_kind, "size": len(copy)}, copy


def office_kind_of(content: bytes) -> str:
    """The kind alone."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return _office_kind(archive, content)


def limit() -> None:
    """Ask the system to end this process before it takes too much, or writes anywhere."""
    for what, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def main() -> None:
    """Wash one file."""
    limit()
    said, copy = answer(sys.argv[1], sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + copy)


if __name__ == "__main__":
    main()
