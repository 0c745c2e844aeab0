"""Taking a case over, or saying why not: by the table of steps, once, and back to who sent it."""

import asyncio
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from adstelle.casework.decision.service import Decided, Decisions, Refusal, Undecided
from adstelle.casework.service import CaseFile, Casework
from adstelle.crypto import packages
from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.sessions import Session
from adstelle.domain.case import State
from adstelle.domain.handover import Decision, Letter, Reason, Scope, Way
from adstelle.domain.package import Cover, package_of
from adstelle.domain.report import account_of
from tests.conftest import Admin
from tests.staff_side import (
    REPORT,
    TODAY,
    Person,
    answers_to,
    public_key,
    send_report,
    write_as_person,
)

STATES: Final = [  # what a case stands on, what is said, where it ends after how many steps
    (State.NEU, Decision.ACCEPTED, (State.IN_BEARBEITUNG, 2)),
    (State.GELESEN, Decision.ACCEPTED, (State.IN_BEARBEITUNG, 1)),
    (State.RUECKFRAGE, Decision.ACCEPTED, (State.RUECKFRAGE, 0)),
    (State.ABGESCHLOSSEN, Decision.ACCEPTED, (State.IN_BEARBEITUNG, 1)),
    (State.NEU, Decision.REFUSED, (State.ABGESCHLOSSEN, 2)),
    (State.GELESEN, Decision.REFUSED, (State.ABGESCHLOSSEN, 1)),
    (State.RUECKFRAGE, Decision.REFUSED, (State.ABGESCHLOSSEN, 1)),
    (State.ABGESCHLOSSEN, Decision.REFUSED, (State.ABGESCHLOSSEN, 0)),
]


@pytest.fixture
def mira(sessions: dict[str, Session]) -> Session:
    return sessions["ads_jena"]


@pytest.fixture
async def person(admin: Admin, mira: Session) -> Person:
    return await send_report(admin, {"ads_jena": False, "ezra": True})


def no(reason: Reason = Reason.FULL, text: str = "") -> Refusal:
    return Refusal(reason, text, uuid4())


async def decided(admin: Admin, stelle: str = "ads_jena") -> tuple[str | None, str | None]:
    row = await admin.fetchrow(
        "select decision, reason, decided_on from intake.handover where stelle = $1", stelle
    )
    assert row is not None
    assert (row["decided_on"] == TODAY) is (row["decision"] is not None)
    return row["decision"], row["reason"]


async def logged(admin: Admin) -> list[str]:
    return [row["act"] for row in await admin.fetch("select act from casework.log order by log_id")]


@pytest.mark.parametrize(("state", "decision", "expected"), STATES)
async def test_a_decision_moves_the_case_along_the_table(
    decisions: Decisions,
    mira: Session,
    admin: Admin,
    state: State,
    decision: Decision,
    expected: tuple[State, int],
) -> None:
    end, steps = expected
    person = await send_report(admin, {"ads_jena": False})
    await admin.execute("update casework.case set state = $1", state)

    if decision is Decision.ACCEPTED:
        became = await decisions.accept(mira, person.case_id, TODAY)
    else:
        became = await decisions.refuse(mira, person.case_id, no(), TODAY)

    reason = None if decision is Decision.ACCEPTED else "full"
    assert became is Decided.KEPT
    assert await decided(admin) == (decision, reason)
    assert await admin.fetchval("select state from casework.case") == end
    assert await admin.fetchval("select count(*) from casework.step") == steps
    assert await logged(admin) == ["decided"] + ["step_taken"] * steps


async def test_a_refusal_can_tell_the_person_why(
    decisions: Decisions, mira: Session, admin: Admin, person: Person
) -> None:
    await decisions.refuse(mira, person.case_id, no(text="ezra kann mehr für Sie tun."), TODAY)

    assert await answers_to(admin, person) == ["ezra kann mehr für Sie tun."]
    assert "message_sent" in await logged(admin)


async def test_the_other_stelle_decides_for_itself(
    decisions: Decisions, mira: Session, admin: Admin, person: Person
) -> None:
    await decisions.refuse(mira, person.case_id, no(), TODAY)

    assert await decided(admin, "ezra") == (None, None)
    states = await admin.fetch("select state from casework.case where stelle = 'ezra'")
    assert [row["state"] for row in states] == ["neu"]


