"""A case document as a file to keep: the bytes, what they are, and what the file is called."""

from typing import Final, Literal

import msgspec

from adstelle.documents.pdf import pdf
from adstelle.domain.case_document import CaseDocument, as_json
from adstelle.web.pages import Pages

Kind = Literal["pdf", "json"]
KINDS: Final[tuple[Kind, ...]] = ("pdf", "json")
MEDIA: Final = {"pdf": "application/pdf", "json": "application/json"}


class File(msgspec.Struct, frozen=True):
    """A file to be downloaded."""

    content: bytes
    kind: Kind

    def __repr__(self) -> str:
        return "<File withheld>"


async def file_of(pages: Pages, document: CaseDocument, kind: Kind) -> File:
    """Write a document in one of the two kinds."""
    if kind == "json":
        return File(as_json(document), kind)
    language = pages.city.catalogue.languages[document.language]
    return File(await pdf(document, language.html, language.dir), kind)
