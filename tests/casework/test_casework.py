"""An adviser's work on a real database: own cases only, and logged before anything opens."""

import asyncio
from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID, uuid4

import asyncpg
import pytest

from adstelle.casework.queue.service import PAGE, Queue, Wanted
from adstelle.casework.queue.store import Place, View
from adstelle.casework.service import Answered, Casework, Note
from adstelle.crypto import sealing
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, transaction
from adstelle.domain.case import STEPS, State
from adstelle.domain.report import Message
from adstelle.errors import StepRefused
from tests.casework.conftest import queue_of
from tests.conftest import Admin
from tests.staff_side import (
    ANYBODY,
    REPORT,
    TODAY,
    Clock,
    answers_to,
    new_member,
    send_report,
    session_of,
    set_up,
    sign_in_of,
    write_as_person,
)

EVERY_STEP = [(state, to) for state in State for to in State]


class Broken(Exception):
    """Stands for whatever goes wrong while something is opened."""


@dataclass(frozen=True)
class Advisers:
    """Two Stellen, each with a member who is signed in."""

    ads: Session
    ezra: Session


@pytest.fixture
async def advisers(operator_pool: Pool, staff_pool: Pool) -> Advisers:
    clock = Clock()
    await set_up(operator_pool, "ads_jena", new_member("mira"))
    await set_up(operator_pool, "ezra", new_member("juri"))
    sign_in = sign_in_of(staff_pool, clock)
    return Advisers(
        ads=await session_of(sign_in, clock, "mira"), ezra=await session_of(sign_in, clock, "juri")
    )


async def logged(admin: Admin) -> list[tuple[str, str, list[UUID]]]:
    rows = await admin.fetch("select * from casework.log order by log_id")
    return [(row["act"], row["stelle"], row["case_ids"]) for row in rows]


async def newest(casework: Casework, session: Session, state: State | None = None) -> Queue:
    return await queue_of(casework).page(session, Wanted(state=state), TODAY)


def said(note: Note) -> str:
    """What a message says; it must have opened."""
    assert note.message is not None
    return note.message.text


