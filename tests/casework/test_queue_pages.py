"""The pages of the queue as a browser meets them: nothing sought stands in an address or a log."""

import re
from collections.abc import Callable
from html import unescape
from uuid import UUID, uuid4

import httpx
import pytest

from tests.casework.test_staff_pages import (
    LANGUAGES,
    Side,
    browser_without,
    field,
)
from tests.casework.test_staff_pages import (
    mira as mira,
)
from tests.casework.test_staff_pages import (
    person as person,
)
from tests.casework.test_staff_pages import (
    side as side,
)
from tests.conftest import Admin
from tests.staff_side import Person, send_report

WORD = "Kanarienvogel"
QUEUE = "/de/faelle"
SEARCH = "/de/faelle/suche"
CHOSEN = "/de/faelle/auswahl"
LABELS = "/de/marken"


def cases(page: httpx.Response) -> list[str]:
    return re.findall(r'href="/de/faelle/([0-9a-f-]{36})"', page.text)


def errors(page: httpx.Response) -> list[str]:
    summary = re.search(r'id="fehler".*?</ul>', page.text, re.S)
    return re.findall(r'href="#([^"]+)"', summary[0]) if summary else []


async def label_of(mira: httpx.AsyncClient, name: str) -> str:
    await mira.post(LABELS, data={"name": name, "message_id": str(uuid4()), "tun": "neu"})
    page = await mira.get(LABELS)
    return str(re.findall(r'name="marke" value="([0-9a-f-]{36})"', page.text)[0])


async def search(mira: httpx.AsyncClient, **given: str) -> str:
    answer = await mira.post(SEARCH, data={"message_id": str(uuid4()), **given})
    assert answer.status_code == 303, answer.text[:300]
    return answer.headers["location"]


async def test_a_case_leads_back_to_the_page_of_the_queue_that_one_works_through(
    mira: httpx.AsyncClient, person: Person
) -> None:
    async def back() -> str:
        page = (await mira.get(f"{QUEUE}/{person.case_id}")).text
        link = re.findall(r'class="back".*?href="([^"]+)"', page)[0]
        return str((await mira.get(link)).headers["location"])

    assert await back() == QUEUE
    await mira.get(f"{QUEUE}?ansicht=meine&getan=marke&zahl=1")
    assert await back() == f"{QUEUE}?ansicht=meine", "what was done there is not said again"
    await mira.get(QUEUE)
    assert await back() == QUEUE


@pytest.mark.parametrize("kept", ["ansicht=x", "x" * 3000, "a=1&" * 50, "filter=%00", "//evil"])
async def test_a_cookie_of_strangers_leads_nowhere_else(mira: httpx.AsyncClient, kept: str) -> None:
    answer = await mira.get(f"{QUEUE}/liste", headers={"cookie": f"liste={kept}"})

    assert answer.headers["location"] == QUEUE


async def test_the_number_of_a_case_leads_straight_to_it(
    mira: httpx.AsyncClient, person: Person
) -> None:
    """As it is read out over the phone; another Stelle's and none are looked for as words."""
    written = f"{person.case_id.hex[:4]} {person.case_id.hex[4:8].upper()}"

    assert await search(mira, words=written) == f"{QUEUE}/{person.case_id}"
    assert "?filter=" in await search(mira, words="0000 0000")


async def test_what_is_sought_stands_in_no_address_and_no_log(
    mira: httpx.AsyncClient, person: Person, admin: Admin, event_log: Callable[[], str]
) -> None:
    (other,) = [await send_report(admin, {"ads_jena": False})]
    await mira.get(QUEUE)

    address = await search(mira, words="telefon", ground="sprache", place="Lobeda")
    page = await mira.get(address)

    assert re.fullmatch(r"/de/faelle\?filter=[0-9a-f-]{36}", address)
    assert cases(page) == [str(other.case_id), str(person.case_id)]
    assert "„<bdi>telefon</bdi>“" in page.text
    assert field(page, "ground") == "sprache", "the short form forgets the rest"
    links = " ".join(re.findall(r'(?:href|action)="([^"]*)"', page.text))
    assert not any(word in links for word in ("telefon", "sprache", "Lobeda"))
    logged = event_log()
    assert not any(word in logged for word in ("telefon", "sprache", "Lobeda"))
    nothing = await mira.get(await search(mira, words=WORD))
    assert "Dazu ist kein Fall zu finden." in nothing.text


async def test_views_and_pages_stay_within_what_was_sought(
    mira: httpx.AsyncClient, admin: Admin
) -> None:
    sent = [str((await send_report(admin, {"ads_jena": False})).case_id) for _ in range(27)]
    await mira.get(QUEUE)
    await mira.get(QUEUE)
    address = await search(mira, words="telefon")

    first = await mira.get(f"{address}&ansicht=neu")
    older = unescape(re.findall(r'rel="next" href="([^"]+)"', first.text)[0])
    second = await mira.get(older)

    assert cases(first) + cases(second) == sent[::-1]
    assert "Neue Fälle (27)" in first.text
    views = re.findall(r'<a href="(/de/faelle\?ansicht=[^"]*)">', first.text)
    assert len(views) == 6
    assert all("filter=" in view for view in views)
    lift = re.findall(r'href="([^"]*)"><span class="kern-label">Suche aufheben', first.text)
    assert lift == ["/de/faelle?ansicht=neu"]


