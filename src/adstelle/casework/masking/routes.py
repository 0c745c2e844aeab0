"""The page on which an adviser marks what copies of a case shall not say."""

from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from markupsafe import Markup

from adstelle.casework.masking.service import Became, Marking, Masking
from adstelle.casework.words import Option, Words, fact, number, typed
from adstelle.crypto.sessions import Session
from adstelle.domain.case_document import CaseData, SectionName
from adstelle.domain.masking import MARK, Masks, is_maskable, key_of, masked, sentences, texts_of
from adstelle.domain.private import Private
from adstelle.web.forms import Entries, many, one
from adstelle.web.guard import QUEUE, AnyRequest, Guard, Page
from adstelle.web.pages import View, redirect

PAGE: Final = "schwaerzen"
LOOK: Final = "ansehen"
MOST_LINES: Final = 200
MOST_LINE: Final = 200


class Entered(Private, frozen=True, kw_only=True):
    """The form as it was typed: keys of passages, words line by line, and what it is based on."""

    passages: frozenset[str]
    words: str
    revision: int

    @property
    def lines(self) -> tuple[str, ...]:
        """What was typed, each once."""
        lines = (line.strip() for line in self.words.split("\n"))
        return tuple(dict.fromkeys(line for line in lines if line))


class Group(msgspec.Struct, frozen=True):
    """The sentences of one section to be ticked, and how its texts look masked."""

    name: str
    legend: str
    options: list[Option]
    preview: list[Markup]


class MaskingPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, masking: Masking) -> None:
        self.guard = guard
        self.masking = masking
        self.pages = guard.pages

    async def read(self, session: Session, case_id: UUID) -> Marking:
        """An unknown case, one out of sight and one that does not open look the same."""
        found = await self.masking.read(session, case_id)
        if found is None:
            raise NotFoundException
        return found

    def page(
        self,
        lang: str,
        session: Session,
        marking: Marking,
        entered: Entered,
        fault: str = "",
        notice: str = "",
    ) -> Page:
        """Show the sentences of a case, what is ticked, and what copies would look like."""
        words, masks = Words(self.pages, lang), masks_of(entered, marking.data)
        view = View(
            template="staff/masking.html",
            path=f"{QUEUE}/{marking.case_id}/{PAGE}",
            title="masking.title",
            title_values={"number": number(marking.case_id)},
            errors={"words": f"masking.error.{fault}"} if fault else {},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if fault else 409 if notice == "changed" else 200,
            **words.frame(session),
            number=number(marking.case_id),
            case_path=f"{QUEUE}/{marking.case_id}",
            page_of_case="/ausgabe",
            given=entered,
            opens=marking.masks is not None,
            notice=notice,
            count=masks.count,
            mark=MARK,
            groups=list(_groups(words, marking.data, masks)),
        )


def _groups(words: Words, data: CaseData, masks: Masks) -> Iterator[Group]:
    texts: dict[SectionName, list[str]] = {}
    for section, text in texts_of(data):
        texts.setdefault(section, []).append(text)
    for section, found in texts.items():
        options = {
            key_of(each): Option(key_of(each), fact(each), "")
            for text in found
            for each in sentences(text)
        }
        if options:
            preview = [typed(masked(text, masks)) for text in found if text]
            title = words.text(f"export.section.{section}")
            yield Group(section, title, list(options.values()), preview)


def read(entries: Entries) -> Entered:
    """Take what was typed, right or wrong."""
    revision = one(entries, "revision")
    chosen = (many(entries, name) for name in entries if name.startswith("passage-"))
    return Entered(
        passages=frozenset(key for keys in chosen for key in keys),
        words=one(entries, "words"),
        revision=int(revision) if revision.isdecimal() and len(revision) < 9 else 0,
    )


def as_kept(marking: Marking) -> Entered:
    """The form with what is masked now."""
    masks = marking.masks or Masks()
    return Entered(
        passages=frozenset(map(key_of, masks.passages)),
        words="\n".join(masks.words),
        revision=marking.revision,
    )


def fault_of(lines: Iterable[str]) -> str:
    """What is wrong with the words that were typed; empty if nothing is."""
    lines = tuple(lines)
    if len(lines) > MOST_LINES or any(len(line) > MOST_LINE for line in lines):
        return "too_long"
    return "" if all(map(is_maskable, lines)) else "too_short"


def masks_of(entered: Entered, data: CaseData) -> Masks:
    """What the form says: the sentences that were ticked, as far as they stand in the case."""
    found = {key_of(each): each for _, text in texts_of(data) for each in sentences(text)}
    passages = (text for key, text in found.items() if key in entered.passages)
    return Masks(tuple(passages), entered.lines)


@get("/{lang:str}/faelle/{case_id:uuid}/schwaerzen")
async def show_masking(
    request: AnyRequest,
    masking_pages: NamedDependency[MaskingPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """What is masked now, ready to be changed."""
    session, code = await masking_pages.guard.session(request), masking_pages.pages.language(lang)
    marking = await masking_pages.read(session, case_id)
    notice = "kept" if request.query_params.get("getan") == "gespeichert" else ""
    return masking_pages.page(code, session, marking, as_kept(marking), notice=notice)


@post("/{lang:str}/faelle/{case_id:uuid}/schwaerzen", status_code=200)
async def keep_masks(
    request: AnyRequest,
    masking_pages: NamedDependency[MaskingPages],
    lang: FromPath[str],
    case_id: FromPath[UUID],
) -> Page:
    """Look at what it would look like, or keep it; sent twice it is kept once."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        return await _keep(masking_pages, code, session, case_id, entries)

    return await masking_pages.guard.submitted(request, lang, f"{QUEUE}/{case_id}/{PAGE}", act)


async def _keep(
    pages: MaskingPages, lang: str, session: Session, case_id: UUID, entries: Entries
) -> Page:
    marking, entered = await pages.read(session, case_id), read(entries)
    if fault := fault_of(entered.lines):
        return pages.page(lang, session, marking, entered, fault)
    if one(entries, "tun") == LOOK:
        return pages.page(lang, session, marking, entered, notice="look")
    masks = masks_of(entered, marking.data)
    became = await pages.masking.save(session, case_id, masks, entered.revision)
    if became is Became.NO_SUCH_CASE:
        raise NotFoundException
    if became is Became.CHANGED:
        again = msgspec.structs.replace(entered, revision=marking.revision)
        return pages.page(lang, session, marking, again, notice="changed")
    return redirect(f"/{lang}/{QUEUE}/{case_id}/{PAGE}?getan=gespeichert")


HANDLERS: Final = (show_masking, keep_masks)
