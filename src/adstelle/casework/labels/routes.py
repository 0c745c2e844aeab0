"""The page of the Stelle's labels."""

from typing import Final
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.casework.labels.service import MOST_CHARACTERS, Labels, Named
from adstelle.casework.words import Words
from adstelle.crypto.sessions import Session
from adstelle.domain.private import Private
from adstelle.web.forms import Entries, one
from adstelle.web.guard import AnyRequest, Guard, Page, is_uuid, message_id_in
from adstelle.web.pages import View, redirect

LABELS: Final = "marken"
DONE: Final = "getan"
DONE_TEXTS: Final = {
    "neu": "labels.done.made",
    "name": "labels.done.named",
    "weg": "labels.done.gone",
}
FAULTS: Final = {
    Named.TAKEN: "labels.error.taken",
    Named.TOO_MANY: "labels.error.too_many",
    Named.GONE: "labels.error.gone",
}


class Typed(Private, frozen=True):
    """A form as it was sent: what for, which label, which name."""

    act: str = ""
    label_id: UUID | None = None
    name: str = ""

    @property
    def field(self) -> str:
        """The field that holds the name: each label on the page has one of its own."""
        return f"name-{self.label_id}" if self.act == "name" else "name"


class LabelPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, labels: Labels) -> None:
        self.guard = guard
        self.labels = labels
        self.pages = guard.pages

    async def page(
        self,
        lang: str,
        session: Session,
        *,
        typed: Typed | None = None,
        fault: str | None = None,
        notice: str | None = None,
    ) -> Page:
        """Show all labels, and what was typed that could not be done."""
        given = typed or Typed()
        labels = await self.labels.all(session)
        known = {label.label_id for label, _ in labels}
        field = given.field if given.label_id in known else "name"
        view = View(
            template="staff/labels.html",
            path=LABELS,
            title="labels.title",
            errors={field: fault} if fault else {},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if fault else 200,
            **Words(self.pages, lang).frame(session),
            labels=labels,
            given=given,
            message_id=uuid4(),
            notice_key=notice,
        )


@get("/{lang:str}/marken")
async def show_labels(
    request: AnyRequest, label_pages: NamedDependency[LabelPages], lang: FromPath[str]
) -> Page:
    """Show the Stelle's labels."""
    session = await label_pages.guard.session(request)
    notice = DONE_TEXTS.get(request.query_params.get(DONE, ""))
    return await label_pages.page(label_pages.pages.language(lang), session, notice=notice)


@post("/{lang:str}/marken", status_code=303)
async def change_labels(
    request: AnyRequest, label_pages: NamedDependency[LabelPages], lang: FromPath[str]
) -> Page:
    """Make, rename or delete a label; sent twice it is done once."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        return await _change(label_pages, code, session, _read(entries))

    return await label_pages.guard.submitted(request, lang, LABELS, act)


def _read(entries: Entries) -> Typed:
    act, label = one(entries, "tun"), one(entries, "marke")
    if act not in {"name", "weg"} or not is_uuid(label):
        return Typed("neu", message_id_in(entries), one(entries, "name"))
    return Typed(act, UUID(label), one(entries, f"name-{label}"))


async def _change(pages: LabelPages, lang: str, session: Session, typed: Typed) -> Page:
    if typed.label_id is not None and typed.act == "weg":
        await pages.labels.drop(session, typed.label_id)
    elif typed.label_id is not None:
        fault = _fault(typed.name)
        if fault is None:
            is_new = typed.act == "neu"
            became = await pages.labels.name(session, typed.label_id, typed.name, new=is_new)
            fault = FAULTS.get(became)
        if fault:
            return await pages.page(lang, session, typed=typed, fault=fault)
    return redirect(f"/{lang}/{LABELS}?{DONE}={typed.act}")


def _fault(name: str) -> str | None:
    if not name:
        return "labels.error.missing"
    return "labels.error.too_long" if len(name) > MOST_CHARACTERS else None


HANDLERS: Final = (show_labels, change_labels)
