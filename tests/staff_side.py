"""Advisers and their cases: set up as an operator does, sealed as the public form does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pyotp

from adstelle.accounts import setup
from adstelle.accounts.service import SignIn
from adstelle.accounts.setup import NewMember
from adstelle.crypto import receipt, sealing
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.crypto.opening import Cost
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.delivery.channels.inbox import Inbox
from adstelle.delivery.service import Delivery
from adstelle.domain.handover import Letter, Scope, Way
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.report import Contact, Message, Report, account_of
from adstelle.domain.routing import CodedAnswers

CHEAP = Cost(time=1, memory_kib=8, lanes=1)
TODAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANYBODY = UUID(int=1)  # a member whom nothing is kept from
PASSPHRASE = "sieben stille Störche staunen"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
REPORT = Report(
    answers=CodedAnswers(
        grounds=("rassismus_ethnische_herkunft", "sprache"),
        incident_type="beleidigung",
        area_of_life="wohnen",
        territory="jena",
        alleged_responsible="vermieter",
        online=False,
        reporter_role="betroffene",
    ),
    account="Am Telefon war sie frei.\nBeim Termin nicht mehr.\n\nDas war <b>kein</b> Zufall.",
    date=IncidentDate(day=27, month=2, year=2026),
    place="Lobeda",
    mandates=("beraten", "begleiten"),
    language="ar",
    interpreter="Arabisch",
    contact=Contact(name="Nour Kanarienvogel", phone="0170 5550123", safe_times="abends"),
)

Admin = asyncpg.Connection


class Clock:
    """A time that tests move."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time

    def code(self, secret: str = SECRET) -> str:
        """What the authenticator app shows now."""
        return pyotp.TOTP(secret).at(self.now)

    def wrong_code(self, secret: str) -> str:
        """Six digits that are not its code: neither now nor on a watch that is a little off."""
        near = {pyotp.TOTP(secret).at(self.now + timedelta(seconds=30 * n)) for n in range(-3, 4)}
        return next(code for code in map("{:06}".format, range(10**6)) if code not in near)


@dataclass(frozen=True)
class Person:
    """Somebody who reported: what their code opens, and the case of each Stelle."""

    report_id: UUID
    code: str
    keys: receipt.MailboxKeys
    cases: Mapping[str, UUID]

    @property
    def case_id(self) -> UUID:
        """The case of the ads_jena, or of the only Stelle that has one."""
        return self.cases.get("ads_jena") or next(iter(self.cases.values()))


def new_member(login: str = "mira", *, demo: bool = False) -> NewMember:
    return NewMember(
        login=login,
        name=f"{login.title()} Muster",
        passphrase=PASSPHRASE,
        totp_secret=SECRET,
        demo=demo,
    )


async def set_up(pool: Pool, stelle: str, member: NewMember) -> str:
    """Set a Stelle up with one member; return its recovery key."""
    prepared = setup.prepare(stelle)
    await setup.set_up_stelle(
        pool, prepared, member, entered=prepared.recovery_key, cost=CHEAP, today=TODAY
    )
    return prepared.recovery_key


def sign_in_of(pool: Pool, clock: Clock, *, demo: bool = False) -> SignIn:
    return SignIn(pool, clock, demo=demo, cost=CHEAP)


async def session_of(sign_in: SignIn, clock: Clock, login: str = "mira") -> Session:
    """Sign somebody in and open the session, a minute after the last one."""
    clock.pass_by(timedelta(minutes=1))
    session = await sign_in.load(await sign_in.sign_in(login, PASSPHRASE, clock.code()))
    assert session is not None
    return session


async def send_report(
    admin: Admin, consents: dict[str, bool], *, report: Report = REPORT, day: date = TODAY
) -> Person:
    """Store a sealed report and open a case for each Stelle of *consents*."""
    report_id, code = uuid4(), receipt.new_code()
    keys = receipt.mailbox_keys(code)
    part_keys = sealing.new_part_keys()
    account = account_of(report, card_id=uuid4(), wording="test")
    sealed = sealing.seal_parts(report_id, part_keys, account, report.contact)
    to = {sealing.MAILBOX: (keys.private.public(), Scope.CONTACT)} | {
        stelle: (await public_key(admin, stelle), Scope.CONTACT if with_contact else Scope.FACTS)
        for stelle, with_contact in consents.items()
    }
    wraps = {
        recipient: sealing.wrap_keys(part_keys, scope, report_id, recipient, public)
        for recipient, (public, scope) in to.items()
    }
    async with admin.transaction():
        await admin.execute(
            "insert into intake.report values ($1, $2, $3, $4)",
            report_id, day, keys.lookup, keys.private.public().encoded,
        )  # fmt: skip
        await admin.executemany(
            "insert into intake.part values ($1, $2, $3)",
            [(report_id, "account", sealed.account), (report_id, "contact", sealed.contact)],
        )
        await admin.executemany(
            "insert into intake.wrap values ($1, $2, $3)",
            [(report_id, recipient, wrap) for recipient, wrap in wraps.items()],
        )
        for stelle, with_contact in consents.items():
            await hand_over(admin, report_id, stelle, day=day, with_contact=with_contact)
        cases = {stelle: uuid4() for stelle in consents}
        await admin.executemany(
            "insert into casework.case (case_id, report_id, stelle, received_on, changed_on) "
            "values ($1, $2, $3, $4, $4)",
            [(cases[stelle], report_id, stelle, day) for stelle in consents],
        )
    return Person(report_id, code, keys, cases)


