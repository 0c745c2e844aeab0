"""What a file is, by its content. Its name says nothing; what could be two things is neither.

The list of what may be sent is short on purpose (docs/decisions/0019-files.md gives the reasons).
"""

import codecs
import re
import unicodedata
from typing import Final

import msgspec

from adstelle.domain.composed import normalised

ENDINGS: Final = {  # kind: the ending its name is given
    "jpeg": ".jpg",
    "png": ".png",
    "webp": ".webp",
    "heic": ".heic",
    "pdf": ".pdf",
    "docx": ".docx",
    "xlsx": ".xlsx",
    "odt": ".odt",
    "txt": ".txt",
    "mp3": ".mp3",
    "m4a": ".m4a",
    "ogg": ".ogg",
    "mp4": ".mp4",
    "mov": ".mov",
}
ALSO: Final = {"jpeg": {".jpeg"}, "heic": {".heif"}, "ogg": {".opus", ".oga"}, "mp4": {".m4v"}}
ZIP: Final = "zip"  # one of the office kinds; which, and whether, says `files.washer`
WASHED: Final = frozenset({"jpeg", "png", "webp", "heic", "pdf", ZIP, "docx", "xlsx", "odt"})
MOST_NAME: Final = 120

_START: Final = 4096
_TAIL: Final = 22 + 65535  # where the directory of a ZIP archive may stand
_ZIP_END: Final = b"PK\x05\x06"
_BRANDS: Final = {  # ISO/IEC 14496-12: what a file beginning with "ftyp" is
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"mif1"), "heic"),
    **dict.fromkeys((b"M4A ", b"M4B "), "m4a"),
    **dict.fromkeys((b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42"), "mp4"),
    **dict.fromkeys((b"avc1", b"M4V ", b"3gp4", b"3gp5", b"3gp6", b"dash", b"MSNV"), "mp4"),
    b"qt  ": "mov",
}
_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", ZIP),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"\xff\xf3", "mp3"),
    (b"\xff\xf2", "mp3"),
)
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Seen(msgspec.Struct, frozen=True):
    """What a file turned out to be; *fault* where it may not be sent: unknown or polyglot."""

    kind: str = ""
    fault: str | None = None


class Look:
    """Looks at a file while it streams by; keeps its first 4 KiB and its last 64 KiB."""

    def __init__(self) -> None:
        self._start = b""
        self._tail = b""
        self._encodings = {
            name: codecs.getincrementaldecoder(name)() for name in ("utf-8", "cp1252")
        }
        self._has_controls = False

    def feed(self, content: bytes) -> None:
        """Look at what comes next."""
        if len(self._start) < _START:
            self._start += content[: _START - len(self._start)]
        self._tail = (self._tail + content)[-_TAIL:]
        self._read(content)

    def _read(self, content: bytes) -> None:
        """Whether it can still be a text."""
        if self._has_controls:
            return
        self._has_controls = bool(_CONTROLS.search(content)) and not self._is_utf16
        for name in list(self._encodings):
            try:
                self._encodings[name].decode(content)
            except UnicodeDecodeError:
                del self._encodings[name]

    @property
    def _is_utf16(self) -> bool:
        return self._start.startswith(_UTF16)

    def seen(self) -> Seen:
        """Say what it was, after everything was fed."""
        kind = self._by_signature()
        if kind is None:
            return Seen(fault="unknown")
        if self._is_also_something_else(kind):
            return Seen(fault="polyglot")
        return Seen(kind)

    def _by_signature(self) -> str | None:
        start = self._start
        if start[4:8] == b"ftyp":
            return _BRANDS.get(start[8:12])
        if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
            return "webp"
        for signature, kind in _SIGNATURES:
            if start.startswith(signature):
                return kind
        return "txt" if self._is_text() else None

    def _is_text(self) -> bool:
        if self._is_utf16:
            return True
        return not self._has_controls and bool(self._encodings)

    def _is_also_something_else(self, kind: str) -> bool:
        """A second format in the same bytes: a ZIP archive at the end, a PDF behind the start."""
        if kind == ZIP:
            return b"%PDF-" in self._start[:1024]
        if kind != "pdf" and kind != "txt" and b"%PDF-" in self._start[:1024]:
            return True
        found = self._tail.rfind(_ZIP_END)
        return found >= 0 and len(self._tail) - found >= 22


def clean_name(given: str) -> str:
    """A name as it may be shown and stored: no folders, no control or direction characters."""
    last = re.split(r"[/\\]", given)[-1]
    kept = "".join(
        letter for letter in normalised("NFC", last) if unicodedata.category(letter)[0] != "C"
    )
    return " ".join(kept.split()).strip(". ")[-MOST_NAME:]


def named(given: str, kind: str, otherwise: str) -> str:
    """The name under which a file is kept: as it was sent, with the ending of what it is."""
    name = clean_name(given)
    ending = ENDINGS[kind]
    stem, dot, last = name.rpartition(".")
    if dot and f".{last.lower()}" in {ending, *ALSO.get(kind, ())}:
        return name
    known = dot and re.fullmatch(r"[A-Za-z0-9]{1,5}", last)
    return ((stem if known else name).strip(". ") or otherwise) + ending