async def test_a_refusal_is_taken_back_as_long_as_the_case_is_there(
    decisions: Decisions, casework: Casework, mira: Session, admin: Admin, person: Person
) -> None:
    await decisions.refuse(mira, person.case_id, no(), TODAY)
    await decisions.refuse(mira, person.case_id, no(Reason.NOT_COMPETENT), TODAY)
    corrected = await decided(admin)

    became = await decisions.accept(mira, person.case_id, TODAY)

    assert corrected == ("refused", "not_competent")
    assert became is Decided.KEPT
    assert await decided(admin) == ("accepted", None)
    file = await casework.read(mira, person.case_id, TODAY)
    assert file is not None
    taken = [step.to_state for step in file.steps]
    assert taken == [State.GELESEN, State.ABGESCHLOSSEN, State.IN_BEARBEITUNG], "history is kept"


async def test_what_was_taken_over_is_not_refused_any_more(
    decisions: Decisions, mira: Session, admin: Admin, person: Person
) -> None:
    await decisions.accept(mira, person.case_id, TODAY)

    assert await decisions.look(mira, person.case_id) is Decided.TAKEN_OVER
    became = await decisions.refuse(mira, person.case_id, no(text="Doch nicht."), TODAY)

    assert became is Decided.TAKEN_OVER
    assert await decided(admin) == ("accepted", None)
    assert await answers_to(admin, person) == []


async def test_whoever_works_on_it_has_taken_it_over(
    decisions: Decisions, casework: Casework, mira: Session, admin: Admin, person: Person
) -> None:
    await decisions.refuse(mira, person.case_id, no(), TODAY)

    await casework.take_step(mira, person.case_id, State.IN_BEARBEITUNG, TODAY)

    assert await decided(admin) == ("accepted", None)


async def test_a_refusal_sent_twice_is_said_once(
    decisions: Decisions, mira: Session, admin: Admin, person: Person
) -> None:
    once = no(text="Leider nicht.")

    became = await asyncio.gather(
        *(decisions.refuse(mira, person.case_id, once, TODAY) for _ in range(3))
    )

    assert became == [Decided.KEPT] * 3
    assert await answers_to(admin, person) == ["Leider nicht."]
    assert (await logged(admin)).count("decided") == 1


async def test_another_text_under_the_same_number_decides_nothing(
    decisions: Decisions, casework: Casework, mira: Session, admin: Admin, person: Person
) -> None:
    refusal = no(text="Leider nicht.")
    await casework.answer(mira, person.case_id, refusal.message_id, "Guten Tag", TODAY)

    became = await decisions.refuse(mira, person.case_id, refusal, TODAY)

    assert became is Decided.CHANGED
    assert await decided(admin) == (None, None)
    assert await answers_to(admin, person) == ["Guten Tag"]


async def test_of_a_foreign_case_nothing_is_decided(
    decisions: Decisions, sessions: dict[str, Session], admin: Admin, person: Person
) -> None:
    toni = sessions["thadine"]

    assert await decisions.look(toni, person.case_id) is Decided.NO_SUCH_CASE
    assert await decisions.accept(toni, person.case_id, TODAY) is Decided.NO_SUCH_CASE
    assert await decisions.refuse(toni, person.case_id, no(), TODAY) is Decided.NO_SUCH_CASE
    assert await decided(admin) == (None, None)
    assert await logged(admin) == []


# What came as a package ------------------------------------------------------------------------


async def package_from(
    admin: Admin, sender: str, scope: Scope = Scope.CONTACT, *, to: str = "ads_jena"
) -> tuple[UUID, UUID]:
    """Let a partner's package be in the queue; return its id and that of its case."""
    package_id, case_id = uuid4(), uuid4()
    letter = Letter(scope=scope, wording="test", given_on=TODAY, way=Way.VISIT, note="Eilig.")
    cover = Cover(package_id=package_id, made_on=TODAY, referred_by="Beratung Erfurt")
    account = account_of(REPORT, card_id=uuid4(), wording="test")
    public: PublicKey = await public_key(admin, to)
    sealed = packages.seal_package(
        package_of(cover, letter, account, REPORT.contact, ()),
        public,
        sender="erfurt",
        receiver=to,
    )
    await admin.execute(
        "insert into exchange.package "
        "(package_id, stelle, sender, sender_name, arrived_on, digest, sealed) "
        "values ($1, $2, $3, 'erfurt', $4, '', $5)",
        package_id, to, sender, TODAY, sealed,
    )  # fmt: skip
    await admin.execute(
        "insert into casework.case (case_id, package_id, stelle, received_on, changed_on) "
        "values ($1, $2, $3, $4, $4)",
        case_id, package_id, to, TODAY,
    )  # fmt: skip
    return package_id, case_id


