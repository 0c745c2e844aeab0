"""The rules of a city as a decision table in plain German: for advisers, for lawyers, for a file.

One table in three shapes: Markdown (docs/routing.md), a page that stands alone, and CSV. Markdown
names sets of answers and explains them below; the others spell every answer out.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from adstelle.city import GERMAN, City
from adstelle.finder import Written, read_finder
from adstelle.rulebook import SET, Asked, Rulebook, read_rulebook
from adstelle.toml_files import read_document
from adstelle.web.pages import environment

YES_NO: Final = frozenset({"online", "criminal_relevance", "resident"})
ASKED: Final = {
    "grounds": "Warum",
    "incident_type": "Was",
    "area_of_life": "In welchem Bereich",
    "territory": "Wo",
    "alleged_responsible": "Von wem",
    "online": "Im Internet",
    "reporter_role": "Wer meldet",
    "criminal_relevance": "Vielleicht eine Straftat",
    "resident": "Der betroffene Mensch lebt in der Stadt",
}
OFFER: Final = "Angebot"
NOT_OURS: Final = "Nicht zuständig"
SUBJECT: Final = "Thema"
ANYBODY: Final = "irgendeine Stelle"
YIELDS_TO: Final = "Tritt zurück, wenn schon angeboten"
KINDS: Final = {
    OFFER: "Die Stelle wird angeboten.",
    NOT_OURS: "Gilt nur, wenn keine Stelle angeboten wurde: Sie nennt, wer zuständig ist.",
    SUBJECT: "Kein Angebot: Das Thema wird zusätzlich vorgeschlagen, mit den Stellen, die helfen.",
}
INTRODUCTION: Final = (
    "Die Regeln stehen in der Reihenfolge, in der Menschen die Stellen sehen. Eine Regel gilt, "
    "wenn eine ihrer Bedingungen ganz zutrifft. Jede Stelle wird einmal angeboten, mit der "
    "Begründung der ersten Regel, die sie nennt. Eine Frage ohne Antwort zählt als "
    "„Das weiß ich nicht“.",
    "Angeboten heißt: Der Mensch wählt selbst, und ohne seine Zustimmung geht nichts hinaus.",
)
DELIMITER: Final = ";"  # what a spreadsheet in German expects
MARK: Final = "\ufeff"  # by it a spreadsheet knows that the text is UTF-8
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class Condition(msgspec.Struct, frozen=True):
    """What must hold together: each question with the answers that fit, in words."""

    parts: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def questions(self) -> Mapping[str, tuple[str, ...]]:
        return dict(self.parts)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, or one subject of the finder.

    *yields_to* are the Stellen that make the rule unnecessary where they were offered before.
    """

    name: str
    kind: str
    stellen: tuple[str, ...]
    reason: str
    yields_to: tuple[str, ...]
    conditions: tuple[Condition, ...]


class Table(msgspec.Struct, frozen=True):
    """The rules as written in the folder of a city without faults."""

    city: City
    book: Rulebook
    subjects: Written

    def rows(self) -> Iterator[Row]:
        """Every rule in order, then the subjects that are suggested to somebody."""
        for _, rule in self.book.written:
            yield Row(
                name=rule.id,
                kind=OFFER if rule.kind == "offer" else NOT_OURS,
                stellen=self._names(rule.stellen),
                reason=self._text(rule.reason),
                yields_to=self._names(rule.unless_offered) if rule.kind == "offer" else (ANYBODY,),
                conditions=tuple(map(self._condition, rule.when)),
            )
        known = {subject.code: subject for subject in self.city.subjects}
        for _, subject in self.subjects:
            if subject.when:
                yield Row(
                    name=self._text(known[subject.code].name),
                    kind=SUBJECT,
                    stellen=self._names(subject.stellen),
                    reason=self._text(known[subject.code].text),
                    yields_to=(),
                    conditions=tuple(map(self._condition, subject.when)),
                )

    def label(self, question: str, code: str) -> str:
        """An answer in the words of the form."""
        if question in YES_NO:
            return {"ja": "ja", "nein": "nein", "unklar": "nicht bekannt"}[code]
        return f"„{self._text(f'code.{question}.{code}')}“"

    def _condition(self, asked: Asked) -> Condition:
        return Condition(
            tuple(
                (
                    question,
                    tuple(self.label(question, code) for code in self._codes(question, words)),
                )
                for question, words in asked.items()
            )
        )

    def _codes(self, question: str, words: Iterable[str]) -> Iterator[str]:
        for word in words:
            if word.startswith(SET):
                yield from self.book.sets[question][word.removeprefix(SET)]
            else:
                yield word

    def _names(self, stellen: Iterable[str]) -> tuple[str, ...]:
        return tuple(self._text(self.city.stellen[code].name) for code in stellen)

    def _text(self, key: str) -> str:
        return self.city.catalogue.text(GERMAN, key)


