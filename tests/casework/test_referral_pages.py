"""The pages of referral, decision and mandate over HTTP: every mistake beside its field, nothing
typed lost, and before anything goes out exactly what it is."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from html import unescape
from typing import Final
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from adstelle.city import City
from adstelle.database import Pool
from adstelle.domain.handover import Scope, Way
from adstelle.domain.report import Message, ReferralAnswered, ReferralMade, ReferralProposed
from tests.casework.test_staff_pages import Side as Side
from tests.casework.test_staff_pages import browser_without, case, field
from tests.casework.test_staff_pages import mira as mira
from tests.casework.test_staff_pages import side as side
from tests.casework.test_staff_pages import stranger as stranger
from tests.conftest import Admin
from tests.staff_side import (
    REPORT,
    TODAY,
    Person,
    answers_to,
    deliver,
    messages_to,
    say_as_person,
    send_report,
    write_as_person,
)

LANGUAGES: Final = ("de", "de-simple", "en", "ar")
CANARY: Final = "Kanarienvogel"
NOTE: Final = "Bitte <b>zuerst</b> schreiben & nicht anrufen: die Person hat wenig Zeit am Tag."
TEXT: Final = "Wie am Telefon besprochen: ezra begleitet Sie, wir bleiben für Sie da."
GIVEN: Final = TODAY - timedelta(days=1)
FORM: Final = "/weitergeben"

Typed = dict[str, str]


@pytest.fixture
async def person(admin: Admin, side: Side) -> Person:
    """Somebody who gave the ADS their report and their contact, some days ago."""
    return await send_report(admin, {"ads_jena": True}, day=TODAY - timedelta(days=5))


@pytest.fixture
async def nameless(admin: Admin, side: Side) -> Person:
    """Somebody who gave the ADS their report only."""
    return await send_report(admin, {"ads_jena": False}, day=TODAY - timedelta(days=5))


def typed(given: date | None = GIVEN, **also: str) -> Typed:
    day = {} if given is None else {
        "given-tag": str(given.day), "given-monat": str(given.month), "given-jahr": str(given.year),
    }  # fmt: skip
    filled = {"stelle": "ezra", "scope": "facts", "note": NOTE, "way": "phone", "text": TEXT}
    return filled | day | {"message_id": str(uuid4())} | also


def asked(**also: str) -> Typed:
    return typed(None, way="mailbox", **also)


def errors(page: httpx.Response) -> dict[str, str]:
    """The summary of errors: where each leads, and what it says."""
    found = re.findall(r'<a class="kern-link" href="#feld-([\w-]+)">(.*?)</a>', page.text, re.S)
    return {name: unescape(text) for name, text in found}


def hidden(page: httpx.Response) -> Typed:
    """Every hidden field of the page's own form."""
    found = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page.text)
    return {name: unescape(value) for name, value in found}


def plain(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def section(page: httpx.Response, name: str) -> str:
    """What a section of a page says, without markup."""
    found = re.search(rf'<section aria-labelledby="{name}">(.*?)</section>', page.text, re.S)
    assert found, name
    return plain(found[1])


def main(page: httpx.Response) -> str:
    """What the main part of a page says, without markup."""
    return plain(page.text.partition("<main")[2].partition("</main>")[0].partition(">")[2])


async def handed(admin: Admin) -> int:
    return int(await admin.fetchval("select count(*) from intake.handover where referred_by <> ''"))


# Every page in every language ---------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_page_speaks_every_language(
    mira: httpx.AsyncClient, person: Person, admin: Admin, city: City, lang: str
) -> None:
    for stelle in ("thadine", "rias_th"):
        await admin.execute(
            "insert into accounts.public_key select $1, encoded, created_on "
            "from accounts.public_key where owner = 'ezra'", stelle,
        )  # fmt: skip
    at = case(person, lang=lang)
    pages = [
        await mira.get(f"{at}{FORM}"),
        await mira.post(f"{at}{FORM}", data={}),
        await mira.post(f"{at}{FORM}", data=typed()),
        await mira.post(f"{at}{FORM}", data=asked(scope="statistics", note="")),
        await mira.get(f"{at}/ablehnen"),
        await mira.post(f"{at}/ablehnen", data={"text": TEXT}),
        await mira.get(f"{at}/auftrag"),
        await mira.post(f"{at}/auftrag", data={"mandates": list(REPORT.mandates)}),
    ]
    await mira.post(f"{at}{FORM}", data=typed(tun="senden"))
    await mira.post(f"{at}{FORM}", data=asked(stelle="thadine", tun="senden"))
    await mira.post(f"{at}{FORM}", data=asked(stelle="rias_th", tun="senden"))
    await mira.post(f"{at}/auftrag", data={"mandates": "zuhoeren", "text": TEXT})
    await admin.execute("update outbox.promise set state = 'dead'")
    pages += [await mira.get(at), await mira.get(f"/{lang}/faelle?ansicht=achtung")]
    browser_without(mira)
    pages.append(await mira.post(f"{at}{FORM}", data=typed()))

    statuses = [200, 422, 200, 200, 200, 422, 200, 422, 200, 200, 403]
    assert [page.status_code for page in pages] == statuses
    known = city.catalogue.languages[lang]
    for page in pages:
        assert f'<html lang="{known.html}" dir="{known.dir}"' in page.text
        assert page.text.count("<h1") == 1
        assert not re.search(
            r"\b(staff|common|referral|code|errors)\.[a-z_]+\.?[a-z_]*\b", main(page)
        )
        assert page.headers["cache-control"] == "no-store"
        others = set(re.findall(r'<a href="/([a-z-]+)/[^"]*" lang="', page.text))
        assert others == set(LANGUAGES) - {lang}


