"""Consent as people meet it: every step says what it will do, does it once, and loses nothing."""

import re
from collections.abc import Callable
from uuid import UUID, uuid4

import httpx
import pytest

from adstelle.city import City
from adstelle.crypto import receipt
from adstelle.database import Pool
from adstelle.domain.handover import Scope
from adstelle.domain.report import MandateChanged, Message, ReferralProposed
from adstelle.intake.service import Intake
from adstelle.mailbox.consents import Consents
from adstelle.mailbox.routes import COOKIE
from adstelle.web.pages import UNKNOWN, Pages
from tests import core
from tests.conftest import Admin, Database
from tests.core import REPORT, TODAY, is_page, leads_to, shows
from tests.mailbox import desk
from tests.proxy import road_to

LANGUAGES = ("de", "de-simple", "en", "ar")
NOTE = "Die Frist für den Antrag läuft im Dezember ab."
PARTS = ("zuruecknehmen", "weitergeben", "vorschlag", "wunsch")
Text = Callable[..., str]


@pytest.fixture
async def opened(browser: httpx.AsyncClient, code: str) -> httpx.AsyncClient:
    """A browser in which the mailbox is open."""
    await enter(browser, code)
    return browser


async def enter(browser: httpx.AsyncClient, code: str) -> None:
    leads_to(await browser.post("/de/postfach", data={"code": code}), "/de/postfach")


def links(page: httpx.Response, part: str) -> list[str]:
    """The addresses of one kind that a page leads to, in their order."""
    found = re.findall(rf'href="(/[a-z-]+/postfach/{part}/[0-9a-f-]+)"', page.text)
    return list(dict.fromkeys(found))


async def address(browser: httpx.AsyncClient, part: str, stelle: str, lang: str = "de") -> str:
    """What the mailbox links to below the heading of a Stelle."""
    page = is_page(await browser.get(f"/{lang}/postfach"))
    section = page.text.partition(f'id="stelle-{stelle}"')[2].partition("</section>")[0]
    found = re.search(rf'href="(/[a-z-]+/postfach/{part}/[0-9a-f-]+)"', section)
    assert found, f"{stelle} has no {part}"
    return found[1]


def texts(city: City, lang: str) -> Text:
    pages = Pages(city, secure=False)
    return lambda key, **values: pages.text(lang, key, **values).split("\n")[0]


# The overview --------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_mailbox_says_who_was_given_what(
    opened: httpx.AsyncClient, city: City, lang: str
) -> None:
    text = texts(city, lang)
    page = is_page(await opened.get(f"/{lang}/postfach"))
    for key in ("consent.overview", "consent.scope.facts", "consent.scope.contact",
                "consent.way.form", "consent.take_back", "mailbox.delivery.promised"):  # fmt: skip
        assert shows(page, text(key)), key
    assert shows(page, "2026-11"), "the version of the text they agreed to"
    assert len(links(page, "zuruecknehmen")) == 2


async def test_what_was_handed_over_before_letters_were_kept_is_shown_too(
    opened: httpx.AsyncClient, keyed: Admin, city: City
) -> None:
    await keyed.execute("update intake.handover set for_mailbox = null, for_stelle = null")
    page = is_page(await opened.get("/de/postfach"))
    assert shows(page, city.catalogue.text("de", "consent.agreed.unknown"))
    for part in ("zuruecknehmen", "wunsch"):
        is_page(await opened.get(await address(opened, part, "ezra")))


async def test_a_stelle_the_city_no_longer_has_can_be_left_all_the_same(
    opened: httpx.AsyncClient, keyed: Admin
) -> None:
    await keyed.execute("update intake.handover set stelle = 'gone' where stelle = 'ezra'")
    await keyed.execute("update outbox.promise set stelle = 'gone' where stelle = 'ezra'")
    there = await address(opened, "zuruecknehmen", "gone")
    is_page(await opened.get(there))
    leads_to(await opened.post(there), "/de/postfach?getan=zuruecknehmen")


