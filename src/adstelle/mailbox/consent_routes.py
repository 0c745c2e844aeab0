"""Consent over HTTP: take it back, give it, answer a proposal, say what one wants.

Every address is a GET that shows what will happen and a POST that does it. It names a consent, a
choice or a proposal by an id that says nothing to anybody without the code.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID, uuid4

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adstelle.domain import consent
from adstelle.domain.consent import Obstacle
from adstelle.domain.finder import fitting
from adstelle.domain.handover import Scope, Standing
from adstelle.errors import OutcomeUnknown, StorageUnavailable, UnknownCode
from adstelle.mailbox import consents
from adstelle.mailbox import pages as shown
from adstelle.mailbox.consents import AnsweredOtherwise, Choice, NoSuchConsent
from adstelle.mailbox.opened import Opened
from adstelle.mailbox.routes import AnyRequest, Page, PublicMailbox, message_id_in
from adstelle.mailbox.service import MessageIdUsed
from adstelle.mailbox.store import NotGiven
from adstelle.mailbox.words import Words
from adstelle.web.finder import subjects
from adstelle.web.forms import Entries, Unreadable, many, one, read_form
from adstelle.web.pages import View, redirect
from adstelle.web.stellen import cards

ANSWERS: Final = {"ja": True, "nein": False}


class Visit(msgspec.Struct, frozen=True):
    """One request to one of these addresses, by somebody whose mailbox is open."""

    mailbox: PublicMailbox
    lang: str
    path: str
    code: str
    entered: Entries

    @property
    def words(self) -> Words:
        """The words of the reader's language."""
        return Words(self.mailbox.pages, self.lang)

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        errors: Mapping[str, str] | None = None,
        **values: object,
    ) -> Page:
        """Show the page of this address."""
        view = View(
            template=f"mailbox/{template}.html",
            path=self.path,
            title=f"consent.{template}_title",
            errors=errors or {},
        )
        return self.mailbox.pages.page(self.lang, view, status=status, **values)

    def done(self, what: str) -> Page:
        """Go back to the mailbox, which says what was done."""
        return redirect(f"/{self.lang}/postfach?getan={what}")


async def visit(
    request: AnyRequest,
    public_mailbox: PublicMailbox,
    lang: str,
    answer: Callable[[Visit], Awaitable[Page]],
) -> Page:
    """Answer somebody whose mailbox is open; where storing fails, nothing entered is lost."""
    shown_in, is_form = public_mailbox.pages.language(lang), request.method == "POST"
    entered = await read_form(request) if is_form else {}
    code = public_mailbox.code(request)
    if code is None:
        return public_mailbox.closed_page(shown_in)
    path = request.url.path.removeprefix(f"/{shown_in}/")
    try:
        return await answer(Visit(public_mailbox, shown_in, path, code, entered))
    except NoSuchConsent:
        raise NotFoundException from None
    except NotGiven:  # taken back in another window: the mailbox shows it
        return redirect(f"/{shown_in}/postfach")
    except UnknownCode:
        return public_mailbox.unknown_page(shown_in)
    except (StorageUnavailable, OutcomeUnknown) as error:
        if not is_form:
            raise
        return public_mailbox.away_page(shown_in, path, entered, error)


# Taking back ----------------------------------------------------------------------------------


@get("/{lang:str}/postfach/zuruecknehmen/{handover_id:uuid}")
async def ask_withdraw(
    request: AnyRequest,
    public_mailbox: NamedDependency[PublicMailbox],
    lang: FromPath[str],
    handover_id: FromPath[UUID],
) -> Page:
    """What will happen when consent is taken back."""

    async def answer(visit: Visit) -> Page:
        opened = await public_mailbox.consents.look(visit.code)
        row, words = consents.handover_of(opened, handover_id), visit.words
        works_here = shown.works_here(words, row.stelle)
        return visit.page(
            "withdraw",
            name=words.stelle(row.stelle),
            where="here" if works_here else "elsewhere",
            is_on_its_way=row.standing in {Standing.PROMISED, Standing.TRIED},
            withdrawn=words.day(row.withdrawn_on) if row.withdrawn_on else "",
            erased=shown.erased(row.erasure, words, works_here=works_here),
            card=None if works_here else shown.card_of(words, row.stelle),
        )

    return await visit(request, public_mailbox, lang, answer)


@post("/{lang:str}/postfach/zuruecknehmen/{handover_id:uuid}", status_code=303)
async def withdraw(
    request: AnyRequest,
    public_mailbox: NamedDependency[PublicMailbox],
    lang: FromPath[str],
    handover_id: FromPath[UUID],
) -> Page:
    """Take consent back; twice is once."""

    async def answer(visit: Visit) -> Page:
        await public_mailbox.consents.withdraw(visit.code, handover_id)
        return visit.done("zuruecknehmen")

    return await visit(request, public_mailbox, lang, answer)


# Giving ---------------------------------------------------------------------------------------


