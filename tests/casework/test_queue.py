"""The queue on a real database: what asks for work, in which order, and what is found in it."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from adstelle.casework.filters.service import Filters, Saved
from adstelle.casework.index import service as index_service
from adstelle.casework.index.service import Index
from adstelle.casework.labels.service import Labels, Named
from adstelle.casework.queue import store as queue_store
from adstelle.casework.queue.bulk import Bulk, Done
from adstelle.casework.queue.service import PAGE, CaseQueue, Queue, Wanted
from adstelle.casework.queue.store import View
from adstelle.casework.service import Casework
from adstelle.city import City
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, transaction
from adstelle.domain.case import State
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.report import Report
from adstelle.domain.search import Filter
from tests.conftest import Admin
from tests.staff_side import REPORT, TODAY, Person, deliver, send_report, write_as_person

WORD = "Kanarienvogel"
TREATED = msgspec.structs.replace(REPORT.answers, incident_type="unmittelbare_benachteiligung")


@pytest.fixture
def mira(sessions: dict[str, Session]) -> Session:
    return sessions["ads_jena"]


@pytest.fixture
def queue(staff_pool: Pool, city: City) -> CaseQueue:
    return CaseQueue(staff_pool, Index(staff_pool, city))


@pytest.fixture
def bulk(staff_pool: Pool) -> Bulk:
    return Bulk(staff_pool)


@pytest.fixture
def labels(staff_pool: Pool) -> Labels:
    return Labels(staff_pool)


@pytest.fixture
def filters(staff_pool: Pool) -> Filters:
    return Filters(staff_pool)


def told(text: str = "Text", **other: object) -> Report:
    return msgspec.structs.replace(REPORT, account=text, **other)


async def sent(admin: Admin, count: int = 1, **other: object) -> list[UUID]:
    """Cases of the city's office, the newest first."""
    report = told(**other)  # type: ignore[arg-type]  # fields of a report
    cases = [await send_report(admin, {"ads_jena": False}, report=report) for _ in range(count)]
    return [case.case_id for case in reversed(cases)]


def ids(queue: Queue) -> list[UUID]:
    return [entry.case_id for entry in queue.entries]


async def in_view(queue: CaseQueue, session: Session, view: View) -> list[UUID]:
    page = await queue.page(session, Wanted(view=view), TODAY)
    assert page.counts[view] == len(page.entries), "the number beside the view is another one"
    return ids(page)


async def found(queue: CaseQueue, session: Session, **given: object) -> list[UUID]:
    wanted = Wanted(filter=Filter(**given))  # type: ignore[arg-type]  # fields of a filter
    return ids(await queue.page(session, wanted, TODAY))


async def set_on(admin: Admin, case_id: UUID, column: str, value: object) -> None:
    await admin.execute(
        f"update casework.case set {column} = $2 where case_id = $1", case_id, value
    )


# Views --------------------------------------------------------------------------------------


async def test_mine_and_unassigned(queue: CaseQueue, mira: Session, admin: Admin) -> None:
    free, own, deputy, closed = await sent(admin, 4)
    await set_on(admin, own, "assigned_to", mira.member_id)
    await set_on(admin, deputy, "deputy", mira.member_id)
    await set_on(admin, closed, "state", "abgeschlossen")

    assert await in_view(queue, mira, View.MINE) == [own, deputy]
    assert await in_view(queue, mira, View.UNASSIGNED) == [free, deputy]


