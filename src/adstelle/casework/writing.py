"""Write to the person. Sent twice it is kept once; another text under the same id is noticed."""

from datetime import date
from enum import Enum, auto
from typing import Final
from uuid import UUID

import msgspec

from adstelle.casework import store
from adstelle.casework.index import store as index_store
from adstelle.casework.store import Address
from adstelle.crypto import sealing
from adstelle.crypto.sessions import Session
from adstelle.database import Connection
from adstelle.domain.report import Message, ReferralMade

NO_ID: Final = UUID(int=0)


class Written(Enum):
    """What became of a message."""

    NEW = auto()
    SAME = auto()  # it was kept before, just so
    CHANGED = auto()  # another one was kept before under this id


async def write(
    conn: Connection,
    session: Session,
    to: Address,
    message_id: UUID,
    message: Message,
    today: date,
) -> Written:
    """Seal a message for both sides and keep it, within the caller's transaction."""
    sealed = sealing.seal_message(
        to.report_id,
        message_id,
        session.stelle,
        message,
        stelle_key=session.key().public(),
        mailbox_key=to.mailbox_key,
    )
    if await store.insert_message(conn, session, to.report_id, message_id, sealed, today):
        await index_store.outdate(conn, to.report_id, session.stelle)
        return Written.NEW
    return await kept(conn, session, to, message_id, message) or Written.CHANGED


async def kept(
    conn: Connection, session: Session, to: Address, message_id: UUID, message: Message
) -> Written | None:
    """Compare with what was kept under this id; None where nothing was, not in this case."""
    found = await store.message(conn, to.report_id, message_id)
    if found is None:
        return None
    binding = sealing.message_binding(to.report_id, message_id, session.stelle)
    before = sealing.open_message(session.key(), found[1], found[0], binding)
    return Written.SAME if _said(before) == _said(message) else Written.CHANGED


def _said(message: Message) -> Message:
    """What a message says; the number of a hand-over is drawn anew each time."""
    if not isinstance(message.act, ReferralMade):
        return message
    act = msgspec.structs.replace(message.act, handover=NO_ID)
    return msgspec.structs.replace(message, act=act)
