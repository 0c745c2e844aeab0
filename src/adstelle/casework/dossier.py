"""A case, opened within a transaction, for what changes something about it."""

from uuid import UUID

from adstelle.casework import opened, store
from adstelle.casework.access import within
from adstelle.casework.opened import Content
from adstelle.casework.store import Act, Address, CaseRow
from adstelle.crypto.sealing import PartKeys
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool
from adstelle.domain.private import Private
from adstelle.domain.referral import Said
from adstelle.domain.report import Account, Contact, mandates_of


class Dossier(Private, frozen=True, kw_only=True):
    """A case whose person can be written to, with everything that opens for the Stelle."""

    row: CaseRow
    to: Address
    keys: PartKeys
    content: Content
    account: Account
    conversation: tuple[Said, ...]

    @property
    def mandates(self) -> tuple[str, ...]:
        """What the person wants now."""
        return mandates_of(self.account, [each.message for each in self.conversation])

    def contact(self) -> Contact | None:
        """Open the contact, where the person gave it; whoever asks has logged that before."""
        return opened.contact(self.row, self.content)


async def log_read(pool: Pool, session: Session, case_id: UUID) -> bool:
    """Log that a case is read, before it is opened; false where there is none to open."""
    async with within(pool, session) as conn:
        if await store.address(conn, case_id) is None:
            return False
        await store.append_log(conn, session, Act.CASE_READ, [case_id])
        return True


async def open_case(conn: Connection, session: Session, case_id: UUID) -> Dossier | None:
    """Open a case that the Stelle was given; None where there is none, or it does not open.

    What came as a package has nobody to write to from here, and so is none of these.
    """
    row, to = await store.case_of(conn, case_id), await store.address(conn, case_id)
    if row is None or to is None:
        return None
    private = session.key()
    content = opened.content(row, private, session.stelle)
    if content.keys is None or content.account is None:
        return None
    return Dossier(
        row=row,
        to=to,
        keys=content.keys,
        content=content,
        account=content.account,
        conversation=tuple(
            Said(each.message_id, each.sent_on, message)
            for each in await store.messages(conn, to.report_id)
            if (message := opened.message(each, private, session.stelle)) is not None
        ),
    )