async def test_new_and_unread(
    queue: CaseQueue, casework: Casework, mira: Session, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": False, "ezra": False})
    (other,) = await sent(admin)
    await casework.read(mira, person.case_id, TODAY)
    await write_as_person(admin, person, "ezra", "Nur für ezra")
    assert await in_view(queue, mira, View.UNREAD) == []

    await write_as_person(admin, person, "ads_jena", "Hallo?")

    assert await in_view(queue, mira, View.NEW) == [other]
    assert await in_view(queue, mira, View.UNREAD) == [person.case_id]


async def test_waiting_for_another_stelle(
    queue: CaseQueue, mira: Session, sessions: dict[str, Session], admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": False})
    await sent(admin)
    given = await admin.fetchval(
        "insert into intake.handover (handover_id, report_id, stelle, referred_by, given_on) "
        "values (gen_random_uuid(), $1, 'ezra', 'ads_jena', $2) returning handover_id",
        person.report_id, TODAY,
    )  # fmt: skip

    assert await in_view(queue, mira, View.WAITING) == [person.case_id]
    assert await in_view(queue, sessions["ezra"], View.WAITING) == []
    await admin.execute(
        "update intake.handover set decision = 'accepted' where handover_id = $1", given
    )
    assert await in_view(queue, mira, View.WAITING) == []


async def test_waiting_for_the_person_to_agree_to_a_proposal(
    queue: CaseQueue, mira: Session, sessions: dict[str, Session], admin: Admin
) -> None:
    asked, declined, _ = await sent(admin, 3)
    for case_id, state in ((asked, "asked"), (declined, "declined")):
        await admin.execute(
            "insert into casework.referral (case_id, subject, stelle, state, since) "
            "values ($1, gen_random_uuid(), 'ads_jena', $2, $3)",
            case_id, state, TODAY,
        )  # fmt: skip

    assert await in_view(queue, mira, View.WAITING) == [asked]
    assert await in_view(queue, sessions["ezra"], View.WAITING) == []
    await admin.execute(
        "insert into casework.conflict values ($1, $2, 'ads_jena', $3)",
        asked,
        mira.member_id,
        TODAY,
    )
    assert await in_view(queue, mira, View.WAITING) == [], "a case that she must not see"


async def test_what_is_due_is_sorted_by_day_and_the_law_comes_first(
    queue: CaseQueue, mira: Session, admin: Admin
) -> None:
    law, soon, same_day, over, closed, none = await sent(admin, 6, answers=TREATED)
    for case_id, day in ((soon, TODAY), (same_day, None), (over, TODAY - timedelta(days=1))):
        await set_on(admin, case_id, "remind_on", day)
    await queue.page(mira, Wanted(), TODAY)
    (due,) = {row["due_on"] for row in await admin.fetch("select due_on from casework.case")}
    assert due is not None
    await set_on(admin, same_day, "remind_on", due)
    for case_id in (soon, same_day, over, none):
        await set_on(admin, case_id, "due_on", None)
    await set_on(admin, closed, "state", "abgeschlossen")

    assert await in_view(queue, mira, View.DUE) == [over, soon, law, same_day]


@pytest.mark.parametrize("view", [View.DUE, View.UNASSIGNED])
async def test_every_case_is_on_exactly_one_page_in_both_directions(
    queue: CaseQueue, mira: Session, admin: Admin, view: View
) -> None:
    cases = await sent(admin, 2 * PAGE + 3, date=IncidentDate())
    for number, case_id in enumerate(cases):  # many on the same day
        await set_on(admin, case_id, "remind_on", TODAY + timedelta(days=number % 3))
    expected = cases
    if view is View.DUE:
        expected = [case_id for rest in range(3) for case_id in reversed(cases[rest::3])]

    pages = [await queue.page(mira, Wanted(view=view), TODAY)]
    while pages[-1].older is not None:
        pages.append(await queue.page(mira, Wanted(view=view, before=pages[-1].older), TODAY))
    back = [pages[-1]]
    while back[-1].newer is not None:
        back.append(await queue.page(mira, Wanted(view=view, after=back[-1].newer), TODAY))

    assert [case_id for page in pages for case_id in ids(page)] == expected
    assert [len(page.entries) for page in pages[:-1]] == [PAGE, PAGE]
    assert ids(back[-1]) == ids(pages[0])


async def test_the_first_statutory_day_is_kept_when_a_case_is_listed_or_opened(
    queue: CaseQueue, casework: Casework, mira: Session, admin: Admin, city: City
) -> None:
    listed, read = await sent(admin, 2, answers=TREATED)

    async def due_on(case_id: UUID) -> date | None:
        day: date | None = await admin.fetchval(
            "select due_on from casework.case where case_id = $1", case_id
        )
        return day

    await casework.read(mira, read, TODAY)
    assert await due_on(read) is not None
    assert await due_on(listed) is None
    await queue.page(mira, Wanted(), TODAY)
    assert await due_on(listed) == await due_on(read)

    await set_on(admin, listed, "due_on", TODAY - timedelta(days=1))
    await queue.page(mira, Wanted(), TODAY)
    assert await due_on(listed) == await due_on(read), "a day that is over was kept"


# The search ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {"words": "kanarienvögel"},
        {"words": "KANARIENVOEGELN"},
        {"place": "holzmarkt"},
        {"words": "Holzmarkt kanarienvogel"},
        {"ground": "alter"},
        {"area": "arbeit"},
        {"responsible": "arbeitgeber"},
        {"district": "neulobeda"},
        {"language": "en"},
        {"ground": "alter", "words": WORD, "state": State.NEU},
    ],
)
async def test_a_case_is_found_by_words_and_codes(
    queue: CaseQueue, mira: Session, admin: Admin, given: dict[str, object]
) -> None:
    await sent(admin, text="Am Telefon war die Wohnung noch frei.")
    answers = msgspec.structs.replace(
        REPORT.answers, grounds=("alter",), area_of_life="arbeit", alleged_responsible="arbeitgeber"
    )
    (wanted,) = await sent(
        admin, text=f"Ein {WORD}.", answers=answers, place="Am Holzmarkt", district="neulobeda",
        language="en",
    )  # fmt: skip
    await queue.page(mira, Wanted(), TODAY)

    assert await found(queue, mira, **given) == [wanted]
    assert await found(queue, mira, **given | {"words": "nirgends"}) == []


