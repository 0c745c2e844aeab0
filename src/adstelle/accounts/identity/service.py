"""Sign-in by the city's identity provider. It says who somebody is; the passphrase still opens.

A member links the two themselves, signed in, with the passphrase: nobody has to type an identifier,
and no mail address is believed (docs/decisions/0027).
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum, auto
from hmac import compare_digest
from typing import Literal

import asyncpg

from adstelle import events
from adstelle.accounts.challenges import Challenges
from adstelle.accounts.identity import store
from adstelle.accounts.identity.provider import NotIdentified, Provider, Question
from adstelle.accounts.own.service import Account
from adstelle.accounts.service import SignIn
from adstelle.crypto import sessions
from adstelle.crypto.sessions import Session, Ticket
from adstelle.database import Pool, Role, transaction
from adstelle.domain.private import Private
from adstelle.errors import SignInRefused, Unopenable

Purpose = Literal["sign_in", "link"]


class Trip(Private, frozen=True):
    """A journey to the provider: what for, in which language, and what comes after it."""

    purpose: Purpose
    lang: str
    wanted: str
    question: Question


class Known(Private, frozen=True):
    """Somebody who came back: who they are to the provider, and here, if anybody."""

    purpose: Purpose
    lang: str
    wanted: str
    identity_id: bytes
    login: str | None
    has_factor: bool


class Link(Enum):
    """What became of a change."""

    DONE = auto()
    PASSPHRASE_WRONG = auto()
    TAKEN = auto()  # the identity belongs to another member


class Identities:
    """Sends people to the provider, takes them back, and links them with members."""

    def __init__(
        self,
        pool: Pool,
        provider: Provider,
        sign_in: SignIn,
        account: Account,
        challenges: Challenges,
        today: Callable[[], date],
    ) -> None:
        self._pool = pool
        self._provider = provider
        self._sign_in = sign_in
        self._account = account
        self._challenges = challenges
        self._today = today

    async def begin(self, purpose: Purpose, lang: str, wanted: str) -> tuple[str, str]:
        """Draw a journey: its cookie, and where to go. Raises `ProviderAway`."""
        question = Question(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
        )
        address = await self._provider.address(question)
        trip = Trip(purpose=purpose, lang=lang, wanted=wanted, question=question)
        return await self._keep(trip), address

    async def trip(self, cookie: str | None) -> Trip | None:
        """The journey somebody comes back from; once. None when there is none."""
        return await self._challenges.take(_ticket(cookie), Trip)

    async def back(self, trip: Trip, query: Mapping[str, str]) -> tuple[str, Known]:
        """Read what somebody came back with; return a new cookie and who they are.

        Raises `NotIdentified`, `ProviderAway`.
        """
        state, code = query.get("state", ""), query.get("code", "")
        if not compare_digest(state.encode(), trip.question.state.encode()) or not code:
            raise NotIdentified
        issuer = self._provider.client.issuer
        if query.get("iss", issuer) != issuer:  # RFC 9207: an answer of another provider
            raise NotIdentified
        identity = await self._provider.identify(code, trip.question)
        identity_id = _identity_id(issuer, identity.subject)
        async with transaction(self._pool, Role.ACCOUNTS, scope=identity_id) as conn:
            login = await store.identified(conn, identity_id)
        if trip.purpose == "sign_in" and login is None:
            raise NotIdentified
        known = Known(
            purpose=trip.purpose,
            lang=trip.lang,
            wanted=trip.wanted,
            identity_id=identity_id,
            login=login,
            has_factor=identity.has_factor,
        )
        return await self._keep(known), known

    async def known(self, cookie: str | None, purpose: Purpose) -> Known | None:
        """Who came back, for the page that asks for the passphrase; None when it is over."""
        known = await self._challenges.look(_ticket(cookie), Known)
        return known if known is not None and known.purpose == purpose else None

    async def open(self, cookie: str | None, known: Known, passphrase: str) -> str:
        """Open a session for somebody whose second factor the provider saw.

        Raises `SignInRefused`.
        """
        if not known.has_factor or known.login is None:
            raise SignInRefused
        member = await self._sign_in.member(known.login)
        box = await self._sign_in.unlocked(member, passphrase)
        try:
            if member is None or box is None:
                raise SignInRefused
            opened = await self._sign_in.open(member, box)
        except (SignInRefused, Unopenable):
            await self._sign_in.note_refused(member)
            raise SignInRefused from None
        await self.end(cookie)
        return opened

    async def end(self, cookie: str | None) -> None:
        """Forget who came back: they are in."""
        await self._challenges.take(_ticket(cookie), Known)

    async def linked_on(self, session: Session) -> date | None:
        """Since when one is linked; None if not."""
        scope = session.member_id.bytes
        async with transaction(self._pool, Role.ACCOUNTS, scope=scope) as conn:
            return await store.linked_on(conn, session.member_id)

    async def link(
        self, session: Session, cookie: str | None, known: Known, passphrase: str
    ) -> Link:
        """Link oneself with who came back."""
        if not await self._account.is_passphrase(session, passphrase):
            return Link.PASSPHRASE_WRONG
        scope = session.member_id.bytes
        try:
            async with transaction(self._pool, Role.ACCOUNTS, scope=scope) as conn:
                await store.link(conn, session.member_id, known.identity_id, self._today())
        except asyncpg.UniqueViolationError:
            return Link.TAKEN
        await self.end(cookie)
        events.emit(events.AccountChanged(stelle=session.stelle))
        return Link.DONE

    async def unlink(self, session: Session, passphrase: str) -> Link:
        """Link oneself with nobody."""
        if not await self._account.is_passphrase(session, passphrase):
            return Link.PASSPHRASE_WRONG
        scope = session.member_id.bytes
        async with transaction(self._pool, Role.ACCOUNTS, scope=scope) as conn:
            await store.unlink(conn, session.member_id)
        events.emit(events.AccountChanged(stelle=session.stelle))
        return Link.DONE

    async def _keep(self, kept: Trip | Known) -> str:
        cookie = sessions.new_cookie()
        ticket = _ticket(cookie)
        if ticket is None:
            raise AssertionError("a new cookie can be read")
        await self._challenges.keep(ticket, kept)
        return cookie


def _ticket(cookie: str | None) -> Ticket | None:
    return sessions.ticket(cookie) if cookie else None


def _identity_id(issuer: str, subject: str) -> bytes:
    """What the database knows an identity by: neither the subject nor anything to be read."""
    return hashlib.sha256(f"{issuer}\0{subject}".encode()).digest()
