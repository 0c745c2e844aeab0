"""A Stelle proposes another one: only the person's yes passes anything on, and then all of it."""

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid4

import msgspec
import pytest

from adstelle.city import City
from adstelle.crypto import packages, receipt, sealing
from adstelle.database import Pool, Role, transaction
from adstelle.domain.consent import WORDING, Obstacle
from adstelle.domain.handover import Letter, Scope, Standing, Way
from adstelle.domain.report import Contact, Message, ReferralAnswered, ReferralProposed
from adstelle.errors import OutcomeUnknown, Unopenable
from adstelle.intake.service import Intake
from adstelle.mailbox import store
from adstelle.mailbox.consents import AnsweredOtherwise, Consents, NoSuchConsent, answer_id
from adstelle.mailbox.service import Mailbox, sealed_message
from tests import core
from tests.conftest import Admin, Database
from tests.core import REPORT, TODAY
from tests.mailbox import desk
from tests.proxy import road_to
from tests.staff_side import ANYBODY

NOTE = "Die Frist für den Antrag läuft im Dezember ab."
TO_RIAS = ReferralProposed(stelle="rias_th", scope=Scope.FACTS, note=NOTE)


@pytest.fixture
async def proposal(code: str, keyed: Admin) -> UUID:
    """The ads_jena proposes RIAS, which the rules do not offer for this report."""
    return await desk.say(keyed, "ads_jena", Message(act=TO_RIAS))


async def agreed(consents: Consents, code: str, proposal_id: UUID) -> bool | None:
    (found,) = [
        each
        for each in (await consents.look(code)).box.proposals()
        if each.proposal_id == proposal_id
    ]
    return found.agreed


# Yes and no ----------------------------------------------------------------------------------


async def test_yes_passes_on_the_report_and_the_note_and_tells_the_one_who_asked(
    consents: Consents,
    code: str,
    proposal: UUID,
    keyed: Admin,
    worker_pool: Pool,
    staff_pool: Pool,
) -> None:
    await desk.work(worker_pool)
    assert await consents.answer(code, proposal, agreed=True) is None
    await desk.work(worker_pool)

    report_id = await desk.report_in(keyed)
    assert (await core.stored_account(keyed, report_id, "rias_th")).account == REPORT.account
    with pytest.raises(Unopenable):
        await core.stored_contact(keyed, report_id, "rias_th")
    assert await desk.letter(staff_pool, "rias_th") == Letter(
        scope=Scope.FACTS,
        wording=WORDING,
        given_on=TODAY,
        way=Way.MAILBOX,
        referred_by="ads_jena",
        note=NOTE,
    )
    said = ReferralAnswered(proposal=proposal, agreed=True)
    assert (await desk.acts_heard(staff_pool, "ads_jena"))[-1] == said
    assert await desk.heard(staff_pool, "rias_th") == [], "nothing of the other conversation"
    box = (await consents.look(code)).box
    (row,) = [row for row in box.recipients if row.stelle == "rias_th"]
    assert (row.referred_by, row.standing, row.state) == ("ads_jena", Standing.DELIVERED, "neu")
    assert await agreed(consents, code, proposal) is True


async def test_the_one_who_asked_keeps_its_own_case_and_sees_what_becomes_of_it(
    consents: Consents, code: str, proposal: UUID, worker_pool: Pool, staff_pool: Pool
) -> None:
    await desk.work(worker_pool)
    before = await desk.seen(staff_pool, "ads_jena")
    await consents.answer(code, proposal, agreed=True)
    await desk.work(worker_pool)
    assert await desk.seen(staff_pool, "ads_jena") == before
    async with transaction(staff_pool, Role.CASEWORK, scope="ads_jena", member=ANYBODY) as conn:
        rows = await conn.fetch("select stelle from intake.handover order by stelle")
    assert [row["stelle"] for row in rows] == ["ads_jena", "rias_th"]