@pytest.mark.parametrize("few", [0, 2000])
async def test_what_many_cases_have_is_found_as_what_few_have(
    queue: CaseQueue, mira: Session, admin: Admin, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_store, "FEW", few)
    monkeypatch.setattr("adstelle.casework.queue.service.FEW", few)
    cases = await sent(admin, 3, text=WORD)
    await sent(admin, 2)
    await set_on(admin, cases[1], "state", "gelesen")
    await queue.page(mira, Wanted(), TODAY)

    assert await found(queue, mira, words=WORD) == cases
    assert await found(queue, mira, words=WORD, state=State.GELESEN) == [cases[1]]


async def test_nobody_finds_another_stelles_cases(
    queue: CaseQueue, sessions: dict[str, Session], admin: Admin, staff_pool: Pool
) -> None:
    person = await send_report(admin, {"ads_jena": False, "ezra": False}, report=told(WORD))
    for session in (sessions["ads_jena"], sessions["ezra"]):
        await queue.page(session, Wanted(), TODAY)

    for session in (sessions["ads_jena"], sessions["ezra"]):
        assert await found(queue, session, words=WORD) == [person.cases[session.stelle]]
    tokens = [row["tokens"] for row in await admin.fetch("select tokens from casework.search")]
    assert set(tokens[0]).isdisjoint(tokens[1]), "two Stellen share tokens"
    async with transaction(staff_pool, Role.CASEWORK, scope="thadine") as conn:
        assert await queue_store.found(conn, [[token] for token in tokens[0]]) == []


