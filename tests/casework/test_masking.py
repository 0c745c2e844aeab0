"""What an adviser masks is in no copy of the case: not in its bytes, not in what comes of it."""

import re
import unicodedata
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import msgspec
import pikepdf
import pytest

from adstelle.casework.export.service import Exports
from adstelle.casework.files.service import Filing
from adstelle.casework.masking.service import Became, Masking
from adstelle.casework.queue.service import Wanted
from adstelle.casework.referral import service as referral
from adstelle.casework.referral.service import Referrals, Told
from adstelle.casework.service import Casework
from adstelle.city import City
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain.handover import Scope, Way
from adstelle.domain.masking import MARK, Masks
from adstelle.domain.referral import Referring
from adstelle.domain.search import Filter
from adstelle.files.uploads import Uploads
from adstelle.mailbox.service import Mailbox
from adstelle.mailbox.store import NotGiven
from tests.casework.conftest import queue_of
from tests.casework.test_export import hidden, mira
from tests.casework.test_referral import case_of
from tests.conftest import Admin
from tests.documents.pdf_ua import letters_of
from tests.staff_side import REPORT, TODAY, Person, deliver, send_report

__all__ = ["mira"]

TELLING: Final = msgspec.structs.replace(
    REPORT,
    account="Herr Zwetschgenstein war frech.\nHerr Zwetschgen-\nstein kam wieder mit Frau "
    "Ypsilanti.\n\nDann ging ich. ZWETSCHGENSTEINS Hund bellte.",
    place="bei Zwetsch\u00adgenstein",
    district="lobeda_west",
    language="de",
)
SECRET: Final = ("Zwetschgenstein", "Ypsilanti")
CODED: Final = "Lobeda"


async def save(
    browser: httpx.AsyncClient, case_id: UUID, words: str = "zwetschgenstein\nFrau Ypsilanti"
) -> None:
    address = f"/de/faelle/{case_id}/schwaerzen"
    page = await browser.get(address)
    assert page.status_code == 200
    answer = await browser.post(address, data={**hidden(page), "words": words, "tun": "speichern"})
    assert answer.status_code == 303, answer.text


async def copy(
    browser: httpx.AsyncClient, case_id: UUID, kind: str, masked: str = "ja"
) -> httpx.Response:
    address = f"/de/faelle/{case_id}/ausgabe"
    look = await browser.post(address, data={"audience": "person"})
    fields = {**hidden(look), "masked": masked, "kind": kind}
    return await browser.post(address, data=fields)


def everything(content: bytes) -> Iterator[str]:
    """All that a PDF holds: its bytes, every stream unpacked, its metadata, what it draws."""
    yield content.decode("latin-1")
    with pikepdf.open(BytesIO(content)) as made:
        for each in made.objects:
            if isinstance(each, pikepdf.Stream):
                unpacked = each.read_bytes()
                yield unpacked.decode("latin-1")
                yield unpacked.decode("utf-16-be", "ignore")
            yield str(each) if not isinstance(each, pikepdf.Stream) else str(dict(each.items()))
        with made.open_outline() as outline:
            yield "".join(item.title for item in outline.root)
        with made.open_metadata() as metadata:
            yield str(metadata)
        yield str(dict(made.docinfo.items()))
        for page in made.pages:
            yield text_of(page)


def text_of(page: Any) -> str:
    """The text layer of a page, by the maps of its fonts."""
    letters: dict[int, str] = {}
    found = []
    for step in pikepdf.parse_content_stream(page):
        operands, operator = list(step.operands), str(step.operator)
        if operator == "Tf":
            letters = letters_of(page.Resources.Font[str(operands[0])])
        elif operator in {"Tj", "TJ"}:
            parts = list(operands[0]) if operator == "TJ" else operands
            codes = b"".join(bytes(part) for part in parts if isinstance(part, pikepdf.String))
            pairs = zip(codes[::2], codes[1::2], strict=True)
            found.append("".join(letters.get(high << 8 | low, "") for high, low in pairs))
    return "".join(found)