async def hand_over(
    admin: Admin, report_id: UUID, stelle: str, *, day: date = TODAY, with_contact: bool = False
) -> UUID:
    """Write down the consent to one hand-over, for the Stelle's side only; return its id."""
    handover_id = uuid4()
    letter = Letter(
        scope=Scope.CONTACT if with_contact else Scope.FACTS,
        wording="test",
        given_on=day,
        way=Way.FORM,
    )
    sealed = sealing.seal_letter(handover_id, letter, stelle, await public_key(admin, stelle))
    await admin.execute(
        "insert into intake.handover (handover_id, report_id, stelle, given_on, for_stelle) "
        "values ($1, $2, $3, $4, $5)",
        handover_id, report_id, stelle, day, sealed,
    )  # fmt: skip
    return handover_id


async def public_key(admin: Admin, stelle: str) -> PublicKey:
    encoded = await admin.fetchval(
        "select encoded from accounts.public_key where owner = $1", stelle
    )
    return PublicKey(encoded)


async def write_as_person(admin: Admin, person: Person, stelle: str, text: str) -> UUID:
    """Put a person's message into the conversation with a Stelle."""
    return await say_as_person(admin, person, stelle, Message(text=text))


async def say_as_person(admin: Admin, person: Person, stelle: str, message: Message) -> UUID:
    """The same for a message that does something."""
    message_id = uuid4()
    sealed = sealing.seal_message(
        person.report_id,
        message_id,
        stelle,
        message,
        stelle_key=await public_key(admin, stelle),
        mailbox_key=person.keys.private.public(),
    )
    await admin.execute(
        "insert into mailbox.message (message_id, report_id, stelle, author, sent_on, sealed, "
        "for_stelle, for_mailbox) values ($1, $2, $3, 'person', $4, $5, $6, $7)",
        message_id, person.report_id, stelle, TODAY,
        sealed.sealed, sealed.for_stelle, sealed.for_mailbox,
    )  # fmt: skip
    return message_id


async def answers_to(admin: Admin, person: Person) -> list[str]:
    """Read, with the person's key alone, what Stellen wrote to them."""
    return [message.text for message in await messages_to(admin, person)]


async def messages_to(admin: Admin, person: Person) -> list[Message]:
    """The same with what the messages do."""
    rows = await admin.fetch(
        "select * from mailbox.message where report_id = $1 and author = 'stelle' "
        "order by position",
        person.report_id,
    )
    return [opened(person.keys.private, row) for row in rows]


def opened(private: PrivateKey, row: asyncpg.Record) -> Message:
    binding = sealing.message_binding(row["report_id"], row["message_id"], row["stelle"])
    return sealing.open_message(private, row["for_mailbox"], row["sealed"], binding)


async def letters_of(admin: Admin, person: Person) -> dict[str, Letter]:
    """What the person agreed to with each Stelle, read with their key alone."""
    rows = await admin.fetch(
        "select handover_id, stelle, for_mailbox from intake.handover "
        "where report_id = $1 and for_mailbox is not null",
        person.report_id,
    )
    return {
        row["stelle"]: sealing.open_letter(
            person.keys.private,
            row["for_mailbox"],
            row["handover_id"],
            sealing.MAILBOX,
            person.keys.own,
        )
        for row in rows
    }


async def deliver(worker: Pool) -> None:
    """Do what the worker does, for every Stelle that works here."""
    inbox = Inbox(worker)
    channels = dict.fromkeys(("ads_jena", "ezra", "thadine", "rias_th"), inbox)
    delivery = Delivery(worker, channels, lambda: TODAY)
    while await delivery.deliver_next():
        pass
