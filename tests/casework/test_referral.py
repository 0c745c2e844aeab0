"""A case goes on to another Stelle with the person's yes: exactly that, once, and with an end."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from adstelle.casework.decision.service import Decided, Decisions, Refusal
from adstelle.casework.queue.service import Queue, Wanted
from adstelle.casework.queue.store import View
from adstelle.casework.referral.service import WORDING, Became, Referrals, Told
from adstelle.casework.service import CaseFile, Casework
from adstelle.city import City
from adstelle.crypto import sealing
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, queries, transaction
from adstelle.domain import referral
from adstelle.domain.case import State
from adstelle.domain.handover import Letter, Reason, Scope, Standing, Way
from adstelle.domain.referral import AWAITED, Proposal, Referring
from adstelle.domain.report import Contact, ReferralMade, ReferralProposed
from adstelle.errors import Unopenable
from adstelle.mailbox.consents import Consents
from tests.casework.conftest import queue_of
from tests.conftest import Admin
from tests.staff_side import (
    ANYBODY,
    REPORT,
    TODAY,
    Person,
    deliver,
    letters_of,
    messages_to,
    send_report,
)

CANARY: Final = "Kanarienvogel"
NOTE: Final = "Bitte zuerst schreiben, nicht anrufen."
GIVEN_ON: Final = TODAY - timedelta(days=2)
RECEIVED_ON: Final = TODAY - timedelta(days=5)


@pytest.fixture
def mira(sessions: dict[str, Session]) -> Session:
    """An adviser of the ADS."""
    return sessions["ads_jena"]


@pytest.fixture
def juri(sessions: dict[str, Session]) -> Session:
    """An adviser of ezra."""
    return sessions["ezra"]


@dataclass(frozen=True)
class Desks:
    """Everybody's desk, and the worker who carries things from one to the other."""

    casework: Casework
    referrals: Referrals
    decisions: Decisions
    admin: Admin
    worker: Pool

    async def of(self, session: Session, person: Person) -> CaseFile:
        """Open the case that a Stelle has of somebody's report."""
        case_id = await case_of(self.admin, person, session.stelle)
        return await opened(self.casework, session, case_id)


@pytest.fixture
def desks(
    casework: Casework,
    referrals: Referrals,
    decisions: Decisions,
    admin: Admin,
    worker_pool: Pool,
) -> Desks:
    return Desks(casework, referrals, decisions, admin, worker_pool)


@pytest.fixture
def consents(public_pool: Pool, city: City) -> Consents:
    """What the person agrees to in their mailbox."""
    return Consents(public_pool, city, lambda: TODAY)


@pytest.fixture
async def person(admin: Admin, mira: Session) -> Person:
    """Somebody who gave the ADS their report and their contact, some days ago."""
    return await send_report(admin, {"ads_jena": True}, day=RECEIVED_ON)


def by_phone(
    stelle: str = "ezra", scope: Scope = Scope.FACTS, *, note: str = NOTE, way: Way = Way.PHONE
) -> Referring:
    return Referring(stelle=stelle, scope=scope, note=note, way=way, given_on=GIVEN_ON)


def in_mailbox(stelle: str = "ezra", scope: Scope = Scope.FACTS) -> Referring:
    return Referring(stelle=stelle, scope=scope, note=NOTE, way=Way.MAILBOX, given_on=None)


def told(text: str = "Wir haben es weitergegeben.") -> Told:
    return Told(text, uuid4())


async def logged(admin: Admin, stelle: str = "ads_jena") -> list[str]:
    rows = await admin.fetch(
        "select act from casework.log where stelle = $1 order by log_id", stelle
    )
    return [row["act"] for row in rows]


async def case_of(admin: Admin, person: Person, stelle: str) -> UUID | None:
    case_id: UUID | None = await admin.fetchval(
        "select case_id from casework.case left join exchange.package using (package_id) "
        "left join intake.handover using (handover_id) "
        'where "case".stelle = $2 and coalesce("case".report_id, handover.report_id) = $1',
        person.report_id, stelle,
    )  # fmt: skip
    return case_id


async def opened(
    casework: Casework, session: Session, case_id: UUID | None, day: date = TODAY
) -> CaseFile:
    assert case_id is not None
    file = await casework.read(session, case_id, day)
    assert file is not None
    return file


async def attention(casework: Casework, session: Session, day: date = TODAY) -> Queue:
    return await queue_of(casework).page(session, Wanted(view=View.ATTENTION), day)