@pytest.mark.parametrize(
    ("reason", "key"),
    [("full", "full"), ("not_competent", "not_competent"), ("no_contact", "no_contact"),
     ("unreadable", "unreadable"), ("other", "other"), (None, "none")],
)  # fmt: skip
async def test_a_refusal_says_why_and_who_else_there_is(
    opened: httpx.AsyncClient, keyed: Admin, city: City, reason: str | None, key: str
) -> None:
    await keyed.execute(
        "update intake.handover set decision = 'refused', reason = $1 where stelle = 'ezra'", reason
    )
    page = is_page(await opened.get("/de/postfach"))
    section = page.text.partition('id="stelle-ezra"')[2].partition("</section>")[0]
    assert city.catalogue.text("de", f"consent.reason.{key}") in section
    who_else = section.index("/de/postfach/weitergeben")
    assert who_else < section.index("text-ezra"), "first who else fits, then everything else"


async def test_what_never_arrived_says_whom_to_call_and_offers_no_form(
    opened: httpx.AsyncClient, keyed: Admin, city: City
) -> None:
    await keyed.execute(
        "update outbox.promise set state = 'dead', attempts = 40 where stelle = 'ads_jena'"
    )
    page = is_page(await opened.get("/de/postfach"))
    section = page.text.partition('id="stelle-ads_jena"')[2].partition("</section>")[0]
    assert city.catalogue.text("de", "consent.tag.dead") in section
    assert str(city.stellen["ads_jena"].phone) in section
    assert "/de/postfach/weitergeben" in section
    assert "<textarea" not in section, "nobody there would read it"


async def test_a_stelle_that_works_elsewhere_has_a_contact_and_no_form(
    opened: httpx.AsyncClient, keyed: Admin, city: City
) -> None:
    await keyed.execute(
        "insert into intake.handover (handover_id, report_id, stelle, given_on) "
        "select gen_random_uuid(), report_id, 'ads_bund', received_on from intake.report"
    )
    page = is_page(await opened.get("/de/postfach"))
    section = page.text.partition('id="stelle-ads_bund"')[2].partition("</section>")[0]
    assert str(city.stellen["ads_bund"].phone) in section
    assert "<textarea" not in section
    assert "/wunsch/" not in section
    assert "/zuruecknehmen/" in section


async def test_messages_that_do_something_are_read_in_words(
    opened: httpx.AsyncClient, keyed: Admin, city: City
) -> None:
    await desk.say(keyed, "ezra", Message(act=MandateChanged(mandates=("verweisen",))))
    text = texts(city, "de")
    page = is_page(await opened.get("/de/postfach"))
    assert shows(page, text("consent.act.wish"))
    assert shows(page, text("code.mandate.verweisen"))


# Taking back ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_somebody_takes_their_yes_back(
    opened: httpx.AsyncClient, keyed: Admin, city: City, lang: str
) -> None:
    text = texts(city, lang)
    there = await address(opened, "zuruecknehmen", "ezra", lang)
    asked = is_page(await opened.get(there))
    for key in ("reads.here", "erased.here", "log.here", "stopped"):
        assert shows(asked, text(f"consent.withdraw.will.{key}")), key
    for key in ("others", "mailbox", "counted", "known"):
        assert shows(asked, text(f"consent.withdraw.stays.{key}")), key
    assert await desk.promises(keyed, "ezra") == [("deliver", "promised")], "nothing yet"

    for _ in range(2):
        done = await opened.post(there)
        leads_to(done, f"/{lang}/postfach?getan=zuruecknehmen")
    page = is_page(await opened.get(done.headers["location"]))
    assert shows(page, text("consent.withdraw.done"))
    assert shows(page, text("consent.tag.withdrawn"))
    assert "text-ezra" not in page.text
    again = is_page(await opened.get(there))
    assert shows(again, text("consent.erasure.asked.here"))
    assert f'action="{there}"' not in again.text
    assert await desk.promises(keyed, "ezra") == [
        ("deliver", "withdrawn"),
        ("withdraw", "promised"),
    ]
    assert await desk.promises(keyed, "ads_jena") == [("deliver", "promised")]


