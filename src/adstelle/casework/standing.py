"""How a case came here, what was said to it, and where its referrals stand: ready for the page."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from markupsafe import Markup, escape

from adstelle.casework.service import Came, CaseFile, Note
from adstelle.casework.words import Row, Words, fact, typed
from adstelle.domain.handover import Scope, Standing
from adstelle.domain.referral import Proposal, Referral, Referring
from adstelle.domain.report import (
    Account,
    Act,
    MandateChanged,
    Message,
    ReferralAnswered,
    ReferralMade,
    ReferralProposed,
)
from adstelle.web.stellen import Card

KINDS: Final[Mapping[Standing | Proposal, str]] = {
    Standing.PROMISED: "info",
    Standing.TRIED: "warning",
    Standing.DELIVERED: "info",
    Standing.ACCEPTED: "success",
    Standing.REFUSED: "danger",
    Standing.WITHDRAWN: "info",
    Standing.ERASED: "info",
    Standing.DEAD: "danger",
    Proposal.ASKED: "info",
    Proposal.DECLINED: "warning",
    Proposal.AGREED: "success",
}


SEPARATOR: Final = Markup(" · ")


class ReferralShown(msgspec.Struct, frozen=True, kw_only=True):
    """One referral, in words. *others* are the Stellen the rules offer besides."""

    subject: UUID
    name: str
    state: str
    kind: str
    explained: str
    facts: Markup
    reason: str
    note: Markup
    wants_attention: bool
    is_dead: bool
    card: Card | None
    others: list[tuple[str, str]]


class MandateShown(msgspec.Struct, frozen=True):
    """What was wanted from a day on, and who wrote it down."""

    day: str
    author: str
    mandates: list[str]


def values(words: Words, file: CaseFile, stelle: str, today: date) -> dict[str, Any]:
    """What the page of a case shows of it, beside the report and the conversation."""
    shown = [_shown(words, file, each, today) for each in file.referrals]
    return {
        "came": came_rows(words, file),
        "came_note": typed(file.came.letter.note) if file.came.letter else "",
        "came_from": _came_from(words, file.came),
        "sender_card": words.card(file.came.sender) if file.came.sender else None,
        "decision": _decision(words, file.came),
        "referrals": shown,
        "attention": sum(each.wants_attention for each in shown),
        "mandates": [words.code("mandate", code) for code in file.mandates],
        "mandate_history": mandate_history(words, file, stelle),
        "is_counted": _scope(file) is Scope.STATISTICS,
        "can_write": not file.came.is_package,
        "arrival": arrival(words, file.account),
        "has_no_code": _has_no_code(file.account),
        "can_refer": file.account is not None and not file.came.is_package,
    }


def arrival(words: Words, account: Account | None) -> str:
    """How a report came that an adviser wrote down; empty for any other."""
    if account is None or account.taken is None:
        return ""
    source = words.text(f"taking.source.{account.taken.arrival}")
    return words.text("taking.case.came", source=source)


def _has_no_code(account: Account | None) -> bool:
    return account is not None and account.taken is not None and not account.taken.has_code


def came_rows(words: Words, file: CaseFile) -> list[Row]:
    """How the case came here: when, how, with what, by whom."""
    letter, came, scope = file.came.letter, file.came, _scope(file)
    is_unread = came.is_package and letter is None
    given = "" if is_unread else words.day(letter.given_on if letter else came.given_on)
    rows = [
        ("received", words.day(file.received_on)),
        ("given", given),
        ("way", words.text(f"referral.way.{letter.way}") if letter else ""),
        ("scope", words.text(f"referral.scope.{scope}") if scope else ""),
        ("from", fact(_came_from(words, came))),
    ]
    return named(words, rows)


def _scope(file: CaseFile) -> Scope | None:
    """How much was given; None where a package does not open."""
    if file.came.letter is not None:
        return file.came.letter.scope
    if file.account is None:
        return None
    return Scope.CONTACT if file.shares_contact else Scope.FACTS


def _came_from(words: Words, came: Came) -> str:
    code = (came.letter.referred_by if came.letter else None) or came.sender
    return words.stelle(code) if code else ""


def named(words: Words, rows: Iterable[tuple[str, str]]) -> list[Row]:
    """Give every row its label; what is not known is left out."""
    return [Row(words.text(f"referral.field.{name}"), value) for name, value in rows if value]


def _decision(words: Words, came: Came) -> dict[str, str]:
    reason = words.text(f"referral.reason.{came.reason}") if came.reason else ""
    return {"said": came.decision or "", "reason": reason}


def letter_rows(words: Words, own: str, referring: Referring) -> list[Row]:
    """The letter that goes with a referral, as its receiver reads it."""
    given = words.day(referring.given_on) if referring.given_on else ""
    rows = [
        ("from", fact(words.stelle(own))),
        ("given", given or words.text("referral.preview.given_later")),
        ("way", words.text(f"referral.way.{referring.way}")),
        ("scope", words.text(f"referral.scope.{referring.scope}")),
        ("note", typed(referring.note)),
    ]
    return named(words, rows)


def _shown(words: Words, file: CaseFile, each: Referral, today: date) -> ReferralShown:
    wants = each.wants_attention(today)
    return ReferralShown(
        subject=each.subject,
        name=words.stelle(each.stelle),
        state=_state(words, each),
        kind=KINDS[each.standing],
        explained=_explained(each),
        facts=_facts(words, each),
        reason=words.text(f"referral.reason.{each.reason}") if each.reason else "",
        note=typed(each.note),
        wants_attention=wants,
        is_dead=each.standing is Standing.DEAD,
        card=words.card(each.stelle),
        others=_others(words, file) if wants and each.standing is not Standing.DEAD else [],
    )


def _explained(each: Referral) -> str:
    """The name of the text that says what it means; who only counts decides nothing."""
    is_counted = each.scope is Scope.STATISTICS and each.standing is Standing.DELIVERED
    return "counted" if is_counted else each.standing


def _facts(words: Words, each: Referral) -> Markup:
    """When, how and with what, in one line."""
    facts = [
        words.day(each.on),
        words.text(f"referral.way.{each.way}") if each.way else "",
        words.text(f"referral.scope.{each.scope}") if each.scope else "",
    ]
    return SEPARATOR.join(Markup("<bdi>{}</bdi>").format(fact) for fact in facts if fact)


def _state(words: Words, each: Referral) -> str:
    if each.standing is Standing.TRIED:
        return words.text("referral.standing.tried", count=each.attempts)
    return words.text(f"referral.standing.{each.standing}")


def _others(words: Words, file: CaseFile) -> list[tuple[str, str]]:
    """Who else fits by the rules, and has not been given the case from here."""
    return [
        (choice.stelle, words.stelle(choice.stelle))
        for choice in file.choices
        if choice.reason and choice.asked_on is None
    ]


def mandate_history(words: Words, file: CaseFile, stelle: str) -> list[MandateShown]:
    """What was wanted from when on; only where it ever changed."""
    changes = [
        MandateShown(words.day(note.sent_on), _author(words, note, stelle), _codes(words, act))
        for note in file.notes
        if note.message is not None and isinstance(act := note.message.act, MandateChanged)
    ]
    if not changes or file.account is None:
        return []
    first = MandateShown(
        words.day(file.received_on),
        words.text("referral.mandate.report"),
        [words.code("mandate", code) for code in file.account.mandates],
    )
    return [first, *changes]


def _author(words: Words, note: Note, stelle: str) -> str:
    return words.text("staff.case.person") if note.from_person else words.stelle(stelle)


def _codes(words: Words, act: MandateChanged) -> list[str]:
    return [words.code("mandate", code) for code in act.mandates]


def said(words: Words, message: Message, conversation: Iterable[Note]) -> Markup:
    """A message of the conversation: what it does in our words, then what was typed."""
    if message.files:
        count = words.text("files.with_message", count=len(message.files))
        return typed(message.text) + Markup('<p class="act">{}</p>').format(count)
    if message.act is None:
        return typed(message.text)
    done = Markup('<p class="act">{}</p>').format(_act(words, message.act, conversation))
    return done + typed(message.text)


def _act(words: Words, act: Act, conversation: Iterable[Note]) -> Markup:
    match act:
        case MandateChanged():
            what = ", ".join(_codes(words, act)) or words.text("referral.mandate.none")
            return escape(words.text("referral.act.mandate", mandates=what))
        case ReferralProposed():
            return _with_note(words, words.text("referral.act.proposed", **_whom(words, act)), act)
        case ReferralMade():
            way = words.text(f"referral.way.{act.way}")
            values = _whom(words, act) | {"way": way, "day": words.day(act.given_on)}
            return _with_note(words, words.text("referral.act.made", **values), act)
        case ReferralAnswered():
            answer = "agreed" if act.agreed else "declined"
            return escape(
                words.text(f"referral.act.{answer}", name=_asked(words, act, conversation))
            )


def _whom(words: Words, act: ReferralProposed | ReferralMade) -> dict[str, str]:
    return {"name": words.stelle(act.stelle), "scope": words.text(f"referral.scope.{act.scope}")}


def _with_note(words: Words, text: str, act: ReferralProposed | ReferralMade) -> Markup:
    if not act.note:
        return escape(text)
    label = words.text("referral.act.note")
    return Markup('{}<br>{} <span class="typed" dir="auto">{}</span>').format(text, label, act.note)


def _asked(words: Words, answer: ReferralAnswered, conversation: Iterable[Note]) -> str:
    """Of which Stelle the person was asked."""
    for note in conversation:
        if note.message_id == answer.proposal and note.message is not None:
            act = note.message.act
            if isinstance(act, ReferralProposed):
                return words.stelle(act.stelle)
    return words.text("referral.act.unknown_stelle")
