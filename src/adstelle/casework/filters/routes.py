"""The page to look for cases. What is looked for is sent and kept sealed, never in an address."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID, uuid4

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.casework.filters.service import MOST_CHARACTERS, Filters, Saved
from adstelle.casework.queue.shown import CODED, label_options, member_options
from adstelle.casework.words import Option, Words, digits_of
from adstelle.crypto.sessions import Session
from adstelle.domain.case import State
from adstelle.domain.search import Filter, words_of
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.guard import QUEUE, AnyRequest, Guard, Page, is_uuid, message_id_in
from adstelle.web.pages import View, redirect

FORM: Final = "suche"
MOST_WORDS: Final = 200  # characters


class Spoken(msgspec.Struct, frozen=True):
    """A language to choose, in its own words."""

    value: str
    label: str
    lang: str
    dir: str


class FilterPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, filters: Filters, today: Callable[[], date]) -> None:
        self.guard = guard
        self.filters = filters
        self.today = today
        self.pages = guard.pages

    async def form_page(
        self,
        lang: str,
        session: Session,
        filter_id: UUID,
        given: Saved,
        errors: Mapping[str, str] | None = None,
    ) -> Page:
        """Ask what to look for."""
        words = Words(self.pages, lang)
        members, labels = await self.filters.choices(session)
        view = View(
            template="staff/search.html",
            path=f"{QUEUE}/{FORM}",
            title="queue.search.title",
            errors=errors or {},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if errors else 200,
            **words.frame(session),
            filter_id=filter_id,
            given=given,
            choices=[
                *self._coded(words),
                ("state", [Option(state, words.state(state), "") for state in State]),
                ("label", label_options(labels)),
                ("assigned", member_options(members)),
            ],
            saved=await self.filters.all(session),
        )

    def _coded(self, words: Words) -> list[tuple[str, Sequence[Option | Spoken]]]:
        """What a report can be asked for by codes."""
        city = self.pages.city
        return [
            *(
                (
                    field,
                    [Option(code, words.code(question, code), "") for code in self.codes(field)],
                )
                for field, question in CODED.items()
            ),
            (
                "district",
                [Option(code, words.district(code), "") for code in self.codes("district")],
            ),
            (
                "language",
                [
                    Spoken(code, known.name, known.html, known.dir)
                    for code, known in city.catalogue.languages.items()
                ],
            ),
        ]

    def codes(self, field: str) -> Collection[str]:
        """The codes that a field can hold."""
        city = self.pages.city
        if field == "district":
            return [district.code for district in city.districts]
        if field == "language":
            return list(city.catalogue.languages)
        codes: Collection[str] = getattr(city.codes, CODED[field])
        return codes

    def read(self, entries: Entries) -> Saved:
        """Read the form; a code that the city does not have is left out."""
        fields = (*CODED, "district", "language")
        coded = {name: one(entries, name) for name in fields}
        state, label, assigned = (one(entries, name) for name in ("state", "label", "assigned"))
        return Saved(
            one(entries, "name"),
            Filter(
                words=one(entries, "words"),
                place=one(entries, "place"),
                state=State(state) if state in set(State) else None,
                label=UUID(label) if is_uuid(label) else None,
                assigned=UUID(assigned) if is_uuid(assigned) else None,
                **{name: code for name, code in coded.items() if code in self.codes(name)},
            ),
        )


def errors_of(given: Saved) -> dict[str, str]:
    """What is wrong with a form: field and text."""
    errors = {}
    for field, typed in (("words", given.filter.words), ("place", given.filter.place)):
        if len(typed) > MOST_WORDS:
            errors[field] = f"queue.error.{field}_too_long"
        elif typed and not words_of(typed):
            errors[field] = f"queue.error.{field}_too_short"
    if len(given.name) > MOST_CHARACTERS:
        errors["name"] = "queue.error.name_too_long"
    if given.name and given.filter.is_empty:
        errors["words"] = "queue.error.nothing"
    return errors


@get("/{lang:str}/faelle/suche")
async def show_form(
    request: AnyRequest, filter_pages: NamedDependency[FilterPages], lang: FromPath[str]
) -> Page:
    """Show the form: empty, or with what was looked for before."""
    session = await filter_pages.guard.session(request)
    asked = request.query_params.get("filter", "")
    saved = await filter_pages.filters.find(session, UUID(asked)) if is_uuid(asked) else None
    filter_id = UUID(asked) if saved and saved.name else uuid4()
    code = filter_pages.pages.language(lang)
    return await filter_pages.form_page(code, session, filter_id, saved or Saved("", Filter()))


@post("/{lang:str}/faelle/suche", status_code=303)
async def look_for(
    request: AnyRequest, filter_pages: NamedDependency[FilterPages], lang: FromPath[str]
) -> Page:
    """Look for cases; sent twice it is kept once. The number of a case leads to the case."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        filter_id, given = message_id_in(entries), filter_pages.read(entries)
        digits = digits_of(given.filter.words)
        if digits and (case_id := await filter_pages.filters.numbered(session, digits)):
            return redirect(f"/{code}/{QUEUE}/{case_id}")
        errors = errors_of(given)
        if errors:
            return await filter_pages.form_page(code, session, filter_id, given, errors)
        if given.filter.is_empty:
            return redirect(f"/{code}/{QUEUE}")
        await filter_pages.filters.keep(session, filter_id, given, filter_pages.today())
        return redirect(f"/{code}/{QUEUE}?filter={filter_id}")

    return await filter_pages.guard.submitted(request, lang, f"{QUEUE}/{FORM}", act)


@get("/{lang:str}/faelle/suche/weg")
async def back_to_form(filter_pages: NamedDependency[FilterPages], lang: FromPath[str]) -> Page:
    """The address of a form, opened without sending it."""
    return redirect(f"/{filter_pages.pages.language(lang)}/{QUEUE}/{FORM}")


@post("/{lang:str}/faelle/suche/weg", status_code=303)
async def forget(
    request: AnyRequest, filter_pages: NamedDependency[FilterPages], lang: FromPath[str]
) -> Page:
    """Delete what was kept under a name."""
    code, entries = filter_pages.pages.language(lang), await read_form(request)
    session = await filter_pages.guard.session(request)
    if is_uuid(one(entries, "filter")):
        await filter_pages.filters.drop(session, UUID(one(entries, "filter")))
    return redirect(f"/{code}/{QUEUE}/{FORM}")


HANDLERS: Final = (show_form, look_for, back_to_form, forget)
