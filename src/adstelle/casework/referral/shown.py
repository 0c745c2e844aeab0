"""What the pages of a referral show: whom it can go to, and what that Stelle would get."""

from datetime import date
from typing import Any

import msgspec

from adstelle.casework import shown, standing
from adstelle.casework.referral import form
from adstelle.casework.referral.form import Entered
from adstelle.casework.referral.service import WORDING, Subject
from adstelle.casework.words import Option, Words, typed
from adstelle.domain.handover import Letter, Scope, Way
from adstelle.domain.masking import masked_package
from adstelle.domain.package import (
    NO_CARD,
    Cover,
    Package,
    account_of_package,
    contact_of_package,
    package_of,
)
from adstelle.domain.referral import SCOPES, Choice, Referring
from adstelle.domain.report import Contact


class Group(msgspec.Struct, frozen=True):
    """Choices under a heading of their own."""

    legend: str
    options: list[Option]


def form_values(words: Words, subject: Subject, entered: Entered) -> dict[str, Any]:
    """The form, as it was typed so far."""
    return {
        "groups": _groups(words, subject),
        "scopes": _scopes(words, subject),
        "shares_contact": subject.giver.shares_contact,
        "ways": [_option(words, "way_label", way, "way_hint") for way in form.WAYS],
        "given": entered,
        "masks": subject.masks,
        "most_note": form.MOST_NOTE,
        "most_text": form.MOST_TEXT,
    }


def _groups(words: Words, subject: Subject) -> list[Group]:
    offered = [each for each in subject.giver.choices if each.reason]
    others = [each for each in subject.giver.choices if not each.reason]
    groups = [
        Group(words.text("referral.form.offered"), [_stelle(words, each) for each in offered]),
        Group(words.text("referral.form.others"), [_stelle(words, each) for each in others]),
    ]
    return [group for group in groups if group.options]


def _stelle(words: Words, choice: Choice) -> Option:
    card = words.card(choice.stelle)
    hints = [words.text(choice.reason) if choice.reason else card.does if card else ""]
    if choice.asked_on is not None:
        hints.append(words.text("referral.form.asked_on", day=words.day(choice.asked_on)))
    return Option(choice.stelle, words.stelle(choice.stelle), "\n".join(hints))


def _scopes(words: Words, subject: Subject) -> list[Option]:
    possible = [s for s in SCOPES if s is not Scope.CONTACT or subject.giver.shares_contact]
    return [_option(words, "scope_label", scope, "scope_hint") for scope in possible]


def _option(words: Words, labels: str, code: str, hints: str) -> Option:
    return Option(
        code, words.text(f"referral.{labels}.{code}"), words.text(f"referral.{hints}.{code}")
    )


def told(words: Words, referring: Referring) -> str:
    """What the person is told before any words of an adviser: that it was done, how to undo it."""
    if referring.given_on is None:
        return ""
    return words.text(
        "referral.told",
        name=words.stelle(referring.stelle),
        way=words.text(f"referral.way.{referring.way}"),
        day=words.day(referring.given_on),
        scope=words.text(f"referral.scope.{referring.scope}"),
    )


def preview_values(
    words: Words, own: str, subject: Subject, referring: Referring
) -> dict[str, Any]:
    """Exactly what the receiver would get, read from the very package that would be made."""
    package = _package(subject, referring)
    account, contact = account_of_package(package), contact_of_package(package)
    goes_here = words.works_here(referring.stelle)
    return {
        "name": words.stelle(referring.stelle),
        "is_asked": referring.way is Way.MAILBOX,
        "way": words.text(f"referral.way.{referring.way}"),
        "day": words.day(referring.given_on) if referring.given_on else "",
        "letter": standing.letter_rows(
            words, own, msgspec.structs.replace(referring, note=package.note)
        ),
        "is_masked": bool(referring.masked),
        "is_counted": referring.scope is Scope.STATISTICS,
        "account": typed(account.account),
        "rows": shown.report_rows(words, account),
        "with_contact": referring.scope is Scope.CONTACT,
        "contact": shown.contact_rows(words, contact) if contact else [],
        "has_files": subject.has_files,
        "files_go_along": goes_here
        and referring.scope is not Scope.STATISTICS
        and not referring.masked,
        "is_mandate_changed": subject.mandates != subject.account.mandates,
    }


def _package(subject: Subject, referring: Referring) -> Package:
    """A package as the consent allows it; one for a Stelle here holds the same."""
    day = referring.given_on or date.min
    cover = Cover(package_id=NO_CARD, made_on=day, referred_by=None)
    letter = Letter(
        scope=referring.scope,
        wording=WORDING,
        given_on=day,
        way=referring.way,
        note=referring.note if referring.scope is not Scope.STATISTICS else "",
    )
    whole = package_of(cover, letter, subject.account, subject.contact or Contact(), ())
    return masked_package(whole, subject.masks) if referring.masked else whole