def read_table(city: City, folder: Path) -> Table:
    """Read what *city*, loaded from *folder*, was written like."""
    book = read_rulebook(read_document(folder / "rules.toml", []), [])
    return Table(city, book, read_finder(read_document(folder / "finder.toml", []), []))


def as_html(table: Table, today: date) -> str:
    """Write a page that stands alone: no script, nothing loaded, readable and printable."""
    template = environment().get_template("routing_table.html")
    rows = list(table.rows())
    return template.render(
        city=table.city.catalogue.text(GERMAN, "city.name"),
        today=today.strftime("%d.%m.%Y"),
        introduction=INTRODUCTION,
        kinds=KINDS,
        asked=ASKED,
        yields_to=YIELDS_TO,
        rules=[row for row in rows if row.kind != SUBJECT],
        subjects=[row for row in rows if row.kind == SUBJECT],
    )


def as_csv(table: Table) -> str:
    """Write one line for each condition, a column for each question."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=DELIMITER)
    head = ("Nr.", "Regel", "Art", "Stellen", "Begründung", YIELDS_TO)
    writer.writerow((*head, "Bedingung", *ASKED.values()))
    for number, row in enumerate(table.rows(), start=1):
        about = (row.name, row.kind, "; ".join(row.stellen), row.reason, "; ".join(row.yields_to))
        for place, condition in enumerate(row.conditions, start=1):
            answers = (" oder ".join(condition.questions.get(asked, ())) for asked in ASKED)
            cells = (*about, f"{place} von {len(row.conditions)}", *answers)
            writer.writerow((number, *map(harmless, cells)))
    return MARK + written.getvalue()


def harmless(cell: str) -> str:
    """Keep a spreadsheet from taking a text for a formula: it is led by an apostrophe."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def as_markdown(table: Table) -> Iterator[str]:
    """Write a page of Markdown, line by line; sets keep their names and are explained below."""
    yield from (
        "# Wer wird wann angeboten?",
        "",
        "Diese Seite wird aus den Daten der Stadt erzeugt (`adstelle routing table`).",
        "Geändert wird dort, nicht hier. Kursive Wörter sind am Ende erklärt.",
    )
    for paragraph in INTRODUCTION:
        yield from ("", paragraph)
    whens = [rule.when for _, rule in table.book.written]
    whens += [subject.when for _, subject in table.subjects if subject.when]
    for row, when in zip(table.rows(), whens, strict=True):
        yield from _heading(row)
        for asked in when:
            parts = (
                f"**{ASKED[question]}:** {' oder '.join(_word(table, question, w) for w in words)}"
                for question, words in asked.items()
            )
            yield f"- {'; '.join(parts)}"
    yield from ("", "## Die kursiven Wörter", "")
    for question, named in table.book.sets.items():
        for name, codes in named.items():
            labels = ", ".join(table.label(question, code) for code in codes)
            yield f"- *{_spaced(name)}* ({ASKED[question]}): {labels}"


def _heading(row: Row) -> Iterator[str]:
    yield from ("", f"## {row.name}: {'; '.join(row.stellen)}", "")
    yield f"> {' '.join(row.reason.split())}"
    yield ""
    if row.kind != OFFER:
        yield from (KINDS[row.kind], "")
    elif row.yields_to:
        yield from (f"Nur wenn noch nicht angeboten: {'; '.join(row.yields_to)}.", "")


def _word(table: Table, question: str, word: str) -> str:
    if word.startswith(SET):
        return f"*{_spaced(word.removeprefix(SET))}*"
    return table.label(question, word)


def _spaced(name: str) -> str:
    return name.replace("_", " ")