def folded(text: str) -> str:
    """Without case, accents, spaces, hyphens and invisible signs: as somebody would look for it."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in apart if sign.isalnum())


async def test_a_copy_says_nothing_of_what_is_masked(mira: httpx.AsyncClient, admin: Admin) -> None:
    person = await send_report(admin, {"ads_jena": True}, report=TELLING)
    whole = await copy(mira, person.case_id, "pdf")
    before = folded("".join(everything(whole.content)))
    assert all(folded(word) in before for word in SECRET), "the search would find it"

    await save(mira, person.case_id)

    for kind in ("pdf", "json"):
        made = await copy(mira, person.case_id, kind)
        said = list(everything(made.content)) if kind == "pdf" else [made.text]
        for text in said:
            assert not [word for word in SECRET if folded(word) in folded(text)]
        assert any("geschw" in text for text in said)
    page = await mira.post(f"/de/faelle/{person.case_id}/ausgabe", data={"audience": "person"})
    assert not [word for word in SECRET if folded(word) in folded(page.text)]


async def test_the_copy_of_another_length_is_the_same(
    mira: httpx.AsyncClient, admin: Admin
) -> None:
    """Who sees the copy cannot tell how long the name was."""
    copies = []
    for name in ("Li", "Wolfeschlegelsteinhausenbergerdorff"):
        report = msgspec.structs.replace(TELLING, account=f"Es war {name}, sagt er.", place="")
        person = await send_report(admin, {"ads_jena": True}, report=report)
        await save(mira, person.case_id, name)
        copies.append((await copy(mira, person.case_id, "json")).text)

    assert MARK in copies[0]
    assert copies[0] == copies[1]


async def test_codes_do_not_say_it_again(mira: httpx.AsyncClient, admin: Admin) -> None:
    report = msgspec.structs.replace(TELLING, district="lobeda_west", place="In Lobeda-West")
    person = await send_report(admin, {"ads_jena": True}, report=report)
    assert "lobeda_west" in (await copy(mira, person.case_id, "json")).text

    await save(mira, person.case_id, "Lobeda")

    assert "lobeda" not in (await copy(mira, person.case_id, "json")).text.casefold()


async def test_masks_are_sealed_offered_again_and_undone(
    mira: httpx.AsyncClient, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": True}, report=TELLING)
    await save(mira, person.case_id)
    rows = await admin.fetch("select sealed from casework.mask")
    assert all(b"etschgen" not in row["sealed"] for row in rows)
    page = await mira.get(f"/de/faelle/{person.case_id}/schwaerzen")
    assert "zwetschgenstein\nFrau Ypsilanti</textarea>" in page.text

    unmasked = await copy(mira, person.case_id, "json", masked="")
    assert "Zwetschgenstein" in unmasked.text, "the adviser chose a whole copy"
    await save(mira, person.case_id, "")
    again = await copy(mira, person.case_id, "json")

    assert "Zwetschgenstein" in again.text
    assert await admin.fetchval("select count(*) from casework.mask") == 2, "history is appended"


async def test_a_sentence_can_be_ticked(mira: httpx.AsyncClient, admin: Admin) -> None:
    person = await send_report(admin, {"ads_jena": True}, report=TELLING)
    address = f"/de/faelle/{person.case_id}/schwaerzen"
    page = await mira.get(address)
    boxes = {
        re.sub("<.*?>", "", label): key
        for key, label in re.findall(
            r'name="passage-report" value="(\w+)".*?<label[^>]*>(.*?)</label>', page.text, re.S
        )
    }

    fields = {**hidden(page), "passage-report": boxes["Dann ging ich."], "tun": "speichern"}
    assert (await mira.post(address, data=fields)).status_code == 303

    made = await copy(mira, person.case_id, "json")
    assert "Dann ging ich" not in made.text
    assert "war frech" in made.text


async def test_what_is_too_short_is_not_masked_and_nothing_typed_is_lost(
    mira: httpx.AsyncClient, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": True}, report=TELLING)
    address = f"/de/faelle/{person.case_id}/schwaerzen"

    answer = await mira.post(address, data={"words": "Ypsilanti\nx", "revision": "0"})

    assert answer.status_code == 422
    assert "Ypsilanti\nx</textarea>" in answer.text
    assert "mindestens zwei Buchstaben" in answer.text


async def test_two_who_mask_at_once_both_look(mira: httpx.AsyncClient, admin: Admin) -> None:
    person = await send_report(admin, {"ads_jena": True}, report=TELLING)
    await save(mira, person.case_id, "Hund")
    address = f"/de/faelle/{person.case_id}/schwaerzen"

    answer = await mira.post(address, data={"words": "Frau", "revision": "0", "tun": "speichern"})

    assert answer.status_code == 409
    assert "Frau</textarea>" in answer.text
    assert "Hund" in (await mira.get(address)).text


# A referral ----------------------------------------------------------------------------------


@pytest.fixture
def masking(staff_pool: Pool, casework: Casework) -> Masking:
    filing = Filing(staff_pool, Uploads(staff_pool, lambda: TODAY, clamd=None))
    return Masking(staff_pool, Exports(staff_pool, casework, filing, lambda: TODAY))


def by_phone(masked: str) -> Referring:
    return Referring(
        stelle="ezra",
        scope=Scope.CONTACT,
        note="Herr ZWETSCHGENSTEIN droht.",
        way=Way.PHONE,
        given_on=TODAY,
        masked=masked,
    )


class Carrier:
    """Masks a case, refers it, and brings it to its receiver."""

    def __init__(self, referrals: Referrals, masking: Masking, worker: Pool) -> None:
        self._referrals = referrals
        self._masking = masking
        self._worker = worker

    async def refer(self, session: Session, person: Person, *, masked: bool = True) -> None:
        masks = Masks((), (*SECRET, CODED))
        assert await self._masking.save(session, person.case_id, masks, 0) is Became.KEPT
        told = Told("Weitergegeben.", uuid4())
        wanted = by_phone(masks.key if masked else "")
        done = await self._referrals.refer(session, person.case_id, wanted, told, TODAY)
        assert done is referral.Became.KEPT
        await deliver(self._worker)


@pytest.fixture
def carrier(referrals: Referrals, masking: Masking, worker_pool: Pool) -> Carrier:
    return Carrier(referrals, masking, worker_pool)


async def test_the_receiver_gets_a_masked_copy_and_no_key_to_the_report(
    sessions: dict[str, Session],
    casework: Casework,
    carrier: Carrier,
    admin: Admin,
) -> None:
    mira, juri = sessions["ads_jena"], sessions["ezra"]
    person = await send_report(admin, {"ads_jena": True}, report=TELLING)
    await carrier.refer(mira, person)

    case_id = await case_of(admin, person, "ezra")
    assert case_id is not None
    file = await casework.read(juri, case_id, TODAY)
    assert file is not None
    assert file.account is not None
    said = folded(msgspec.json.encode((file.account, file.came.letter, file.contact)).decode())
    assert "geschwarzt" in said
    assert "kanarienvogel" in said, "the contact was agreed upon"
    assert not [word for word in (*SECRET, CODED) if folded(word) in said]
    wraps = await admin.fetch("select recipient from intake.wrap")
    assert {row["recipient"] for row in wraps} == {"mailbox", "ads_jena"}
    own = await casework.read(mira, person.case_id, TODAY)
    assert own is not None
    assert own.account is not None
    assert own.account.account == TELLING.account, "the case itself stays as it is"


@pytest.mark.parametrize("masked", [True, False])
async def test_the_receivers_search_finds_nothing_that_is_masked(
    sessions: dict[str, Session],
    casework: Casework,
    carrier: Carrier,
    admin: Admin,
    *,
    masked: bool,
) -> None:
    """Without masks it does: the index is built from what the receiver has."""
    person = await send_report(admin, {"ads_jena": True}, report=TELLING)
    await carrier.refer(sessions["ads_jena"], person, masked=masked)
    juri, queue = sessions["ezra"], queue_of(casework)
    await queue.page(juri, Wanted(), TODAY)  # takes the case into the index

    numbers = []
    for words in ("Zwetschgenstein", "Ypsilanti", "Hund"):
        found = await queue.page(juri, Wanted(filter=Filter(words=words)), TODAY)
        numbers.append(len(found.entries))

    assert numbers == ([0, 0, 1] if masked else [1, 1, 1])


async def test_other_masks_than_those_looked_at_or_none_refer_nothing(
    sessions: dict[str, Session], referrals: Referrals, masking: Masking, admin: Admin
) -> None:
    """A colleague undid a mask since the preview, or they do not open: nothing goes out whole."""
    mira, looked_at = sessions["ads_jena"], Masks((), SECRET)
    person = await send_report(admin, {"ads_jena": True}, report=TELLING)
    for revision, masks in enumerate((looked_at, Masks((), SECRET[:1]), Masks())):
        assert await masking.save(mira, person.case_id, masks, revision) is Became.KEPT
    wanted = by_phone(looked_at.key)
    told = Told("Weitergegeben.", uuid4())

    undone = await referrals.refer(mira, person.case_id, wanted, told, TODAY)
    await admin.execute("delete from casework.mask where revision > 1")
    await admin.execute("update casework.mask set sealed = 'broken'")
    closed = await referrals.refer(mira, person.case_id, wanted, told, TODAY)

    assert (undone, closed) == (referral.Became.OBJECTED, referral.Became.OBJECTED)
    assert await admin.fetchval("select count(*) from intake.handover where stelle = 'ezra'") == 0


async def test_masks_that_do_not_open_close_the_copies_for_others(
    mira: httpx.AsyncClient, admin: Admin
) -> None:
    person = await send_report(admin, {"ads_jena": True}, report=TELLING)
    await save(mira, person.case_id)
    await admin.execute("update casework.mask set sealed = 'broken'")

    for masked in ("ja", ""):
        answer = await copy(mira, person.case_id, "json", masked)
        assert answer.headers["content-type"].startswith("text/html")
        assert "Die Schwärzungen lassen sich nicht öffnen" in answer.text


async def test_the_person_is_not_offered_a_mailbox_that_nobody_reads(
    sessions: dict[str, Session],
    carrier: Carrier,
    admin: Admin,
    public_pool: Pool,
    city: City,
) -> None:
    person = await send_report(admin, {"ads_jena": True}, report=TELLING)
    await carrier.refer(sessions["ads_jena"], person)

    box = Mailbox(public_pool, city, lambda: TODAY)
    with pytest.raises(NotGiven):
        await box.write(person.code, "ezra", uuid4(), "Hallo?")