def breaking(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def broken(*_: object) -> NoReturn:
        raise Broken

    monkeypatch.setattr(sealing, name, broken)


# The queue ----------------------------------------------------------------------------------


async def test_the_queue_shows_the_stelles_own_cases_newest_first(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    first = await send_report(admin, {"ads_jena": False})
    await send_report(admin, {"ezra": True})
    last = await send_report(admin, {"ezra": False, "ads_jena": False})

    queue = await newest(casework, advisers.ads)

    assert [entry.case_id for entry in queue.entries] == [last.case_id, first.case_id]
    assert all(entry.account and entry.account.answers == REPORT.answers for entry in queue.entries)
    assert queue.counts[View.NEW] == 2


async def test_reading_the_queue_is_logged_once_with_every_case_shown(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    first = await send_report(admin, {"ads_jena": False})
    last = await send_report(admin, {"ads_jena": False})

    await newest(casework, advisers.ads)
    await newest(casework, advisers.ezra)

    assert await logged(admin) == [
        ("queue_read", "ads_jena", [last.case_id, first.case_id]),
        ("case_indexed", "ads_jena", [last.case_id, first.case_id]),
    ]


async def test_the_queue_is_logged_before_anything_opens(
    casework: Casework, advisers: Advisers, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send_report(admin, {"ads_jena": False})
    breaking(monkeypatch, "unwrap_keys")

    with pytest.raises(Broken):
        await newest(casework, advisers.ads)

    assert [act for act, *_ in await logged(admin)] == ["queue_read"]


@pytest.mark.parametrize("state", [None, State.NEU])
async def test_every_case_is_on_exactly_one_page_in_both_directions(
    casework: Casework, advisers: Advisers, admin: Admin, state: State | None
) -> None:
    sent = [(await send_report(admin, {"ads_jena": False})).case_id for _ in range(2 * PAGE + 3)]
    other = (await send_report(admin, {"ads_jena": False})).case_id
    await admin.execute("update casework.case set state = 'gelesen' where case_id = $1", other)
    expected = sent[::-1] if state else [other, *sent[::-1]]

    async def page(before: Place | None, after: Place | None) -> Queue:
        wanted = Wanted(state=state, before=before, after=after)
        return await queue_of(casework).page(advisers.ads, wanted, TODAY)

    pages = [await page(None, None)]
    while pages[-1].older is not None:
        pages.append(await page(pages[-1].older, None))
    back = [pages[-1]]
    while back[-1].newer is not None:
        back.append(await page(None, back[-1].newer))

    shown = [[entry.case_id for entry in page.entries] for page in pages]
    assert [case_id for page in shown for case_id in page] == expected
    assert [len(page) for page in shown[:-1]] == [PAGE, PAGE]
    assert pages[0].newer is None
    assert {entry.case_id for page in back for entry in page.entries} == set(expected)
    assert [entry.case_id for entry in back[-1].entries] == shown[0]


async def test_the_filter_shows_one_state(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    await send_report(admin, {"ads_jena": False})
    read = await send_report(admin, {"ads_jena": False})
    await casework.read(advisers.ads, read.case_id, TODAY)

    queue = await newest(casework, advisers.ads, State.GELESEN)

    assert [entry.case_id for entry in queue.entries] == [read.case_id]
    assert queue.counts[View.NEW] == 1


async def test_unread_messages_are_counted_for_the_own_conversation_only(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": False, "ezra": False})
    for text in ("eins", "zwei"):
        await write_as_person(admin, person, "ads_jena", text)

    assert [entry.unread for entry in (await newest(casework, advisers.ads)).entries] == [2]
    assert [entry.unread for entry in (await newest(casework, advisers.ezra)).entries] == [0]


async def test_a_report_put_in_the_place_of_another_does_not_open(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    """Who may write to the database cannot make an adviser read one report as another."""
    mine, other = [await send_report(admin, {"ads_jena": True}) for _ in range(2)]
    await admin.execute(
        "update intake.part p set sealed = o.sealed from intake.part o "
        "where p.report_id = $1 and o.report_id = $2 and p.part = o.part",
        mine.report_id,
        other.report_id,
    )

    entries = {entry.case_id: entry for entry in (await newest(casework, advisers.ads)).entries}
    file = await casework.read(advisers.ads, mine.case_id, TODAY)

    assert entries[mine.case_id].account is None
    assert entries[other.case_id].account is not None
    assert file is not None
    assert file.account is None
    assert file.contact is None


# A case -------------------------------------------------------------------------------------


async def test_a_case_opens_with_everything_that_was_consented_to(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": True})

    file = await casework.read(advisers.ads, person.case_id, TODAY)

    assert file is not None
    assert file.account is not None
    assert file.account.account == REPORT.account
    assert file.shares_contact
    assert file.contact == REPORT.contact
    assert [act for act, *_ in await logged(admin)] == ["case_read", "step_taken", "contact_read"]


async def test_without_consent_the_contact_stays_closed(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": False, "ezra": True})

    file = await casework.read(advisers.ads, person.case_id, TODAY)

    assert file is not None
    assert file.account is not None
    assert not file.shares_contact
    assert file.contact is None
    assert "contact_read" not in [act for act, *_ in await logged(admin)]


@pytest.mark.parametrize("stelle", ["ezra", None])
async def test_another_stelles_case_and_an_unknown_one_are_the_same_nothing(
    casework: Casework, advisers: Advisers, admin: Admin, stelle: str | None
) -> None:
    case_id = (await send_report(admin, {stelle: True})).case_id if stelle else uuid4()

    assert await casework.read(advisers.ads, case_id, TODAY) is None
    became = await casework.answer(advisers.ads, case_id, uuid4(), "Guten Tag", TODAY)
    assert became is Answered.NO_SUCH_CASE
    assert not await casework.take_step(advisers.ads, case_id, State.GELESEN, TODAY)

    assert await logged(admin) == []
    assert await admin.fetchval("select count(*) from casework.step") == 0
    assert await admin.fetchval("select count(*) from mailbox.message") == 0


async def test_a_report_that_is_not_yet_a_case_is_not_shown(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": False})
    await admin.execute("delete from casework.case")

    assert await casework.read(advisers.ads, person.case_id, TODAY) is None


@pytest.mark.parametrize(
    ("opens", "acts"),
    [
        ("unwrap_keys", ["case_read", "step_taken"]),
        ("open_account", ["case_read", "step_taken"]),
        ("open_contact", ["case_read", "step_taken", "contact_read"]),
    ],
)
async def test_a_read_is_logged_before_anything_opens(
    casework: Casework,
    advisers: Advisers,
    admin: Admin,
    monkeypatch: pytest.MonkeyPatch,
    opens: str,
    acts: list[str],
) -> None:
    person = await send_report(admin, {"ads_jena": True})
    breaking(monkeypatch, opens)

    with pytest.raises(Broken):
        await casework.read(advisers.ads, person.case_id, TODAY)

    assert [act for act, *_ in await logged(admin)] == acts


async def test_the_first_read_and_only_that_makes_a_new_case_read(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": False})

    first = await casework.read(advisers.ads, person.case_id, TODAY)
    second = await casework.read(advisers.ads, person.case_id, TODAY)

    assert first is not None
    assert second is not None
    assert first.state is second.state is State.GELESEN
    taken = [(step.from_state, step.to_state, step.name) for step in second.steps]
    assert taken == [(State.NEU, State.GELESEN, "Mira Muster")]
    assert [entry.act for entry in second.log] == ["case_read", "step_taken", "case_read"]


async def test_each_stelle_has_a_case_log_and_conversation_of_its_own(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": False, "ezra": False})
    await casework.read(advisers.ads, person.case_id, TODAY)
    await casework.answer(advisers.ads, person.case_id, uuid4(), "von der ADS", TODAY)

    file = await casework.read(advisers.ezra, person.cases["ezra"], TODAY)

    assert file is not None
    assert [(step.to_state, step.name) for step in file.steps] == [(State.GELESEN, "Juri Muster")]
    assert {entry.name for entry in file.log} == {"Juri Muster"}
    assert file.notes == ()


async def test_what_the_person_wrote_is_new_once_and_then_read(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": False})
    await casework.answer(advisers.ads, person.case_id, uuid4(), "Geht es Ihnen gut?", TODAY)
    await write_as_person(admin, person, "ads_jena", "Es geht.\nDanke.")

    first = await casework.read(advisers.ads, person.case_id, TODAY)
    second = await casework.read(advisers.ads, person.case_id, TODAY)

    assert first is not None
    assert second is not None
    assert [(said(note), note.from_person, note.is_new) for note in first.notes] == [
        ("Geht es Ihnen gut?", False, False),
        ("Es geht.\nDanke.", True, True),
    ]
    assert [note.is_new for note in second.notes] == [False, False]
    assert [note.was_read for note in second.notes] == [False, True]
    assert (await newest(casework, advisers.ads)).entries[0].unread == 0


# An answer ----------------------------------------------------------------------------------


async def test_the_person_reads_the_answer_with_their_code_alone(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": False})

    became = await casework.answer(advisers.ads, person.case_id, uuid4(), "Kommen Sie!", TODAY)

    assert became is Answered.KEPT
    assert await answers_to(admin, person) == ["Kommen Sie!"]
    assert [act for act, *_ in await logged(admin)] == ["message_sent"]


async def test_an_answer_sent_twice_is_kept_once(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    person, message_id = await send_report(admin, {"ads_jena": False}), uuid4()

    became = await asyncio.gather(
        *(
            casework.answer(advisers.ads, person.case_id, message_id, "Kommen Sie!", TODAY)
            for _ in range(4)
        )
    )

    assert became == [Answered.KEPT] * 4
    assert await answers_to(admin, person) == ["Kommen Sie!"]
    assert [act for act, *_ in await logged(admin)] == ["message_sent"]


async def test_another_text_under_the_same_id_is_not_silently_dropped(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    person, message_id = await send_report(admin, {"ads_jena": False}), uuid4()
    await casework.answer(advisers.ads, person.case_id, message_id, "Kommen Sie!", TODAY)

    became = await casework.answer(advisers.ads, person.case_id, message_id, "Bitte!", TODAY)

    assert became is Answered.CHANGED
    assert await answers_to(admin, person) == ["Kommen Sie!"]


async def test_an_id_taken_by_another_case_keeps_nothing_and_says_so(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    one, other = [await send_report(admin, {"ads_jena": False}) for _ in range(2)]
    message_id = uuid4()
    await casework.answer(advisers.ads, one.case_id, message_id, "Kommen Sie!", TODAY)

    became = await casework.answer(advisers.ads, other.case_id, message_id, "Kommen Sie!", TODAY)

    assert became is Answered.CHANGED
    assert await answers_to(admin, other) == []


# A step -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "to"), EVERY_STEP)
async def test_steps_follow_the_table(
    casework: Casework, advisers: Advisers, admin: Admin, state: State, to: State
) -> None:
    person = await send_report(admin, {"ads_jena": False})
    await admin.execute("update casework.case set state = $1", state)

    if to in STEPS[state]:
        assert await casework.take_step(advisers.ads, person.case_id, to, TODAY)
    else:
        with pytest.raises(StepRefused):
            await casework.take_step(advisers.ads, person.case_id, to, TODAY)

    taken = [(state, to)] if to in STEPS[state] else []
    steps = await admin.fetch("select from_state, to_state from casework.step")
    assert await admin.fetchval("select state from casework.case") == (to if taken else state)
    assert [tuple(step) for step in steps] == taken
    decided = ["decided"] if taken and to is State.IN_BEARBEITUNG else []
    assert [act for act, *_ in await logged(admin)] == ["step_taken"] * len(taken) + decided


async def test_of_two_advisers_at_once_one_takes_the_step(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": False})
    await admin.execute("update casework.case set state = 'gelesen'")

    results = await asyncio.gather(
        *(
            casework.take_step(advisers.ads, person.case_id, State.IN_BEARBEITUNG, TODAY)
            for _ in range(3)
        ),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == [
        "StepRefused", "StepRefused", "bool",
    ]  # fmt: skip
    assert await admin.fetchval("select count(*) from casework.step") == 1


# What the role cannot do ----------------------------------------------------------------------


FORBIDDEN = {
    "change the log": "update casework.log set act = 'case_read'",
    "shorten the log": "delete from casework.log",
    "change the history": "update casework.step set to_state = 'neu'",
    "shorten the history": "delete from casework.step",
    "remove a case": "delete from casework.case",
    "give a case away": "update casework.case set stelle = 'ezra'",
    "change a message": "update mailbox.message set sealed = ''",
    "remove a message": "delete from mailbox.message",
    "change a report": "update intake.part set sealed = ''",
    "make a report": "insert into intake.report values (gen_random_uuid(), now(), '', '')",
    "read a colleague's box": "select sealed_box from accounts.member",
    "read sessions": "select sealed from accounts.session",
    "read the recovery copy": "select * from accounts.stelle",
    "write into another Stelle's log": (
        "insert into casework.log (stelle, member_id, act, case_ids) "
        "values ('ezra', gen_random_uuid(), 'case_read', '{}')"
    ),
    "write as the person": (
        "insert into mailbox.message (message_id, report_id, stelle, author, sent_on, sealed, "
        "for_stelle, for_mailbox) "
        "select gen_random_uuid(), report_id, 'ads_jena', 'person', now(), '', '', '' "
        "from casework.case"
    ),
}


@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN.keys())
async def test_the_role_cannot(
    casework: Casework, advisers: Advisers, admin: Admin, staff_pool: Pool, statement: str
) -> None:
    person = await send_report(admin, {"ads_jena": False})
    await casework.read(advisers.ads, person.case_id, TODAY)
    await casework.answer(advisers.ads, person.case_id, uuid4(), "Kommen Sie!", TODAY)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(staff_pool, Role.CASEWORK, scope="ads_jena", member=ANYBODY) as conn:
            await conn.execute(statement)


COUNTED = ("intake.report", "intake.part", "intake.wrap", "casework.case", "casework.log",
           "casework.step", "mailbox.message", "accounts.member")  # fmt: skip


@pytest.mark.parametrize("scope", ["thadine", "", "mailbox", None])
async def test_without_a_case_of_its_own_a_stelle_sees_no_row(
    casework: Casework, advisers: Advisers, admin: Admin, staff_pool: Pool, scope: str | None
) -> None:
    person = await send_report(admin, {"ads_jena": True, "ezra": True})
    await casework.read(advisers.ads, person.case_id, TODAY)
    await casework.answer(advisers.ads, person.case_id, uuid4(), "Kommen Sie!", TODAY)

    async with transaction(staff_pool, Role.CASEWORK, scope=scope, member=ANYBODY) as conn:
        seen = {
            table: await conn.fetchval(f"select count(*) from (select 1 from {table}) as row")
            for table in COUNTED
        }

    assert seen == dict.fromkeys(COUNTED, 0)


async def test_the_wraps_of_others_stay_out_of_sight(
    casework: Casework, advisers: Advisers, admin: Admin, staff_pool: Pool
) -> None:
    await send_report(admin, {"ads_jena": False, "ezra": True})

    async with transaction(staff_pool, Role.CASEWORK, scope="ads_jena", member=ANYBODY) as conn:
        recipients = [row[0] for row in await conn.fetch("select recipient from intake.wrap")]

    assert recipients == ["ads_jena"]


async def test_the_scope_without_the_key_opens_nothing(
    casework: Casework, advisers: Advisers, admin: Admin
) -> None:
    """Row policies and keys guard apart: with the rows of a Stelle but another key, all is shut."""
    person = await send_report(admin, {"ads_jena": True})
    await write_as_person(admin, person, "ads_jena", "Hallo?")
    forged = Session(
        member_id=advisers.ads.member_id,
        name="Mira",
        login="mira",
        stelle="ads_jena",
        seed=PrivateKey.generate().seed,
    )

    file = await casework.read(forged, person.case_id, TODAY)

    assert file is not None
    assert (file.account, file.contact, file.shares_contact) == (None, None, False)
    assert [note.message for note in file.notes] == [None]
    assert [entry.account for entry in (await newest(casework, forged)).entries] == [None]


def test_what_was_opened_does_not_show_itself() -> None:
    note = Note(
        message_id=uuid4(),
        from_person=True,
        sent_on=TODAY,
        is_new=True,
        was_read=False,
        message=Message(text="Kanarienvogel"),
    )

    assert f"{note} {note!r}" == "<Note withheld> <Note withheld>"
