"""The other side of a mailbox: what a Stelle writes, and what it can read with its key alone."""

from uuid import UUID, uuid4

from adstelle.crypto import sealing
from adstelle.crypto.hpke import PublicKey
from adstelle.database import Pool, Role, transaction
from adstelle.delivery.channels.inbox import Inbox
from adstelle.delivery.service import Delivery
from adstelle.domain.handover import Letter
from adstelle.domain.report import Act, Message
from tests.conftest import Admin
from tests.core import KEYS, TODAY
from tests.staff_side import ANYBODY

TABLES = ("intake.report", "intake.part", "intake.wrap", "casework.case", "casework.step")


async def report_in(admin: Admin) -> UUID:
    """The only report there is."""
    (row,) = await admin.fetch("select report_id from intake.report")
    found: UUID = row["report_id"]
    return found


async def say(admin: Admin, stelle: str, message: Message, report_id: UUID | None = None) -> UUID:
    """Write to the person, as an adviser's session does; return the message's id."""
    row = await admin.fetchrow(
        "select report_id, mailbox_key from intake.report where report_id = $1",
        report_id or await report_in(admin),
    )
    assert row is not None
    message_id = uuid4()
    sealed = sealing.seal_message(
        row["report_id"],
        message_id,
        stelle,
        message,
        stelle_key=KEYS[stelle].public(),
        mailbox_key=PublicKey(row["mailbox_key"]),
    )
    await admin.execute(
        "insert into mailbox.message (message_id, report_id, stelle, author, sent_on, sealed, "
        "for_stelle, for_mailbox) values ($1, $2, $3, 'stelle', $4, $5, $6, $7)",
        message_id, row["report_id"], stelle, TODAY,
        sealed.sealed, sealed.for_stelle, sealed.for_mailbox,
    )  # fmt: skip
    return message_id


async def heard(pool: Pool, stelle: str) -> list[Message]:
    """Every message that a Stelle can read now, in its own role and with its key alone."""
    async with transaction(pool, Role.CASEWORK, scope=stelle, member=ANYBODY) as conn:
        rows = await conn.fetch("select * from mailbox.message order by position")
    return [
        sealing.open_message(
            KEYS[stelle],
            row["for_stelle"],
            row["sealed"],
            sealing.message_binding(row["report_id"], row["message_id"], stelle),
        )
        for row in rows
        if row["for_stelle"] is not None
    ]


async def acts_heard(pool: Pool, stelle: str) -> list[Act]:
    """What these messages do."""
    return [message.act for message in await heard(pool, stelle) if message.act is not None]


async def seen(pool: Pool, stelle: str) -> dict[str, int]:
    """How many rows about reports a Stelle's role sees in each table."""
    async with transaction(pool, Role.CASEWORK, scope=stelle, member=ANYBODY) as conn:
        return {table: await conn.fetchval(f"select count(*) from {table}") for table in TABLES}


async def letter(pool: Pool, stelle: str) -> Letter:
    """The living consent, as the Stelle that got it reads it."""
    async with transaction(pool, Role.CASEWORK, scope=stelle, member=ANYBODY) as conn:
        row = await conn.fetchrow(
            "select handover_id, for_stelle, wrapped, report_id from intake.handover "
            "left join intake.wrap using (report_id) "
            "where stelle = $1 and withdrawn_on is null",
            stelle,
        )
    assert row is not None
    private, secret = KEYS[stelle], None
    if row["wrapped"] is not None:
        keys = sealing.unwrap_keys(private, row["wrapped"], row["report_id"], stelle)
        secret = keys.letters
    return sealing.open_letter(private, row["for_stelle"], row["handover_id"], stelle, secret)


async def work(pool: Pool) -> None:
    """Do what the worker does until nothing is due."""
    inbox = Inbox(pool)
    delivery = Delivery(pool, dict.fromkeys(KEYS, inbox), lambda: TODAY)
    while await delivery.deliver_next():
        pass


async def promises(admin: Admin, stelle: str) -> list[tuple[str, str]]:
    """What was promised about a Stelle, and what became of it."""
    rows = await admin.fetch(
        "select kind, state from outbox.promise where stelle = $1 order by promise_id", stelle
    )
    return [(row["kind"], row["state"]) for row in rows]


async def everything(admin: Admin) -> dict[str, list[str]]:
    """Every row of the tables that a consent touches, to be compared."""
    tables = (
        "intake.handover", "intake.wrap", "intake.card", "outbox.promise", "mailbox.message",
        "exchange.package",
    )  # fmt: skip
    return {
        table: sorted(row[0] for row in await admin.fetch(f"select t::text from {table} t"))
        for table in tables
    }
