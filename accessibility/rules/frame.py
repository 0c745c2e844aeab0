"""The frame of every page: language, title, headings, landmarks, in the same order everywhere."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from accessibility.rules.page import Page
from accessibility.rules.tree import Element

NOT_NEUTRAL: Final = ("diskriminier", "discriminat", "تمييز", "rassis", "racis")
ORDER: Final = {
    "public": ["skip-link", "exit", "emergency", "languages", "main", "help", "page-footer"],
    "bare": ["skip-link", "languages", "main"],
    "staff": ["skip-link", "staff-header", "languages", "main", "page-footer"],
}


def ids_are_unique(page: Page) -> Iterator[str]:
    found = Counter(element.get("id") for element in page.document.all if element.has("id"))
    yield from (f"id {name!r} stands {n} times" for name, n in found.items() if n > 1)
    yield from ("an id is empty" for name in found if not name.strip())


def page_says_its_language(page: Page) -> Iterator[str]:
    html = page.document.first("html")
    said = (html.get("lang"), html.get("dir")) if html else ("", "")
    if said != (page.language.html, page.language.dir):
        yield f"lang and dir are {said}"


def title_is_right(page: Page) -> Iterator[str]:
    title, prefix = page.document.title, page.language.error_prefix
    if not title:
        yield "there is no title"
    if title.startswith(prefix) != page.is_fault or title.count(prefix) > 1:
        yield f"the title {title!r} must begin with {prefix!r} if and only if there are errors"
    if any(word in title.lower() for word in NOT_NEUTRAL):
        yield f"the title {title!r} tells others what this is about"


def title_names_the_heading(page: Page) -> Iterator[str]:
    title = page.document.title.removeprefix(page.language.error_prefix)
    title = title.rpartition(" – ")[0].strip()
    heading = " ".join(_plain(found) for found in page.document.find("h1"))
    if heading not in title and title not in heading:
        yield f"title {title!r} and heading {heading!r} differ"


def _plain(heading: Element) -> str:
    """A heading without the marks behind it."""
    marks = {"kern-label__optional", "kern-badge"}
    parts = [
        text
        for text, holder in heading.texts()
        if not any(marks & set(e.classes) for e in (holder, *holder.ancestors()))
    ]
    return " ".join("".join(parts).split())


def there_is_one_h1(page: Page) -> Iterator[str]:
    found = page.document.find("h1")
    if len(found) != 1:
        yield f"there are {len(found)} headings of the first level"


def headings_skip_no_level(page: Page) -> Iterator[str]:
    previous = 0
    for heading in page.document.find("h1", "h2", "h3", "h4", "h5", "h6"):
        level = int(heading.tag[1])
        if not heading.text:
            yield f"a heading of level {level} is empty"
        if previous and level > previous + 1:
            yield f"{heading.text!r} has level {level} after level {previous}"
        previous = level


def skip_link_comes_first(page: Page) -> Iterator[str]:
    links = page.document.find("a", "button", "input", "select", "textarea", "summary")
    target = page.document.by_id.get(links[0].get("href").removeprefix("#")) if links else None
    if target is None or target.tag != "main" or target.get("tabindex") != "-1":
        yield "the first stop is not a link to the main part, or that cannot take the focus"


def parts_come_in_order(page: Page) -> Iterator[str]:
    """Help, exit and languages stand in the same place on every page."""
    wanted = ORDER[page.frame]
    every = {name for names in ORDER.values() for name in names}
    found = [
        name
        for element in page.document.all
        for name in (element.tag if element.tag == "main" else "", *element.classes)
        if name in every
    ]
    # The queue of the advisers filters with a list that looks like the one of languages.
    if list(dict.fromkeys(found)) != wanted or found.count("main") != 1:
        yield f"the parts are {found}, not {wanted}"


def languages_name_themselves(page: Page) -> Iterator[str]:
    lists = [nav for nav in page.document.find("nav") if "languages" in nav.classes]
    entries = [
        entry
        for nav in lists[:1]
        for entry in nav.descendants("a", "span")
        if entry.parent is not None and entry.parent.tag == "li"
    ]
    current = [entry for entry in entries if entry.get("aria-current")]
    if len(entries) < 2 or len(current) != 1 or current[0].tag != "span":
        yield "the languages are not links with one marked as current"
    for entry in entries:
        if not entry.get("lang") or not entry.get("dir"):
            yield f"{entry.text!r} has no lang or dir"
        if entry.tag == "a" and entry.get("hreflang") != entry.get("lang"):
            yield f"the link {entry.text!r} does not say in which language its page is"


def nothing_happens_by_itself(page: Page) -> Iterator[str]:
    attributes = ("autofocus", "accesskey", "autoplay", "contenteditable", "draggable")
    for element in page.document.all:
        yield from (f"{element!r} has {name}" for name in attributes if element.has(name))
        if element.tag == "meta" and element.get("http-equiv").lower() == "refresh":
            yield "the page reloads or moves on by itself"
        if element.get("target"):
            yield f"{element!r} opens another window"


def order_is_that_of_the_page(page: Page) -> Iterator[str]:
    for element in page.document.all:
        if element.has("tabindex") and (element.get("tabindex") != "-1" or _is_stop(element)):
            yield f"{element!r} has tabindex {element.get('tabindex')}"


def _is_stop(element: Element) -> bool:
    return element.tag in {"a", "button", "input", "select", "textarea", "summary"}


def nothing_shows_only_on_hover(page: Page) -> Iterator[str]:
    yield from (f"{element!r} has a title" for element in page.document.all if element.has("title"))


def viewport_may_be_zoomed(page: Page) -> Iterator[str]:
    views = [m for m in page.document.find("meta") if m.get("name") == "viewport"]
    content = views[0].get("content") if views else ""
    if "width=device-width" not in content or re.search("user-scalable|maximum-scale", content):
        yield f"the viewport is {content!r}"


RULES: Final[tuple[Callable[[Page], Iterator[str]], ...]] = (
    ids_are_unique,
    page_says_its_language,
    title_is_right,
    title_names_the_heading,
    there_is_one_h1,
    headings_skip_no_level,
    skip_link_comes_first,
    parts_come_in_order,
    languages_name_themselves,
    nothing_happens_by_itself,
    order_is_that_of_the_page,
    nothing_shows_only_on_hover,
    viewport_may_be_zoomed,
)
