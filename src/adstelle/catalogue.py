"""Every text a person reads, by language and key; checked as a whole before any is shown."""

import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec
from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal

from adstelle.toml_files import DataError, Document, Fault, Keys, read_document

CATEGORIES = frozenset({"zero", "one", "two", "few", "many", "other"})
META = "meta"

Status = Literal["native", "machine-drafted", "not-yet-checked-by-pruefgruppe"]


class CatalogueError(DataError):
    """Texts that are missing, malformed or different from language to language."""


class Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a language names itself, is written, and how far its texts have been checked."""

    name: str
    dir: Literal["ltr", "rtl"]
    babel: str
    html: str
    status: Status


class Entry(msgspec.Struct, frozen=True):
    """A text as written: its plural forms (a plain text has only `other`) and its place."""

    forms: dict[str, str]
    document: Document
    keys: Keys

    def fault(self, message: str) -> Fault:
        return self.document.fault(self.keys, f"text {'.'.join(self.keys)}: {message}")

    @property
    def is_plural(self) -> bool:
        return len(self.forms) > 1


Entries = dict[str, Entry]


class _Number(msgspec.Struct, frozen=True):
    """A number as a language writes it, and the plural form it takes."""

    written: str
    form: str


@lru_cache(maxsize=2048)
def _number(babel: str, number: int) -> _Number:
    locale = Locale.parse(babel, sep="-")
    return _Number(format_decimal(number, locale=locale), locale.plural_form(number))


class Catalogue(msgspec.Struct, frozen=True):
    """The texts of all languages. Every language has every key, with the same placeholders."""

    languages: dict[str, Language]
    texts: dict[str, dict[str, dict[str, str]]]

    def text(self, lang: str, key: str, **values: object) -> str:
        """Fill in the text *key*; `count` chooses the plural form. KeyError for unknown keys.

        Numbers are written as the language writes them: 20.000, 20,000.
        """
        forms = self.texts[lang][key]
        if len(forms) == 1 and not any(isinstance(value, int) for value in values.values()):
            return forms["other"].format_map(values)
        babel = self.languages[lang].babel
        written = {
            name: _number(babel, value).written if isinstance(value, int) else value
            for name, value in values.items()
        }
        if len(forms) == 1:
            return forms["other"].format_map(written)
        count = values["count"]
        if not isinstance(count, int):
            raise TypeError("count must be a whole number")
        return forms[_number(babel, count).form].format_map(written)

    def has(self, key: str) -> bool:
        """Whether *key* exists; the answer is the same in every language."""
        return any(key in texts for texts in self.texts.values())


class Reading(msgspec.Struct, frozen=True):
    """What was read: the texts, and those that a later layer added without replacing any."""

    catalogue: Catalogue
    added: tuple[Entry, ...]


def load_catalogue(layers: Sequence[Path], languages: Sequence[str]) -> Catalogue:
    """Read *layers* of texts, later ones over earlier ones; raise every fault at once."""
    faults: list[Fault] = []
    catalogue = read_catalogue(layers, languages, faults).catalogue
    if faults:
        raise CatalogueError(faults)
    return catalogue


def read_catalogue(
    layers: Sequence[Path], languages: Sequence[str], faults: list[Fault]
) -> Reading:
    """Read *layers* of texts; what is wrong with them is added to *faults*."""
    entries: dict[str, Entries] = {}
    known: dict[str, Language] = {}
    added: list[Entry] = []
    for lang in languages:
        documents = [list(_documents(layer, lang, faults)) for layer in layers]
        language = _language(lang, documents, layers, faults)
        if language is not None:
            known[lang] = language
        entries[lang] = _merged(documents, added, faults)
    faults.extend(_differences(entries))
    faults.extend(_wrong_forms(entries, known))
    texts = {
        lang: {key: entry.forms for key, entry in found.items()} for lang, found in entries.items()
    }
    return Reading(Catalogue(known, texts), tuple(added))


def placeholders(text: str) -> frozenset[str]:
    """Name the placeholders of a text. ValueError if one is more than a plain name."""
    names = set()
    for _, name, spec, conversion in string.Formatter().parse(text):
        if name is None:
            continue
        if spec or conversion or not name.isidentifier():
            raise ValueError(f"placeholder {{{name}}} must be a plain name")
        names.add(name)
    return frozenset(names)


def _documents(layer: Path, lang: str, faults: list[Fault]) -> Iterator[Document]:
    """A layer keeps a language in one file or in a folder of files."""
    single = layer / f"{lang}.toml"
    paths = [single] if single.exists() else sorted((layer / lang).glob("*.toml"))
    if single.exists() and (layer / lang).exists():
        faults.append(Fault(str(single), 1, f"there is a folder {lang} too: remove one"))
    if not paths:
        faults.append(Fault(str(single), 1, f"no texts in language {lang}"))
    for path in paths:
        yield read_document(path, faults)


def _language(
    lang: str, documents: list[list[Document]], layers: Sequence[Path], faults: list[Fault]
) -> Language | None:
    for document in (document for layer in documents for document in layer):
        if META in document.tables:
            try:
                language = msgspec.convert(document.tables[META], Language)
                Locale.parse(language.babel, sep="-")
            except (msgspec.ValidationError, UnknownLocaleError, ValueError) as error:
                faults.append(document.fault((META,), f"language {lang}: {error}"))
                return None
            return language
    faults.append(Fault(str(layers[0] / lang / "meta.toml"), 1, f"language {lang}: no [meta]"))
    return None


def _merged(documents: list[list[Document]], added: list[Entry], faults: list[Fault]) -> Entries:
    merged: Entries = {}
    for number, layer in enumerate(documents):
        found: Entries = {}
        for document in layer:
            for entry in _entries(document, (), document.tables, faults):
                key = ".".join(entry.keys)
                if key in found:
                    faults.append(entry.fault("is written twice"))
                found[key] = entry
        if number:
            added.extend(entry for key, entry in found.items() if key not in merged)
        merged |= found
    return merged


def _entries(
    document: Document, above: Keys, table: Mapping[str, Any], faults: list[Fault]
) -> Iterator[Entry]:
    for name, value in table.items():
        keys = (*above, name)
        if keys == (META,):
            continue
        if isinstance(value, str):
            yield Entry({"other": value.strip()}, document, keys)
        elif not isinstance(value, dict):
            faults.append(document.fault(keys, f"text {'.'.join(keys)}: is not a text"))
        elif _is_plural(value):
            yield Entry({form: str(text).strip() for form, text in value.items()}, document, keys)
        else:
            yield from _entries(document, keys, value, faults)


def _is_plural(table: Mapping[str, Any]) -> bool:
    return "other" in table and table.keys() <= CATEGORIES and len(table) > 1


def _differences(entries: Mapping[str, Entries]) -> Iterator[Fault]:
    """Compare the languages: the same keys, the same placeholders."""
    every: Entries = {}
    for found in entries.values():
        for key, entry in found.items():
            every.setdefault(key, entry)
    for key, first in every.items():
        for lang, found in entries.items():
            if key not in found:
                yield first.fault(f"is missing in language {lang}")
            elif _names(found[key], first) != _names(first, found[key]):
                expected = ", ".join(sorted(_names(first, first) or ())) or "none"
                yield found[key].fault(f"placeholders must be the same everywhere: {expected}")


def _names(entry: Entry, other: Entry) -> frozenset[str] | None:
    """The placeholders of a text; where one of the two is a plural, the number may be left out."""
    try:
        names = frozenset().union(*map(placeholders, entry.forms.values()))
    except ValueError:
        return None
    return names - {"count"} if entry.is_plural or other.is_plural else names


def _wrong_forms(
    entries: Mapping[str, Entries], languages: Mapping[str, Language]
) -> Iterator[Fault]:
    """Check each text by itself: not empty, readable placeholders, the plurals of its language."""
    for lang, found in entries.items():
        needed = _plurals(languages.get(lang))
        for entry in found.values():
            if not all(entry.forms.values()):
                yield entry.fault("is empty")
            yield from _malformed(entry)
            if entry.is_plural and needed and entry.forms.keys() != needed:
                yield entry.fault(f"plural forms must be {', '.join(sorted(needed))}")


def _plurals(language: Language | None) -> frozenset[str]:
    if language is None:
        return frozenset()
    return frozenset({*Locale.parse(language.babel, sep="-").plural_form.tags, "other"})


def _malformed(entry: Entry) -> Iterable[Fault]:
    for text in entry.forms.values():
        try:
            placeholders(text)
        except ValueError as error:
            yield entry.fault(str(error))