@get("/{lang:str}/postfach/weitergeben")
async def ask_whom(
    request: AnyRequest, public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]
) -> Page:
    """Who else fits, and why."""

    async def answer(visit: Visit) -> Page:
        return _give_page(visit, await public_mailbox.consents.look(visit.code))

    return await visit(request, public_mailbox, lang, answer)


@post("/{lang:str}/postfach/weitergeben", status_code=303)
async def choose(
    request: AnyRequest, public_mailbox: NamedDependency[PublicMailbox], lang: FromPath[str]
) -> Page:
    """Go on to check a choice; nothing is given yet."""

    async def answer(visit: Visit) -> Page:
        opened = await public_mailbox.consents.look(visit.code)
        stelle = one(visit.entered, "stelle")
        scope = one(visit.entered, f"umfang-{stelle}")
        choices = public_mailbox.consents.choices(visit.code, opened)
        for choice in choices:
            if (choice.stelle, choice.scope) == (stelle, scope):
                return redirect(f"/{visit.lang}/postfach/weitergeben/{choice.choice_id}")
        if stelle in {choice.stelle for choice in choices}:
            return _give_page(visit, opened, {f"umfang-{stelle}": "error.umfang.missing"})
        return _give_page(visit, opened, is_outdated=True)

    return await visit(request, public_mailbox, lang, answer)


def _give_page(
    visit: Visit,
    opened: Opened,
    errors: Mapping[str, str] | None = None,
    *,
    is_outdated: bool = False,
) -> Page:
    """Show who else fits; *is_outdated*: what was chosen does not fit any more."""
    words, given = visit.words, visit.mailbox.consents
    answers, agrees = opened.box.account.answers, opened.box.account.affected_agrees
    offers, not_ours = given.offers(opened), given.routing(opened).not_ours
    obstacles = {
        offer.stelle: given.obstacle(opened, offer.stelle, Scope.FACTS) for offer in offers
    }
    return visit.page(
        "give",
        status=409 if is_outdated else 422 if errors else 200,
        errors=errors,
        is_outdated=is_outdated,
        cards=cards(
            [(offer.stelle, offer.reason) for offer in offers],
            words.pages,
            words.lang,
            opened.receivers,
        ),
        not_ours=cards([(code, "") for code in not_ours.stellen], words.pages, words.lang)
        if not_ours
        else [],
        not_ours_reason=words.text(not_ours.reason) if not_ours else "",
        subjects=subjects(fitting(words.city.subjects, answers), words.pages, words.lang),
        may_share=consent.may_share(answers.reporter_role, agrees),
        choosable={code for code, obstacle in obstacles.items() if obstacle is None},
        waiting={code for code, found in obstacles.items() if found is Obstacle.BEING_ERASED},
        scopes=[
            {"value": scope, "label": words.scope(scope), "hint": None} for scope in opened.scopes()
        ],
        contact=shown.reachable(opened),
    )


@get("/{lang:str}/postfach/weitergeben/{choice_id:uuid}")
async def ask_give(
    request: AnyRequest,
    public_mailbox: NamedDependency[PublicMailbox],
    lang: FromPath[str],
    choice_id: FromPath[UUID],
) -> Page:
    """Everything that a Stelle would be given."""

    async def answer(visit: Visit) -> Page:
        opened = await public_mailbox.consents.look(visit.code)
        return _choice_page(visit, opened, _choice(visit, opened, choice_id))

    return await visit(request, public_mailbox, lang, answer)


@post("/{lang:str}/postfach/weitergeben/{choice_id:uuid}", status_code=303)
async def give(
    request: AnyRequest,
    public_mailbox: NamedDependency[PublicMailbox],
    lang: FromPath[str],
    choice_id: FromPath[UUID],
) -> Page:
    """Give the report to a Stelle; twice is once."""

    async def answer(visit: Visit) -> Page:
        choice = _choice(visit, await public_mailbox.consents.look(visit.code), choice_id)
        obstacle = await public_mailbox.consents.give(visit.code, choice.stelle, choice.scope)
        if obstacle is None:
            return visit.done("weitergeben")
        opened = await public_mailbox.consents.look(visit.code)
        given = opened.box.living(choice.stelle)
        if given and given.letter and given.letter.scope is choice.scope:
            return visit.done("weitergeben")  # this very form was sent before
        return _choice_page(visit, opened, choice, status=409)

    return await visit(request, public_mailbox, lang, answer)


def _choice(visit: Visit, opened: Opened, choice_id: UUID) -> Choice:
    """A choice by its address. Raises `NoSuchConsent`."""
    for choice in visit.mailbox.consents.choices(visit.code, opened):
        if choice.choice_id == choice_id:
            return choice
    raise NoSuchConsent


def _choice_page(visit: Visit, opened: Opened, choice: Choice, *, status: int = 200) -> Page:
    words = visit.words
    obstacle = visit.mailbox.consents.obstacle(opened, choice.stelle, choice.scope)
    (card,) = cards([(choice.stelle, choice.reason)], words.pages, words.lang)
    return visit.page(
        "choice",
        status=status,
        card=card,
        scope=words.scope(choice.scope),
        rows=shown.passed_on(opened, words, choice.scope),
        obstacle=words.text(f"consent.obstacle.{obstacle}") if obstacle else "",
    )