async def nothing_was_given(admin: Admin) -> bool:
    """Only the first hand-over is there, and nothing was said."""
    counts = [
        await admin.fetchval(f"select count(*) from {table}")
        for table in ("intake.handover", "mailbox.message", "outbox.promise", "casework.referral")
    ]
    return counts == [1, 0, 0, 0]


# With a yes on the phone -----------------------------------------------------------------------


async def test_the_receiver_reads_what_was_agreed_to_and_the_case_here_stays(
    desks: Desks, mira: Session, juri: Session, person: Person
) -> None:
    await desks.casework.read(mira, person.case_id, TODAY)
    await desks.casework.take_step(mira, person.case_id, State.IN_BEARBEITUNG, TODAY)
    before = await desks.admin.fetch("select case_id, state, changed_on from casework.case")

    became = await desks.referrals.refer(mira, person.case_id, by_phone(), told(), TODAY)
    await deliver(desks.worker)
    file = await desks.of(juri, person)

    assert became is Became.KEPT
    assert file.account is not None
    assert file.account.account == REPORT.account
    assert (file.shares_contact, file.contact) == (False, None)
    assert file.came.letter == Letter(
        scope=Scope.FACTS,
        wording=WORDING,
        given_on=GIVEN_ON,
        way=Way.PHONE,
        referred_by="ads_jena",
        note=NOTE,
    )
    assert file.received_on == TODAY, "the day on which it was handed over, not that of the yes"
    assert (file.state, file.notes) == (State.GELESEN, ())
    own = await desks.admin.fetch(
        "select case_id, state, changed_on from casework.case where stelle = 'ads_jena'"
    )
    assert own == before, "a referral resets nothing"


async def test_with_contact_the_receiver_can_reach_the_person(
    desks: Desks, mira: Session, juri: Session, person: Person
) -> None:
    await desks.referrals.refer(mira, person.case_id, by_phone(scope=Scope.CONTACT), told(), TODAY)
    await deliver(desks.worker)

    file = await desks.of(juri, person)

    assert file.contact == REPORT.contact
    assert file.came.letter is not None
    assert file.came.letter.scope is Scope.CONTACT


async def test_who_only_counts_reads_codes_and_not_a_word(
    desks: Desks, mira: Session, juri: Session, person: Person
) -> None:
    counted = by_phone(scope=Scope.STATISTICS, note="")
    await desks.referrals.refer(mira, person.case_id, counted, told(), TODAY)
    await deliver(desks.worker)

    file = await desks.of(juri, person)

    assert file.account is not None
    assert file.account.answers == REPORT.answers
    assert (file.account.account, file.account.place, file.account.language) == ("", "", "")
    assert file.account.date.day is None
    assert (file.shares_contact, file.contact) == (False, None)
    assert (file.came.is_package, file.came.sender) == (True, None)
    assert file.came.letter is not None
    assert (file.came.letter.scope, file.came.letter.referred_by) == (Scope.STATISTICS, "ads_jena")
    assert (
        await desks.admin.fetchval("select count(*) from intake.wrap where recipient = 'ezra'") == 0
    ), "no key"


async def test_the_person_reads_it_and_keeps_the_letter(
    referrals: Referrals, mira: Session, admin: Admin, person: Person
) -> None:
    wanted = by_phone(way=Way.LETTER)

    await referrals.refer(mira, person.case_id, wanted, told("Hier: wie besprochen."), TODAY)

    (message,) = await messages_to(admin, person)
    handover_id = await admin.fetchval(
        "select handover_id from intake.handover where stelle = 'ezra'"
    )
    assert message.text == "Hier: wie besprochen."
    assert message.act == ReferralMade(
        handover=handover_id,
        stelle="ezra",
        scope=Scope.FACTS,
        way=Way.LETTER,
        given_on=GIVEN_ON,
        note=NOTE,
    )
    letter = (await letters_of(admin, person))["ezra"]
    assert (letter.referred_by, letter.given_on, letter.way) == ("ads_jena", GIVEN_ON, Way.LETTER)
    assert letter.note == NOTE


async def test_a_referral_is_logged_with_what_it_was(
    referrals: Referrals, mira: Session, admin: Admin, person: Person
) -> None:
    await referrals.refer(mira, person.case_id, by_phone(), told(), TODAY)
    await referrals.refer(mira, person.case_id, in_mailbox("thadine"), told(""), TODAY)

    assert await logged(admin) == ["referral_made", "referral_proposed"]


