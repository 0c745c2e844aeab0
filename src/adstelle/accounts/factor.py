"""A new second factor as a page shows it: a picture to scan, and the same to type."""

from typing import Final

import segno
from markupsafe import Markup

from adstelle.accounts.entered import new_totp_secret, totp_address
from adstelle.domain.private import Private

GROUP: Final = 4
_LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_LENGTH: Final = 32  # 160 bits, as RFC 4226 asks for


class Factor(Private, frozen=True):
    """A secret that is not stored yet, and whose it is to be."""

    secret: str
    name: str

    @property
    def picture(self) -> Markup:
        """The QR code, dark on light whatever the page's colours are."""
        code = segno.make(totp_address(self.secret, self.name), error="m", micro=False)
        svg = code.svg_inline(scale=4, border=4, dark="#000", light="#fff")
        return Markup(svg)  # noqa: S704  made of squares, by the library

    @property
    def groups(self) -> tuple[str, ...]:
        """The secret, in groups that people copy without losing their place."""
        return tuple(self.secret[at : at + GROUP] for at in range(0, len(self.secret), GROUP))


def factor(carried: str, name: str) -> Factor:
    """The secret that a form carries along, or a new one where it carries none of ours."""
    is_ours = len(carried) == _LENGTH and set(carried) <= _LETTERS
    return Factor(carried if is_ours else new_totp_secret(), name)