async def test_no_passes_on_nothing_and_tells_the_one_who_asked(
    consents: Consents, code: str, proposal: UUID, keyed: Admin, staff_pool: Pool
) -> None:
    before = await desk.everything(keyed)
    assert await consents.answer(code, proposal, agreed=False) is None
    after = await desk.everything(keyed)

    assert (await desk.acts_heard(staff_pool, "ads_jena"))[-1] == ReferralAnswered(
        proposal=proposal, agreed=False
    )
    del before["mailbox.message"], after["mailbox.message"]
    assert after == before
    assert await agreed(consents, code, proposal) is False


async def test_the_contact_goes_along_where_that_was_asked(
    consents: Consents, code: str, keyed: Admin
) -> None:
    act = ReferralProposed(stelle="kokont", scope=Scope.CONTACT)
    proposal = await desk.say(keyed, "ezra", Message(text="Passt das?", act=act))
    assert await consents.answer(code, proposal, agreed=True) is None
    contact = await core.stored_contact(keyed, await desk.report_in(keyed), "kokont")
    assert contact.name == "Kim Beispiel"


async def test_where_no_contact_was_left_none_is_agreed_to(
    consents: Consents, intake: Intake, keyed: Admin, staff_pool: Pool
) -> None:
    report = msgspec.structs.replace(
        REPORT, contact=Contact(), consents=(msgspec.structs.replace(REPORT.consents[1]),)
    )
    code = (await intake.submit(report, uuid4().bytes)).code
    act = ReferralProposed(stelle="kokont", scope=Scope.CONTACT)
    proposal = await desk.say(keyed, "ezra", Message(act=act))
    assert await consents.answer(code, proposal, agreed=True) is None
    assert (await desk.letter(staff_pool, "kokont")).scope is Scope.FACTS


async def test_who_shall_only_count_reads_no_note(
    consents: Consents, code: str, keyed: Admin, staff_pool: Pool
) -> None:
    act = ReferralProposed(stelle="rias_th", scope=Scope.STATISTICS, note=NOTE)
    proposal = await desk.say(keyed, "ads_jena", Message(act=act))
    assert await consents.answer(code, proposal, agreed=True) is None
    assert await desk.letter(staff_pool, "rias_th") == Letter(
        scope=Scope.STATISTICS,
        wording=WORDING,
        given_on=TODAY,
        way=Way.MAILBOX,
        referred_by="ads_jena",
    )
    row = await keyed.fetchrow("select * from exchange.package")
    assert row is not None
    package = packages.open_package(
        core.KEYS["rias_th"],
        row["sealed"],
        row["package_id"],
        sender="ads_jena",
        receiver="rias_th",
    )
    assert (package.told, package.contact, package.note) == (None, None, "")


# Again, at once, and the other way round ------------------------------------------------------


@pytest.mark.parametrize("yes", [True, False])
async def test_the_same_answer_again_changes_nothing(
    consents: Consents, code: str, proposal: UUID, keyed: Admin, yes: bool
) -> None:
    await consents.answer(code, proposal, agreed=yes)
    before = await desk.everything(keyed)
    for _ in range(2):
        assert await consents.answer(code, proposal, agreed=yes) is None
    assert await desk.everything(keyed) == before


@pytest.mark.parametrize("yes", [True, False])
async def test_the_first_answer_stays(
    consents: Consents, code: str, proposal: UUID, keyed: Admin, yes: bool
) -> None:
    await consents.answer(code, proposal, agreed=yes)
    before = await desk.everything(keyed)
    with pytest.raises(AnsweredOtherwise):
        await consents.answer(code, proposal, agreed=not yes)
    assert await desk.everything(keyed) == before


