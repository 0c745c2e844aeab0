"""The pages on which leads and administrators let people in and out."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.accounts.people import shown
from adstelle.accounts.people.service import CODE_LIFE, Not, People
from adstelle.accounts.people.store import Kind, Person
from adstelle.crypto.invitations import Code
from adstelle.crypto.receipt import grouped
from adstelle.crypto.sessions import Session
from adstelle.domain.membership import MemberRole
from adstelle.domain.private import Private
from adstelle.web import dates
from adstelle.web.forms import Entries, one, read_form
from adstelle.web.guard import PEOPLE, AnyRequest, Guard, Page, frame, message_id_in, unsent
from adstelle.web.pages import View, redirect

INVITE: Final = "einladen"
END: Final = "beenden"
MOST_NAME: Final = 100
DONE: Final = "getan"
_DONE: Final = frozenset(
    {"prepared", "withdrawn", "role", "ended", "last_lead", "not_now", "renewed"}
)


class Entered(Private, frozen=True, kw_only=True):
    """The form of an invitation as it was typed."""

    name: str = ""
    role: str = ""
    message_id: UUID


class PeoplePages:
    """What the handlers below need; built once by the composition root."""

    def __init__(
        self, guard: Guard, people: People, today: Callable[[], date], origin: str
    ) -> None:
        """*origin* is where whoever is invited reaches this side."""
        self.guard = guard
        self.people = people
        self.today = today
        self.origin = origin
        self.pages = guard.pages

    async def person(self, session: Session, member_id: UUID) -> Person:
        """One of the Stelle; another's and none look the same."""
        found = await self.people.person(session, member_id)
        if found is None:
            raise NotFoundException
        return found

    def invite_page(
        self, lang: str, session: Session, entered: Entered, faults: Mapping[str, str]
    ) -> Page:
        """Ask who is to come in, and as what."""
        view = View(
            template="staff/people_invite.html",
            path=f"{PEOPLE}/{INVITE}",
            title="people.invite.title",
            errors={field: f"people.error.{field}.{fault}" for field, fault in faults.items()},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if faults else 200,
            **frame(self.pages, lang, session),
            given=entered,
            roles=shown.roles(self.pages, lang),
            needs_lead=session.seed is None,
        )

    def code_page(
        self, lang: str, session: Session, person: Person, kind: Kind, code: Code
    ) -> Page:
        """Show a code, once."""
        view = View(
            template="staff/people_code.html", path=PEOPLE, title=f"people.code.{kind}.title"
        )
        return self.pages.page(
            lang,
            view,
            **frame(self.pages, lang, session),
            person=person,
            kind=kind.value,
            code=grouped(code.written),
            until=dates.day(self.pages, lang, self.today() + CODE_LIFE[kind]),
            address=f"{self.origin}/{lang}/einladung",
        )

    def end_page(self, lang: str, session: Session, person: Person, *, sure: bool = True) -> Page:
        """Say what the end of a membership means, and ask for it."""
        view = View(
            template="staff/people_end.html",
            path=f"{PEOPLE}/{person.member_id}/{END}",
            title="people.end.title",
            errors={} if sure else {"sure": "people.error.sure.missing"},
        )
        return self.pages.page(
            lang,
            view,
            status=200 if sure else 422,
            **frame(self.pages, lang, session),
            person=person,
        )


@get("/{lang:str}/personen")
async def show_people(
    request: AnyRequest, people_pages: NamedDependency[PeoplePages], lang: FromPath[str]
) -> Page:
    """Everybody of the Stelle."""
    code = people_pages.pages.language(lang)
    session = await people_pages.guard.managing(request)
    team = await people_pages.people.team(session)
    done = request.query_params.get(DONE, "")
    view = View(template="staff/people.html", path=PEOPLE, title="people.title")
    return people_pages.pages.page(
        code,
        view,
        **frame(people_pages.pages, code, session),
        **shown.team(people_pages.pages, code, team, session),
        done=done if done in _DONE else None,
    )


@get("/{lang:str}/personen/einladen")
async def show_invite(
    request: AnyRequest, people_pages: NamedDependency[PeoplePages], lang: FromPath[str]
) -> Page:
    """Ask who is to come in."""
    code = people_pages.pages.language(lang)
    session = await people_pages.guard.managing(request)
    return people_pages.invite_page(code, session, Entered(message_id=uuid4()), {})


@post("/{lang:str}/personen/einladen", status_code=200)
async def invite(
    request: AnyRequest, people_pages: NamedDependency[PeoplePages], lang: FromPath[str]
) -> Page:
    """Write somebody down, and show their code where one can be given."""
    code, entries = people_pages.pages.language(lang), await read_form(request)

    async def act(session: Session) -> Page:
        return await _invite(people_pages, code, session, entries)

    pending = unsent(f"{PEOPLE}/{INVITE}", entries)
    return await people_pages.guard.with_session(
        request, code, pending, act, find=people_pages.guard.managing
    )