async def test_no_name_of_staff_and_no_number_of_a_case_leaves(
    desks: Desks, mira: Session, juri: Session, person: Person
) -> None:
    await desks.casework.answer(mira, person.case_id, uuid4(), "Unter uns.", TODAY)
    await desks.referrals.refer(mira, person.case_id, by_phone(scope=Scope.CONTACT), told(), TODAY)
    await deliver(desks.worker)

    file = await desks.of(juri, person)
    left = repr(msgspec.to_builtins([file.account, file.contact, file.came, file.notes]))
    left += repr(msgspec.to_builtins([await letters_of(desks.admin, person)]))

    assert "Unter uns" not in left
    for inside in (mira.name, mira.login, str(mira.member_id), str(person.case_id)):
        assert inside not in left
    assert CANARY in left, "the contact was to leave, so something is there to be found"


# The person is asked ---------------------------------------------------------------------------


async def test_a_proposal_gives_nothing_away(
    casework: Casework, referrals: Referrals, mira: Session, admin: Admin, person: Person
) -> None:
    wanted = in_mailbox(scope=Scope.CONTACT)

    became = await referrals.refer(mira, person.case_id, wanted, told("Darf ich?"), TODAY)
    file = await opened(casework, mira, person.case_id)

    assert became is Became.KEPT
    (message,) = await messages_to(admin, person)
    assert message.text == "Darf ich?"
    assert message.act == ReferralProposed(stelle="ezra", scope=Scope.CONTACT, note=NOTE)
    assert await admin.fetchval("select count(*) from intake.handover") == 1
    assert await admin.fetchval("select count(*) from intake.wrap where recipient = 'ezra'") == 0
    (shown,) = file.referrals
    assert (shown.standing, shown.scope, shown.way) == (Proposal.ASKED, Scope.CONTACT, Way.MAILBOX)


async def test_after_a_yes_in_the_mailbox_the_hand_over_is_seen_here(
    desks: Desks, mira: Session, juri: Session, consents: Consents, person: Person
) -> None:
    asked = told("")
    await desks.referrals.refer(mira, person.case_id, in_mailbox(), asked, TODAY)
    assert await consents.answer(person.code, asked.message_id, agreed=True) is None

    (promised,) = (await desks.of(mira, person)).referrals
    await deliver(desks.worker)
    (delivered,) = (await desks.of(mira, person)).referrals
    file = await desks.of(juri, person)

    assert promised.standing is Standing.PROMISED
    assert delivered.standing is Standing.DELIVERED
    assert (delivered.scope, delivered.note) == (Scope.FACTS, NOTE)
    assert file.came.letter is not None
    assert file.came.letter.referred_by == "ads_jena"
    assert await desks.admin.fetchval("select state from casework.referral") == "settled"


async def test_a_no_is_to_be_looked_at_once_it_was_read(
    casework: Casework,
    referrals: Referrals,
    mira: Session,
    consents: Consents,
    admin: Admin,
    person: Person,
) -> None:
    asked = told("")
    await referrals.refer(mira, person.case_id, in_mailbox(), asked, TODAY)
    assert await consents.answer(person.code, asked.message_id, agreed=False) is None

    unread = (await queue_of(casework).page(mira, Wanted(), TODAY)).entries[0].unread
    (shown,) = (await opened(casework, mira, person.case_id)).referrals
    queue = await attention(casework, mira)

    assert unread == 1, "until then it is an unread message"
    assert shown.standing is Proposal.DECLINED
    assert [entry.case_id for entry in queue.entries] == [person.case_id]
    assert queue.counts[View.ATTENTION] == 1


# Where it stands ---------------------------------------------------------------------------------


async def test_a_refusal_comes_back_with_its_reason_and_the_case_here_stays(
    desks: Desks, mira: Session, juri: Session, person: Person
) -> None:
    await desks.casework.read(mira, person.case_id, TODAY)
    await desks.referrals.refer(mira, person.case_id, by_phone(), told(), TODAY)
    await deliver(desks.worker)
    theirs = await case_of(desks.admin, person, "ezra")
    assert theirs is not None
    refusal = Refusal(Reason.FULL, "", uuid4())

    assert await desks.decisions.refuse(juri, theirs, refusal, TODAY) is Decided.KEPT
    file = await desks.of(mira, person)
    queue = await attention(desks.casework, mira)

    (shown,) = file.referrals
    assert (shown.standing, shown.reason) == (Standing.REFUSED, Reason.FULL)
    assert shown.wants_attention(TODAY)
    assert file.state is State.GELESEN
    assert (queue.counts[View.ATTENTION], queue.entries[0].needs_attention) == (1, True)
    assert {choice.stelle for choice in file.choices} == {"thadine"}, "ezra has it"

    await desks.referrals.refer(mira, person.case_id, by_phone("thadine"), told(), TODAY)
    assert (await attention(desks.casework, mira)).counts[View.ATTENTION] == 0, (
        "somebody else was found"
    )


