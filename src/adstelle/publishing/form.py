"""What people type on the pages of drafts."""

from calendar import monthrange
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from adstelle.domain.private import Private
from adstelle.publishing.service import Frame
from adstelle.releases.publication import GERMAN, Words
from adstelle.releases.words import tells_more
from adstelle.web.days import TypedDay, read_parts, typed_day
from adstelle.web.forms import Entries, many, one
from adstelle.web.guard import message_id_in

MOST_TEXT: Final = 2000

Faults = dict[str, str]


class Asked(Private, frozen=True, kw_only=True):
    """The period as it was typed."""

    since: TypedDay
    until: TypedDay
    message_id: UUID

    def faults(self, today: date, planned: date | None) -> Faults:
        """What is wrong with it, by field. *planned*: since when a plan holds."""
        since, until = _month(self.since), _month(self.until)
        given = {"since": since, "until": until}
        found = {name: "missing" for name, value in given.items() if value is None}
        if since and planned and since < planned:
            found["since"] = "unplanned"
        if since and until and until < since:
            found["until"] = "order"
        elif until and _last(until) > today:
            found["until"] = "running"
        return found

    def frame(self, today: date) -> Frame:
        """From the first to the last day, as of today; only for a form without faults.

        Cards have no history: what is counted is how things stand now.
        """
        since, until = _month(self.since), _month(self.until)
        if since is None or until is None:
            raise ValueError("the form has faults")
        return since, _last(until), today


def asked(entries: Entries) -> Asked:
    """Take what was typed, right or wrong."""
    return Asked(
        since=typed_day(entries, "since"),
        until=typed_day(entries, "until"),
        message_id=message_id_in(entries),
    )


def proposed(today: date, planned: date | None, message_id: UUID) -> Asked:
    """The last whole year; where the plan is younger, the whole months since it holds."""
    since, until = date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)
    if planned and since < planned:
        since, until = planned, max(planned, today.replace(day=1) - timedelta(days=1))
    return Asked(since=_typed(since), until=_typed(until), message_id=message_id)


def _typed(day: date) -> TypedDay:
    return TypedDay(month=str(day.month), year=str(day.year))


def _month(typed: TypedDay) -> date | None:
    """The first day of a month."""
    _, month, year = read_parts(typed) or (None, None, None)
    if month is None or year is None:
        return None
    try:
        return date(year, month, 1)
    except ValueError:
        return None


def _last(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


def _text_fault(text: str, counts: Collection[int]) -> str | None:
    if len(text) > MOST_TEXT:
        return "words.too_long"
    return "words.number" if tells_more(text, counts) else None


class Worded(Private, frozen=True):
    """Words beside the numbers as they were typed, by field: `changes_de`, `notes_ar` and so on."""

    typed: Mapping[str, str]
    sha256: str

    def words(self, question: str) -> Words:
        """What was typed for one question, by language."""
        start = f"{question}_"
        return {
            name.removeprefix(start): text
            for name, text in self.typed.items()
            if name.startswith(start) and text
        }

    def faults(self, counts: Collection[int]) -> Faults:
        """What is wrong with it: field and key of the fault. *counts*: what is published."""
        found = {
            name: fault for name, text in self.typed.items() if (fault := _text_fault(text, counts))
        }
        for question in QUESTIONS:
            words = self.words(question)
            if words and GERMAN not in words:
                found[f"{question}_{GERMAN}"] = "words_de.missing"
        return found


QUESTIONS: Final = ("changes", "notes")


def fields(languages: Collection[str]) -> list[str]:
    """The fields of the form of words: German first."""
    ordered = sorted(languages, key=lambda lang: lang != GERMAN)
    return [f"{question}_{lang}" for lang in ordered for question in QUESTIONS]


def worded(entries: Entries, languages: Collection[str]) -> Worded:
    """Take what was typed, right or wrong."""
    typed = {name: one(entries, name) for name in fields(languages)}
    return Worded(typed, one(entries, "sha256"))


class Taken(Private, frozen=True, kw_only=True):
    """Numbers that no longer stand, and why, as it was typed."""

    cells: tuple[str, ...] = ()
    reason: str = ""
    message_id: UUID

    def faults(self, counts: Collection[int]) -> Faults:
        """What is wrong with it: field and key of the fault. *counts*: what is published."""
        found = {} if self.cells else {"cells": "cells.missing"}
        if not self.reason:
            found["reason"] = "reason.missing"
        elif fault := _text_fault(self.reason, counts):
            found["reason"] = fault
        return found


def taken(entries: Entries) -> Taken:
    """Take what was typed, right or wrong."""
    return Taken(
        cells=many(entries, "cells"),
        reason=one(entries, "reason"),
        message_id=message_id_in(entries),
    )
