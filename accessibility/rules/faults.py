"""What is said about mistakes: in a summary that leads to the field, and beside the field."""

from collections.abc import Callable, Iterator
from typing import Final

from accessibility.rules.page import Page
from accessibility.rules.tree import Element

SUMMARY: Final = "fehler"
VAGUE: Final = ("ungültig", "invalid", "falsche eingabe", "fehlerhaft", "غير صالح", "غير صحيح")


def _links(page: Page) -> list[Element]:
    summary = page.document.by_id.get(SUMMARY)
    return list(summary.descendants("a")) if summary else []


def summary_comes_first(page: Page) -> Iterator[str]:
    summary, main = page.document.by_id.get(SUMMARY), page.document.first("main")
    marked = [e for e in page.document.all if e.get("aria-invalid") or "kern-error" in e.classes]
    if summary is None:
        yield from (f"{element!r} shows an error that no summary names" for element in marked)
        return
    first = next(main.descendants(), None) if main else None
    if first is not summary:
        yield "the summary is not the first thing in the main part"
    if summary.get("tabindex") != "-1" or not page.document.referred(summary, "aria-labelledby"):
        yield "the summary cannot take the focus, or has no name"
    if not page.is_fault or not _links(page):
        yield "there is a summary of errors that names none"


def summary_leads_to_the_fields(page: Page) -> Iterator[str]:
    for link in _links(page):
        target = page.document.by_id.get(link.get("href").removeprefix("#"))
        if link.get("href").startswith(f"/{page.language.code}/"):
            continue  # the page of all answers: the field is on another page
        if target is None or target not in page.document.controls:
            yield f"{link.text!r} leads to {link.get('href')!r}, which is no field"


def errors_stand_beside_their_fields(page: Page) -> Iterator[str]:
    """The words of the summary describe the field or its group, which is marked as wrong."""
    messages = []
    for link in _links(page):
        target = page.document.by_id.get(link.get("href").removeprefix("#"))
        if target is None:
            continue
        messages.append(link.text)
        around = [e for e in (target, *target.ancestors()) if e is target or e.tag == "fieldset"]
        described = [d for e in around for d in page.document.referred(e, "aria-describedby")]
        if not any(link.text in found.text for found in described):
            yield f"nothing describes {target!r} with {link.text!r}"
        if not any(e.get("aria-invalid") == "true" for e in around):
            yield f"{target!r} is not marked as wrong"
    beside = [e for e in page.document.all if "kern-error" in e.classes]
    if len(beside) != len(messages):
        yield f"{len(beside)} errors stand beside fields, {len(messages)} in the summary"


def errors_begin_with_the_word(page: Page) -> Iterator[str]:
    for element in page.document.all:
        if "kern-error" in element.classes and not element.text.startswith(
            page.language.error_prefix
        ):
            yield f"{element.text!r} does not begin with {page.language.error_prefix!r}"


def errors_say_what_to_do(page: Page) -> Iterator[str]:
    for link in _links(page):
        if any(word in link.text.lower() for word in VAGUE) or len(link.text.split()) < 3:
            yield f"{link.text!r} does not help"


RULES: Final[tuple[Callable[[Page], Iterator[str]], ...]] = (
    summary_comes_first,
    summary_leads_to_the_fields,
    errors_stand_beside_their_fields,
    errors_begin_with_the_word,
    errors_say_what_to_do,
)
