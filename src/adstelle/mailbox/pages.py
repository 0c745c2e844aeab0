"""What the mailbox's pages show, ready for the templates."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

import msgspec
from markupsafe import Markup, escape

from adstelle.domain.consent import WORDING
from adstelle.domain.handover import Erasure, Letter, Scope, Standing, Way
from adstelle.domain.package import (
    NO_CARD,
    Cover,
    account_of_package,
    contact_of_package,
    package_of,
)
from adstelle.domain.report import (
    MandateChanged,
    ReferralAnswered,
    ReferralMade,
    ReferralProposed,
)
from adstelle.mailbox.box import Box, Note, Proposal, Recipient
from adstelle.mailbox.consents import note_of, proposal_obstacle, proposals, scope_of
from adstelle.mailbox.opened import Opened
from adstelle.mailbox.words import Row, Words, lines, typed
from adstelle.web.stellen import Card, cards

KINDS: Final = {
    Standing.PROMISED: "info",
    Standing.TRIED: "warning",
    Standing.DELIVERED: "info",
    Standing.ACCEPTED: "success",
    Standing.REFUSED: "warning",
    Standing.WITHDRAWN: "info",
    Standing.ERASED: "info",
    Standing.DEAD: "danger",
}
ALONE: Final = {Standing.REFUSED, Standing.DEAD}  # here the person has to go on themselves


class NoteView(msgspec.Struct, frozen=True):
    """One message."""

    author: str
    day: str
    text: str
    own: bool
    was_read: bool


class ProposalView(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal as it is asked. *obstacle* says why it cannot be agreed to now."""

    proposal_id: UUID
    title: str
    card: Card
    scope: str
    note: str
    agreed: bool | None
    obstacle: str


class StelleView(msgspec.Struct, frozen=True, kw_only=True):
    """A Stelle that was given the report: where that stands, and what can be done."""

    code: str
    handover_id: UUID
    name: str
    tag: str
    kind: str
    says: tuple[str, ...]
    is_alone: bool
    is_living: bool
    card: Card | None
    agreed: list[Row]
    proposals: list[ProposalView]
    notes: list[NoteView]
    can_write: bool
    can_wish: bool


def stellen(opened: Opened, words: Words) -> list[StelleView]:
    """Everybody who was ever given the report, once each."""
    return [_stelle(opened, row, words) for row in opened.box.latest()]


def _stelle(opened: Opened, row: Recipient, words: Words) -> StelleView:
    is_here, is_alone = works_here(words, row.stelle), row.standing in ALONE
    return StelleView(
        code=row.stelle,
        handover_id=row.handover_id,
        name=words.stelle(row.stelle),
        tag=words.text(f"consent.tag.{row.standing}"),
        kind=KINDS[row.standing],
        says=tuple(_says(row, words, works_here=is_here)),
        is_alone=is_alone,
        is_living=row.is_living,
        card=card_of(words, row.stelle) if is_alone or not is_here else None,
        agreed=agreed(opened, row, words),
        proposals=[
            proposal_view(opened, proposal, words)
            for proposal in proposals(opened)
            if proposal.by == row.stelle
        ],
        notes=[_note(note, words) for note in opened.box.conversation(row.stelle)],
        can_write=opened.has_conversation(row.stelle) and row.standing is not Standing.DEAD,
        can_wish=opened.has_conversation(row.stelle),
    )


def works_here(words: Words, stelle: str) -> bool:
    """Whether a Stelle works here; the city may no longer know it."""
    known = words.city.stellen.get(stelle)
    return known is not None and known.works_here


def card_of(words: Words, stelle: str) -> Card | None:
    """A Stelle with what it does and how to reach it; None where the city no longer knows it."""
    found = [(stelle, "")] if stelle in words.city.stellen else []
    return next(iter(cards(found, words.pages, words.lang)), None)


def _says(row: Recipient, words: Words, *, works_here: bool) -> Iterator[str]:
    """Where a hand-over stands, and what to do now."""
    if row.erased_on is not None:
        yield words.text("mailbox.delivery.erased", day=words.day(row.erased_on))
        return
    if row.withdrawn_on is not None:
        yield words.text("mailbox.delivery.withdrawn", day=words.day(row.withdrawn_on))
        yield erased(row.erasure, words, works_here=works_here)
        return
    if row.standing is not Standing.DELIVERED or row.state is None:
        yield words.text(f"mailbox.delivery.{row.standing}", count=row.attempts)
    if row.standing is Standing.REFUSED:
        yield words.text(f"consent.reason.{row.reason or 'none'}")
    elif row.state is not None:
        yield words.text(f"mailbox.state.{row.state}")
    yield from wish_to_erase(row, words)
    if row.standing in ALONE:
        yield words.text(f"consent.alone.{row.standing}")
    elif not works_here:
        yield words.text("consent.elsewhere")