async def test_many_answers_at_once_are_one(
    consents: Consents, code: str, proposal: UUID, keyed: Admin
) -> None:
    """A yes that came second to a no must not pass anything on."""
    found = await asyncio.gather(
        *[consents.answer(code, proposal, agreed=bool(number % 2)) for number in range(8)],
        return_exceptions=True,
    )
    yes = await agreed(consents, code, proposal)
    assert {str(type(each).__name__) for each in found} == {"NoneType", "AnsweredOtherwise"}
    given = await keyed.fetchval("select count(*) from intake.handover where stelle = 'rias_th'")
    assert given == (1 if yes else 0)
    answers = await keyed.fetchval("select count(*) from mailbox.message where author = 'person'")
    assert answers == 1


@pytest.mark.parametrize(
    "statement",
    [
        b"insert into mailbox.message",
        b"insert into intake.handover",
        b"insert into intake.wrap",
        b"insert into outbox.promise",
    ],
)
async def test_a_yes_happens_whole_or_not_at_all(
    database: Database, city: City, code: str, proposal: UUID, keyed: Admin, statement: bytes
) -> None:
    async with road_to(database) as road, core.pool_on(road, database) as pool:
        consents = Consents(pool, city, lambda: TODAY)
        await consents.look(code)
        before = await desk.everything(keyed)
        road.close_after(statement)
        with pytest.raises(OutcomeUnknown):
            await consents.answer(code, proposal, agreed=True)
        assert await desk.everything(keyed) == before

        road.reopen()
        assert await consents.answer(code, proposal, agreed=True) is None
    assert await desk.promises(keyed, "rias_th") == [("deliver", "promised")]


# What stands in the way -----------------------------------------------------------------------


async def _without_key(admin: Admin) -> None:
    await admin.execute("delete from accounts.public_key where owner = 'rias_th'")


async def _given(admin: Admin) -> None:
    await admin.execute(
        "insert into intake.handover (handover_id, report_id, stelle, given_on) "
        "select gen_random_uuid(), report_id, 'rias_th', received_on from intake.report"
    )


@pytest.mark.parametrize(
    ("happens", "obstacle"),
    [(_without_key, Obstacle.NOT_OFFERED), (_given, Obstacle.HAS_IT)],
)
async def test_a_yes_that_is_not_possible_says_so_and_keeps_the_proposal(
    consents: Consents,
    code: str,
    proposal: UUID,
    keyed: Admin,
    happens: Callable[[Admin], object],
    obstacle: Obstacle,
) -> None:
    await happens(keyed)  # type: ignore[misc]  # a coroutine
    before = await desk.everything(keyed)
    assert await consents.answer(code, proposal, agreed=True) is obstacle
    assert await desk.everything(keyed) == before
    assert await agreed(consents, code, proposal) is None


async def test_nothing_goes_where_nothing_can_be_given(
    consents: Consents, code: str, keyed: Admin
) -> None:
    """The Stelle is only a contact here."""
    act = ReferralProposed(stelle="ads_bund", scope=Scope.FACTS)
    proposal = await desk.say(keyed, "ads_jena", Message(act=act))
    before = await desk.everything(keyed)
    assert await consents.answer(code, proposal, agreed=True) is Obstacle.NOT_OFFERED
    assert await desk.everything(keyed) == before


@pytest.mark.parametrize("stelle", ["mailbox", "statistics", "nowhere", ""])
async def test_nobody_is_asked_about_who_is_no_stelle(
    consents: Consents, code: str, keyed: Admin, stelle: str
) -> None:
    act = ReferralProposed(stelle=stelle, scope=Scope.FACTS)
    proposal = await desk.say(keyed, "ads_jena", Message(act=act))
    before = await desk.everything(keyed)
    with pytest.raises(NoSuchConsent):
        await consents.answer(code, proposal, agreed=True)
    assert await desk.everything(keyed) == before


