"""Fields and forms: each can be found, named, filled in and sent, without a script."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from accessibility.rules.page import Page
from accessibility.rules.tree import Element

TOKENS: Final = {
    ("public", "name"): "name",
    ("public", "mail"): "email",
    ("public", "phone"): "tel",
    ("staff", "login"): "username",
    ("staff", "passphrase"): "current-password",
    ("staff", "code"): "one-time-code",
}
REFERENCES: Final = (
    "aria-describedby", "aria-labelledby", "aria-controls", "aria-owns", "aria-details",
    "aria-errormessage", "for", "headers", "form", "list",
)  # fmt: skip
PUZZLES: Final = ("captcha", "sicherheitsfrage", "security question", "geburtsname", "maiden name")


def fields_have_labels(page: Page) -> Iterator[str]:
    for control in page.document.controls:
        labels = page.document.labels(control)
        if not any(label.text for label in labels):
            yield f"{control!r} has no label"
        if len(labels) > 1:
            yield f"{control!r} has {len(labels)} labels"


def labels_are_not_placeholders(page: Page) -> Iterator[str]:
    yield from (f"{e!r} has a placeholder" for e in page.document.all if e.has("placeholder"))


def choices_stand_in_a_named_group(page: Page) -> Iterator[str]:
    boxes = [c for c in page.document.controls if c.get("type") in {"radio", "checkbox"}]
    among = Counter(box.get("name") for box in boxes)
    for box in boxes:
        if among[box.get("name")] > 1 or box.get("type") == "radio":
            group = box.closest("fieldset")
            if group is None or not any(legend.text for legend in group.descendants("legend")):
                yield f"{box!r} is one of several answers, but no legend asks the question"


def references_lead_somewhere(page: Page) -> Iterator[str]:
    for element in page.document.all:
        for name in (name for name in REFERENCES if element.has(name)):
            for target in element.get(name).split() or [""]:
                found = page.document.by_id.get(target)
                if found is None:
                    yield f"{name} of {element!r} leads to {target!r}, which is not there"
                elif name.startswith("aria-") and not found.text:
                    yield f"{name} of {element!r} leads to {target!r}, which says nothing"


def personal_fields_name_their_purpose(page: Page) -> Iterator[str]:
    for control in page.document.controls:
        wanted = TOKENS.get((page.frame, control.get("name")))
        if wanted is not None and control.get("autocomplete") != wanted:
            yield f"{control!r} needs autocomplete={wanted!r}"


def what_is_typed_has_its_own_direction(page: Page) -> Iterator[str]:
    """Addresses, numbers and codes run from left to right, words as they are written."""
    for control in page.document.find("textarea", "input"):
        if control.tag == "input" and control.get("type") not in {"text", "tel", "email"}:
            continue
        numbers = control.get("autocomplete") in {"tel", "email", "username", "one-time-code"}
        if numbers and control.get("dir") != "ltr":
            yield f"{control!r} needs dir=ltr"
        if control.get("inputmode") != "numeric" and control.get("dir") not in {"auto", "ltr"}:
            yield f"{control!r} needs dir=auto"


def forms_can_be_sent(page: Page) -> Iterator[str]:
    for form in page.document.find("form"):
        buttons = [b for b in form.descendants("button") if b.get("type") == "submit"]
        if not any(button.text for button in buttons):
            yield f"{form!r} has no button that sends it"
        if not form.get("action").startswith(f"/{page.language.code}/"):
            yield f"{form!r} is sent to {form.get('action')!r}"
        if form.get("method") != "post":
            yield f"{form!r} shows what was typed in the address"
    for control in page.document.controls:
        if control.closest("form") is None and not control.has("readonly"):
            yield f"{control!r} belongs to no form"


def buttons_and_links_have_names(page: Page) -> Iterator[str]:
    for element in page.document.find("a", "button", "summary"):
        if not element.text:
            yield f"{element!r} says nothing"
        if element.has("aria-label"):
            yield f"{element!r} is named otherwise than it reads"
        if element.tag == "a" and not element.get("href"):
            yield f"{element!r} leads nowhere"


def nobody_has_to_solve_a_puzzle(page: Page) -> Iterator[str]:
    for element in page.document.all:
        words = " ".join([*element.attributes.values(), *map(str, _own_texts(element))]).lower()
        yield from (f"{element!r} speaks of {word!r}" for word in PUZZLES if word in words)


def _own_texts(element: Element) -> list[str]:
    return [child for child in element.children if isinstance(child, str)]


RULES: Final[tuple[Callable[[Page], Iterator[str]], ...]] = (
    fields_have_labels,
    labels_are_not_placeholders,
    choices_stand_in_a_named_group,
    references_lead_somewhere,
    personal_fields_name_their_purpose,
    what_is_typed_has_its_own_direction,
    forms_can_be_sent,
    buttons_and_links_have_names,
    nobody_has_to_solve_a_puzzle,
)
