"""Building blocks as the page of a case offers them, in the language of the person by default."""

from collections.abc import Sequence
from typing import Any

import msgspec

from adstelle.casework.blocks.service import Own, Shipped
from adstelle.domain.report import Account
from adstelle.web.pages import Pages


def values(pages: Pages, lang: str, own: Sequence[Own], account: Account | None) -> dict[str, Any]:
    """What the page of a case shows of the building blocks."""
    return {
        "blocks": options(pages, lang, own),
        "block_lang": pages.nearest_language(account.language if account else lang),
    }


class Offered(msgspec.Struct, frozen=True):
    """One choice of the page, with the language that it is written in."""

    code: str
    name: str
    html_lang: str
    dir: str


def options(pages: Pages, lang: str, own: Sequence[Own]) -> list[Offered]:
    """The Stelle's own ones first: whoever wrote them wants to use them."""
    written = [
        _offered(pages, each.block.lang, str(each.block_id), each.block.title)
        for each in own
        if each.block is not None
    ]
    return written + [
        _offered(pages, lang, name, pages.text(lang, f"block.{name}.title")) for name in Shipped
    ]


def _offered(pages: Pages, lang: str, code: str, name: str) -> Offered:
    known = pages.city.catalogue.languages[pages.nearest_language(lang)]
    return Offered(code, name, known.html, known.dir)


def text(pages: Pages, own: Sequence[Own], chosen: str, lang: str) -> str:
    """The text of a building block; empty for one that there is not."""
    if chosen in set(Shipped):
        return pages.text(pages.nearest_language(lang), f"block.{chosen}.text")
    return next(
        (each.block.text for each in own if each.block and str(each.block_id) == chosen), ""
    )
