"""What the form's pages show: fields with their options, cards of Stellen, rows to check."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from markupsafe import Markup, escape

from adstelle.asking import form, questions
from adstelle.asking.questions import Answers, Field, Step
from adstelle.city import City
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.routing import Routing
from adstelle.files.store import File
from adstelle.web import dates
from adstelle.web.days import read_parts, typed_day
from adstelle.web.forms import many, one, typed
from adstelle.web.pages import Pages


class Option(msgspec.Struct, frozen=True):
    """One answer to choose."""

    value: str
    label: str
    hint: str | None = None


class DateEntry(msgspec.Struct, frozen=True):
    """The three parts of a date as they were typed."""

    day: str
    month: str
    year: str


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """One field as its macro wants it."""

    name: str
    kind: questions.Kind
    label: str
    hint: str | None
    options: tuple[Option, ...]
    value: Any
    is_heading: bool
    is_optional: bool
    most: int
    autocomplete: str | None


class Row(msgspec.Struct, frozen=True):
    """One line of the page on which everything is checked."""

    label: str
    value: Markup
    href: str | None
    change_hidden: str


class Words:
    """Labels in one language."""

    def __init__(self, pages: Pages, lang: str) -> None:
        self.city: City = pages.city
        self._pages = pages
        self.lang = lang

    def text(self, key: str, **values: object) -> str:
        """A text of this language."""
        return self._pages.text(self.lang, key, **values)

    def maybe(self, key: str) -> str | None:
        """A text, if there is one."""
        return self.text(key) if self.city.catalogue.has(key) else None

    def day(self, given: IncidentDate) -> str:
        """A day, a month or a year as it is written in this language."""
        return dates.incident_day(self._pages, self.lang, given)

    def label(self, field: Field, code: str) -> str:
        """What an answer is called."""
        if field.codes == "language":
            return self.city.catalogue.languages[code].name
        return self.text(self._label_key(field, code))

    def _label_key(self, field: Field, code: str) -> str:
        if code == questions.NOBODY:
            return "field.stellen.niemand"
        if field.codes == "chosen" or field.kind == "stellen":
            return self.city.stellen[code].name
        if isinstance(field.codes, tuple) or code == questions.INTERNET:
            return f"field.{field.name}.{code}"
        if field.codes == "district":
            return f"district.{code}"
        return f"code.{_kind(field)}.{code}"

    def key(self, field: Field, part: str, answers: Answers) -> str:
        """Name the text of a label, hint or short; some are others for whom it happened to."""
        own = f"field.{field.name}.own.{part}"
        speaks_to_them = questions.is_own(answers) and self.city.catalogue.has(own)
        return own if speaks_to_them else f"field.{field.name}.{part}"

    def title(self, step: Step, answers: Answers) -> str:
        """What a page is called: as its heading."""
        key = self.key(step.fields[0], "label", answers)
        return self.text(key if ".own." in key else f"step.{step.name}")

    def option(self, field: Field, code: str) -> Option:
        """An answer with its explanation, where it has one."""
        return Option(code, self.label(field, code), self.maybe(f"hint.{_kind(field)}.{code}"))


def _kind(field: Field) -> str:
    """The list of codes that a field's answers are from; its own name where it lists them."""
    if isinstance(field.codes, tuple):
        return field.name
    return "territory" if field.codes == "place" else field.codes


def views(step: Step, answers: Answers, words: Words, default_language: str) -> list[FieldView]:
    """The fields of a page, filled with what was typed."""
    return [
        FieldView(
            name=field.name,
            kind=field.kind,
            label=words.text(words.key(field, "label", answers)),
            hint=words.maybe(words.key(field, "hint", answers)),
            options=tuple(
                words.option(field, code) for code in form.codes_of(field, words.city, answers)
            )
            if field.codes
            else (),
            value=_value(field, answers, default_language),
            is_heading=position == 0 and len(step.fields) <= questions.MOST_UNDER_ONE_HEADING,
            is_optional=not field.required,
            most=field.most,
            autocomplete=field.autocomplete,
        )
        for position, field in enumerate(step.fields)
    ]