@pytest.mark.parametrize(
    ("change", "standing", "wanted"),
    [
        ("update outbox.promise set attempts = 3", Standing.TRIED, False),
        ("update outbox.promise set state = 'dead'", Standing.DEAD, True),
        ("update intake.handover set decision = 'accepted'", Standing.ACCEPTED, False),
        ("update intake.handover set decision = 'refused'", Standing.REFUSED, True),
        (
            "update intake.handover set withdrawn_on = given_on, decision = 'refused'",
            Standing.WITHDRAWN,
            False,
        ),
    ],
)
async def test_page_and_queue_agree_on_what_has_to_be_looked_at(
    desks: Desks, mira: Session, person: Person, change: str, standing: Standing, wanted: bool
) -> None:
    await desks.referrals.refer(mira, person.case_id, by_phone(), told(), TODAY)
    await desks.admin.execute(f"{change} where stelle = 'ezra'")

    (shown,) = (await desks.of(mira, person)).referrals
    queue = await attention(desks.casework, mira)
    everything = await queue_of(desks.casework).page(mira, Wanted(), TODAY)

    assert shown.standing is standing
    assert shown.wants_attention(TODAY) is wanted
    assert queue.counts[View.ATTENTION] == len(queue.entries) == wanted
    assert [entry.needs_attention for entry in everything.entries] == [wanted]


@pytest.mark.parametrize(("late", "wanted"), [(0, False), (1, True)])
async def test_page_and_queue_agree_on_how_long_an_answer_is_awaited(
    casework: Casework, referrals: Referrals, mira: Session, person: Person, late: int, wanted: bool
) -> None:
    await referrals.refer(mira, person.case_id, in_mailbox(), told(""), TODAY)
    day = TODAY + AWAITED + timedelta(days=late)

    (shown,) = (await opened(casework, mira, person.case_id, day)).referrals

    assert shown.wants_attention(day) is wanted
    assert (await attention(casework, mira, day)).counts[View.ATTENTION] == wanted


async def test_what_was_seen_to_is_marked_no_longer(
    casework: Casework, referrals: Referrals, mira: Session, admin: Admin, person: Person
) -> None:
    await referrals.refer(mira, person.case_id, by_phone(), told(), TODAY)
    subject = (await opened(casework, mira, person.case_id)).referrals[0].subject
    assert not await referrals.settle(mira, person.case_id, subject, TODAY), "nothing went wrong"
    await admin.execute("update outbox.promise set state = 'dead'")

    assert await referrals.settle(mira, person.case_id, subject, TODAY)
    assert await referrals.settle(mira, person.case_id, subject, TODAY), "twice is once"

    (shown,) = (await opened(casework, mira, person.case_id)).referrals
    assert (shown.standing, shown.is_settled) == (Standing.DEAD, True)
    assert (await attention(casework, mira)).counts[View.ATTENTION] == 0
    assert (await logged(admin)).count("referral_settled") == 1


async def test_of_another_stelle_or_case_nothing_is_seen_to(
    casework: Casework,
    referrals: Referrals,
    mira: Session,
    juri: Session,
    admin: Admin,
    person: Person,
) -> None:
    await referrals.refer(mira, person.case_id, by_phone(), told(), TODAY)
    await admin.execute("update outbox.promise set state = 'dead'")
    subject = (await opened(casework, mira, person.case_id)).referrals[0].subject
    other = await send_report(admin, {"ads_jena": False, "ezra": False})

    assert not await referrals.settle(juri, other.cases["ezra"], subject, TODAY)
    assert not await referrals.settle(mira, other.case_id, subject, TODAY)
    assert not await referrals.settle(mira, person.case_id, uuid4(), TODAY)
    assert (await attention(casework, mira)).counts[View.ATTENTION] == 1
    assert (await attention(casework, juri)).counts[View.ATTENTION] == 0