async def test_a_message_is_found_once_it_was_read_or_written(
    queue: CaseQueue, casework: Casework, mira: Session, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": False})
    await write_as_person(admin, person, "ads_jena", WORD)
    await queue.page(mira, Wanted(), TODAY)
    assert await found(queue, mira, words=WORD) == [], "what nobody read yet was opened"

    await casework.read(mira, person.case_id, TODAY)
    assert await found(queue, mira, words=WORD) == [person.case_id]

    await casework.answer(mira, person.case_id, uuid4(), "Der Papagei antwortet", TODAY)
    assert (await queue.page(mira, Wanted(), TODAY)).missing == 0
    assert await found(queue, mira, words="papageien") == [person.case_id]


async def test_cases_are_indexed_a_page_at_a_time_and_that_is_logged(
    queue: CaseQueue, mira: Session, admin: Admin
) -> None:
    cases = await sent(admin, PAGE + 3, text=WORD)

    assert (await queue.page(mira, Wanted(), TODAY)).missing == 3
    logged = "select case_ids from casework.log where act = 'case_indexed' order by log_id"
    assert [row["case_ids"] for row in await admin.fetch(logged)] == [cases[:PAGE]]
    await queue.catch_up(mira, 1000, TODAY)
    assert (await queue.page(mira, Wanted(), TODAY)).missing == 0
    assert [row["case_ids"] for row in await admin.fetch(logged)] == [cases[:PAGE], cases[PAGE:]]
    assert index_service.BATCH == PAGE


async def test_the_index_holds_nothing_readable_and_classes_of_tokens(
    queue: CaseQueue, mira: Session, admin: Admin
) -> None:
    await sent(admin, 2)
    await sent(admin, text=" ".join(f"wort{number}" for number in range(70)))
    await queue.page(mira, Wanted(), TODAY)

    rows = await admin.fetch("select tokens from casework.search order by position")

    assert [len(row["tokens"]) for row in rows] == [64, 64, 128]
    assert all(row["tokens"] == sorted(set(row["tokens"])) for row in rows)
    shared = set(rows[0]["tokens"]) & set(rows[1]["tokens"])
    assert 0 < len(shared) < 64, "what fills up is the same in two cases"


async def test_the_index_goes_with_the_case_and_with_the_consent(
    queue: CaseQueue, mira: Session, admin: Admin, worker_pool: Pool
) -> None:
    persons = [await send_report(admin, {"ads_jena": False}) for _ in range(2)]
    await queue.page(mira, Wanted(), TODAY)
    assert await admin.fetchval("select count(*) from casework.search") == 2

    await admin.execute("delete from intake.report where report_id = $1", persons[0].report_id)
    assert await admin.fetchval("select count(*) from casework.search") == 1

    assert await found(queue, mira, words="Telefon") == [persons[1].case_id]
    await _take_back(admin, persons[1])
    assert await found(queue, mira, words="Telefon") == [], "found before it was erased"
    await deliver(worker_pool)
    assert await admin.fetchval("select count(*) from casework.search") == 0


async def _take_back(admin: Admin, person: Person) -> None:
    """Do what the mailbox does when somebody takes their consent back."""
    await admin.execute(
        "with taken as (update intake.handover set withdrawn_on = $2 where report_id = $1 "
        "returning handover_id, stelle) insert into outbox.promise "
        "(kind, handover_id, stelle, promised_on, changed_on) "
        "select 'withdraw', handover_id, stelle, $2, $2 from taken",
        person.report_id, TODAY,
    )  # fmt: skip


async def test_a_case_that_does_not_open_is_counted_as_indexed(
    queue: CaseQueue, mira: Session, admin: Admin
) -> None:
    await sent(admin)
    await admin.execute("update intake.part set sealed = '\\x00'")

    assert (await queue.page(mira, Wanted(), TODAY)).missing == 0


# Several cases at once ----------------------------------------------------------------------


async def logged(admin: Admin, acts: Iterable[str]) -> list[tuple[str, set[UUID]]]:
    rows = await admin.fetch(
        "select act, case_ids from casework.log where act = any ($1) order by log_id", list(acts)
    )
    return [(row["act"], set(row["case_ids"])) for row in rows]


async def test_cases_are_assigned_once_and_logged_once(
    bulk: Bulk, mira: Session, admin: Admin
) -> None:
    first, second, kept_away = await sent(admin, 3)
    (theirs,) = [(await send_report(admin, {"ezra": False})).case_id]
    await admin.execute(
        "insert into casework.conflict values ($1, $2, 'ads_jena', $3)",
        kept_away, mira.member_id, TODAY,
    )  # fmt: skip
    chosen = [first, second, kept_away, theirs]

    assert await bulk.assign(mira, chosen, mira.member_id) == Done(2, 2)
    assert await bulk.assign(mira, chosen, mira.member_id) == Done(2, 2)

    rows = await admin.fetch("select case_id from casework.case where assigned_to is not null")
    assert {row["case_id"] for row in rows} == {first, second}
    assert await logged(admin, ["case_assigned"]) == [("case_assigned", {first, second})]
    assert (await bulk.assign(mira, [first], None)).cases == 1
    assert await admin.fetchval("select count(assigned_to) from casework.case") == 1


async def test_cases_go_to_members_of_the_own_stelle_only(
    bulk: Bulk, mira: Session, sessions: dict[str, Session], admin: Admin
) -> None:
    (case_id,) = await sent(admin)

    await bulk.assign(mira, [case_id], sessions["ezra"].member_id)

    assert await admin.fetchval("select assigned_to from casework.case") is None


async def test_labels_are_put_and_taken_and_filtered_by(
    bulk: Bulk, queue: CaseQueue, labels: Labels, mira: Session, admin: Admin
) -> None:
    first, second, third = await sent(admin, 3)
    label = uuid4()
    await labels.name(mira, label, "Mietrecht", new=True)

    assert await bulk.label(mira, [first, third], label, on=True) == Done(2, 0)
    assert await bulk.label(mira, [first, third], label, on=True) == Done(2, 0)
    assert await found(queue, mira, label=label) == [first, third]
    assert [count for _, count in await labels.all(mira)] == [2]
    assert (await queue.page(mira, Wanted(), TODAY)).entries[0].labels == (label,)

    await bulk.label(mira, [first, second], label, on=False)
    assert await found(queue, mira, label=label) == [third]
    assert await logged(admin, ["case_labelled"]) == [
        ("case_labelled", {first, third}), ("case_labelled", {first}),
    ]  # fmt: skip


async def test_a_label_is_sealed_named_once_and_goes_from_all_cases(
    bulk: Bulk, labels: Labels, mira: Session, sessions: dict[str, Session], admin: Admin
) -> None:
    (case_id,) = await sent(admin)
    one, other = uuid4(), uuid4()

    assert await labels.name(mira, one, WORD, new=True) is Named.KEPT
    assert await labels.name(mira, one, WORD, new=True) is Named.KEPT, "sent twice"
    assert await labels.name(mira, other, WORD.upper(), new=True) is Named.TAKEN
    assert await labels.name(mira, other, "Anders", new=False) is Named.GONE
    assert await labels.name(mira, one, "Papagei", new=False) is Named.KEPT
    assert [label.name for label, _ in await labels.all(mira)] == ["Papagei"]
    assert await labels.all(sessions["ezra"]) == ()
    sealed = await admin.fetchval("select sealed from casework.label")
    assert WORD.encode() not in sealed
    assert b"Papagei" not in sealed

    await bulk.label(mira, [case_id], one, on=True)
    await labels.drop(mira, one)
    assert await admin.fetchval("select count(*) from casework.labelled") == 0


# What is looked for -------------------------------------------------------------------------


async def test_a_filter_is_sealed_and_the_members_own(
    filters: Filters, mira: Session, sessions: dict[str, Session], admin: Admin
) -> None:
    number, saved = uuid4(), Saved("Vögel", Filter(words=WORD, ground="alter"))
    await filters.keep(mira, number, saved, TODAY)

    assert await filters.find(mira, number) == saved
    assert [kept.saved.name for kept in await filters.all(mira)] == ["Vögel"]
    assert await filters.find(sessions["ezra"], number) is None
    colleague = msgspec.structs.replace(mira, member_id=uuid4())
    assert await filters.find(colleague, number) is None
    sealed = await admin.fetchval("select sealed from casework.filter")
    assert not any(word.encode() in sealed for word in (WORD, "alter", "Vögel"))
    await filters.drop(colleague, number)
    assert await filters.find(mira, number) == saved
    await filters.drop(mira, number)
    assert await filters.find(mira, number) is None


async def test_what_has_no_name_is_forgotten_the_next_day(filters: Filters, mira: Session) -> None:
    passing, kept = uuid4(), uuid4()
    await filters.keep(mira, passing, Saved("", Filter(words=WORD)), TODAY)
    await filters.keep(mira, kept, Saved("Name", Filter(words=WORD)), TODAY)
    assert await filters.find(mira, passing) is not None

    await filters.keep(mira, uuid4(), Saved("", Filter(words=WORD)), TODAY + timedelta(days=1))

    assert await filters.find(mira, passing) is None
    assert await filters.find(mira, kept) is not None