async def test_a_proposal_to_itself_gives_nothing(
    consents: Consents, code: str, keyed: Admin
) -> None:
    act = ReferralProposed(stelle="ads_jena", scope=Scope.CONTACT)
    proposal = await desk.say(keyed, "ads_jena", Message(act=act))
    assert await consents.answer(code, proposal, agreed=True) is Obstacle.HAS_IT


async def test_who_lost_the_consent_proposes_nothing_any_more(
    consents: Consents, public_pool: Pool, code: str, proposal: UUID, keyed: Admin
) -> None:
    opened = await consents.look(code)
    act = ReferralAnswered(proposal=proposal, agreed=False)
    late = sealed_message(opened, "ads_jena", answer_id(code, proposal), Message(act=act), TODAY)
    (given,) = [row for row in opened.box.recipients if row.stelle == "ads_jena"]
    await consents.withdraw(code, given.handover_id)

    assert (await consents.look(code)).box.proposals() == ()
    before = await desk.everything(keyed)
    for yes in (True, False):
        with pytest.raises(NoSuchConsent):
            await consents.answer(code, proposal, agreed=yes)
    with pytest.raises(store.NotGiven):
        await store.insert_message(public_pool, opened.keys.lookup, late)
    assert await desk.everything(keyed) == before


async def test_an_old_proposal_does_not_come_back_with_a_new_consent(
    consents: Consents, code: str, proposal: UUID, worker_pool: Pool
) -> None:
    (given,) = [
        row for row in (await consents.look(code)).box.recipients if row.stelle == "ads_jena"
    ]
    await consents.withdraw(code, given.handover_id)
    await desk.work(worker_pool)
    assert await consents.give(code, "ads_jena", Scope.FACTS) is None
    assert (await consents.look(code)).box.proposals() == ()


async def test_nobody_answers_for_somebody_else(
    consents: Consents, code: str, proposal: UUID, intake: Intake, keyed: Admin
) -> None:
    other = (await intake.submit(REPORT, uuid4().bytes)).code
    before = await desk.everything(keyed)
    for asked in (proposal, uuid4()):
        with pytest.raises(NoSuchConsent):
            await consents.answer(other, asked, agreed=True)
    assert await desk.everything(keyed) == before


async def test_only_a_stelle_proposes_and_only_the_person_answers(
    consents: Consents, mailbox: Mailbox, public_pool: Pool, code: str, proposal: UUID, keyed: Admin
) -> None:
    """Words from the wrong side do nothing, whoever managed to put them there."""
    opened = await consents.look(code)
    own = sealed_message(opened, "ezra", uuid4(), Message(act=TO_RIAS), TODAY)
    await store.insert_message(public_pool, opened.keys.lookup, own)
    answer = ReferralAnswered(proposal=proposal, agreed=True)
    await desk.say(keyed, "ads_jena", Message(act=answer))
    elsewhere = sealed_message(opened, "ezra", uuid4(), Message(act=answer), TODAY)
    await store.insert_message(public_pool, opened.keys.lookup, elsewhere)

    (found,) = (await mailbox.open(code)).box.proposals()
    assert (found.by, found.agreed) == ("ads_jena", None)


async def test_the_letter_of_a_referral_opens_for_its_two_sides_only(
    consents: Consents, code: str, proposal: UUID, keyed: Admin
) -> None:
    await consents.answer(code, proposal, agreed=True)
    row = await keyed.fetchrow("select * from intake.handover where stelle = 'rias_th'")
    assert row is not None
    for stelle in ("ads_jena", "ezra"):
        held = await core.stored_keys(keyed, row["report_id"], stelle)
        for secret in (None, held.letters):
            with pytest.raises(Unopenable):
                sealing.open_letter(
                    core.KEYS[stelle], row["for_stelle"], row["handover_id"], "rias_th", secret
                )
    keys, letter = receipt.mailbox_keys(code), row["for_mailbox"]
    mine = sealing.open_letter(keys.private, letter, row["handover_id"], sealing.MAILBOX, keys.own)
    assert mine.note == NOTE