async def test_what_was_written_stays_with_the_person(
    opened: httpx.AsyncClient, keyed: Admin, worker_pool: Pool
) -> None:
    await desk.work(worker_pool)
    await desk.say(keyed, "ezra", Message(text="Wir haben am Montag Zeit."))
    await opened.post(await address(opened, "zuruecknehmen", "ezra"))
    await desk.work(worker_pool)
    assert shows(is_page(await opened.get("/de/postfach")), "Wir haben am Montag Zeit.")


async def test_a_reply_that_lost_its_reader_comes_back_as_text(
    opened: httpx.AsyncClient, keyed: Admin, city: City
) -> None:
    """Written in one window, taken back in another."""
    typed = "Eine lange Antwort, die niemand noch einmal schreiben möchte."
    await opened.post(await address(opened, "zuruecknehmen", "ezra"))
    reply = {"stelle": "ezra", "message_id": str(uuid4()), "text-ezra": typed}
    page = is_page(await opened.post("/de/postfach/antwort", data=reply), 409)
    assert shows(page, typed)
    assert shows(page, texts(city, "de")("consent.unsent.title"))
    assert await keyed.fetchval("select count(*) from mailbox.message") == 0


# Giving --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_somebody_gives_it_to_one_more(
    opened: httpx.AsyncClient, keyed: Admin, city: City, lang: str
) -> None:
    text = texts(city, lang)
    page = is_page(await opened.get(f"/{lang}/postfach/weitergeben"))
    assert shows(page, text("stelle.kokont.name"))
    assert "stelle-card__reason" in page.text, "and why"
    assert not re.search(r"<input[^>]*\bchecked", page.text), "nothing is chosen beforehand"
    assert 'value="ezra"' not in page.text, "it has the report"
    choice = {"stelle": "kokont", "umfang-kokont": "facts"}
    chosen = await opened.post(f"/{lang}/postfach/weitergeben", data=choice)
    there = chosen.headers["location"]
    leads_to(chosen, there)
    assert re.fullmatch(rf"/{lang}/postfach/weitergeben/[0-9a-f-]{{36}}", there)

    asked = is_page(await opened.get(there))
    assert shows(asked, text("consent.choice.not_yet.title"))
    assert shows(asked, "Am Holzmarkt hat mich jemand gestoßen.")
    assert not shows(asked, "kim@example.org")
    assert await desk.promises(keyed, "kokont") == []

    for _ in range(2):
        leads_to(await opened.post(there), f"/{lang}/postfach?getan=weitergeben")
    box = is_page(await opened.get(f"/{lang}/postfach?getan=weitergeben"))
    assert shows(box, text("consent.give.done"))
    assert shows(box, text("consent.way.mailbox"))
    assert await desk.promises(keyed, "kokont") == [("deliver", "promised")]
    for other in LANGUAGES:  # the address says the same in every language
        is_page(await opened.get(there.replace(f"/{lang}/", f"/{other}/", 1)))


@pytest.mark.parametrize(
    ("scope", "shown", "hidden"),
    [
        ("facts", ["Am Holzmarkt", "Holzmarkt", "Rassismus"], ["Kim Beispiel", "kim@example.org"]),
        ("contact", ["Am Holzmarkt", "Kim Beispiel", "kim@example.org"], []),
        ("statistics", ["Rassismus", "November 2026"],
         ["Am Holzmarkt", "Holzmarkt", "3. November", "Kim Beispiel", "kim@example.org"]),
    ],
)  # fmt: skip
async def test_the_check_page_shows_all_that_would_be_read_and_no_more(
    opened: httpx.AsyncClient, scope: str, shown: list[str], hidden: list[str]
) -> None:
    choice = {"stelle": "kokont", "umfang-kokont": scope}
    chosen = await opened.post("/de/postfach/weitergeben", data=choice)
    page = is_page(await opened.get(chosen.headers["location"]))
    assert [word for word in shown if not shows(page, word)] == []
    assert [word for word in hidden if shows(page, word)] == []


