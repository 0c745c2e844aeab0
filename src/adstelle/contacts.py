"""What a contact must look like, so that nobody in distress meets a link that leads nowhere."""

import re
from collections.abc import Iterator
from typing import Final

from babel import Locale, UnknownLocaleError

from adstelle.toml_files import Document, Fault, Keys

_SHAPES: Final = {
    "phone": (re.compile(r"\+?\d[\d ()/-]*"), "digits and spaces, maybe a + before them"),
    "mail": (re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"), "one address with an @"),
    "website": (re.compile(r"https://[^/\s]+\S*"), "an address that begins with https://"),
}


def contact_faults(
    document: Document, keys: Keys, kind: str, contact: str | None
) -> Iterator[Fault]:
    """Say what is wrong with a phone number, a mail address or the address of a page."""
    shape, wanted = _SHAPES.get(kind, _SHAPES["website"])
    if contact is not None and not shape.fullmatch(contact):
        yield document.fault(keys, f"{keys[-1]} must be {wanted}")


def is_language(code: str) -> bool:
    """Whether a language can be named to people by its code: `de`, `en`, `uk`."""
    try:
        return Locale.parse(code, sep="-").language in Locale("en").languages
    except (UnknownLocaleError, ValueError):
        return False