@pytest.mark.parametrize(
    ("given", "faulty"),
    [
        ({"words": "in"}, "words"),
        ({"place": "x" * 201}, "place"),
        ({"words": "Haus", "name": "x" * 61}, "name"),
        ({"name": "Alles", "ground": ""}, "words"),
    ],
)
async def test_each_mistake_in_a_search_is_said_beside_its_field(
    mira: httpx.AsyncClient, given: dict[str, str], faulty: str
) -> None:
    page = await mira.post(SEARCH, data={"message_id": str(uuid4()), "ground": "alter", **given})

    assert page.status_code == 422
    assert errors(page) == [f"feld-{faulty}"]
    for value in given.values():
        assert f'value="{value}"' in page.text
    assert ('<option value="alter" selected>' in page.text) is ("ground" not in given)


async def test_a_search_is_saved_changed_and_deleted(
    mira: httpx.AsyncClient, person: Person
) -> None:
    await mira.get(QUEUE)
    address = await search(mira, words="telefon", name="Am Telefon")
    again = await mira.get(f"{SEARCH}?{address.partition('?')[2]}")
    number = field(again, "message_id")
    assert address.endswith(number)
    assert 'value="Am Telefon"' in again.text

    changed = await search(mira, message_id=number, words=WORD, name="Vogel")
    queue = await mira.get(QUEUE)

    assert changed == address
    assert "<bdi>Vogel</bdi>" in queue.text
    assert "Am Telefon" not in queue.text
    await mira.post(f"{SEARCH}/weg", data={"filter": number})
    assert "Vogel" not in (await mira.get(QUEUE)).text
    assert cases(await mira.get(changed)) == [str(person.case_id)], "forgotten: everything"


async def test_a_search_of_a_colleague_is_not_there(
    side: Side, mira: httpx.AsyncClient, person: Person
) -> None:
    address = await search(mira, words=WORD, name="Vogel")
    async with side.browser() as juri:
        await side.sign_in(juri, "juri")
        page = await juri.get(address)

        assert "Vogel" not in page.text
        assert WORD not in (await juri.get(f"{SEARCH}?{address.partition('?')[2]}")).text


async def test_the_empty_search_shows_everything(mira: httpx.AsyncClient, person: Person) -> None:
    assert await search(mira) == QUEUE