async def test_who_did_not_say_how_much_is_asked_again(
    opened: httpx.AsyncClient, keyed: Admin, city: City
) -> None:
    before = await desk.everything(keyed)
    for scope in ({}, {"umfang-kokont": "everything"}, {"umfang-ads_jena": "facts"}):
        choice = {"stelle": "kokont"} | scope
        page = is_page(await opened.post("/de/postfach/weitergeben", data=choice), 422)
        assert shows(page, city.catalogue.text("de", "error.umfang.missing"))
        assert 'id="feld-umfang-kokont-fehler"' in page.text
    assert await desk.everything(keyed) == before


@pytest.mark.parametrize("stelle", ["rias_th", "statistics", "mailbox", "", "x\x00y", "<b>"])
async def test_who_does_not_fit_is_not_chosen(
    opened: httpx.AsyncClient, keyed: Admin, stelle: str
) -> None:
    before = await desk.everything(keyed)
    choice = {"stelle": stelle, f"umfang-{stelle}": "facts"}
    is_page(await opened.post("/de/postfach/weitergeben", data=choice), 409)
    assert await desk.everything(keyed) == before


async def test_a_choice_that_became_impossible_says_so_and_gives_nothing(
    opened: httpx.AsyncClient, keyed: Admin, city: City, code: str, consents: Consents
) -> None:
    choice = {"stelle": "kokont", "umfang-kokont": "facts"}
    there = (await opened.post("/de/postfach/weitergeben", data=choice)).headers["location"]
    assert await consents.give(code, "kokont", Scope.CONTACT) is None  # in another window
    before = await desk.everything(keyed)
    page = is_page(await opened.post(there), 409)
    assert shows(page, city.catalogue.text("de", "consent.obstacle.has_it"))

    await keyed.execute("delete from intake.handover where stelle = 'kokont'")
    await keyed.execute("delete from intake.wrap where recipient = 'kokont'")
    await keyed.execute("delete from accounts.public_key where owner = 'kokont'")
    page = is_page(await opened.post(there), 409)
    assert shows(page, city.catalogue.text("de", "consent.obstacle.not_offered"))
    assert before["intake.card"] == (await desk.everything(keyed))["intake.card"]


async def test_giving_again_too_early_says_wait(
    opened: httpx.AsyncClient, keyed: Admin, city: City, worker_pool: Pool
) -> None:
    await opened.post(await address(opened, "zuruecknehmen", "ezra"))
    wait = texts(city, "de")("consent.obstacle.being_erased")
    assert shows(is_page(await opened.get("/de/postfach/weitergeben")), wait)
    choice = {"stelle": "ezra", "umfang-ezra": "facts"}
    there = (await opened.post("/de/postfach/weitergeben", data=choice)).headers["location"]
    assert shows(is_page(await opened.post(there), 409), wait)

    await desk.work(worker_pool)
    leads_to(await opened.post(there), "/de/postfach?getan=weitergeben")


# Proposals -----------------------------------------------------------------------------------


