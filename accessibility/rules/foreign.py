"""Nothing inline, nothing from elsewhere, nothing to look at or listen to that has no words."""

from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

from accessibility.rules.page import Page
from accessibility.rules.tree import Element

LOADING: Final = ("src", "srcset", "data", "poster", "background", "manifest", "ping", "icon")
MEDIA: Final = (
    "audio", "video", "iframe", "object", "embed", "canvas", "map", "marquee", "blink", "frame",
)  # fmt: skip
IMAGES: Final = ("img", "svg", "picture", "area")
NAMED: Final = {"qr", "bars"}
PUBLIC_SIDE: Final = "http://localhost:8000/"  # where settings name no other place for it
SPOKEN_ADDRESSES: Final = ("tel:", "mailto:")


def nothing_is_inline(page: Page) -> Iterator[str]:
    for element in page.document.all:
        if element.tag == "style" or (element.tag == "script" and not element.get("src")):
            yield f"{element!r} is written into the page"
        for name, value in element.attributes.items():
            if name == "style" or name.startswith("on"):
                yield f"{element!r} has {name}"
            if value.strip().lower().startswith("javascript:"):
                yield f"{element!r} runs a script"


def nothing_is_loaded_from_elsewhere(page: Page) -> Iterator[str]:
    for element in page.document.all:
        names = (*LOADING, "href") if element.tag == "link" else LOADING
        for name in (name for name in names if element.has(name)):
            address = element.get(name)
            if not (_is_ours(address) or address.startswith("data:")):
                yield f"{element!r} loads {address!r}"


def links_lead_where_they_may(page: Page) -> Iterator[str]:
    for link in page.document.find("a"):
        address = link.get("href")
        if _is_ours(address) or address.startswith(("#", "?", PUBLIC_SIDE, *SPOKEN_ADDRESSES)):
            continue
        parts = urlsplit(address)
        if parts.scheme != "https" or parts.hostname not in page.hosts:
            yield f"{link!r} leads to {address!r}"
        elif "noreferrer" not in link.get("rel"):
            yield f"{link!r} tells {parts.hostname} where somebody comes from"


def _is_ours(address: str) -> bool:
    return address.startswith("/") and not address.startswith("//")


def there_is_no_media(page: Page) -> Iterator[str]:
    """Sound, film and foreign windows would need captions, names and controls."""
    yield from (f"{element!r} is shown" for element in page.document.find(*MEDIA))


def there_are_no_images(page: Page) -> Iterator[str]:
    """Words are words; the few drawings are made by the style sheet and mean nothing.

    One is for a camera: the code to scan has a name, and the same stands beside it as text. Little
    charts have one as well, and a table beside them. Figures are drawn beside the table that says
    the same: within it hidden, or else with a name.
    """
    named = [e for e in page.document.all if NAMED & set(e.classes) and e.get("aria-label")]
    named += [e for e in page.document.find("svg") if _is_drawn_beside_a_table(e)]
    inside = {id(each) for drawing in named for each in (drawing, *drawing.descendants(*IMAGES))}
    shown = (*page.document.find(*IMAGES), *filter(_is_image, page.document.all))
    yield from (f"{element!r} is an image" for element in shown if id(element) not in inside)


def _is_drawn_beside_a_table(svg: Element) -> bool:
    chart = next((above for above in svg.ancestors() if "chart" in above.classes), None)
    if chart is None:  # the patterns of its bars
        return svg.get("aria-hidden") == "true" and not svg.text
    named = svg.get("aria-hidden") == "true" or bool(svg.get("aria-label"))
    return named and any(chart.descendants("table"))


def _is_image(element: Element) -> bool:
    return element.get("role") == "img" or element.get("type") == "image"


RULES: Final[tuple[Callable[[Page], Iterator[str]], ...]] = (
    nothing_is_inline,
    nothing_is_loaded_from_elsewhere,
    links_lead_where_they_may,
    there_is_no_media,
    there_are_no_images,
)