async def _invite(pages: PeoplePages, lang: str, session: Session, entries: Entries) -> Page:
    entered = Entered(
        name=one(entries, "name"), role=one(entries, "role"), message_id=message_id_in(entries)
    )
    faults = _faults(entered)
    if faults:
        return pages.invite_page(lang, session, entered, faults)
    role = MemberRole(entered.role)
    became = await pages.people.invite(session, entered.message_id, entered.name, role)
    if isinstance(became, Code):
        person = await pages.person(session, entered.message_id)
        return pages.code_page(lang, session, person, Kind.JOIN, became)
    return redirect(f"/{lang}/{PEOPLE}?{DONE}={'not_now' if became else 'prepared'}")


def _faults(entered: Entered) -> dict[str, str]:
    found = {}
    if not entered.name:
        found["name"] = "missing"
    elif len(entered.name) > MOST_NAME:
        found["name"] = "too_long"
    if entered.role not in list(MemberRole):
        found["role"] = "missing"
    return found


@get("/{lang:str}/personen/{member_id:uuid}")
async def show_person(
    request: AnyRequest,
    people_pages: NamedDependency[PeoplePages],
    lang: FromPath[str],
    member_id: FromPath[UUID],
) -> Page:
    """One person, and what can be done for them."""
    code = people_pages.pages.language(lang)
    session = await people_pages.guard.managing(request)
    person = await people_pages.person(session, member_id)
    view = View(
        template="staff/people_person.html",
        path=f"{PEOPLE}/{member_id}",
        title="people.person.title",
    )
    return people_pages.pages.page(
        code,
        view,
        **frame(people_pages.pages, code, session),
        **shown.person(people_pages.pages, code, person, session),
    )


@post("/{lang:str}/personen/{member_id:uuid}", status_code=200)
async def act_on_person(
    request: AnyRequest,
    people_pages: NamedDependency[PeoplePages],
    lang: FromPath[str],
    member_id: FromPath[UUID],
) -> Page:
    """Do one of the things that the page of a person offers."""
    code, entries = people_pages.pages.language(lang), await read_form(request)
    session = await people_pages.guard.managing(request)
    wish = one(entries, "tun")
    if wish in list(Kind):
        return await _issue(people_pages, code, session, member_id, Kind(wish))
    became: Not | None
    if wish == "withdraw":
        became, name = await people_pages.people.withdraw(session, member_id), "withdrawn"
    elif wish in list(MemberRole):
        became = await people_pages.people.set_role(session, member_id, MemberRole(wish))
        name = "role"
    else:
        raise NotFoundException
    return redirect(f"/{code}/{PEOPLE}?{DONE}={'not_now' if became else name}")


async def _issue(
    pages: PeoplePages, lang: str, session: Session, member_id: UUID, kind: Kind
) -> Page:
    became = await pages.people.issue(session, member_id, kind)
    if isinstance(became, Not):
        return redirect(f"/{lang}/{PEOPLE}?{DONE}=not_now")
    person = await pages.person(session, member_id)
    return pages.code_page(lang, session, person, kind, became)


@get("/{lang:str}/personen/{member_id:uuid}/beenden")
async def show_end(
    request: AnyRequest,
    people_pages: NamedDependency[PeoplePages],
    lang: FromPath[str],
    member_id: FromPath[UUID],
) -> Page:
    """Ask whether a membership is to end."""
    code = people_pages.pages.language(lang)
    session = await people_pages.guard.managing(request)
    person = await people_pages.person(session, member_id)
    return people_pages.end_page(code, session, person)


@post("/{lang:str}/personen/{member_id:uuid}/beenden", status_code=303)
async def end(
    request: AnyRequest,
    people_pages: NamedDependency[PeoplePages],
    lang: FromPath[str],
    member_id: FromPath[UUID],
) -> Page:
    """End a membership. Sent twice it ended once."""
    code, entries = people_pages.pages.language(lang), await read_form(request)
    session = await people_pages.guard.managing(request)
    person = await people_pages.person(session, member_id)
    if one(entries, "sure") != "ja":
        return people_pages.end_page(code, session, person, sure=False)
    became = await people_pages.people.end(session, member_id)
    name = {None: "ended", Not.LAST_LEAD: "last_lead"}.get(became, "not_now")
    return redirect(f"/{code}/{PEOPLE}?{DONE}={name}")


HANDLERS: Final = (
    show_people,
    show_invite,
    invite,
    show_person,
    act_on_person,
    show_end,
    end,
)
