"""A report is stored whole and once, for those the person chose, or not at all."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from adstelle import events
from adstelle.asking.sealed import NotSetUp
from adstelle.city import City
from adstelle.crypto import receipt
from adstelle.database import Pool
from adstelle.domain.consent import WORDING
from adstelle.domain.report import Consent, Contact, Report, card_of
from adstelle.errors import OutcomeUnknown, StorageUnavailable, Unopenable
from adstelle.intake.service import Faulty, Intake, Reused
from adstelle.mailbox.service import Mailbox
from tests import core
from tests.conftest import Admin, Database
from tests.core import NOTHING, REPORT, TODAY, counts, stored_account, stored_cards, stored_contact
from tests.proxy import STORING, road_to


def changed(**changes: Any) -> Report:
    return msgspec.structs.replace(REPORT, **changes)


async def report_id_of(admin: Admin) -> UUID:
    (row,) = await admin.fetch("select report_id from intake.report")
    found: UUID = row["report_id"]
    return found


async def test_each_chosen_stelle_reads_what_was_agreed(intake: Intake, keyed: Admin) -> None:
    made = await intake.submit(REPORT, uuid4().bytes)
    report_id = await report_id_of(keyed)

    assert made.stellen == ("ads_jena", "ezra")
    for stelle in made.stellen:
        account = await stored_account(keyed, report_id, stelle)
        assert (account.account, account.answers) == (REPORT.account, REPORT.answers)
        assert account.wording == WORDING
    assert await stored_contact(keyed, report_id, "ads_jena") == REPORT.contact
    with pytest.raises(Unopenable):
        await stored_contact(keyed, report_id, "ezra")


async def test_nobody_else_is_given_anything(intake: Intake, keyed: Admin) -> None:
    """ezra, ads_jena and kokont are offered and have keys; only what was ticked counts."""
    assert {"kokont", "ads_jena", "ezra"} <= {
        offer.stelle for offer in intake.offers(REPORT.answers).offers
    } & await intake.sealable()
    for chosen in ((), ("ezra",), ("kokont", "ads_jena")):
        await keyed.execute("delete from intake.report")
        consents = tuple(Consent(stelle=stelle) for stelle in chosen)
        await intake.submit(changed(consents=consents), uuid4().bytes)

        wraps = await keyed.fetch("select recipient from intake.wrap")
        promises = await keyed.fetch("select stelle from outbox.promise")
        assert {row["recipient"] for row in wraps} == {*chosen, "mailbox"}
        assert {row["stelle"] for row in promises} == set(chosen)


async def test_the_code_opens_the_mailbox(
    intake: Intake, keyed: Admin, public_pool: Pool, city: City
) -> None:
    made = await intake.submit(REPORT, uuid4().bytes)
    box = (await Mailbox(public_pool, city, lambda: TODAY).open(made.code)).box

    assert box.account.account == REPORT.account
    assert box.contact == REPORT.contact
    assert {row.stelle for row in box.recipients} == {"ads_jena", "ezra"}
    assert {row.standing for row in box.recipients} == {"promised"}


async def test_the_count_holds_codes_and_the_month(intake: Intake, keyed: Admin) -> None:
    await intake.submit(REPORT, uuid4().bytes)
    assert await stored_cards(keyed) == [card_of(REPORT, month="2026-11")]


async def test_only_the_account_knows_its_card(intake: Intake, keyed: Admin) -> None:
    await intake.submit(REPORT, uuid4().bytes)
    card_id = await keyed.fetchval("select card_id from intake.card")
    account = await stored_account(keyed, await report_id_of(keyed), "ezra")
    assert account.card_id == card_id
    keys = await keyed.fetch(
        "select conrelid::regclass::text from pg_constraint "
        "where confrelid = 'intake.card'::regclass"
    )
    assert keys == []


async def test_who_only_wants_to_be_counted_is_counted(intake: Intake, keyed: Admin) -> None:
    await intake.submit(changed(consents=(), contact=Contact()), uuid4().bytes)
    assert await counts(keyed) == {
        "report": 1, "part": 2, "wrap": 1, "card": 1, "submission": 1, "promise": 0,
    }  # fmt: skip


# Once ----------------------------------------------------------------------------------------


async def test_the_same_again_gives_the_same_code_and_stores_nothing(
    intake: Intake, keyed: Admin
) -> None:
    key = uuid4().bytes
    first = await intake.submit(REPORT, key)
    stored = await counts(keyed)
    again = await intake.submit(REPORT, key)

    assert again == first
    assert await counts(keyed) == stored
    assert stored["report"] == 1


async def test_twelve_at_the_same_moment_are_one(intake: Intake, keyed: Admin) -> None:
    key = uuid4().bytes
    made = await asyncio.gather(*[intake.submit(REPORT, key) for _ in range(12)])

    assert len({receipt.code for receipt in made}) == 1
    assert (await counts(keyed))["report"] == 1


async def test_twelve_different_ones_at_the_same_moment_are_twelve(
    intake: Intake, keyed: Admin
) -> None:
    made = await asyncio.gather(*[intake.submit(REPORT, uuid4().bytes) for _ in range(12)])
    assert len({receipt.code for receipt in made}) == 12
    assert (await counts(keyed))["report"] == 12


@pytest.mark.parametrize(
    "changes",
    [{"account": "Etwas anderes."}, {"consents": ()}, {"contact": Contact(name="Wer anders")},
     {"language": "en"}],
)  # fmt: skip
async def test_the_same_key_with_another_report_is_refused(
    intake: Intake, keyed: Admin, changes: dict[str, Any]
) -> None:
    key = uuid4().bytes
    await intake.submit(REPORT, key)
    other = changed(**changes)
    if not other.contact.mail:
        other = msgspec.structs.replace(other, consents=())
    with pytest.raises(Reused):
        await intake.submit(other, key)
    assert (await counts(keyed))["report"] == 1


async def test_the_receipt_opens_with_its_own_key_only(intake: Intake) -> None:
    key = uuid4().bytes
    made = await intake.submit(REPORT, key)
    assert await intake.receipt_of(key) == made
    assert await intake.receipt_of(uuid4().bytes) is None


async def test_a_receipt_put_in_anothers_place_does_not_open(intake: Intake, keyed: Admin) -> None:
    mine, theirs = uuid4().bytes, uuid4().bytes
    await intake.submit(REPORT, mine)
    await intake.submit(REPORT, theirs)
    await keyed.execute(
        "with given as (select sealed_receipt from intake.submission limit 1) "
        "update intake.submission set sealed_receipt = given.sealed_receipt from given"
    )
    found = [await intake.receipt_of(key) for key in (mine, theirs)]
    assert found.count(None) == 1


# Whole ---------------------------------------------------------------------------------------


PLANTED = {
    "the report": "alter table intake.report add constraint planted check (false)",
    "a part": "alter table intake.part add constraint planted check (part <> 'contact')",
    "a wrap": "alter table intake.wrap add constraint planted check (recipient <> 'ezra')",
    "the mailbox": "alter table intake.wrap add constraint planted check (recipient <> 'mailbox')",
    "the count": "alter table intake.card add constraint planted check (false)",
    "a promise": "alter table outbox.promise add constraint planted check (stelle <> 'ezra')",
    "the receipt": "alter table intake.submission add constraint planted check (false)",
}


@pytest.mark.parametrize("part", PLANTED)
async def test_if_one_part_cannot_be_stored_none_is(
    intake: Intake, keyed: Admin, part: str
) -> None:
    await keyed.execute(PLANTED[part])
    key = uuid4().bytes

    with pytest.raises(asyncpg.CheckViolationError):
        await intake.submit(REPORT, key)
    assert await counts(keyed) == NOTHING
    assert await intake.receipt_of(key) is None


async def test_after_a_failure_the_same_key_works(intake: Intake, keyed: Admin) -> None:
    key = uuid4().bytes
    await keyed.execute(PLANTED["a promise"])
    with pytest.raises(asyncpg.CheckViolationError):
        await intake.submit(REPORT, key)
    await keyed.execute("alter table outbox.promise drop constraint planted")

    made = await intake.submit(REPORT, key)
    assert await intake.receipt_of(key) == made
    assert (await counts(keyed))["promise"] == 2


async def test_a_report_with_faults_is_never_stored(intake: Intake, keyed: Admin) -> None:
    """The last gate, whoever calls."""
    for report in (
        changed(account=""),
        changed(consents=(Consent(stelle="rias_th"),)),
        changed(answers=msgspec.structs.replace(REPORT.answers, reporter_role="zeugin")),
    ):
        with pytest.raises(Faulty):
            await intake.submit(report, uuid4().bytes)
    assert await counts(keyed) == NOTHING


async def test_nothing_is_taken_in_before_it_could_be_counted(
    public_pool: Pool, city: City, admin: Admin
) -> None:
    await core.announce_keys(admin, ["ads_jena", "ezra"])
    with pytest.raises(NotSetUp):
        await core.intake_of(public_pool, city).submit(REPORT, uuid4().bytes)
    assert await counts(admin) == NOTHING


# Keys ----------------------------------------------------------------------------------------


async def test_a_stelle_without_a_key_cannot_be_given_anything(
    public_pool: Pool, city: City, admin: Admin
) -> None:
    await core.announce_keys(admin, ["ezra", "statistics"])
    intake = core.intake_of(public_pool, city)
    assert await intake.sealable() == {"ezra"}
    assert await intake.faults(REPORT) == {"stellen": "error.stellen.not_offered"}


async def test_a_new_key_is_seen_within_a_minute(
    public_pool: Pool, city: City, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    intake = core.intake_of(public_pool, city)
    assert await intake.sealable() == frozenset()
    await core.announce_keys(admin)

    clock[0] += 59
    assert await intake.sealable() == frozenset()
    clock[0] += 1
    assert await intake.sealable() == set(core.KEYS) - {"statistics"}


# The database breaks -------------------------------------------------------------------------


async def test_when_the_database_is_away_it_is_said_that_nothing_was_sent(
    database: Database, city: City, keyed: Admin
) -> None:
    async with road_to(database) as road, core.pool_on(road, database) as pool:
        intake = core.intake_of(pool, city)
        await intake.keys()
        await road.close()
        with pytest.raises(StorageUnavailable):
            await intake.submit(REPORT, uuid4().bytes)
    assert await counts(keyed) == NOTHING


async def test_when_it_breaks_after_sending_the_same_call_tells(
    database: Database, city: City, keyed: Admin
) -> None:
    key = uuid4().bytes
    async with road_to(database) as road, core.pool_on(road, database) as pool:
        intake = core.intake_of(pool, city)
        road.drop_answer_to(STORING)
        with pytest.raises(OutcomeUnknown):
            await intake.submit(REPORT, key)
        assert (await counts(keyed))["report"] == 1, "it had arrived"

        made = await intake.submit(REPORT, key)
        assert made == await intake.receipt_of(key)
    assert (await counts(keyed))["report"] == 1
    code = receipt.normalised(made.code)
    assert code is not None
    lookup = await keyed.fetchval("select mailbox_lookup from intake.report")
    assert receipt.mailbox_keys(code).lookup == lookup, "the code is the stored one's"


# What is said about it -----------------------------------------------------------------------


async def test_what_is_logged_is_a_number(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[events.Event] = []
    monkeypatch.setattr(events, "emit", said.append)
    key = uuid4().bytes
    await intake.submit(REPORT, key)
    await intake.submit(REPORT, key)
    assert said == [events.ReportReceived(recipients=2), events.ReportRepeated()]


async def test_a_receipt_does_not_show_itself(intake: Intake) -> None:
    made = await intake.submit(REPORT, uuid4().bytes)
    assert repr(made) == str(made) == "<Receipt withheld>"