def wish_to_erase(row: Recipient, words: Words) -> Iterator[str]:
    """What became of the wish that this Stelle erases everything."""
    task = row.task
    if task is None:
        return
    if task.refusal is not None:
        yield words.text("retention.task.refused", name=words.stelle(row.stelle))
        yield words.text(f"retention.refusal.{task.refusal}")
    elif task.is_granted:
        yield words.text("retention.task.granted")
    else:
        asked, answer_by = words.day(task.asked_on), words.day(task.answer_by)
        yield words.text("retention.task.asked", day=asked, answer_by=answer_by)


def erased(erasure: Erasure | None, words: Words, *, works_here: bool) -> str:
    """What became of the copy of a Stelle that lost the consent."""
    where = "here" if works_here else "elsewhere"
    return words.text(f"consent.erasure.{erasure or Erasure.NOTHING}.{where}")


def agreed(opened: Opened, row: Recipient, words: Words) -> list[Row]:
    """What the person agreed to with a Stelle."""
    rows = dict(_letter(row.letter, words)) if row.letter else {}
    scope = rows.pop("scope", words.text("consent.agreed.unknown"))
    shown = {"scope": scope, "day": words.day(row.given_on)} | rows
    if row.is_living:
        shown["wish"] = lines(words.mandates(opened.box.mandates(row.stelle)))
    return [Row(words.text(f"consent.agreed.{name}"), escape(said)) for name, said in shown.items()]


def _letter(letter: Letter, words: Words) -> Iterator[tuple[str, str]]:
    """What was written down; of the first reports only the day."""
    yield "scope", words.scope(letter.scope)
    yield "way", words.text(f"consent.way.{letter.way}")
    if letter.referred_by:
        yield "referred_by", words.stelle(letter.referred_by)
    if letter.note:
        yield "note", typed(letter.note)
    yield "wording", letter.wording


def wishes(box: Box, stelle: str, words: Words) -> list[NoteView]:
    """What the person wanted when, newest first."""
    return [
        NoteView(
            author=words.text("mailbox.you") if wish.own else words.stelle(stelle),
            day=words.day(wish.since),
            text="\n".join(words.mandates(wish.mandates)),
            own=wish.own,
            was_read=False,
        )
        for wish in reversed(box.wishes(stelle))
    ]


def proposal_view(opened: Opened, proposal: Proposal, words: Words) -> ProposalView:
    """A proposal with everything that saying yes would pass on."""
    obstacle = None if proposal.agreed is not None else proposal_obstacle(opened, proposal)
    (card,) = cards([(proposal.stelle, "")], words.pages, words.lang)
    return ProposalView(
        proposal_id=proposal.proposal_id,
        title=words.text("consent.proposal.title", name=words.stelle(proposal.stelle)),
        card=card,
        scope=words.scope(scope_of(opened, proposal)),
        note=note_of(proposal),
        agreed=proposal.agreed,
        obstacle=words.text(f"consent.obstacle.{obstacle}") if obstacle else "",
    )


def _note(note: Note, words: Words) -> NoteView:
    said = (_act(note, words), note.message.text, _with_files(note, words))
    return NoteView(
        author=words.text("mailbox.you") if note.own else words.stelle(note.stelle),
        day=words.day(note.sent_on),
        text=words.text("mailbox.unopenable")
        if note.is_unopenable
        else "\n\n".join(filter(None, said)),
        own=note.own,
        was_read=note.was_read,
    )


def _with_files(note: Note, words: Words) -> str:
    """How many files came with a message."""
    count = len(note.message.files)
    return words.text("files.with_message", count=count) if count else ""


def _act(note: Note, words: Words) -> str:
    """What a message does, in a sentence."""
    match note.message.act:
        case MandateChanged(mandates=mandates):
            wanted = "\n".join(words.mandates(mandates))
            return f"{words.text('consent.act.wish')}\n{wanted}"
        case ReferralProposed(stelle=stelle):
            return words.text("consent.act.proposed", name=words.stelle(stelle))
        case ReferralAnswered(agreed=agreed):
            return words.text(f"consent.act.{'agreed' if agreed else 'declined'}")
        case ReferralMade(stelle=stelle):
            return words.text("consent.act.made", name=words.stelle(stelle))
        case None:
            return ""


def passed_on(opened: Opened, words: Words, scope: Scope) -> list[Row]:
    """Everything that a Stelle would be given: read from the very package that one would get."""
    box = opened.box
    cover = Cover(package_id=NO_CARD, made_on=box.received_on, referred_by=None)
    letter = Letter(scope=scope, wording=WORDING, given_on=box.received_on, way=Way.MAILBOX)
    package = package_of(cover, letter, box.account, box.contact, ())
    return words.report(account_of_package(package), contact_of_package(package))


def reachable(opened: Opened) -> Markup:
    """The contact in one line, as the person left it."""
    contact = opened.box.contact
    left = (contact.name, contact.address_as, contact.mail, contact.phone)
    return Markup(" · ").join(Markup("<bdi>{}</bdi>").format(part) for part in left if part)
