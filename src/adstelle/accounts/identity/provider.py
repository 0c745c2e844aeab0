"""A city's identity provider: OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636).

Nothing the provider's documents say widens what is believed: the algorithms, the issuer and the
audience are ours to say, and every address must be as safe as the issuer's own.
"""

import hashlib
import ssl
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from adstelle.domain.private import Private
from adstelle.errors import AdstelleError

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
SCOPE: Final = "openid"  # neither name nor mail: who it is, and nothing about them
LEEWAY_SECONDS: Final = 60
PATIENCE: Final = 10.0  # seconds, for each step of a request
LONGEST_ANSWER: Final = 256 * 1024
KNOWN_FOR: Final = timedelta(hours=1)
ASKED_AGAIN_AFTER: Final = timedelta(minutes=1)  # for a key nobody knows
LONGEST_SUBJECT: Final = 255
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class ProviderAway(AdstelleError):
    """The provider was not reached, or answered with something else than what was asked."""


class NotIdentified(AdstelleError):
    """What came back says for nobody who they are."""


class Client(Private, frozen=True):
    """How we are known to the provider. *factor* names the claim that tells of a second factor:
    (`amr` or `acr`, its value); None where the provider's word is not taken for that.
    """

    issuer: str
    client_id: str
    secret: str
    redirect: str
    factor: tuple[str, str] | None = None
    ca_file: Path | None = None


class Question(Private, frozen=True):
    """Drawn for one journey to the provider; the three come back in three different ways."""

    state: str
    nonce: str
    verifier: str


class Identity(Private, frozen=True):
    """Who somebody is to the provider, and whether they proved it with two factors."""

    subject: str
    has_factor: bool


class Discovered(msgspec.Struct, frozen=True):
    """What of a provider's metadata is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Tokens(msgspec.Struct, frozen=True):
    """What of a token response is used."""

    id_token: str


class Provider:
    """Sends people to the provider, and reads what they come back with."""

    def __init__(self, client: Client, clock: Callable[[], datetime]) -> None:
        self.client = client
        self._clock = clock
        self._trusted = ssl.create_default_context(cafile=client.ca_file)
        self._known: tuple[datetime, Discovered] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    async def address(self, question: Question) -> str:
        """Where to send somebody. Raises `ProviderAway`."""
        asked = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect,
            "scope": SCOPE,
            "state": question.state,
            "nonce": question.nonce,
            "code_challenge": _challenge(question.verifier),
            "code_challenge_method": "S256",
        }
        endpoint = (await self._discovered()).authorization_endpoint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def identify(self, code: str, question: Question) -> Identity:
        """Exchange a code for who somebody is. Raises `NotIdentified`, `ProviderAway`."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect,
            "code_verifier": question.verifier,
        }
        endpoint = (await self._discovered()).token_endpoint
        answer = await self._ask("POST", endpoint, form)
        try:
            token = msgspec.json.decode(answer, type=Tokens).id_token
        except msgspec.DecodeError:
            raise NotIdentified from None
        return self._identity(await self._claims(token), question)

    async def _claims(self, token: str) -> Mapping[str, Any]:
        """Check the signature; a key that is not known may be a new one of theirs."""
        try:
            return jwt.decode(token, await self._key_set(), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError, TypeError, KeyError):
            pass
        try:
            keys = await self._key_set(is_stale=True)
            return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError, TypeError, KeyError):
            raise NotIdentified from None

    def _identity(self, claims: Mapping[str, Any], question: Question) -> Identity:
        """Check what a token says (OpenID Connect Core 3.1.3.7)."""
        client_id, now = self.client.client_id, int(self._clock().timestamp())
        wanted = jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.client.issuer},
            aud={"essential": True, "value": client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": question.nonce},
        )
        try:
            wanted.validate(dict(claims))
        except (JoseError, ValueError, TypeError):
            raise NotIdentified from None
        others = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if (len(others) > 1 or "azp" in claims) and claims.get("azp") != client_id:
            raise NotIdentified
        subject = claims["sub"]
        if not 0 < len(subject) <= LONGEST_SUBJECT:
            raise NotIdentified
        return Identity(subject=subject, has_factor=self._has_factor(claims))

    def _has_factor(self, claims: Mapping[str, Any]) -> bool:
        if self.client.factor is None:
            return False
        name, value = self.client.factor
        said = claims.get(name)
        return value in said if isinstance(said, list) else said == value

    async def _discovered(self) -> Discovered:
        if self._known is not None and self._clock() - self._known[0] < KNOWN_FOR:
            return self._known[1]
        address = f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = msgspec.json.decode(await self._ask("GET", address), type=Discovered)
        except msgspec.DecodeError:
            raise ProviderAway from None
        addresses = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
        if found.issuer != self.client.issuer or not all(map(self._is_safe, addresses)):
            raise ProviderAway
        self._known = (self._clock(), found)
        return found

    async def _key_set(self, *, is_stale: bool = False) -> KeySet:
        """The provider's keys, asked for once an hour; sooner, yet not each time, if *is_stale*."""
        lasts = ASKED_AGAIN_AFTER if is_stale else KNOWN_FOR
        if self._keys is not None and self._clock() - self._keys[0] < lasts:
            return self._keys[1]
        answer = await self._ask("GET", (await self._discovered()).jwks_uri)
        try:
            keys = KeySet.import_key_set(msgspec.json.decode(answer))
        except (JoseError, msgspec.DecodeError, ValueError, TypeError, KeyError):
            raise ProviderAway from None
        self._keys = (self._clock(), keys)
        return keys

    def _is_safe(self, address: str) -> bool:
        parts, own = urlsplit(address), urlsplit(self.client.issuer)
        if parts.scheme == "https" and parts.hostname:
            return True
        return own.scheme == "http" and parts.scheme == "http" and parts.hostname in LOOPBACK

    async def _ask(self, method: str, address: str, form: dict[str, str] | None = None) -> bytes:
        """Ask the provider, following nothing; a form goes with our id and secret."""
        own = httpx.BasicAuth(self.client.client_id, self.client.secret) if form else None
        try:
            async with (
                httpx.AsyncClient(verify=self._trusted, timeout=PATIENCE) as client,
                client.stream(method, address, data=form, auth=own) as answer,
            ):
                content = b""
                async for piece in answer.aiter_bytes():
                    content += piece
                    if len(content) > LONGEST_ANSWER:
                        raise ProviderAway
        except (httpx.HTTPError, httpx.InvalidURL):
            raise ProviderAway from None
        if answer.status_code in {400, 401} and form:
            raise NotIdentified  # the code was used, is too old, or none of theirs
        if answer.status_code != httpx.codes.OK:
            raise ProviderAway
        return content


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