# What is wrong stands beside its field -----------------------------------------------------------


TOMORROW: Final = TODAY + timedelta(days=1)
WRONG: Final[Mapping[str, tuple[Typed, dict[str, str]]]] = {
    "nothing": ({}, {"stelle": "missing", "scope": "missing", "way": "missing"}),
    "own-stelle": (typed(stelle="ads_jena"), {"stelle": "not_offered"}),
    "unknown-stelle": (typed(stelle="../../etc"), {"stelle": "not_offered"}),
    "stelle-without-key": (typed(stelle="kokont"), {"stelle": "not_offered"}),
    "unknown-scope": (typed(scope="everything"), {"scope": "missing"}),
    "unknown-way": (typed(way="form"), {"way": "missing"}),
    "note-too-long": (typed(note="ä" * 4001), {"note": "too_long"}),
    "note-for-counting": (typed(scope="statistics"), {"note": "not_counted"}),
    "text-too-long": (typed(text="ä" * 20_001), {"text": "too_long"}),
    "no-day": (typed(None), {"given": "missing"}),
    "future": (typed(TOMORROW), {"given": "future"}),
    "too-early": (typed(date(2026, 1, 1)), {"given": "too_early"}),
    "half-a-day": (typed(GIVEN, **{"given-jahr": ""}), {"given": "unreadable"}),
    "no-such-day": (typed(GIVEN, **{"given-tag": "31", "given-monat": "2"}),
                    {"given": "unreadable"}),
    "not-yet": (asked(**{"given-tag": "1", "given-monat": "3", "given-jahr": "2026"}),
                {"given": "not_yet"}),
    "several": (typed(TOMORROW, stelle="ads_jena", note="x" * 4001),
                {"stelle": "not_offered", "note": "too_long", "given": "future"}),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("button", ["pruefen", "senden"])
async def test_a_mistake_is_named_beside_its_field_and_nothing_typed_is_lost(
    mira: httpx.AsyncClient, person: Person, admin: Admin, city: City, what: str, button: str
) -> None:
    sent, wrong = WRONG[what]

    page = await mira.post(case(person, FORM), data=sent | {"tun": button})

    assert page.status_code == 422
    assert "<title>Fehler: Weitergeben" in page.text
    named = {
        name: city.catalogue.text("de", f"referral.error.{name}.{fault}")
        for name, fault in wrong.items()
    }
    assert errors(page) == named
    assert list(errors(page)) == list(named), "in the order of the page"
    for name in wrong:
        assert f'id="feld-{name}-fehler"' in page.text
    for name in ("note", "text", "message_id"):
        assert field(page, name) == sent.get(name, field(page, name))
    for part in ("tag", "monat", "jahr"):
        value = sent.get(f"given-{part}", "")
        assert re.search(rf'name="given-{part}" value="{value}"', page.text)
    for name in ("stelle", "scope", "way"):
        chosen = re.findall(rf'name="{name}" value="([\w-]+)" checked', page.text)
        assert chosen == [sent[name]] if name in sent and name not in wrong else chosen == []
    assert await handed(admin) == 0
    assert await answers_to(admin, person) == []


async def test_contact_that_was_not_given_is_neither_offered_nor_taken(
    mira: httpx.AsyncClient, nameless: Person, admin: Admin
) -> None:
    empty = await mira.get(case(nameless, FORM))
    page = await mira.post(case(nameless, FORM), data=typed(scope="contact", tun="senden"))

    assert re.findall(r'name="scope" value="(\w+)"', empty.text) == ["facts", "statistics"]
    assert "haben Sie selbst nicht bekommen" in empty.text
    assert list(errors(page)) == ["scope"]
    assert await handed(admin) == 0


async def test_a_link_chooses_the_stelle_beforehand(
    mira: httpx.AsyncClient, person: Person
) -> None:
    page = await mira.get(case(person, f"{FORM}?stelle=ezra"))
    odd = await mira.get(case(person, f'{FORM}?stelle="><script>'))

    assert re.findall(r'name="stelle" value="(\w+)" checked', page.text) == ["ezra"]
    assert "<script>" not in odd.text


# What goes out is shown before it does ---------------------------------------------------------


async def test_the_preview_shows_what_the_receiver_gets_and_nothing_else(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    await write_as_person(admin, person, "ads_jena", "Nur für Sie.")

    facts = await mira.post(case(person, FORM), data=typed())
    before = await admin.fetch("select act from casework.log where act = 'contact_read'")
    contact = await mira.post(case(person, FORM), data=typed(scope="contact"))
    after = await admin.fetch("select act from casework.log where act = 'contact_read'")

    letter = section(facts, "schreiben")
    for expected in ("Antidiskriminierungsstelle", "am Telefon", "1. März 2026", NOTE):
        assert expected in letter
    assert "Am Telefon war sie frei." in section(facts, "bericht")
    assert "Lobeda" in section(facts, "angaben")
    assert CANARY not in facts.text
    assert f"Nour {CANARY}" in section(contact, "kontakt")
    assert "0170 5550123" in section(contact, "kontakt")
    assert (len(before), len(after)) == (0, 1), "the contact is logged when it is shown"
    for page in (facts, contact):
        assert "Nur für Sie" not in page.text
        assert "Mira" not in main(page)
    assert await handed(admin) == 0


async def test_who_only_counts_gets_no_word(mira: httpx.AsyncClient, person: Person) -> None:
    page = await mira.post(case(person, FORM), data=typed(scope="statistics", note=""))

    goes_out = main(page).partition("Das liest die Person")[0]
    for kept in ("Am Telefon war sie frei", "Lobeda", CANARY, "27. Februar", "العربية"):
        assert kept not in goes_out
    assert "Februar 2026" in section(page, "angaben")
    assert "Beleidigung" in section(page, "angaben")


async def test_a_changed_mandate_is_not_passed_on_silently(
    mira: httpx.AsyncClient, person: Person
) -> None:
    await mira.post(case(person, "/auftrag"), data={"mandates": "zuhoeren"})

    page = await mira.post(case(person, FORM), data=typed())

    assert "Inzwischen möchte die Person etwas anderes" in section(page, "angaben")


@pytest.mark.parametrize(("language", "begins"), [("ar", "لقد وافقت"), ("de", "Sie haben am")])
async def test_the_person_is_told_in_their_language(
    mira: httpx.AsyncClient, admin: Admin, side: Side, language: str, begins: str
) -> None:
    report = msgspec.structs.replace(REPORT, language=language)
    person = await send_report(
        admin, {"ads_jena": True}, report=report, day=TODAY - timedelta(days=5)
    )

    page = await mira.post(case(person, FORM), data=typed())
    await mira.post(case(person, FORM), data=hidden(page) | {"tun": "senden"})

    (said,) = await answers_to(admin, person)
    assert said.startswith(begins)
    assert said.endswith(f"\n\n{TEXT}")
    assert plain(said) in section(page, "nachricht")
    assert f'<p lang="{language}"' in page.text


# From the form to the receiver -----------------------------------------------------------------


async def test_a_referral_by_phone_from_the_form_to_the_receivers_desk(
    side: Side,
    mira: httpx.AsyncClient,
    person: Person,
    admin: Admin,
    worker_pool: Pool,
) -> None:
    preview = await mira.post(case(person, FORM), data=typed(scope="contact"))
    changed = await mira.post(case(person, FORM), data=hidden(preview) | {"tun": "aendern"})
    assert changed.status_code == 200
    assert (field(changed, "note"), field(changed, "text")) == (NOTE, TEXT)
    again = await mira.post(case(person, FORM), data=hidden(preview))

    sent = await mira.post(case(person, FORM), data=hidden(again) | {"tun": "senden"})
    await deliver(worker_pool)
    mine = await mira.get(sent.headers["location"])
    async with side.browser() as juri:
        await side.sign_in(juri, "juri")
        queue = await juri.get("/de/faelle")
        (theirs,) = re.findall(r'href="(/de/faelle/[0-9a-f-]{36})"', queue.text)
        file = await juri.get(theirs)

    assert sent.headers["location"] == case(person, "?getan=weitergegeben")
    assert "Der Bericht ist weitergegeben" in mine.text
    assert "angekommen" in section(mine, "weitergaben")
    assert "der Bericht mit Namen und Kontakt" in section(mine, "weitergaben")
    came = section(file, "herkunft")
    assert "Antidiskriminierungsstelle der Stadt Jena" in came
    assert "am Telefon" in came
    assert NOTE in came
    assert f"Nour {CANARY}" in section(file, "kontakt")
    assert "Mira" not in file.text
    assert str(person.case_id) not in file.text


async def test_a_proposal_is_asked_and_shown_in_words(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    form = asked(tun="senden")

    sent = await mira.post(case(person, FORM), data=form)
    page = await mira.get(sent.headers["location"])
    again = await mira.get(case(person, FORM))

    (message,) = await messages_to(admin, person)
    assert message.act == ReferralProposed(stelle="ezra", scope=Scope.FACTS, note=NOTE)
    assert message.text == TEXT
    assert sent.headers["location"] == case(person, "?getan=gefragt")
    assert "Person ist gefragt" in section(page, "weitergaben")
    talk = section(page, "nachrichten")
    assert "Vorschlag: Der Bericht soll an diese Stelle gehen: ezra" in talk
    assert NOTE in talk
    assert "hat noch nicht geantwortet" in again.text

    no = Message(act=ReferralAnswered(proposal=UUID(form["message_id"]), agreed=False))
    await say_as_person(admin, person, "ads_jena", no)
    declined = await mira.get(case(person))
    assert "Person möchte das nicht" in section(declined, "weitergaben")
    assert "Nein zum Vorschlag: ezra" in section(declined, "nachrichten")


async def test_sending_twice_is_sending_once(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    form = typed(tun="senden")

    first, second = [await mira.post(case(person, FORM), data=form) for _ in range(2)]
    looked_at_again = await mira.post(case(person, FORM), data=form | {"tun": "pruefen"})
    other = await mira.post(case(person, FORM), data=form | {"note": "Ein anderer Hinweis"})

    for page in (first, second, looked_at_again):
        assert page.headers["location"] == case(person, "?getan=weitergegeben")
    assert other.status_code == 422
    assert list(errors(other)) == ["text"]
    assert field(other, "note") == "Ein anderer Hinweis"
    assert field(other, "message_id") != form["message_id"]
    assert await handed(admin) == 1


async def test_what_the_person_gave_themselves_is_said_beside_the_stelle(
    mira: httpx.AsyncClient, admin: Admin, side: Side
) -> None:
    person = await send_report(
        admin, {"ads_jena": True, "ezra": True}, day=TODAY - timedelta(days=5)
    )

    page = await mira.post(case(person, FORM), data=typed(tun="senden"))

    assert page.status_code == 422
    assert list(errors(page)) == ["stelle"]
    assert "Vielleicht hat die Person" in page.text
    assert field(page, "note") == NOTE
    assert await handed(admin) == 0


async def test_a_refusal_offers_who_else_fits(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    await set_up_key(admin, "kokont")
    await mira.post(case(person, FORM), data=typed(tun="senden"))
    await admin.execute(
        "update intake.handover set decision = 'refused', reason = 'full' where stelle = 'ezra'"
    )

    page = await mira.get(case(person))
    queue = await mira.get("/de/faelle?ansicht=achtung")
    (subject,) = re.findall(r'name="vorgang" value="([0-9a-f-]{36})"', page.text)
    offered = re.findall(rf'href="{case(person)}{FORM}\?stelle=(\w+)"', page.text)
    settled = await mira.post(case(person, "/erledigt"), data={"vorgang": subject})
    after = await mira.get(settled.headers["location"])
    empty = await mira.get("/de/faelle?ansicht=achtung")

    shown = section(page, "weitergaben")
    assert "nicht übernommen" in shown
    assert "Zurzeit ist kein Platz" in shown
    assert "ezra" not in offered
    assert "Eine Weitergabe braucht Ihre Aufmerksamkeit" in page.text
    assert str(person.case_id) in queue.text
    assert "Weitergaben zu klären (1)" in queue.text
    assert "Die Weitergabe ist erledigt" in after.text
    assert "Eine Weitergabe braucht" not in after.text
    assert str(person.case_id) not in empty.text


async def set_up_key(admin: Admin, stelle: str) -> None:
    await admin.execute(
        "insert into accounts.public_key select $1, encoded, created_on "
        "from accounts.public_key where owner = 'ezra'", stelle,
    )  # fmt: skip


async def test_what_never_arrived_says_whom_to_call(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    await set_up_key(admin, "thadine")
    await mira.post(case(person, FORM), data=typed(stelle="thadine", tun="senden"))
    await admin.execute("update outbox.promise set state = 'dead'")

    shown = section(await mira.get(case(person)), "weitergaben")

    assert "Bitte rufen Sie dort an" in shown
    assert "0361 21347395" in shown


@pytest.mark.parametrize("vorgang", ["", "x", str(UUID(int=7))])
async def test_what_nobody_knows_is_not_seen_to(
    mira: httpx.AsyncClient, person: Person, vorgang: str
) -> None:
    page = await mira.post(case(person, "/erledigt"), data={"vorgang": vorgang})
    assert page.status_code == 404


# Decision and mandate ---------------------------------------------------------------------------


async def test_a_case_is_taken_over_with_one_button(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    before = await mira.get(case(person))
    answer = await mira.post(case(person, "/uebernehmen"))
    page = await mira.get(answer.headers["location"])
    late = await mira.get(case(person, "/ablehnen"))

    assert "Übernehmen Sie diesen Fall?" in before.text
    assert "Übernehmen Sie diesen Fall?" not in page.text
    assert "Ihre Stelle hat den Fall übernommen" in page.text
    assert "in Bearbeitung" in section(page, "stand")
    assert (late.status_code, "schon übernommen" in late.text) == (409, True)
    assert await admin.fetchval("select decision from intake.handover") == "accepted"


async def test_a_refusal_asks_for_the_reason_and_keeps_what_was_typed(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    for wrong, named in (
        ({}, ["reason"]),
        ({"reason": "nonsense", "text": TEXT}, ["reason"]),
        ({"text": "ä" * 20_001}, ["reason", "text"]),
    ):
        page = await mira.post(case(person, "/ablehnen"), data=wrong)
        assert page.status_code == 422
        assert list(errors(page)) == named
        assert field(page, "text") == wrong.get("text", "")
    assert await admin.fetchval("select decision from intake.handover") is None

    form = {"reason": "not_competent", "text": TEXT, "message_id": str(uuid4())}
    answers = [await mira.post(case(person, "/ablehnen"), data=form) for _ in range(2)]
    shown = await mira.get(answers[0].headers["location"])

    assert {answer.headers["location"] for answer in answers} == {case(person, "?getan=abgelehnt")}
    assert await answers_to(admin, person) == [TEXT]
    assert "Nicht zuständig" in shown.text
    assert "Doch übernehmen" in shown.text
    assert "abgeschlossen" in section(shown, "stand")


async def test_a_colleague_who_was_quicker_takes_nothing_away(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    await mira.post(case(person, "/uebernehmen"))

    page = await mira.post(case(person, "/ablehnen"), data={"reason": "full", "text": TEXT})

    assert page.status_code == 409
    assert "schon übernommen" in page.text
    assert field(page, "text") == TEXT
    assert await answers_to(admin, person) == []


async def test_a_mandate_is_changed_and_both_sides_read_it(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    form = {"mandates": ["zuhoeren", "verweisen"], "text": TEXT, "message_id": str(uuid4())}

    empty = await mira.get(case(person, "/auftrag"))
    answers = [await mira.post(case(person, "/auftrag"), data=form) for _ in range(2)]
    page = await mira.get(answers[0].headers["location"])

    chosen = re.findall(r'name="mandates" value="(\w+)" checked', empty.text)
    assert chosen == ["beraten", "begleiten"]
    assert {answer.headers["location"] for answer in answers} == {case(person, "?getan=auftrag")}
    assert "Ich möchte, dass mir jemand zuhört" in section(page, "auftrag")
    assert "Ich möchte begleitet werden" in section(page, "auftrag"), "the history"
    assert "Neuer Auftrag:" in section(page, "nachrichten")
    assert await answers_to(admin, person) == [TEXT]


@pytest.mark.parametrize(
    ("mandates", "fault"),
    [([], "missing"), (["nonsense"], "missing"), (["begleiten", "beraten"], "unchanged")],
)
async def test_a_mandate_that_is_none_is_asked_for(
    mira: httpx.AsyncClient,
    person: Person,
    admin: Admin,
    city: City,
    mandates: list[str],
    fault: str,
) -> None:
    page = await mira.post(case(person, "/auftrag"), data={"mandates": mandates, "text": TEXT})

    assert page.status_code == 422
    said = city.catalogue.text("de", f"referral.error.mandates.{fault}")
    assert errors(page) == {"mandates": said}
    assert field(page, "text") == TEXT
    assert await answers_to(admin, person) == []


# Nothing typed is lost ---------------------------------------------------------------------------


FORMS: Final[Mapping[str, Typed]] = {
    FORM: typed(tun="senden"),
    "/ablehnen": {"reason": "full", "text": TEXT, "message_id": str(uuid4())},
    "/auftrag": {"mandates": "zuhoeren", "text": TEXT, "message_id": str(uuid4())},
}


@pytest.mark.parametrize("form", FORMS)
async def test_after_a_lost_session_the_form_goes_on_where_it_was(
    side: Side, mira: httpx.AsyncClient, person: Person, admin: Admin, form: str
) -> None:
    sent = FORMS[form]
    browser_without(mira)

    ended = await mira.post(case(person, form), data=sent)
    wrong = {"login": "mira", "passphrase": "x", "code": "y"}
    refused = await mira.post("/de/anmelden", data=wrong | hidden(ended))
    resumed = await side.sign_in(mira, **hidden(refused))
    (action,) = re.findall(r'<form method="post" action="([^"]+)"', resumed.text)
    done = await mira.post(action, data=hidden(resumed))

    assert ended.status_code == 403
    assert "sie sind nicht verloren" in ended.text
    expected = {name: value for name, value in sent.items() if name != "tun"}
    for page in (ended, refused):
        assert hidden(page) == expected | {"weiter": f"faelle/{person.case_id}{form}"}
        assert TEXT in plain(page.text)
    assert (hidden(resumed), action) == (expected, case(person, form))
    if form == FORM:  # what comes back is looked at before it goes out
        assert done.status_code == 200
        assert await handed(admin) == 0
        done = await mira.post(action, data=hidden(done) | {"tun": "senden"})
    assert done.status_code == 303
    assert len(await messages_to(admin, person)) == 1


@pytest.mark.parametrize("form", FORMS)
async def test_without_the_database_everything_comes_back(
    mira: httpx.AsyncClient, person: Person, admin: Admin, staff_pool: Pool, form: str
) -> None:
    await staff_pool.close()

    page = await mira.post(case(person, form), data=FORMS[form])

    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert "noch nicht gespeichert" in page.text
    expected = {name: value for name, value in FORMS[form].items() if name != "tun"}
    assert hidden(page) == expected
    assert await messages_to(admin, person) == []


@pytest.mark.parametrize("form", FORMS)
async def test_of_what_nobody_knows_is_not_said_that_it_is_lost(
    mira: httpx.AsyncClient, person: Person, admin: Admin, form: str
) -> None:
    """The connection breaks while it is stored: sent again, it is done once."""
    await admin.execute(
        "create function scope.break() returns trigger language plpgsql security definer as "
        "$$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$"
    )
    await admin.execute(
        "create trigger break before insert on mailbox.message execute function scope.break()"
    )
    page = await mira.post(case(person, form), data=FORMS[form])
    await admin.execute("drop trigger break on mailbox.message")

    assert page.status_code == 503
    assert "Wir wissen nicht, ob" in page.text
    send = {"tun": "senden"} if form == FORM else {}
    for _ in range(2):
        again = await mira.post(case(person, form), data=hidden(page) | send)
        assert again.status_code == 303
    assert len(await messages_to(admin, person)) == 1


# Who may ------------------------------------------------------------------------------------------


async def test_a_foreign_case_and_none_look_the_same(
    mira: httpx.AsyncClient, admin: Admin, side: Side
) -> None:
    foreign, unknown = (await send_report(admin, {"ezra": True})).case_id, uuid4()

    async def answers(at: str) -> list[tuple[int, str]]:
        pages = [
            await mira.get(f"{at}{FORM}"),
            await mira.post(f"{at}{FORM}", data=typed()),
            await mira.post(f"{at}{FORM}", data=typed(tun="senden")),
            await mira.post(f"{at}/erledigt", data={"vorgang": str(uuid4())}),
            await mira.post(f"{at}/uebernehmen"),
            await mira.get(f"{at}/ablehnen"),
            await mira.post(f"{at}/ablehnen", data={"reason": "full"}),
            await mira.get(f"{at}/auftrag"),
            await mira.post(f"{at}/auftrag", data={"mandates": "zuhoeren"}),
        ]
        return [(page.status_code, page.text.replace(at, "")) for page in pages]

    seen = [await answers(f"/de/faelle/{case_id}") for case_id in (foreign, unknown)]
    assert seen[0] == seen[1]
    assert {status for status, _ in seen[0]} == {404}


@pytest.mark.parametrize("form", [FORM, "/erledigt", "/uebernehmen", "/ablehnen", "/auftrag"])
async def test_a_form_sent_by_another_site_does_nothing(
    mira: httpx.AsyncClient, person: Person, admin: Admin, form: str
) -> None:
    headers = {"sec-fetch-site": "cross-site"}

    page = await mira.post(case(person, form), data=FORMS.get(form, {}), headers=headers)

    assert page.status_code == 403
    assert "Zu Ihrem Schutz" in page.text
    assert await messages_to(admin, person) == []
    assert await admin.fetchval("select decision from intake.handover") is None


@pytest.mark.parametrize("form", [FORM, "/ablehnen", "/auftrag"])
async def test_a_stranger_is_led_back_to_the_form_after_signing_in(
    side: Side, stranger: httpx.AsyncClient, person: Person, form: str
) -> None:
    wanted = await stranger.get(case(person, form))

    assert wanted.headers["location"] == f"/de/anmelden?weiter=faelle/{person.case_id}{form}"
    answer = await side.sign_in(stranger, weiter=f"faelle/{person.case_id}{form}")
    assert answer.headers["location"] == case(person, form)


@pytest.mark.parametrize("form", ["/uebernehmen", "/erledigt"])
async def test_the_address_of_a_button_leads_back_to_the_case(
    mira: httpx.AsyncClient, person: Person, form: str
) -> None:
    assert (await mira.get(case(person, form))).headers["location"] == case(person)


async def test_nothing_typed_reaches_the_log_of_the_process(
    mira: httpx.AsyncClient, person: Person, event_log: Callable[[], str]
) -> None:
    for button in ("pruefen", "aendern", "senden"):
        await mira.post(case(person, FORM), data=typed(note=CANARY, tun=button))
    for form in ("/ablehnen", "/auftrag"):
        await mira.post(case(person, form), data={"text": CANARY})

    assert CANARY not in event_log()


async def test_an_act_from_elsewhere_is_shown_whatever_it_names(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    """An answer to a proposal that is gone, and a Stelle that the city does not know any more."""
    made = ReferralMade(
        handover=uuid4(),
        stelle="aufgeloest",
        scope=Scope.FACTS,
        way=Way.VISIT,
        given_on=TODAY,
    )
    for act in (ReferralAnswered(proposal=uuid4(), agreed=True), made):
        await say_as_person(admin, person, "ads_jena", Message(act=act))

    talk = section(await mira.get(case(person)), "nachrichten")

    assert "Ja zum Vorschlag: eine andere Stelle" in talk
    assert "Weitergegeben an: aufgeloest" in talk