def _value(field: Field, answers: Answers, default_language: str) -> Any:
    if field.kind == "date":
        return DateEntry(*(one(answers, f"date-{part}") for part in ("tag", "monat", "jahr")))
    if field.kind in {"choices", "stellen"}:
        return many(answers, field.name)
    if field.kind == "long":
        return typed(answers, field.name)
    if field.name == "language":
        return one(answers, field.name) or default_language
    return one(answers, field.name)


def offered(routing: Routing) -> list[tuple[str, str]]:
    """The offers as pairs of Stelle and reason key."""
    return [(offer.stelle, offer.reason) for offer in routing.offers]


def rows(
    answers: Answers,
    words: Words,
    change: Callable[[Step], str | None],
    files: Sequence[File] = (),
) -> list[Row]:
    """Everything that was answered or could have been, to be checked before sending.

    *change* names the address at which a page's answers are changed.
    """
    return [
        Row(
            label=(label := words.text(words.key(field, "short", answers))),
            value=_files(files, words) if field.kind == "files" else _shown(field, answers, words),
            href=change(step),
            change_hidden=label,
        )
        for step in questions.path(answers)
        for field in step.fields
    ]


def _shown(field: Field, answers: Answers, words: Words) -> Markup:
    """An answer as safe HTML; what was typed keeps its lines and its own direction."""
    if field.kind == "date":
        return _day(answers, words)
    if field.kind == "tick":
        return escape(words.text("common.yes" if one(answers, field.name) else "common.no"))
    given = many(answers, field.name)
    if not given:
        return _nothing(words, "check.nobody" if field.codes == "chosen" else "check.nothing")
    if field.codes or field.kind == "stellen":
        known = [code for code in given if _is_known(field, code, words, answers)]
        return Markup("<br>").join(_labelled(field, code, words) for code in known)
    return Markup('<div class="typed" dir="auto">{}</div>').format(one(answers, field.name))


def _day(answers: Answers, words: Words) -> Markup:
    """A day as we understood it; as it was typed where we did not."""
    given = typed_day(answers, "date")
    if given.is_empty():
        return _nothing(words)
    parts = read_parts(given)
    if parts is None:
        return Markup('<bdi dir="ltr">{} {} {}</bdi>').format(given.day, given.month, given.year)
    return Markup("<bdi>{}</bdi>").format(words.day(IncidentDate(*parts)))


def _files(files: Sequence[File], words: Words) -> Markup:
    """The names of the files, one a line."""
    names = (Markup("<bdi>{}</bdi>").format(file.header.name) for file in files)
    return Markup("<br>").join(names) if files else _nothing(words, "check.no_files")


def _labelled(field: Field, code: str, words: Words) -> Markup:
    """An answer's name; a language is named in itself."""
    label = words.label(field, code)
    if field.codes != "language":
        return escape(label)
    language = words.city.catalogue.languages[code]
    return Markup('<span lang="{}" dir="{}">{}</span>').format(language.html, language.dir, label)


def _is_known(field: Field, code: str, words: Words, answers: Answers) -> bool:
    if field.kind == "stellen":
        return code == questions.NOBODY or code in words.city.stellen
    return code in form.codes_of(field, words.city, answers)


def _nothing(words: Words, key: str = "check.nothing") -> Markup:
    return escape(words.text(key))


def places(faults: Mapping[str, str]) -> dict[str, str]:
    """For each fault the page on which it is mended."""
    return {
        name: step.name
        for step in questions.STEPS
        for field in step.fields
        for name in (field.name,)
        if name in faults
    }


def all_faults(answers: Answers, city: City, today: date) -> form.Faults:
    """What is wrong on any page that this person is asked."""
    return {
        name: fault
        for step in questions.path(answers)
        for name, fault in form.step_faults(step, answers, city, today).items()
    }