# Twice, and at once -----------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [by_phone(), in_mailbox()], ids=["phone", "mailbox"])
async def test_sent_four_times_at_once_it_is_done_once(
    referrals: Referrals, mira: Session, admin: Admin, person: Person, wanted: Referring
) -> None:
    once = told()

    became = await asyncio.gather(
        *(referrals.refer(mira, person.case_id, wanted, once, TODAY) for _ in range(4))
    )

    assert became == [Became.KEPT] * 4
    given = 1 if wanted.given_on else 0
    assert await admin.fetchval("select count(*) from mailbox.message") == 1
    assert await admin.fetchval("select count(*) from intake.handover") == 1 + given
    assert await admin.fetchval("select count(*) from outbox.promise") == given
    assert await logged(admin) == ["referral_made" if given else "referral_proposed"]
    assert await referrals.before(mira, person.case_id, wanted, once) is Became.KEPT


async def test_something_else_under_the_same_number_is_noticed(
    referrals: Referrals, mira: Session, admin: Admin, person: Person
) -> None:
    once = told()
    await referrals.refer(mira, person.case_id, by_phone(), once, TODAY)

    for changed in (
        by_phone("thadine"),
        by_phone(scope=Scope.CONTACT),
        by_phone(note="Ein anderer Hinweis."),
        by_phone(way=Way.VISIT),
        in_mailbox(),
    ):
        became = await referrals.refer(mira, person.case_id, changed, once, TODAY)
        assert became is Became.CHANGED
        assert await referrals.before(mira, person.case_id, changed, once) is Became.CHANGED

    assert await admin.fetchval("select count(*) from intake.handover") == 2


async def test_two_advisers_at_once_give_it_once(
    casework: Casework, referrals: Referrals, mira: Session, admin: Admin, person: Person
) -> None:
    became = await asyncio.gather(
        *(referrals.refer(mira, person.case_id, by_phone(), told(), TODAY) for _ in range(3))
    )

    assert sorted(each.name for each in became) == ["KEPT", "OBJECTED", "OBJECTED"]
    assert len((await opened(casework, mira, person.case_id)).referrals) == 1
    assert await admin.fetchval("select count(*) from mailbox.message") == 1


@pytest.mark.parametrize(
    "table", ["intake.handover", "intake.wrap", "outbox.promise", "casework.log"]
)
async def test_half_a_referral_is_none(
    referrals: Referrals, mira: Session, admin: Admin, person: Person, table: str
) -> None:
    """Whatever breaks on the way, nothing of it stays: no key, and no word to the person."""
    await admin.execute(
        "create function scope.break() returns trigger language plpgsql as "
        "$$ begin raise exception 'broken'; end $$"
    )
    await admin.execute(
        f"create trigger break before insert on {table} for each row execute function scope.break()"
    )

    with pytest.raises(asyncpg.RaiseError):
        await referrals.refer(mira, person.case_id, by_phone(), told(), TODAY)

    assert await nothing_was_given(admin)
    assert await admin.fetchval("select count(*) from intake.wrap where recipient = 'ezra'") == 0


# What is not possible ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted",
    [
        by_phone("ads_jena"),
        by_phone("nobody"),
        by_phone("statistics"),
        by_phone("kokont"),  # has no key here
        msgspec.structs.replace(by_phone(), given_on=TODAY + timedelta(days=1)),
        msgspec.structs.replace(by_phone(), given_on=RECEIVED_ON - timedelta(days=1)),
        msgspec.structs.replace(by_phone(), given_on=None),
        msgspec.structs.replace(in_mailbox(), given_on=GIVEN_ON),
    ],
    ids=["own", "unknown", "statistics", "no-key", "future", "too-early", "no-day", "not-yet"],
)
async def test_what_does_not_fit_is_not_done(
    referrals: Referrals, mira: Session, admin: Admin, person: Person, wanted: Referring
) -> None:
    became = await referrals.refer(mira, person.case_id, wanted, told(), TODAY)

    assert became is Became.OBJECTED
    assert await nothing_was_given(admin)
    assert await logged(admin) == []


