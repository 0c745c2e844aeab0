"""What an authenticator is asked and answers (W3C WebAuthn): the one module that knows how.

Every question asks for the person to be verified (fingerprint, face, PIN) and for a key that the
authenticator keeps by itself: a page can then ask without naming any key, and look the same for
whoever is asked. No attestation: which make of authenticator somebody has is no business of ours.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec
import webauthn
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from adstelle.domain.private import Private
from adstelle.errors import AdstelleError

NAME: Final = "Adstelle"
MOST_CHARACTERS: Final = 16 * 1024  # of an answer; real ones have about one kilobyte
_MILLISECONDS: Final = 5 * 60 * 1000  # how long a browser may wait for a finger
_ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,  # Windows Hello on older machines
]
# The library names most of what is wrong, and lets a few errors of its parsers through.
_WRONG: Final = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError)


class NotProven(AdstelleError):
    """An answer that is none: to another question, from elsewhere, unsigned, not verified."""


class Place(msgspec.Struct, frozen=True):
    """Where advisers sign in. *origin* has scheme, host and port, as a browser writes it."""

    origin: str

    @property
    def host(self) -> str:
        """What a passkey is bound to (the RP ID)."""
        return urlsplit(self.origin).hostname or ""


class Holder(Private, frozen=True):
    """For whom a passkey is made: *handle* says nothing, *login* is shown by the authenticator."""

    handle: bytes
    login: str


class Credential(Private, frozen=True):
    """The public half of a passkey."""

    credential_id: bytes
    public_key: bytes


def creation(place: Place, challenge: bytes, holder: Holder, known: Sequence[bytes]) -> str:
    """Ask for a new passkey; *known* are ids of those there are: no authenticator gets a second."""
    options = webauthn.generate_registration_options(
        rp_id=place.host,
        rp_name=NAME,
        user_id=holder.handle,
        user_name=holder.login,
        challenge=challenge,
        timeout=_MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        supported_pub_key_algs=_ALGORITHMS,
    )
    return webauthn.options_to_json(options)


def created(place: Place, challenge: bytes, answer: str) -> tuple[Credential, int]:
    """Read a new passkey and its count of signatures. Raises `NotProven`."""
    _require_short(answer)
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
            supported_pub_key_algs=_ALGORITHMS,
        )
    except _WRONG:
        raise NotProven from None
    return Credential(
        credential_id=made.credential_id, public_key=made.credential_public_key
    ), made.sign_count


def request(place: Place, challenge: bytes) -> str:
    """Ask for any passkey of this place."""
    options = webauthn.generate_authentication_options(
        rp_id=place.host,
        challenge=challenge,
        timeout=_MILLISECONDS,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def credential_of(answer: str) -> bytes:
    """Which passkey an answer says it is from. Raises `NotProven`."""
    _require_short(answer)
    try:
        return parse_authentication_credential_json(answer).raw_id
    except _WRONG:
        raise NotProven from None


def signed(place: Place, challenge: bytes, answer: str, credential: Credential) -> int:
    """Check an answer against a passkey; return its count of signatures. Raises `NotProven`.

    Whether the count grew is for the caller to see: only what is truly signed may raise a doubt.
    """
    _require_short(answer)
    try:
        return webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=credential.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        ).new_sign_count
    except _WRONG:
        raise NotProven from None


def _require_short(answer: str) -> None:
    if len(answer) > MOST_CHARACTERS:
        raise NotProven
