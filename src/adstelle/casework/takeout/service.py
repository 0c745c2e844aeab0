"""All cases of a Stelle for another software: asked for by a lead, agreed to by somebody else."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from adstelle.casework.access import within
from adstelle.casework.export.service import Exports
from adstelle.casework.files.service import CaseBundle
from adstelle.casework.takeout import store
from adstelle.casework.takeout.archive import Archive
from adstelle.casework.takeout.store import Wish
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool
from adstelle.domain.case_document import CaseData
from adstelle.domain.membership import MemberRole
from adstelle.domain.package import NO_CARD
from adstelle.errors import AdstelleError
from adstelle.files.kinds import named
from adstelle.files.store import File
from adstelle.files.uploads import Uploads

FORMAT: Final = "adstelle-takeout"
VERSION: Final = 1
VALID: Final = timedelta(days=7)  # after somebody agreed
BATCH: Final = 50
README: Final = Path(__file__).with_name("README.txt")
# Which cases are not in it is not said, and not whether there are any: that alone would tell.
CONFLICTS: Final = (
    "Cases that whoever made this archive is kept from (conflict of interest) are not in it. "
    "Whether there are any is not said here."
)
Check = Callable[[Session, str], Awaitable[bool]]


class Ended(AdstelleError):
    """What was agreed upon ended while it was being taken along."""


def is_lead(session: Session) -> bool:
    """Whether somebody may ask for all cases."""
    return session.role is MemberRole.LEAD


def is_open(wish: Wish | None, today: date) -> bool:
    """Whether a wish waits, or still holds."""
    if wish is None or wish.ended_on is not None:
        return False
    return today <= (wish.approved_on or wish.asked_on) + VALID


def may_take(wish: Wish | None, session: Session, today: date) -> bool:
    """Whether somebody may take all cases along now: they asked, and somebody else agreed."""
    return (
        wish is not None
        and is_open(wish, today)
        and wish.approved_by is not None
        and wish.asked_by == session.member_id
        and is_lead(session)
    )


class Takeouts:
    """Taking all cases along. *is_passphrase* asks a member for their passphrase once more."""

    def __init__(
        self, pool: Pool, exports: Exports, uploads: Uploads, is_passphrase: Check
    ) -> None:
        self._pool = pool
        self._exports = exports
        self._uploads = uploads
        self.today = exports.today
        self.is_passphrase = is_passphrase

    async def latest(self, session: Session) -> Wish | None:
        """The open wish of the Stelle, or the last one."""
        async with self._transaction(session) as conn:
            return await store.latest(conn)

    async def ask(self, session: Session, takeout_id: UUID) -> None:
        """Ask for all cases. One that lapsed is ended first; sent twice it is asked once."""
        today = self.today()
        async with self._transaction(session) as conn:
            wish = await store.latest(conn)
            if wish is not None and wish.ended_on is None and not is_open(wish, today):
                await store.finish(conn, session, wish.takeout_id, today)
            await store.ask(conn, session, takeout_id, today)

    async def approve(self, session: Session, takeout_id: UUID) -> None:
        """Agree to what somebody else asked for."""
        async with self._transaction(session) as conn:
            if is_open(await store.latest(conn), self.today()):
                await store.approve(conn, session, takeout_id, self.today())

    async def finish(self, session: Session, takeout_id: UUID) -> None:
        """End it: take it back, say no, or say that it is done."""
        async with self._transaction(session) as conn:
            await store.finish(conn, session, takeout_id, self.today())

    async def archive(self, session: Session) -> AsyncIterator[bytes]:
        """The archive, piece by piece: a case is logged, opened, written and forgotten.

        Raises `Ended` where it is not allowed, before the first piece, or not any more, on the way.
        """
        await self._require(session)
        archive, unopened = Archive(), []
        for piece in archive.put("README.txt", README.read_bytes()):
            yield piece
        for piece in archive.put("case.schema.json", schema()):
            yield piece
        number = 0
        async for case_id in self._cases(session):
            taken = await self._exports.take(session, case_id)
            if taken is None:
                unopened.append(str(case_id))
                continue
            number += 1
            folder, (data, bundles) = f"cases/{case_id}", taken
            for piece in archive.put(f"{folder}/case.json", as_json(data)):
                yield piece
            async with aclosing(self._files(archive, folder, bundles)) as files:
                async for piece in files:
                    yield piece
        head = {
            "format": FORMAT,
            "version": VERSION,
            "stelle": session.stelle,
            "made_on": self.today().isoformat(),
            "cases": number,
            "not_opened": unopened,
            "conflicts_of_interest": CONFLICTS,
        }
        for piece in archive.finish("manifest.json", head):
            yield piece

    async def _require(self, session: Session) -> None:
        if not may_take(await self.latest(session), session, self.today()):
            raise Ended

    async def _cases(self, session: Session) -> AsyncIterator[UUID]:
        """The cases that this member may open, as long as they may take them along."""
        after = -1
        while True:
            await self._require(session)
            async with self._transaction(session) as conn:
                found = await store.cases(conn, after, BATCH)
            for case_id, _ in found:
                yield case_id
            if len(found) < BATCH:
                return
            after = found[-1][1]

    async def _files(
        self, archive: Archive, folder: str, bundles: tuple[CaseBundle, ...]
    ) -> AsyncGenerator[bytes, None]:
        """The files of a case as they came; what the scanner holds back stays here."""
        place = 0
        for bundle in bundles:
            for file in bundle.files:
                place += 1
                if file.is_free:
                    path = f"{folder}/files/{place:03}-{_name(file)}"
                    content = self._uploads.content(bundle.container, file)
                    async for piece in archive.stream(path, content):
                        yield piece

    def _transaction(self, session: Session) -> AbstractAsyncContextManager[Connection]:
        return within(self._pool, session)


def _name(file: File) -> str:
    """A name for a file that no program that unpacks it can be led astray by."""
    given = named(file.header.name, file.header.kind, "file")
    return "".join(sign if sign.isalnum() or sign in " -_.()" else "_" for sign in given).lstrip(
        "."
    )


def as_json(data: CaseData) -> bytes:
    """A case as data: days as ISO 8601, codes as codes. The count card stays without a link."""
    account = msgspec.structs.replace(data.account, card_id=NO_CARD)
    whole = msgspec.structs.replace(data, account=account)
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def schema() -> bytes:
    """What `as_json` writes, as JSON Schema (2020-12)."""
    described = msgspec.json.encode(msgspec.json.schema(CaseData))
    return msgspec.json.format(described, indent=2) + b"\n"
