"""The files of a case: read, looked at in the original, scanned once more, sent to the person.

Whoever has the key of the report or of a message finds its files; the log is written before.
"""

from datetime import date
from enum import Enum, auto
from uuid import UUID

from adstelle.casework import opened, store
from adstelle.casework.access import within
from adstelle.casework.dossier import Dossier, log_read, open_case
from adstelle.casework.store import Act
from adstelle.crypto import files as sealed_files
from adstelle.crypto import sealing
from adstelle.crypto.files import Container
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool
from adstelle.domain.private import Private
from adstelle.domain.report import Message
from adstelle.files import store as file_store
from adstelle.files.scanning import Scan
from adstelle.files.sending import Bundle, Outgoing, find
from adstelle.files.store import File
from adstelle.files.uploads import Uploads


class CaseBundle(Bundle, frozen=True, kw_only=True):
    """Files that came together; *text* is what was written with them."""

    on: date
    with_report: bool
    text: str


class CaseFiles(Private, frozen=True):
    """All files of a case; *report_id* is None for a package, which brings none."""

    report_id: UUID | None
    bundles: tuple[CaseBundle, ...]


class Sent(Enum):
    """What became of a message with files."""

    KEPT = auto()
    NO_SUCH_CASE = auto()


class Filing:
    """Files, each time within the Stelle of a session."""

    def __init__(self, pool: Pool, uploads: Uploads) -> None:
        self._pool = pool
        self.uploads = uploads

    async def files(self, session: Session, case_id: UUID) -> CaseFiles | None:
        """Everything there is; None where the Stelle has no such case."""
        if not await log_read(self._pool, session, case_id):
            async with within(self._pool, session) as conn:
                row = await store.case_of(conn, case_id)
            return None if row is None else CaseFiles(None, ())
        return await self.listed(session, case_id)

    async def listed(self, session: Session, case_id: UUID) -> CaseFiles | None:
        """The same for whoever has logged that before; None for a package as well."""
        async with within(self._pool, session) as conn:
            dossier = await open_case(conn, session, case_id)
            if dossier is None:
                return None
            places = await _places(conn, session, dossier)
        bundles = [
            CaseBundle(
                container=container,
                own=own,
                files=await file_store.files(self._pool, container),
                on=on,
                with_report=with_report,
                text=text,
            )
            for container, own, on, with_report, text in places
        ]
        return CaseFiles(dossier.to.report_id, tuple(each for each in bundles if each.files))

    async def take(
        self, session: Session, case_id: UUID, file_id: UUID, act: Act
    ) -> tuple[Bundle, File] | None:
        """Find a file for *act* and log that; None where there is none, or it must stay closed."""
        found = await self.listed(session, case_id)
        taken = find(found.bundles, file_id) if found else None
        if taken is None or (act is not Act.FILE_SCANNED and not taken[1].is_free):
            return None
        async with within(self._pool, session) as conn:
            await store.append_log(conn, session, act, [case_id])
        return taken

    async def rescan(self, session: Session, case_id: UUID, file_id: UUID) -> Scan | None:
        """Scan a file that waits for it; None where there is none."""
        taken = await self.take(session, case_id, file_id, Act.FILE_SCANNED)
        if taken is None:
            return None
        return await self.uploads.rescan(taken[0].container, taken[1])

    async def report_of(self, session: Session, case_id: UUID) -> UUID | None:
        """The report to send files about; None where nobody can be written to."""
        async with within(self._pool, session) as conn:
            to = await store.address(conn, case_id)
        return None if to is None else to.report_id

    async def send(
        self, session: Session, case_id: UUID, outgoing: Outgoing, said: "Said", today: date
    ) -> Sent:
        """Keep a message with its files. Sent twice it is kept once, and so are they."""
        async with within(self._pool, session) as conn:
            to = await store.address(conn, case_id)
            if to is None:
                return Sent.NO_SUCH_CASE
            sealed = sealing.seal_message_under(
                outgoing.key,
                said.message,
                sealing.message_binding(to.report_id, said.message_id, session.stelle),
                stelle_key=session.key().public(),
                mailbox_key=to.mailbox_key,
            )
            is_new = await store.insert_message(
                conn, session, to.report_id, said.message_id, sealed, today
            )
            if is_new:
                await store.append_log(conn, session, Act.MESSAGE_SENT, [case_id])
                await file_store.keep_with_message(conn, outgoing.container, said.message_id)
        if not is_new:
            await self.uploads.forget(outgoing.container, said.message.files)
        return Sent.KEPT


class Said(Private, frozen=True):
    """A message with files and its id."""

    message_id: UUID
    message: Message


Place = tuple[Container, bool, date, bool, str]


async def _places(conn: Connection, session: Session, dossier: Dossier) -> list[Place]:
    """What files can belong to: the report, and each message that says it has some."""
    report_id, private = dossier.to.report_id, session.key()
    report = sealed_files.of_report(dossier.keys.account, report_id)
    found: list[Place] = [(report, False, dossier.row.received_on, True, "")]
    for row in await store.messages(conn, report_id):
        message = opened.message(row, private, session.stelle)
        if message is None or not message.files or row.for_stelle is None:
            continue
        binding = sealing.message_binding(report_id, row.message_id, session.stelle)
        key = sealing.message_key(private, row.for_stelle, binding)
        container = sealed_files.of_message(key)
        found.append((container, row.author == "stelle", row.sent_on, False, message.text))
    return found
