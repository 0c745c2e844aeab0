"""What people type about themselves: login names, passphrases, one-time codes."""

from datetime import datetime
from enum import Enum, auto
from typing import Final

import pyotp
from pyotp.utils import strings_equal

from adstelle.crypto.codes import latin_digits
from adstelle.domain.composed import normalised

SHORTEST_PASSPHRASE: Final = 14
CODE_SECONDS: Final = 30


class Weak(Enum):
    """Why a passphrase is not taken."""

    SHORT = auto()
    HOLDS_LOGIN = auto()


def normalised_login(entered: str) -> str:
    """Login names are the same in any case."""
    return entered.strip().casefold()


def normalised_passphrase(entered: str) -> str:
    """An umlaut is the same however a keyboard composes it."""
    return normalised("NFC", entered)


def weakness(passphrase: str, login: str) -> Weak | None:
    """What is wrong with a new passphrase; length is what counts, not its composition."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        return Weak.SHORT
    if normalised_login(login) in passphrase.casefold():
        return Weak.HOLDS_LOGIN
    return None


def new_totp_secret() -> str:
    """Draw what an authenticator app is given."""
    return pyotp.random_base32()


def totp_address(secret: str, login: str) -> str:
    """The address that authenticator apps read, as a link or a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Adstelle")


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """Find the half minute for which *code* is right: this one, the last or the next."""
    entered = latin_digits("".join(code.split()))
    totp = pyotp.TOTP(secret, interval=CODE_SECONDS)
    if len(entered) != totp.digits:
        return None
    current = int(now.timestamp()) // CODE_SECONDS
    steps = (current - 1, current, current + 1)
    fitting = [step for step in steps if strings_equal(totp.generate_otp(step), entered)]
    return fitting[-1] if fitting else None