async def test_chosen_cases_are_assigned_and_labelled_and_that_is_said(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    other = await send_report(admin, {"ads_jena": False})
    label = await label_of(mira, "Mietrecht")
    member = str(await admin.fetchval("select member_id from accounts.member where login = 'mira'"))
    chosen = {"fall": [str(person.case_id), str(other.case_id)], "ansicht": "neu"}

    done = await mira.post(CHOSEN, data=chosen | {"tun": "zuweisen", "mitglied": member})
    page = await mira.get(done.headers["location"])

    assert done.headers["location"] == f"{QUEUE}?ansicht=neu&getan=zugewiesen&zahl=2"
    assert "2 Fälle sind zugewiesen." in page.text
    assert page.text.count("<bdi>Mira Muster</bdi>") == 3  # signed in, and two rows
    done = await mira.post(CHOSEN, data=chosen | {"tun": "marke", "marke": label})
    page = await mira.get(done.headers["location"])
    assert "2 Fälle haben die Marke." in page.text
    assert page.text.count("<bdi>Mietrecht</bdi>") == 2
    await mira.post(CHOSEN, data=chosen | {"tun": "marke-weg", "marke": label})
    page = await mira.post(CHOSEN, data=chosen | {"tun": "zuweisen", "mitglied": "niemand"})
    assert page.headers["location"].endswith("getan=freigegeben&zahl=2")
    assert (await mira.get(QUEUE)).text.count("<bdi>Mietrecht</bdi>") == 0
    acts = await admin.fetch("select act from casework.log where act in "
                             "('case_assigned', 'case_labelled') order by log_id")  # fmt: skip
    assert [row["act"] for row in acts] == [
        "case_assigned", "case_labelled", "case_labelled", "case_assigned",
    ]  # fmt: skip


async def test_several_cases_can_neither_be_closed_nor_be_taken_from_view(
    mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    page = await mira.get(QUEUE)
    acts = re.findall(r'name="tun" value="([^"]+)"', page.text)
    await mira.post(CHOSEN, data={"fall": str(person.case_id), "tun": "abgeschlossen"})

    assert acts == ["zuweisen"], "labels are offered where there are some"
    assert await admin.fetchval("select state from casework.case limit 1") == "neu"


@pytest.mark.parametrize(
    ("given", "faulty"),
    [
        ({"tun": "zuweisen", "mitglied": "niemand"}, ["feld-fall"]),
        ({"tun": "zuweisen", "fall": "{case}"}, ["feld-mitglied"]),
        ({"tun": "marke", "fall": "{case}"}, ["feld-marke"]),
        ({"tun": "zuweisen"}, ["feld-fall", "feld-mitglied"]),
    ],
)
async def test_what_is_missing_is_said_and_the_choice_is_kept(
    mira: httpx.AsyncClient, person: Person, given: dict[str, str], faulty: list[str]
) -> None:
    await label_of(mira, "Mietrecht")
    case_id = str(person.case_id)
    form = {name: value.replace("{case}", case_id) for name, value in given.items()}

    page = await mira.post(CHOSEN, data=form | {"ansicht": "neu"})

    assert page.status_code == 422
    assert errors(page) == faulty
    assert all(f'id="{place}"' in page.text for place in faulty)
    assert field(page, "ansicht") == "neu"
    is_checked = re.search(rf'value="{case_id}"[^>]* checked', page.text) is not None
    assert is_checked is ("fall" in given)


async def test_a_choice_survives_the_end_of_the_session(
    side: Side, mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    browser_without(mira)
    form = {"fall": str(person.case_id), "tun": "zuweisen", "mitglied": "niemand"}

    asked = await mira.post(CHOSEN, data=form)

    assert asked.status_code == 403
    assert field(asked, "weiter") == "faelle/auswahl"
    resumed = await side.sign_in(mira, weiter="faelle/auswahl", **form)
    assert f'action="{CHOSEN}"' in resumed.text
    assert all(field(resumed, name) == value for name, value in form.items())


async def test_labels_are_made_renamed_and_deleted(mira: httpx.AsyncClient, person: Person) -> None:
    label = await label_of(mira, "Mietrecht")

    taken = await mira.post(LABELS, data={"name": "mietrecht", "message_id": str(uuid4())})
    empty = await mira.post(LABELS, data={f"name-{label}": "", "marke": label, "tun": "name"})
    long = await mira.post(LABELS, data={"name": "x" * 41, "message_id": str(uuid4())})
    named = await mira.post(LABELS, data={f"name-{label}": "Wohnen", "marke": label, "tun": "name"})
    page = await mira.get(named.headers["location"])

    assert errors(taken) == errors(long) == ["feld-name"]
    assert 'value="mietrecht"' in taken.text
    assert errors(empty) == [f"feld-name-{label}"]
    assert "<details open>" in empty.text
    assert "Die Marke ist umbenannt" in page.text
    assert "<bdi>Wohnen</bdi>" in page.text
    gone = await mira.post(LABELS, data={"marke": label, "tun": "weg"})
    assert "Wohnen" not in (await mira.get(gone.headers["location"])).text
    lost = await mira.post(LABELS, data={f"name-{label}": "Neu", "marke": label, "tun": "name"})
    assert "inzwischen jemand gelöscht" in lost.text


async def test_the_search_says_how_much_is_missing_and_when_it_is_complete(
    mira: httpx.AsyncClient, admin: Admin
) -> None:
    for _ in range(28):
        await send_report(admin, {"ads_jena": False})

    first = await mira.get(QUEUE)
    done = await mira.post("/de/faelle/erfassen", data={"ansicht": "neu"})
    after = await mira.get(done.headers["location"])

    assert "3 Fälle fehlen noch." in first.text
    assert done.headers["location"] == f"{QUEUE}?ansicht=neu&getan=erfasst"
    assert "Die Suche ist vollständig" in after.text
    assert "nicht erfasst" not in (await mira.get(QUEUE)).text


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_search_and_labels_speak_every_language(
    mira: httpx.AsyncClient, person: Person, lang: str
) -> None:
    await label_of(mira, "Mietrecht")
    for path in ("faelle/suche", "marken", "faelle?getan=marke&zahl=3&ohne=2"):
        page = await mira.get(f"/{lang}/{path}")
        assert page.status_code == 200
        assert not re.search(r"\b(staff|queue|labels|common)\.[a-z_]+", page.text)


@pytest.mark.parametrize("path", ["auswahl", "erfassen", "suche/weg"])
async def test_the_address_of_a_form_leads_back(mira: httpx.AsyncClient, path: str) -> None:
    answer = await mira.get(f"{QUEUE}/{path}")
    assert answer.status_code == 303
    assert answer.headers["location"] in {QUEUE, SEARCH}


async def test_nobody_assigns_to_a_member_of_another_stelle(
    side: Side, mira: httpx.AsyncClient, person: Person, admin: Admin
) -> None:
    juri = str(await admin.fetchval("select member_id from accounts.member where login = 'juri'"))
    page = await mira.get(QUEUE)
    assert juri not in page.text

    form = {"fall": str(person.case_id), "tun": "zuweisen", "mitglied": juri}
    await mira.post(CHOSEN, data=form)

    assigned = "select assigned_to from casework.case where case_id = $1"
    assert await admin.fetchval(assigned, UUID(form["fall"])) is None