async def read(casework: Casework, session: Session, case_id: UUID) -> CaseFile:
    file = await casework.read(session, case_id, TODAY)
    assert file is not None
    return file


async def test_a_package_opens_with_what_its_scope_covers(
    casework: Casework, mira: Session, admin: Admin
) -> None:
    _, with_contact = await package_from(admin, "thadine")
    _, facts = await package_from(admin, "thadine", Scope.FACTS)
    _, counted = await package_from(admin, "thadine", Scope.STATISTICS)

    full, bare, codes = [
        await read(casework, mira, case_id) for case_id in (with_contact, facts, counted)
    ]

    assert full.account is not None
    assert full.account.account == REPORT.account
    assert (full.contact, full.shares_contact) == (REPORT.contact, True)
    assert (bare.contact, bare.shares_contact) == (None, False)
    assert codes.account is not None
    assert (codes.account.account, codes.account.answers) == ("", REPORT.answers)
    assert full.came.sender == "thadine"
    assert full.came.letter is not None
    assert (full.came.letter.referred_by, full.came.letter.note) == ("Beratung Erfurt", "Eilig.")
    assert (full.notes, full.referrals) == ((), ())
    assert [act for act in await logged(admin) if act == "contact_read"] == ["contact_read"]


async def test_a_package_that_does_not_open_breaks_nothing(
    casework: Casework, mira: Session, admin: Admin
) -> None:
    _, case_id = await package_from(admin, "thadine")
    await admin.execute("update exchange.package set sender_name = 'weimar'")

    file = await read(casework, mira, case_id)

    assert (file.account, file.contact, file.came.letter) == (None, None, None)
    assert (file.came.is_package, file.came.sender) == (True, "thadine")


@pytest.mark.parametrize("reason", Reason)
async def test_whoever_sent_a_package_is_told_what_was_decided(
    decisions: Decisions, mira: Session, admin: Admin, reason: Reason
) -> None:
    package_id, case_id = await package_from(admin, "thadine")

    look = await decisions.look(mira, case_id)
    became = await decisions.refuse(mira, case_id, no(reason, "Niemand liest das."), TODAY)

    promise = await admin.fetchrow("select * from outbox.promise")
    row = await admin.fetchrow("select decision, reason, decided_on from exchange.package")
    assert look == Undecided(can_write=False)
    assert became is Decided.KEPT
    assert row is not None
    assert tuple(row) == ("refused", reason, TODAY)
    assert promise is not None
    told = [promise[name] for name in ("kind", "package_id", "stelle", "lane", "state")]
    assert told == ["decide", package_id, "thadine", "thadine", "promised"]
    assert await admin.fetchval("select count(*) from mailbox.message") == 0


async def test_a_decision_that_changed_is_told_again(
    decisions: Decisions, mira: Session, admin: Admin
) -> None:
    _, case_id = await package_from(admin, "thadine")
    await decisions.refuse(mira, case_id, no(), TODAY)
    await admin.execute("update outbox.promise set state = 'delivered', attempts = 3")

    await decisions.refuse(mira, case_id, no(), TODAY)
    same = await admin.fetchval("select state from outbox.promise")
    await decisions.accept(mira, case_id, TODAY)

    assert same == "delivered", "nothing new to tell"
    (promise,) = await admin.fetch("select state, attempts from outbox.promise")
    assert tuple(promise) == ("promised", 0)


async def test_a_package_of_another_stelle_is_out_of_reach(
    casework: Casework, decisions: Decisions, sessions: dict[str, Session], admin: Admin
) -> None:
    _, case_id = await package_from(admin, "thadine", to="ezra")
    mira = sessions["ads_jena"]

    assert await casework.read(mira, case_id, TODAY) is None
    assert await decisions.accept(mira, case_id, TODAY) is Decided.NO_SUCH_CASE
    assert await admin.fetchval("select count(*) from outbox.promise") == 0


async def test_half_a_decision_is_none(
    decisions: Decisions, mira: Session, admin: Admin, person: Person
) -> None:
    await write_as_person(admin, person, "ads_jena", "Hallo?")
    await admin.execute(
        "create function scope.break() returns trigger language plpgsql as "
        "$$ begin raise exception 'broken'; end $$"
    )
    await admin.execute(
        "create trigger break before insert on casework.step execute function scope.break()"
    )

    with pytest.raises(asyncpg.RaiseError):
        await decisions.refuse(mira, person.case_id, no(text="Leider nicht."), TODAY)

    assert await decided(admin) == (None, None)
    assert await answers_to(admin, person) == []
