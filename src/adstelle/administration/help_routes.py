"""Help for everybody who is signed in: short ways, what views mean, what can be undone."""

from typing import Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.domain.membership import (
    MemberRole,
    approves_figures,
    holds_key,
    holds_statistics,
    manages_people,
)
from adstelle.web.guard import AnyRequest, Guard, Page, frame
from adstelle.web.pages import View

PATH: Final = "hilfe"
FOR_ADVISERS: Final = (
    "faelle", "aufnehmen", "bausteine", "auswertung", "laufende-zahlen", "muster", "aufbewahrung",
)  # fmt: skip
FOR_LEADERS: Final = ("personen",)
FOR_STATISTICIANS: Final = ("statistik",)
FOR_APPROVERS: Final = ("freigabe",)  # whoever may be the second person for a release
FOR_EVERYBODY: Final = ("konto", "stadt", PATH)
VIEWS: Final = ("mine", "new", "unread", "due", "attention", "waiting", "unassigned")
UNDOABLE: Final = (
    "step", "closed", "assigned", "reminder", "label", "conflict", "hold", "proposal", "refused",
    "incident", "hint", "mask",
)  # fmt: skip
LASTING: Final = ("message", "accepted", "note", "erasing", "log")


NAMES: Final = {  # of the pages, as the navigation has them
    "faelle": "staff_layout.cases",
    "aufnehmen": "taking.nav",
    "bausteine": "desk.blocks.page",
    "auswertung": "activity.navigation",
    "laufende-zahlen": "running.navigation",
    "muster": "pattern.navigation",
    "aufbewahrung": "retention.navigation",
    "personen": "people.title",
    "statistik": "statistics_key.navigation",
    "freigabe": "publishing.approval.navigation",
    "konto": "account.title",
    "stadt": "staff_layout.city",
    PATH: "help.title",
}


class ShortWay(msgspec.Struct, frozen=True):
    """A page worth keeping as a bookmark: its address, and the keys of its name and purpose."""

    path: str
    name: str
    text: str


class HelpPages:
    """What the handler below needs; built once by the composition root."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.pages = guard.pages


def short_ways(role: MemberRole) -> list[ShortWay]:
    """The pages that somebody in this role may open."""
    paths = (
        *(FOR_ADVISERS if holds_key(role) else ()),
        *(FOR_STATISTICIANS if holds_statistics(role) else ()),
        *(FOR_APPROVERS if approves_figures(role) else ()),
        *(FOR_LEADERS if manages_people(role) else ()),
        *FOR_EVERYBODY,
    )
    return [ShortWay(path, NAMES[path], f"help.way.{path}") for path in paths]


@get("/{lang:str}/hilfe")
async def show(
    request: AnyRequest, help_pages: NamedDependency[HelpPages], lang: FromPath[str]
) -> Page:
    """What helps somebody at work; nothing in it depends on a case."""
    code = help_pages.pages.language(lang)
    session = await help_pages.guard.anybody(request)
    return help_pages.pages.page(
        code,
        View(template="administration/help.html", path=PATH, title="help.title"),
        **frame(help_pages.pages, code, session),
        ways=short_ways(session.role),
        opens=holds_key(session.role),
        shown_views=VIEWS,
        undoable=UNDOABLE,
        lasting=LASTING,
    )


HANDLERS: Final = (show,)