async def test_contact_that_was_not_given_here_cannot_be_given_on(
    referrals: Referrals,
    mira: Session,
    admin: Admin,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The form refuses it, the service refuses it, and there is no key to do it with."""
    person = await send_report(admin, {"ads_jena": False}, day=RECEIVED_ON)
    wanted = by_phone(scope=Scope.CONTACT)

    assert await referrals.refer(mira, person.case_id, wanted, told(), TODAY) is Became.OBJECTED
    monkeypatch.setattr(referral, "objections", lambda *_, **__: {})
    with pytest.raises(Unopenable):
        await referrals.refer(mira, person.case_id, wanted, told(), TODAY)

    assert await nothing_was_given(admin)


async def test_a_contact_that_holds_nothing_is_not_given_as_one(
    referrals: Referrals, mira: Session, admin: Admin
) -> None:
    nameless = msgspec.structs.replace(REPORT, contact=Contact(safe_times="abends"))
    person = await send_report(admin, {"ads_jena": True}, report=nameless, day=RECEIVED_ON)

    became = await referrals.refer(
        mira, person.case_id, by_phone(scope=Scope.CONTACT), told(), TODAY
    )

    assert became is Became.OBJECTED
    assert await nothing_was_given(admin)


async def test_a_case_of_another_stelle_cannot_be_given_away(
    referrals: Referrals, juri: Session, admin: Admin, person: Person
) -> None:
    wanted = by_phone("thadine")

    assert await referrals.refer(juri, person.case_id, wanted, told(), TODAY) is Became.NO_SUCH_CASE
    assert await referrals.before(juri, person.case_id, wanted, told()) is Became.NO_SUCH_CASE
    assert await referrals.subject(juri, person.case_id, with_contact=False) is None
    assert await nothing_was_given(admin)
    assert await logged(admin, "ezra") == []


async def test_who_was_given_it_by_the_person_is_not_named_beforehand(
    casework: Casework, referrals: Referrals, mira: Session, admin: Admin
) -> None:
    """Neither page nor queue say who else has a report; only the attempt finds that it is there."""
    person = await send_report(admin, {"ads_jena": True, "ezra": False}, day=RECEIVED_ON)

    file = await opened(casework, mira, person.case_id)
    became = await referrals.refer(mira, person.case_id, by_phone(), told(), TODAY)

    assert file.referrals == ()
    assert "ezra" in {choice.stelle for choice in file.choices}
    assert became is Became.HAS_IT
    assert await messages_to(admin, person) == []
    assert await admin.fetchval("select count(*) from intake.handover") == 2


async def test_a_key_of_a_consent_taken_back_is_not_used_again(
    referrals: Referrals,
    mira: Session,
    admin: Admin,
    worker_pool: Pool,
) -> None:
    """Taken back a moment ago, and the key with the contact is still there: no new consent may
    come to rest on it."""
    person = await send_report(admin, {"ads_jena": True, "ezra": True}, day=RECEIVED_ON)
    old = await admin.fetchval("select handover_id from intake.handover where stelle = 'ezra'")
    await admin.execute("update intake.handover set withdrawn_on = given_on where stelle = 'ezra'")

    early = await referrals.refer(mira, person.case_id, by_phone(), told(), TODAY)
    left = await admin.fetchval("select count(*) from intake.handover where withdrawn_on is null")
    await admin.execute(
        "insert into outbox.promise (kind, handover_id, stelle, promised_on, changed_on) "
        "values ('withdraw', $1, 'ezra', $2, $2)", old, TODAY,
    )  # fmt: skip
    await deliver(worker_pool)
    later = await referrals.refer(mira, person.case_id, by_phone(), told(), TODAY)

    assert (early, left) == (Became.STILL_LEAVING, 1)
    assert later is Became.KEPT


async def test_an_unanswered_question_is_not_asked_twice_but_a_yes_still_counts(
    casework: Casework, referrals: Referrals, mira: Session, admin: Admin, person: Person
) -> None:
    await referrals.refer(mira, person.case_id, in_mailbox(), told(""), TODAY)

    again = await referrals.refer(mira, person.case_id, in_mailbox(), told(""), TODAY)
    by_now = await referrals.refer(mira, person.case_id, by_phone(), told(), TODAY)

    assert (again, by_now) == (Became.OBJECTED, Became.KEPT)
    standings = [each.standing for each in (await opened(casework, mira, person.case_id)).referrals]
    assert standings == [Proposal.ASKED, Standing.PROMISED]
    assert await admin.fetchval("select state from casework.referral") == "settled"
    late = TODAY + AWAITED + timedelta(days=1)
    assert (await attention(casework, mira, late)).counts[View.ATTENTION] == 0


async def test_what_is_shown_before_sending_is_logged_before_it_opens(
    referrals: Referrals,
    mira: Session,
    admin: Admin,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken(Exception):
        """Stands for whatever goes wrong while something is opened."""

    def broken(*_: object) -> Contact:
        raise Broken

    facts = await referrals.subject(mira, person.case_id, with_contact=False)
    assert facts is not None
    assert facts.contact is None
    assert await logged(admin) == ["case_read"]

    monkeypatch.setattr(sealing, "open_contact", broken)
    with pytest.raises(Broken):
        await referrals.subject(mira, person.case_id, with_contact=True)
    assert await logged(admin) == ["case_read", "case_read", "contact_read"]


# What the role cannot do -------------------------------------------------------------------------


async def test_rows_of_other_recipients_are_out_of_sight(
    staff_pool: Pool, referrals: Referrals, mira: Session, juri: Session, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": True, "thadine": True}, day=RECEIVED_ON)
    await referrals.refer(mira, person.case_id, by_phone(), told(), TODAY)

    seen = {}
    for stelle in ("ads_jena", "ezra", "thadine"):
        async with transaction(staff_pool, Role.CASEWORK, scope=stelle, member=ANYBODY) as conn:
            rows = await conn.fetch("select stelle from intake.handover order by 1")
            promises = await conn.fetch("select stelle from outbox.promise")
            seen[stelle] = ([row[0] for row in rows], [row[0] for row in promises])

    assert seen == {
        "ads_jena": (["ads_jena", "ezra"], ["ezra"]),
        "ezra": (["ezra"], ["ezra"]),
        "thadine": (["thadine"], []),
    }


NOTHING_HAPPENS: Final = {
    "decide for the receiver": "update intake.handover set decision = 'accepted' "
    "where stelle = 'ezra'",
    "decide on what was taken back": "update intake.handover set decision = 'accepted' "
    "where stelle = 'thadine'",
    "promise a delivery anew": "update outbox.promise set state = 'promised', attempts = 0",
    "settle for another": "update casework.referral set state = 'settled'",
}


@pytest.mark.parametrize("what", NOTHING_HAPPENS)
async def test_a_stelle_changes_no_row_when_it_tries_to(
    staff_pool: Pool, referrals: Referrals, mira: Session, admin: Admin, what: str
) -> None:
    person = await send_report(admin, {"ads_jena": True, "thadine": True}, day=RECEIVED_ON)
    await referrals.refer(mira, person.case_id, by_phone(), told(), TODAY)
    await admin.execute(
        "update intake.handover set withdrawn_on = given_on where stelle = 'thadine'"
    )
    scope = "ezra" if "another" in what else "thadine" if "back" in what else "ads_jena"

    async with transaction(staff_pool, Role.CASEWORK, scope=scope, member=ANYBODY) as conn:
        assert await conn.execute(NOTHING_HAPPENS[what]) == "UPDATE 0"


REFUSED: Final = {
    "end a hand-over": "update intake.handover set withdrawn_on = '2026-03-02'",
    "change the day of a yes": "update intake.handover set given_on = '2026-03-01'",
    "rewrite a letter": "update intake.handover set for_stelle = ''",
    "hand over in its own name to itself": (
        "insert into intake.handover (handover_id, report_id, stelle, referred_by, given_on) "
        "select gen_random_uuid(), report_id, 'ads_jena', 'ads_jena', '2026-03-02' "
        "from casework.case"
    ),
    "hand over without a name": (
        "insert into intake.handover (handover_id, report_id, stelle, given_on) "
        "select gen_random_uuid(), report_id, 'rias_th', '2026-03-02' from casework.case"
    ),
    "give a key to somebody without a hand-over": (
        "insert into intake.wrap select report_id, 'rias_th', '' from casework.case"
    ),
    "make a package for a hand-over of the person": (
        "insert into exchange.package (package_id, handover_id, stelle, arrived_on) "
        "select handover_id, handover_id, stelle, '2026-03-02' from intake.handover "
        "where stelle = 'ads_jena'"
    ),
    "promise a delivery to somebody else": (
        "insert into outbox.promise (kind, handover_id, stelle, promised_on, changed_on) "
        "select 'deliver', handover_id, 'rias_th', '2026-03-02', '2026-03-02' "
        "from intake.handover where stelle = 'ezra'"
    ),
    "promise a withdrawal": (
        "insert into outbox.promise (kind, handover_id, stelle, promised_on, changed_on) "
        "select 'withdraw', handover_id, 'ezra', '2026-03-02', '2026-03-02' "
        "from intake.handover where stelle = 'ezra'"
    ),
    "mark a case of another": (
        "insert into casework.referral values "
        "(gen_random_uuid(), gen_random_uuid(), 'ads_jena', 'settled', '2026-03-02')"
    ),
    "mark in another's name": (
        "insert into casework.referral select case_id, gen_random_uuid(), 'ezra', 'settled', "
        "'2026-03-02' from casework.case"
    ),
    "forget that somebody saw to it": "delete from casework.referral",
}


@pytest.mark.parametrize("what", REFUSED)
async def test_a_stelle_is_refused_that_it_could(
    staff_pool: Pool, referrals: Referrals, mira: Session, person: Person, what: str
) -> None:
    await referrals.refer(mira, person.case_id, by_phone(), told(), TODAY)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(staff_pool, Role.CASEWORK, scope="ads_jena", member=ANYBODY) as conn:
            await conn.execute(REFUSED[what])


async def test_a_case_is_out_of_sight_from_the_moment_on_in_which_consent_ends(
    casework: Casework, mira: Session, admin: Admin, person: Person
) -> None:
    taken_back = "update intake.handover set withdrawn_on = $1"

    assert len((await queue_of(casework).page(mira, Wanted(), TODAY)).entries) == 1
    await admin.execute(taken_back, TODAY)
    gone = await queue_of(casework).page(mira, Wanted(), TODAY)
    assert (gone.entries, gone.counts[View.NEW]) == ((), 0)
    assert await casework.read(mira, person.case_id, TODAY) is None

    await admin.execute(
        "insert into intake.handover (handover_id, report_id, stelle, given_on) "
        "select gen_random_uuid(), report_id, stelle, given_on from intake.handover"
    )
    assert len((await queue_of(casework).page(mira, Wanted(), TODAY)).entries) == 1, (
        "given once more"
    )


# Fast ------------------------------------------------------------------------------------------


CASES: Final = 3_000
MANY: Final = f"""
insert into intake.report select gen_random_uuid(), $1, decode(md5(n::text), 'hex'), ''
    from generate_series(1, {CASES}) n;
insert into intake.wrap select report_id, 'ads_jena', '' from intake.report r
    where not exists (select from intake.wrap w where w.report_id = r.report_id);
insert into intake.handover (handover_id, report_id, stelle, given_on)
    select gen_random_uuid(), report_id, 'ads_jena', $1 from intake.report r
    where not exists (select from intake.handover h where h.report_id = r.report_id);
insert into casework.case (case_id, report_id, stelle, received_on, changed_on)
    select gen_random_uuid(), report_id, 'ads_jena', $1, $1 from intake.report r
    where not exists (select from casework.case c where c.report_id = r.report_id);
insert into intake.handover (handover_id, report_id, stelle, referred_by, given_on, decision)
    select gen_random_uuid(), report_id, 'ezra', 'ads_jena', $1,
        case when row_number() over () % 100 = 0 then 'refused' else 'accepted' end
    from intake.report;
"""
QUEUES: Final = {  # view, state
    "all": (None, None),
    "one state": (None, "neu"),
    **{f"the view {view}": (view.value, None) for view in View},
}


@pytest.mark.parametrize("queue", QUEUES)
async def test_a_page_of_the_queue_looks_at_its_own_cases_only(
    admin: Admin, mira: Session, queue: str
) -> None:
    """Counted in rows that were looked at, not in seconds: those depend on who else is here."""
    for statement in MANY.split(";"):
        if statement.strip():
            await admin.execute(statement, *([TODAY] if "$1" in statement else []))
    await admin.execute("analyze")
    view, state = QUEUES[queue]
    # in the order in which the statement asks
    values = [view, mira.member_id, TODAY, state, None, None, None, None, 2**63 - 1, 26]
    older = queries("queue").older.sql
    if view is View.DUE:
        values[8:9] = [date.min, date.min, 0]
        older = queries("queue").later.sql

    async with admin.transaction():
        await admin.execute("set local role adstelle_casework")
        await admin.execute("set local plan_cache_mode = force_custom_plan")
        await admin.execute("select set_config('adstelle.scope', 'ads_jena', true)")
        await admin.execute("select set_config('adstelle.member', $1, true)", str(ANYBODY))
        explained = await admin.fetchval(f"explain (analyze, format json) {older}", *values)
    looked_at = sum(rows(msgspec.json.decode(explained)[0]["Plan"]))

    assert looked_at < CASES / 2


def rows(node: dict[str, Any]) -> Iterator[float]:
    """How many rows each part of a plan took from a table."""
    if "Relation Name" in node:
        found = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        yield found * node["Actual Loops"]
    for part in node.get("Plans", ()):
        yield from rows(part)
