"""Consent is the person's: given with open eyes, taken back at any time, and then it is over."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from adstelle import outbox
from adstelle.city import City
from adstelle.crypto import packages, receipt
from adstelle.database import Pool, Role, transaction
from adstelle.domain.consent import WORDING, Obstacle
from adstelle.domain.handover import Erasure, Letter, Scope, Standing, Way
from adstelle.domain.package import account_of_package
from adstelle.domain.report import Contact, MandateChanged, Message
from adstelle.errors import OutcomeUnknown, UnknownCode, Unopenable
from adstelle.handing import Handing
from adstelle.intake.service import Intake
from adstelle.mailbox import store
from adstelle.mailbox.box import Recipient
from adstelle.mailbox.consents import Consents, NoSuchConsent
from adstelle.mailbox.service import Mailbox, MessageIdUsed, sealed_message
from adstelle.mailbox.store import NotGiven
from tests import core
from tests.conftest import Admin, Database
from tests.core import KEYS, REPORT, TODAY
from tests.mailbox import desk
from tests.proxy import road_to

NOTHING = dict.fromkeys(desk.TABLES, 0)


async def given_to(consents: Consents, code: str, stelle: str) -> Recipient:
    """The consent of a Stelle that counts."""
    (found,) = [row for row in (await consents.look(code)).box.latest() if row.stelle == stelle]
    return found


async def withdraw(consents: Consents, code: str, stelle: str) -> UUID:
    """Take back what a Stelle has."""
    handover_id = (await given_to(consents, code, stelle)).handover_id
    await consents.withdraw(code, handover_id)
    return handover_id


# Taking back: at once ------------------------------------------------------------------------


async def test_from_this_moment_the_stelle_sees_nothing(
    consents: Consents, code: str, keyed: Admin, worker_pool: Pool, staff_pool: Pool
) -> None:
    await desk.work(worker_pool)
    assert (await desk.seen(staff_pool, "ezra"))["casework.case"] == 1

    await withdraw(consents, code, "ezra")

    assert await desk.seen(staff_pool, "ezra") == NOTHING, "before any worker has done anything"


async def test_what_was_not_delivered_never_is(
    consents: Consents, code: str, keyed: Admin, worker_pool: Pool, staff_pool: Pool
) -> None:
    await withdraw(consents, code, "ezra")
    assert await desk.promises(keyed, "ezra") == [
        ("deliver", "withdrawn"),
        ("withdraw", "promised"),
    ]

    await desk.work(worker_pool)

    rows = await keyed.fetch("select stelle from casework.case")
    assert [row["stelle"] for row in rows] == ["ads_jena"]
    wraps = await keyed.fetch("select recipient from intake.wrap")
    assert {row["recipient"] for row in wraps} == {"ads_jena", "mailbox"}, "the key is gone as well"
    assert await desk.promises(keyed, "ezra") == [
        ("deliver", "withdrawn"), ("withdraw", "delivered"),
    ]  # fmt: skip


async def test_a_worker_that_holds_the_delivery_delivers_nothing(
    consents: Consents, code: str, keyed: Admin, worker_pool: Pool
) -> None:
    held = [await outbox.claim(worker_pool), await outbox.claim(worker_pool)]
    assert all(held)
    await withdraw(consents, code, "ezra")
    for promise in held:
        assert promise is not None
        await outbox.settle(worker_pool, promise, TODAY)
    assert await desk.promises(keyed, "ezra") == [
        ("deliver", "withdrawn"),
        ("withdraw", "promised"),
    ]
    assert await desk.promises(keyed, "ads_jena") == [("deliver", "delivered")]


async def test_what_was_delivered_is_erased_and_the_log_keeps_that_not_what(
    consents: Consents, mailbox: Mailbox, code: str, keyed: Admin, worker_pool: Pool
) -> None:
    await desk.work(worker_pool)
    await mailbox.write(code, "ezra", uuid4(), "Nur für ezra.")
    case_id = await keyed.fetchval("select case_id from casework.case where stelle = 'ezra'")
    await keyed.execute("insert into accounts.stelle values ('ezra', '')")
    member_id = uuid4()
    await keyed.execute(
        "insert into accounts.member (member_id, login, name, stelle, salt, cost_time, "
        "cost_memory_kib, cost_lanes, sealed_box, stelle_wrap, created_on) "
        "values ($1, 'mira', 'Mira', 'ezra', '', 1, 1, 1, '', '', $2)", member_id, TODAY,
    )  # fmt: skip
    await keyed.execute(
        "insert into casework.step (case_id, stelle, from_state, to_state, member_id) "
        "values ($1, 'ezra', 'neu', 'gelesen', $2)", case_id, member_id,
    )  # fmt: skip

    await withdraw(consents, code, "ezra")
    await desk.work(worker_pool)

    assert await keyed.fetchval("select count(*) from casework.case where stelle = 'ezra'") == 0
    assert await keyed.fetchval("select count(*) from casework.step") == 0
    assert await keyed.fetchval("select count(*) from intake.wrap where recipient = 'ezra'") == 0
    assert await keyed.fetchval("select count(for_stelle) from mailbox.message") == 0
    logged = await keyed.fetch("select stelle, member_id, act, case_ids from casework.log")
    assert [tuple(row) for row in logged] == [("ezra", None, "consent_withdrawn", [case_id])]


async def test_the_count_the_others_and_the_mailbox_keep_everything(
    consents: Consents,
    mailbox: Mailbox,
    code: str,
    keyed: Admin,
    worker_pool: Pool,
    staff_pool: Pool,
) -> None:
    await desk.work(worker_pool)
    await mailbox.write(code, "ezra", uuid4(), "Für ezra.")
    await mailbox.write(code, "ads_jena", uuid4(), "Für das Amt.")
    await desk.say(keyed, "ezra", Message(text="Hier ist ezra."))
    before = await desk.seen(staff_pool, "ads_jena")
    cards = await core.stored_cards(keyed)

    await withdraw(consents, code, "ezra")
    await desk.work(worker_pool)

    report_id = await desk.report_in(keyed)
    assert await core.stored_cards(keyed) == cards != []
    assert await desk.seen(staff_pool, "ads_jena") == before
    assert (await core.stored_account(keyed, report_id, "ads_jena")).account == REPORT.account
    assert (await core.stored_contact(keyed, report_id, "ads_jena")).name == "Kim Beispiel"
    assert [message.text for message in await desk.heard(staff_pool, "ads_jena")] == [
        "Für das Amt."
    ]
    box = (await mailbox.open(code)).box
    assert box.account.account == REPORT.account
    assert [note.message.text for note in box.conversation("ezra")] == [
        "Für ezra.", "Hier ist ezra.",
    ]  # fmt: skip


async def test_the_mailbox_says_what_became_of_it(
    consents: Consents, code: str, worker_pool: Pool
) -> None:
    before = await given_to(consents, code, "ezra")
    assert (before.standing, before.erasure, before.is_living) == (Standing.PROMISED, None, True)
    await withdraw(consents, code, "ezra")
    asked = await given_to(consents, code, "ezra")
    assert (asked.standing, asked.withdrawn_on) == (Standing.WITHDRAWN, TODAY)
    assert asked.erasure is Erasure.ASKED
    await desk.work(worker_pool)
    assert (await given_to(consents, code, "ezra")).erasure is Erasure.DONE


async def test_nobody_writes_to_whom_they_took_it_from(
    consents: Consents, mailbox: Mailbox, code: str, keyed: Admin
) -> None:
    await withdraw(consents, code, "ezra")
    with pytest.raises(NotGiven):
        await mailbox.write(code, "ezra", uuid4(), "Hallo?")
    with pytest.raises(NotGiven):
        await mailbox.wish(code, "ezra", uuid4(), ("beraten",))
    assert await keyed.fetchval("select count(*) from mailbox.message") == 0


async def test_what_is_written_in_the_very_moment_it_ends_is_refused(
    consents: Consents, mailbox: Mailbox, public_pool: Pool, code: str, keyed: Admin
) -> None:
    opened = await mailbox.look(code)
    said = sealed_message(opened, "ezra", uuid4(), Message(text="Zu spät."), TODAY)
    await withdraw(consents, code, "ezra")
    with pytest.raises(NotGiven):
        await store.insert_message(public_pool, opened.keys.lookup, said)
    assert await keyed.fetchval("select count(*) from mailbox.message") == 0


# Taking back: again, and by others ------------------------------------------------------------


async def test_taking_back_twice_is_once(
    consents: Consents, public_pool: Pool, city: City, code: str, keyed: Admin, worker_pool: Pool
) -> None:
    handover_id = await withdraw(consents, code, "ezra")
    before = await desk.everything(keyed)
    later = Consents(public_pool, city, lambda: TODAY + timedelta(days=3))
    for _ in range(2):
        await later.withdraw(code, handover_id)
    assert await desk.everything(keyed) == before

    await desk.work(worker_pool)
    before = await desk.everything(keyed)
    await later.withdraw(code, handover_id)
    assert await desk.everything(keyed) == before


async def test_ten_at_once_are_once(consents: Consents, code: str, keyed: Admin) -> None:
    handover_id = (await given_to(consents, code, "ezra")).handover_id
    await asyncio.gather(*[consents.withdraw(code, handover_id) for _ in range(10)])
    assert await desk.promises(keyed, "ezra") == [
        ("deliver", "withdrawn"),
        ("withdraw", "promised"),
    ]


async def test_nobody_ends_the_consent_of_somebody_else(
    consents: Consents, code: str, intake: Intake, keyed: Admin
) -> None:
    other = (await intake.submit(REPORT, uuid4().bytes)).code
    theirs = (await given_to(consents, other, "ezra")).handover_id
    before = await desk.everything(keyed)
    for handover_id in (theirs, uuid4()):
        with pytest.raises(NoSuchConsent):
            await consents.withdraw(code, handover_id)
    with pytest.raises(UnknownCode):
        await consents.withdraw(receipt.new_code(), theirs)
    assert await desk.everything(keyed) == before


async def test_the_database_itself_ends_no_consent_of_somebody_else(
    consents: Consents, public_pool: Pool, code: str, intake: Intake, keyed: Admin
) -> None:
    other = (await intake.submit(REPORT, uuid4().bytes)).code
    theirs = (await given_to(consents, other, "ezra")).handover_id
    before = await desk.everything(keyed)
    await store.take_back(public_pool, receipt.mailbox_keys(code).lookup, theirs, TODAY)
    assert await desk.everything(keyed) == before


# Taking back from Stellen that work elsewhere -------------------------------------------------


async def hand_elsewhere(admin: Admin, stelle: str, *, state: str, attempts: int) -> UUID:
    """A hand-over as a partner gets it: a package, in a lane."""
    handover_id, report_id = uuid4(), await desk.report_in(admin)
    await admin.execute(
        "insert into intake.handover (handover_id, report_id, stelle, given_on) "
        "values ($1, $2, $3, $4)", handover_id, report_id, stelle, TODAY,
    )  # fmt: skip
    await admin.execute(
        "insert into exchange.package (package_id, handover_id, stelle, arrived_on, sealed) "
        "values ($1, $1, $2, $3, 'sealed')", handover_id, stelle, TODAY,
    )  # fmt: skip
    await admin.execute(
        "insert into outbox.promise (kind, handover_id, stelle, lane, state, attempts, "
        "promised_on, changed_on) values ('deliver', $1, $2, $2, $3, $4, $5, $5)",
        handover_id, stelle, state, attempts, TODAY,
    )  # fmt: skip
    return handover_id


@pytest.mark.parametrize(
    ("state", "attempts", "promised"),
    [
        ("promised", 0, [("deliver", "withdrawn")]),
        ("promised", 1, [("deliver", "withdrawn"), ("withdraw", "promised")]),
        ("delivered", 1, [("deliver", "delivered"), ("withdraw", "promised")]),
        ("dead", 40, [("deliver", "dead"), ("withdraw", "promised")]),
    ],
)
async def test_a_partner_is_told_unless_nothing_can_have_left(
    consents: Consents,
    code: str,
    keyed: Admin,
    state: str,
    attempts: int,
    promised: list[tuple[str, str]],
) -> None:
    handover_id = await hand_elsewhere(keyed, "ads_bund", state=state, attempts=attempts)
    await consents.withdraw(code, handover_id)

    assert await desk.promises(keyed, "ads_bund") == promised
    lanes = await keyed.fetch("select lane from outbox.promise where stelle = 'ads_bund'")
    assert {row["lane"] for row in lanes} == {"ads_bund"}, "the partner hears it in order"
    sealed = await keyed.fetchval("select sealed from exchange.package")
    assert sealed is None, "no copy stays here"
    left = Erasure.ASKED if len(promised) > 1 else Erasure.NOTHING
    assert (await given_to(consents, code, "ads_bund")).erasure is left


async def test_an_old_hand_over_without_a_promise_is_erased_too(
    consents: Consents, code: str, keyed: Admin
) -> None:
    await keyed.execute("delete from outbox.promise where stelle = 'ezra'")
    await withdraw(consents, code, "ezra")
    assert await desk.promises(keyed, "ezra") == [("withdraw", "promised")]


# All or nothing ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [b"update intake.handover set", b"update outbox.promise set", b"select 'withdraw'"],
)
async def test_taking_back_happens_whole_or_not_at_all(
    database: Database, city: City, code: str, keyed: Admin, statement: bytes
) -> None:
    async with road_to(database) as road, core.pool_on(road, database) as pool:
        consents = Consents(pool, city, lambda: TODAY)
        handover_id = (await given_to(consents, code, "ezra")).handover_id
        before = await desk.everything(keyed)
        road.close_after(statement)
        with pytest.raises(OutcomeUnknown):
            await consents.withdraw(code, handover_id)
        assert await desk.everything(keyed) == before

        road.reopen()
        await consents.withdraw(code, handover_id)
    assert await desk.promises(keyed, "ezra") == [
        ("deliver", "withdrawn"),
        ("withdraw", "promised"),
    ]


@pytest.mark.parametrize(
    "statement",
    [b"insert into intake.handover", b"insert into intake.wrap", b"insert into outbox.promise"],
)
async def test_giving_happens_whole_or_not_at_all(
    database: Database, city: City, code: str, keyed: Admin, statement: bytes
) -> None:
    async with road_to(database) as road, core.pool_on(road, database) as pool:
        consents = Consents(pool, city, lambda: TODAY)
        await consents.look(code)
        before = await desk.everything(keyed)
        road.close_after(statement)
        with pytest.raises(OutcomeUnknown):
            await consents.give(code, "kokont", Scope.FACTS)
        assert await desk.everything(keyed) == before

        road.reopen()
        assert await consents.give(code, "kokont", Scope.FACTS) is None
    assert await desk.promises(keyed, "kokont") == [("deliver", "promised")]


async def test_what_was_done_before_the_answer_was_lost_is_done_once(
    database: Database, city: City, code: str, keyed: Admin
) -> None:
    lookup = receipt.mailbox_keys(code).lookup
    async with road_to(database) as road, core.pool_on(road, database) as pool:
        consents = Consents(pool, city, lambda: TODAY)
        handover_id = (await given_to(consents, code, "ezra")).handover_id
        road.drop_answer_to(b"COMMIT")
        with pytest.raises(OutcomeUnknown):
            await store.take_back(pool, lookup, handover_id, TODAY)
        assert not (await given_to(consents, code, "ezra")).is_living, "it is done all the same"
        for _ in range(2):
            await consents.withdraw(code, handover_id)
    assert await desk.promises(keyed, "ezra") == [
        ("deliver", "withdrawn"),
        ("withdraw", "promised"),
    ]


# Giving --------------------------------------------------------------------------------------


async def test_one_more_stelle_reads_it(
    consents: Consents, code: str, keyed: Admin, worker_pool: Pool, staff_pool: Pool
) -> None:
    assert await desk.seen(staff_pool, "kokont") == NOTHING
    assert await consents.give(code, "kokont", Scope.FACTS) is None
    await desk.work(worker_pool)

    report_id = await desk.report_in(keyed)
    assert (await core.stored_account(keyed, report_id, "kokont")).account == REPORT.account
    with pytest.raises(Unopenable):
        await core.stored_contact(keyed, report_id, "kokont")
    seen = await desk.seen(staff_pool, "kokont")
    assert (seen["intake.report"], seen["casework.case"]) == (1, 1)
    row = await given_to(consents, code, "kokont")
    read = await desk.letter(staff_pool, "kokont")
    assert row.letter == read
    assert (read.scope, read.wording, read.given_on, read.way, read.referred_by, read.note) == (
        Scope.FACTS, WORDING, TODAY, Way.MAILBOX, None, "",
    )  # fmt: skip
    assert (row.standing, row.state) == (Standing.DELIVERED, "neu")


async def test_the_contact_goes_along_where_the_person_says_so(
    consents: Consents, code: str, keyed: Admin
) -> None:
    assert await consents.give(code, "kokont", Scope.CONTACT) is None
    contact = await core.stored_contact(keyed, await desk.report_in(keyed), "kokont")
    assert contact.mail == "kim@example.org"


async def test_who_shall_only_count_reads_no_word_and_writes_none(
    consents: Consents,
    mailbox: Mailbox,
    code: str,
    keyed: Admin,
    worker_pool: Pool,
    staff_pool: Pool,
) -> None:
    assert await consents.give(code, "kokont", Scope.STATISTICS) is None
    await desk.work(worker_pool)

    report_id = await desk.report_in(keyed)
    wraps = await keyed.fetch("select recipient from intake.wrap where report_id = $1", report_id)
    assert "kokont" not in {row["recipient"] for row in wraps}
    row = await keyed.fetchrow("select * from exchange.package")
    assert row is not None
    package = packages.open_package(
        KEYS["kokont"], row["sealed"], row["package_id"], sender="ads_jena", receiver="kokont"
    )
    assert account_of_package(package).answers == REPORT.answers
    assert REPORT.account not in msgspec.json.encode(package).decode()
    opened = await mailbox.open(code)
    assert not opened.has_conversation("kokont")
    with pytest.raises(NotGiven):
        await mailbox.write(code, "kokont", uuid4(), "Hallo")

    assert (await desk.seen(staff_pool, "kokont"))["casework.case"] == 1
    await withdraw(consents, code, "kokont")
    assert await desk.seen(staff_pool, "kokont") == NOTHING, "at once, here as well"
    await desk.work(worker_pool)
    assert await keyed.fetchval("select sealed from exchange.package") is None
    assert await keyed.fetchval("select count(*) from casework.case where stelle = 'kokont'") == 0


async def test_giving_at_once_gives_once(consents: Consents, code: str, keyed: Admin) -> None:
    found = await asyncio.gather(*[consents.give(code, "kokont", Scope.FACTS) for _ in range(10)])
    assert found.count(None) == 1
    assert set(found) <= {None, Obstacle.HAS_IT}
    assert await desk.promises(keyed, "kokont") == [("deliver", "promised")]
    assert await keyed.fetchval("select count(*) from intake.handover") == 3


@pytest.mark.parametrize(
    ("stelle", "scope", "obstacle"),
    [
        ("ezra", Scope.FACTS, Obstacle.HAS_IT),
        ("ezra", Scope.CONTACT, Obstacle.HAS_IT),
        ("rias_th", Scope.FACTS, Obstacle.NOT_OFFERED),  # the rules do not offer it
        ("weisser_ring", Scope.FACTS, Obstacle.NOT_OFFERED),  # offered, but it has no key
        ("mailbox", Scope.FACTS, Obstacle.NOT_OFFERED),
        ("statistics", Scope.FACTS, Obstacle.NOT_OFFERED),
        ("x\x00y", Scope.FACTS, Obstacle.NOT_OFFERED),
    ],
)
async def test_it_is_given_only_to_whom_it_may(
    consents: Consents, code: str, keyed: Admin, stelle: str, scope: Scope, obstacle: Obstacle
) -> None:
    before = await desk.everything(keyed)
    assert await consents.give(code, stelle, scope) is obstacle
    assert await desk.everything(keyed) == before


async def test_no_contact_is_given_where_none_was_left(
    consents: Consents, intake: Intake, keyed: Admin
) -> None:
    report = msgspec.structs.replace(
        REPORT, consents=(), contact=Contact(safe_times="abends", voicemail=True)
    )
    code = (await intake.submit(report, uuid4().bytes)).code
    before = await desk.everything(keyed)
    assert await consents.give(code, "ezra", Scope.CONTACT) is Obstacle.EMPTY
    assert await desk.everything(keyed) == before
    choices = consents.choices(code, await consents.look(code))
    assert {choice.scope for choice in choices} == {Scope.FACTS, Scope.STATISTICS}


@pytest.mark.parametrize(("agrees", "given"), [("nein", False), (None, False), ("ja", True)])
async def test_nothing_is_given_over_somebodys_head(
    consents: Consents, intake: Intake, agrees: str | None, given: bool
) -> None:
    answers = msgspec.structs.replace(REPORT.answers, reporter_role="zeugin")
    report = msgspec.structs.replace(REPORT, answers=answers, affected_agrees=agrees, consents=())
    code = (await intake.submit(report, uuid4().bytes)).code
    found = await consents.give(code, "ezra", Scope.FACTS)
    assert found is (None if given else Obstacle.NEEDS_AGREEMENT)


async def test_what_was_only_counted_can_be_given_later(
    consents: Consents, intake: Intake, keyed: Admin, worker_pool: Pool
) -> None:
    report = msgspec.structs.replace(REPORT, consents=())
    code = (await intake.submit(report, uuid4().bytes)).code
    opened = await consents.look(code)
    assert [offer.stelle for offer in consents.offers(opened)] == [
        "ezra", "ads_jena", "kokont", "weisser_ring",
    ]  # fmt: skip
    assert await consents.give(code, "ads_jena", Scope.FACTS) is None
    await desk.work(worker_pool)
    assert len(await core.stored_cards(keyed)) == 1, "it was counted when it came"
    rows = await keyed.fetch("select stelle from casework.case")
    assert [row["stelle"] for row in rows] == ["ads_jena"]


async def test_the_address_of_a_choice_is_the_same_each_time_and_this_mailboxs_own(
    consents: Consents, code: str, intake: Intake
) -> None:
    def addresses(code: str) -> set[UUID]:
        return {choice.choice_id for choice in consents.choices(code, opened)}

    opened = await consents.look(code)
    other = (await intake.submit(REPORT, uuid4().bytes)).code
    assert addresses(code) == addresses(code)
    assert len(addresses(code)) == 12, "four Stellen, each in three scopes"
    assert addresses(code).isdisjoint(addresses(other))


# Giving again --------------------------------------------------------------------------------


async def test_giving_again_waits_until_the_old_copy_is_gone(
    consents: Consents, code: str, keyed: Admin, worker_pool: Pool, staff_pool: Pool
) -> None:
    await desk.work(worker_pool)
    old_case = await keyed.fetchval("select case_id from casework.case where stelle = 'ads_jena'")
    await withdraw(consents, code, "ads_jena")

    before = await desk.everything(keyed)
    assert await consents.give(code, "ads_jena", Scope.FACTS) is Obstacle.BEING_ERASED
    assert await desk.everything(keyed) == before
    assert await desk.seen(staff_pool, "ads_jena") == NOTHING

    await desk.work(worker_pool)
    assert await consents.give(code, "ads_jena", Scope.FACTS) is None
    await desk.work(worker_pool)
    report_id = await desk.report_in(keyed)
    with pytest.raises(Unopenable):  # the first time it was with contact
        await core.stored_contact(keyed, report_id, "ads_jena")
    new_case = await keyed.fetchval("select case_id from casework.case where stelle = 'ads_jena'")
    assert new_case != old_case
    opened = await consents.look(code)
    rows = [row for row in opened.box.recipients if row.stelle == "ads_jena"]
    assert [row.is_living for row in rows] == [False, True]
    assert (await given_to(consents, code, "ads_jena")).is_living


async def test_the_database_refuses_what_came_too_early(
    consents: Consents, public_pool: Pool, city: City, code: str, keyed: Admin
) -> None:
    """The mailbox was opened before the other window took it back."""
    opened = await consents.look(code)
    await withdraw(consents, code, "ezra")
    before = await desk.everything(keyed)
    letter = Letter(scope=Scope.FACTS, wording=WORDING, given_on=TODAY, way=Way.MAILBOX)
    sealed = Handing(city).seal(opened.source(), letter, opened.receivers["ezra"], TODAY)
    new = store.NewHandover(report_id=opened.report_id, given=sealed, given_on=TODAY)
    found = await store.hand_over(public_pool, opened.keys.lookup, new)
    assert found is Obstacle.BEING_ERASED
    assert await desk.everything(keyed) == before


async def test_a_stelle_that_got_it_again_does_not_get_the_old_conversation(
    consents: Consents, mailbox: Mailbox, code: str, worker_pool: Pool, staff_pool: Pool
) -> None:
    await desk.work(worker_pool)
    await mailbox.write(code, "ezra", uuid4(), "Vorher.")
    await mailbox.wish(code, "ezra", uuid4(), ("begleiten",))
    await withdraw(consents, code, "ezra")
    await desk.work(worker_pool)
    await consents.give(code, "ezra", Scope.FACTS)
    await desk.work(worker_pool)

    assert await desk.heard(staff_pool, "ezra") == []
    box = (await mailbox.open(code)).box
    assert [note.is_shared for note in box.conversation("ezra")] == [False, False]
    assert box.mandates("ezra") == REPORT.mandates, "both sides read the same wish"
    await mailbox.write(code, "ezra", uuid4(), "Nachher.")
    assert [message.text for message in await desk.heard(staff_pool, "ezra")] == ["Nachher."]


async def test_nobody_brings_a_consent_back(
    consents: Consents, public_pool: Pool, code: str, keyed: Admin
) -> None:
    handover_id = await withdraw(consents, code, "ezra")
    lookup = receipt.mailbox_keys(code).lookup
    async with transaction(public_pool, Role.MAILBOX, scope=lookup) as conn:
        changed = await conn.execute(
            "update intake.handover set withdrawn_on = null where handover_id = $1", handover_id
        )
    assert changed == "UPDATE 0", "not even the person's own role: it is given anew"


# What the person wants -----------------------------------------------------------------------


async def test_a_wish_reaches_its_stelle_and_no_other(
    mailbox: Mailbox, code: str, staff_pool: Pool
) -> None:
    await mailbox.wish(code, "ezra", uuid4(), ("begleiten", "zuhoeren"))
    wanted = MandateChanged(mandates=("zuhoeren", "begleiten"))  # in the order of the city
    assert await desk.acts_heard(staff_pool, "ezra") == [wanted]
    assert await desk.acts_heard(staff_pool, "ads_jena") == []
    box = (await mailbox.open(code)).box
    assert box.mandates("ezra") == ("zuhoeren", "begleiten")
    assert box.mandates("ads_jena") == ("beraten",)


async def test_the_history_says_who_wanted_what_when(
    mailbox: Mailbox, code: str, keyed: Admin
) -> None:
    await mailbox.wish(code, "ezra", uuid4(), ())
    await desk.say(keyed, "ezra", Message(act=MandateChanged(mandates=("verweisen",))))
    wishes = (await mailbox.open(code)).box.wishes("ezra")
    assert [(wish.own, wish.mandates) for wish in wishes] == [
        (True, ("beraten",)),
        (True, ()),
        (False, ("verweisen",)),
    ]
    assert {wish.since for wish in wishes} == {TODAY}


async def test_what_is_wanted_already_is_not_said_again(
    mailbox: Mailbox, code: str, staff_pool: Pool
) -> None:
    await mailbox.wish(code, "ezra", uuid4(), ("beraten",))
    assert await desk.heard(staff_pool, "ezra") == []


async def test_the_same_wish_again_is_kept_once_and_another_is_not_swallowed(
    mailbox: Mailbox, code: str, staff_pool: Pool
) -> None:
    message_id = uuid4()
    for _ in range(3):
        await mailbox.wish(code, "ezra", message_id, ("begleiten",))
    assert len(await desk.heard(staff_pool, "ezra")) == 1
    with pytest.raises(MessageIdUsed):
        await mailbox.wish(code, "ezra", message_id, ("zuhoeren",))


@pytest.mark.parametrize("mandates", [("anzeigen",), ("beraten", "beraten"), ("",)])
async def test_a_wish_the_city_does_not_know_is_a_fault(
    mailbox: Mailbox, code: str, mandates: tuple[str, ...]
) -> None:
    assert mailbox.mandate_fault(mandates) == "unknown"
    with pytest.raises(ValueError, match="faults"):
        await mailbox.wish(code, "ezra", uuid4(), mandates)


def test_wanting_nothing_is_a_wish(mailbox: Mailbox) -> None:
    assert mailbox.mandate_fault(()) is None