@pytest.fixture
async def proposal(opened: httpx.AsyncClient, keyed: Admin) -> UUID:
    """The ads_jena proposes RIAS."""
    act = ReferralProposed(stelle="rias_th", scope=Scope.FACTS, note=NOTE)
    return await desk.say(keyed, "ads_jena", Message(act=act))


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_somebody_says_yes_to_a_proposal(
    opened: httpx.AsyncClient, proposal: UUID, keyed: Admin, city: City, lang: str
) -> None:
    text = texts(city, lang)
    there = f"/{lang}/postfach/vorschlag/{proposal}"
    box = is_page(await opened.get(f"/{lang}/postfach"))
    assert links(box, "vorschlag") == [there]
    for said in (text("consent.asked"), text("stelle.rias_th.name"), text("consent.scope.facts"),
                 NOTE, str(city.stellen["rias_th"].phone)):  # fmt: skip
        assert shows(box, said), said

    asked = is_page(await opened.get(there))
    for said in (NOTE, "Am Holzmarkt hat mich jemand gestoßen.", text("consent.choice.all")):
        assert shows(asked, said), said
    assert not shows(asked, "kim@example.org")
    assert await desk.promises(keyed, "rias_th") == []

    for _ in range(2):
        done = await opened.post(there, data={"antwort": "ja"})
        leads_to(done, f"/{lang}/postfach?getan=weitergeben")
    box = is_page(await opened.get(f"/{lang}/postfach"))
    assert shows(box, text("consent.proposal.said_yes"))
    assert shows(box, text("consent.agreed.referred_by"))
    assert not shows(box, text("consent.asked"))
    assert await desk.promises(keyed, "rias_th") == [("deliver", "promised")]
    page = is_page(await opened.post(there, data={"antwort": "nein"}), 409)
    assert shows(page, text("consent.proposal.said_yes"))


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_somebody_says_no(
    opened: httpx.AsyncClient, proposal: UUID, keyed: Admin, city: City, lang: str
) -> None:
    there = f"/{lang}/postfach/vorschlag/{proposal}"
    for _ in range(2):
        done = await opened.post(there, data={"antwort": "nein"})
        leads_to(done, f"/{lang}/postfach?getan=vorschlag")
    box = is_page(await opened.get(f"/{lang}/postfach?getan=vorschlag"))
    assert shows(box, texts(city, lang)("consent.proposal.declined"))
    assert await desk.promises(keyed, "rias_th") == []
    page = is_page(await opened.post(there, data={"antwort": "ja"}), 409)
    assert shows(page, texts(city, lang)("consent.proposal.said_no"))
    assert await desk.promises(keyed, "rias_th") == []


@pytest.mark.parametrize("answer", [{}, {"antwort": ""}, {"antwort": "JA"}, {"antwort": "yes"}])
async def test_only_a_clear_yes_is_a_yes(
    opened: httpx.AsyncClient, proposal: UUID, keyed: Admin, answer: dict[str, str]
) -> None:
    before = await desk.everything(keyed)
    is_page(await opened.post(f"/de/postfach/vorschlag/{proposal}", data=answer), 400)
    assert await desk.everything(keyed) == before


async def test_a_proposal_of_a_stelle_nobody_knows_does_not_break_the_mailbox(
    opened: httpx.AsyncClient, keyed: Admin
) -> None:
    act = ReferralProposed(stelle="nowhere", scope=Scope.FACTS)
    proposal = await desk.say(keyed, "ads_jena", Message(act=act))
    page = is_page(await opened.get("/de/postfach"))
    assert links(page, "vorschlag") == []
    is_page(await opened.get(f"/de/postfach/vorschlag/{proposal}"), 404)


async def test_a_yes_that_is_not_possible_now_keeps_the_proposal(
    opened: httpx.AsyncClient, proposal: UUID, keyed: Admin, city: City
) -> None:
    await keyed.execute("delete from accounts.public_key where owner = 'rias_th'")
    there, said = f"/de/postfach/vorschlag/{proposal}", "consent.obstacle.not_offered"
    assert shows(is_page(await opened.get("/de/postfach")), texts(city, "de")(said))
    page = is_page(await opened.post(there, data={"antwort": "ja"}), 409)
    assert shows(page, texts(city, "de")(said))
    assert 'value="ja"' not in page.text
    assert 'value="nein"' in page.text


