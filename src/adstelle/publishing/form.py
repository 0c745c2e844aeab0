"""What people type on the pages of drafts."""

from calendar import monthrange
from collections.abc import Collection, Mapping
from datetime import date
from typing import Final
from uuid import UUID

from adstelle.domain.private import Private
from adstelle.publishing.service import Frame
from adstelle.releases.publication import GERMAN, Words
from adstelle.web.days import TypedDay, read_day, read_parts, typed_day
from adstelle.web.forms import Entries, many, one
from adstelle.web.guard import message_id_in

MOST_TEXT: Final = 2000

Faults = dict[str, str]


class Asked(Private, frozen=True, kw_only=True):
    """The period and the cut-off day as they were typed."""

    since: TypedDay
    until: TypedDay
    cut_off: TypedDay
    message_id: UUID

    def faults(self, today: date) -> Faults:
        """What is wrong with it: field and name of the fault."""
        since, until, cut_off = _month(self.since), _month(self.until), read_day(self.cut_off)
        given = {"since": since, "until": until, "cut_off": cut_off}
        found = {name: "missing" for name, value in given.items() if value is None}
        if since and until and until < since:
            found["until"] = "order"
        if cut_off and cut_off > today:
            found["cut_off"] = "future"
        elif cut_off and until and cut_off < _last(until):
            found["cut_off"] = "early"
        return found

    def frame(self) -> Frame:
        """From the first to the last day; only for a form without faults."""
        since, until, cut_off = _month(self.since), _month(self.until), read_day(self.cut_off)
        if since is None or until is None or cut_off is None:
            raise ValueError("the form has faults")
        return since, _last(until), cut_off


def asked(entries: Entries) -> Asked:
    """Take what was typed, right or wrong."""
    return Asked(
        since=typed_day(entries, "since"),
        until=typed_day(entries, "until"),
        cut_off=typed_day(entries, "cut_off"),
        message_id=message_id_in(entries),
    )


def proposed(today: date, message_id: UUID) -> Asked:
    """The last whole year, as of today."""
    year = str(today.year - 1)
    return Asked(
        since=TypedDay(month="1", year=year),
        until=TypedDay(month="12", year=year),
        cut_off=TypedDay(str(today.day), str(today.month), str(today.year)),
        message_id=message_id,
    )


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

    def faults(self) -> Faults:
        """What is wrong with it: field and key of the fault."""
        found = {
            name: "words.too_long" for name, text in self.typed.items() if len(text) > MOST_TEXT
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

    def faults(self) -> Faults:
        """What is wrong with it: field and key of the fault."""
        found = {} if self.cells else {"cells": "cells.missing"}
        if not self.reason:
            found["reason"] = "reason.missing"
        elif len(self.reason) > MOST_TEXT:
            found["reason"] = "words.too_long"
        return found


def taken(entries: Entries) -> Taken:
    """Take what was typed, right or wrong."""
    return Taken(
        cells=many(entries, "cells"),
        reason=one(entries, "reason"),
        message_id=message_id_in(entries),
    )