# Answering a proposal -------------------------------------------------------------------------


@get("/{lang:str}/postfach/vorschlag/{proposal_id:uuid}")
async def ask_answer(
    request: AnyRequest,
    public_mailbox: NamedDependency[PublicMailbox],
    lang: FromPath[str],
    proposal_id: FromPath[UUID],
) -> Page:
    """Everything that saying yes to a proposal would pass on."""

    async def answer(visit: Visit) -> Page:
        opened = await public_mailbox.consents.look(visit.code)
        return _proposal_page(visit, opened, proposal_id)

    return await visit(request, public_mailbox, lang, answer)


@post("/{lang:str}/postfach/vorschlag/{proposal_id:uuid}", status_code=303)
async def answer_proposal(
    request: AnyRequest,
    public_mailbox: NamedDependency[PublicMailbox],
    lang: FromPath[str],
    proposal_id: FromPath[UUID],
) -> Page:
    """Say yes or no to a proposal; twice is once, and the first answer stays."""

    async def answer(visit: Visit) -> Page:
        agreed = ANSWERS.get(one(visit.entered, "antwort"))
        if agreed is None:
            raise Unreadable
        given = public_mailbox.consents
        try:
            if await given.answer(visit.code, proposal_id, agreed=agreed) is None:
                return visit.done("weitergeben" if agreed else "vorschlag")
        except AnsweredOtherwise:
            pass  # the page says which answer was given
        return _proposal_page(visit, await given.look(visit.code), proposal_id, status=409)

    return await visit(request, public_mailbox, lang, answer)


def _proposal_page(visit: Visit, opened: Opened, proposal_id: UUID, *, status: int = 200) -> Page:
    words, proposal = visit.words, consents.proposal_of(opened, proposal_id)
    return visit.page(
        "proposal",
        status=status,
        by=words.stelle(proposal.by),
        proposal=shown.proposal_view(opened, proposal, words),
        rows=shown.passed_on(opened, words, consents.scope_of(opened, proposal)),
    )


# What the person wants ------------------------------------------------------------------------


@get("/{lang:str}/postfach/wunsch/{handover_id:uuid}")
async def ask_wish(
    request: AnyRequest,
    public_mailbox: NamedDependency[PublicMailbox],
    lang: FromPath[str],
    handover_id: FromPath[UUID],
) -> Page:
    """What the person wants of a Stelle, and since when."""

    async def answer(visit: Visit) -> Page:
        return await _wish_page(visit, handover_id)

    return await visit(request, public_mailbox, lang, answer)


@post("/{lang:str}/postfach/wunsch/{handover_id:uuid}", status_code=303)
async def wish(
    request: AnyRequest,
    public_mailbox: NamedDependency[PublicMailbox],
    lang: FromPath[str],
    handover_id: FromPath[UUID],
) -> Page:
    """Tell a Stelle what the person wants from now on; twice is once."""

    async def answer(visit: Visit) -> Page:
        wanted = many(visit.entered, "mandates")
        if public_mailbox.mailbox.mandate_fault(wanted):
            return await _wish_page(visit, handover_id, wanted)
        opened = await public_mailbox.consents.look(visit.code)
        await _wish(visit, opened, consents.handover_of(opened, handover_id).stelle, wanted)
        return visit.done("wunsch")

    return await visit(request, public_mailbox, lang, answer)


async def _wish(visit: Visit, opened: Opened, stelle: str, wanted: tuple[str, ...]) -> None:
    """Keep a wish; one sent over an earlier one, as browsers let people do, is a new one.

    What is wanted already is not said again, so that sending twice is harmless all the same.
    """
    mailbox, message_id = visit.mailbox.mailbox, message_id_in(visit.entered)
    was_said = message_id in {note.message_id for note in opened.box.notes}
    try:
        await mailbox.wish(visit.code, stelle, uuid4() if was_said else message_id, wanted)
    except MessageIdUsed:
        await mailbox.wish(visit.code, stelle, uuid4(), wanted)


async def _wish_page(visit: Visit, handover_id: UUID, wrong: tuple[str, ...] | None = None) -> Page:
    opened, words = await visit.mailbox.consents.look(visit.code), visit.words
    stelle = consents.handover_of(opened, handover_id).stelle
    if not opened.has_conversation(stelle):
        raise NotGiven
    return visit.page(
        "wish",
        status=200 if wrong is None else 422,
        errors={} if wrong is None else {"mandates": "error.mandates.unknown"},
        name=words.stelle(stelle),
        options=[
            {"value": code, "label": words.text(f"code.mandate.{code}"), "hint": None}
            for code in words.city.codes.mandate
        ],
        wanted=opened.box.mandates(stelle) if wrong is None else wrong,
        history=shown.wishes(opened.box, stelle, words),
        message_id=message_id_in(visit.entered),
    )


HANDLERS: Final = (
    ask_withdraw,
    withdraw,
    ask_whom,
    choose,
    ask_give,
    give,
    ask_answer,
    answer_proposal,
    ask_wish,
    wish,
)