# Wishes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_somebody_changes_what_they_want(
    opened: httpx.AsyncClient, city: City, staff_pool: Pool, lang: str
) -> None:
    text = texts(city, lang)
    there = await address(opened, "wunsch", "ezra", lang)
    page = is_page(await opened.get(there))
    assert re.findall(r'value="(\w+)" checked', page.text) == ["beraten"]
    message_id = page.text.partition('name="message_id" value="')[2].partition('"')[0]
    wanted = {"message_id": message_id, "mandates": ["begleiten", "zuhoeren"]}
    for _ in range(2):
        leads_to(await opened.post(there, data=wanted), f"/{lang}/postfach?getan=wunsch")
    assert await desk.acts_heard(staff_pool, "ezra") == [
        MandateChanged(mandates=("zuhoeren", "begleiten"))
    ]
    box = is_page(await opened.get(f"/{lang}/postfach?getan=wunsch"))
    assert shows(box, text("consent.wish.kept"))
    history = is_page(await opened.get(there)).text.partition("<article")[2]
    first = text("code.mandate.begleiten")
    assert history.index(first) < history.index(text("code.mandate.beraten")), "newest first"


async def test_a_wish_written_over_an_earlier_one_is_kept_too(
    opened: httpx.AsyncClient, staff_pool: Pool
) -> None:
    """Back, tick something else, send again: browsers restore the hidden id."""
    there, message_id = await address(opened, "wunsch", "ezra"), str(uuid4())
    for wanted in ("begleiten", "zuhoeren", "begleiten", "begleiten"):
        await opened.post(there, data={"message_id": message_id, "mandates": wanted})
    acts = await desk.acts_heard(staff_pool, "ezra")
    assert acts == [MandateChanged((each,)) for each in ("begleiten", "zuhoeren", "begleiten")]


async def test_an_unknown_wish_comes_back_with_the_others_ticked(
    opened: httpx.AsyncClient, city: City, staff_pool: Pool
) -> None:
    there = await address(opened, "wunsch", "ezra")
    page = is_page(await opened.post(there, data={"mandates": ["begleiten", "alles"]}), 422)
    assert shows(page, city.catalogue.text("de", "error.mandates.unknown"))
    assert re.findall(r'value="(\w+)" checked', page.text) == ["begleiten"]
    assert await desk.acts_heard(staff_pool, "ezra") == []


async def test_a_wish_for_whom_it_was_taken_back_leads_to_the_mailbox(
    opened: httpx.AsyncClient,
) -> None:
    there = await address(opened, "wunsch", "ezra")
    await opened.post(await address(opened, "zuruecknehmen", "ezra"))
    for page in (await opened.get(there), await opened.post(there, data={"mandates": "beraten"})):
        leads_to(page, "/de/postfach")


# Somebody else's, nobody's, and closed --------------------------------------------------------


async def every_address(consents: Consents, code: str, proposal: UUID) -> dict[str, UUID]:
    """One address of each kind that is somebody's own."""
    found = await consents.look(code)
    handover_id = found.box.recipients[0].handover_id
    choice = consents.choices(code, found)[0].choice_id
    return dict(zip(PARTS, (handover_id, choice, proposal, handover_id), strict=True))


async def test_what_is_not_ones_own_is_not_there(
    browser: httpx.AsyncClient,
    code: str,
    intake: Intake,
    consents: Consents,
    keyed: Admin,
    city: City,
) -> None:
    proposal = await desk.say(
        keyed, "ads_jena", Message(act=ReferralProposed(stelle="rias_th", scope=Scope.FACTS))
    )
    theirs = await every_address(consents, code, proposal)
    await enter(browser, (await intake.submit(REPORT, uuid4().bytes)).code)
    before = await desk.everything(keyed)
    for part, own in theirs.items():
        for given in (str(own), str(uuid4()), "x", "0" * 36):
            there = f"/de/postfach/{part}/{given}"
            for page in (
                await browser.get(there),
                await browser.post(there, data={"antwort": "ja", "mandates": "beraten"}),
            ):
                assert shows(is_page(page, 404), texts(city, "de")("errors.not_found.title")), there
    assert await desk.everything(keyed) == before


