"""A page as it was shown, with what is known about it beforehand."""

from typing import Literal, NamedTuple

from accessibility.rules.tree import Document

Side = Literal["public", "staff"]
Frame = Literal["public", "bare", "staff"]


class Language(NamedTuple):
    """How a language writes; *code* is the first part of the address."""

    code: str
    html: str
    dir: str
    error_prefix: str


class Page(NamedTuple):
    """What the rules look at.

    *is_fault*: it tells of something that went wrong with an entry, and its title says so.
    *hosts*: where links may lead, beside our own pages.
    """

    document: Document
    language: Language
    frame: Frame
    is_fault: bool
    hosts: frozenset[str]