async def test_a_closed_mailbox_asks_for_the_code(
    browser: httpx.AsyncClient, code: str, consents: Consents, keyed: Admin, city: City
) -> None:
    proposal = await desk.say(
        keyed, "ads_jena", Message(act=ReferralProposed(stelle="rias_th", scope=Scope.FACTS))
    )
    before = await desk.everything(keyed)
    addresses = await every_address(consents, code, proposal)
    paths = [f"/de/postfach/{part}/{own}" for part, own in addresses.items()]
    for there in (*paths, "/de/postfach/weitergeben"):
        for page in (
            await browser.get(there),
            await browser.post(there, data={"antwort": "ja", "stelle": "kokont"}),
        ):
            is_page(page, 403)
            assert shows(page, texts(city, "de")("mailbox.closed.title"))
            assert 'name="code"' in page.text
    assert await desk.everything(keyed) == before


async def test_a_code_that_belongs_to_nobody_any_more_opens_nothing(
    browser: httpx.AsyncClient, city: City, keyed: Admin
) -> None:
    browser.cookies.set(COOKIE, receipt.new_code(), domain="localhost.local")
    for part in PARTS:
        page = is_page(await browser.get(f"/de/postfach/{part}/{uuid4()}"), 404)
        assert shows(page, city.catalogue.text("de", "error.code.unknown"))


# The database is away, or breaks ---------------------------------------------------------------


ACTS = {
    "zuruecknehmen": ({}, b"update intake.handover set"),
    "weitergeben": ({}, b"insert into intake.handover"),
    "vorschlag": ({"antwort": "ja"}, b"insert into mailbox.message"),
    "wunsch": (
        {"mandates": "begleiten", "message_id": str(uuid4())},
        b"insert into mailbox.message",
    ),
}  # fmt: skip


@pytest.mark.parametrize("part", ACTS)
async def test_what_could_not_be_stored_is_said_and_can_be_sent_again(
    database: Database, city: City, code: str, keyed: Admin, part: str
) -> None:
    text = texts(city, "de")
    entered, statement = ACTS[part]
    proposal = await desk.say(
        keyed, "ads_jena", Message(act=ReferralProposed(stelle="rias_th", scope=Scope.FACTS))
    )
    async with (
        road_to(database) as road,
        core.pool_on(road, database) as pool,
        core.browser_for(core.application_of(pool, city)) as browser,
    ):
        await enter(browser, code)
        own = await every_address(Consents(pool, city, lambda: TODAY), code, proposal)
        if part == "weitergeben":
            chosen = {"stelle": "kokont", "umfang-kokont": "facts"}
            page = await browser.post("/de/postfach/weitergeben", data=chosen)
            own[part] = UUID(page.headers["location"].rpartition("/")[2])
        there = f"/de/postfach/{part}/{own[part]}"
        before = await desk.everything(keyed)

        await road.close()
        page = is_page(await browser.post(there, data=entered), 503)
        assert shows(page, text("away.not_saved.title"))
        assert f'action="{there}"' in page.text
        for name, value in entered.items():
            assert f'name="{name}" value="{value}"' in page.text
        assert await desk.everything(keyed) == before

        road.reopen()
        road.close_after(statement)
        page = is_page(await browser.post(there, data=entered), 503)
        assert shows(page, text("away.unknown.title"))
        assert f'name="{UNKNOWN}"' in page.text
        assert await desk.everything(keyed) == before

        road.reopen()
        for _ in range(2):
            done = await browser.post(there, data=entered | {UNKNOWN: "ja"})
            assert done.status_code == 303, done.text[:300]
    assert await desk.everything(keyed) != before


@pytest.mark.parametrize("part", PARTS)
async def test_asking_needs_the_database_and_says_so(
    database: Database, city: City, code: str, keyed: Admin, part: str
) -> None:
    async with (
        road_to(database) as road,
        core.pool_on(road, database) as pool,
        core.browser_for(core.application_of(pool, city)) as browser,
    ):
        await enter(browser, code)
        await road.close()
        page = await browser.get(f"/de/postfach/{part}/{uuid4()}")
        assert page.status_code == 503
        assert "retry-after" in page.headers
