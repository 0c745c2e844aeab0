"""Which two cases may belong together, and why. It only ever hints: a person decides.

Two cases are compared by what was told and by what the Stelle noted. Each thing they have in common
is a reason with points. Reasons that many cases share by chance (ground, area of life, kind of
opponent, district) never make a hint by themselves; it takes one that few share by chance, too.
Words count only where few cases of the Stelle have them, and never those of its own building
blocks. Below ten cases nobody can say which words are rare, and then none counts.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from adstelle.domain.private import Private
from adstelle.domain.record import Record
from adstelle.domain.report import Account
from adstelle.domain.search import GERMAN, Term, day_term, stems, words_of

SHORTEST: Final = 4  # letters; shorter words are everybody's
MOST_WORDS: Final = 100  # of a case that are looked up, the longest first: these are rarest
ENOUGH: Final = 10  # cases, before rare means anything
FEW: Final = 2  # cases are few, however small the Stelle is …
SHARE: Final = 0.02  # … and so is this part of its cases
SOME_WORDS: Final = 4  # rare words in common; by chance two long accounts share one or two
MANY_WORDS: Final = 8
NEAR: Final = 3  # days in which people tell of the same incident and remember it differently
CLOSE: Final = 14  # days
LEAST: Final = 6  # points


class Why(StrEnum):
    """What two cases have in common."""

    SAME_DAY = "same_day"
    NEAR_DAYS = "near_days"
    CLOSE_DAYS = "close_days"
    SAME_TIME = "same_time"  # as far as anybody knows: the month, not the day
    PLACE = "place"
    USUAL_PLACE = "usual_place"  # one that many cases name
    DISTRICT = "district"
    BODY = "body"
    MANY_WORDS = "many_words"
    SOME_WORDS = "some_words"
    RESPONSIBLE = "responsible"
    GROUND = "ground"
    AREA = "area"


POINTS: Final[Mapping[Why, int]] = MappingProxyType(
    {
        Why.SAME_DAY: 4,  # of a hundred cases a year one or two fall on a day
        Why.NEAR_DAYS: 3,
        Why.CLOSE_DAYS: 2,
        Why.SAME_TIME: 1,
        Why.PLACE: 4,
        Why.USUAL_PLACE: 1,
        Why.DISTRICT: 1,
        Why.BODY: 4,  # an adviser wrote the name down for both
        Why.MANY_WORDS: 5,
        Why.SOME_WORDS: 3,
        Why.RESPONSIBLE: 1,
        Why.GROUND: 1,
        Why.AREA: 1,
    }
)
# What few cases share by chance. A hint needs one of these.
TELLING: Final = frozenset({Why.SAME_DAY, Why.PLACE, Why.BODY, Why.MANY_WORDS, Why.SOME_WORDS})


class Kind(StrEnum):
    """What two cases may be: told of the same incident, or of several that belong together."""

    INCIDENT = "incident"
    SERIES = "series"


class Traits(Private, frozen=True, kw_only=True):
    """What a case is compared by. *words*, *place* and *body* are folded and cut the German way,
    whatever the language: so any two cases can be compared.
    """

    span: tuple[date, date] | None = None
    place: frozenset[str] = frozenset()
    district: str | None = None
    body: frozenset[str] = frozenset()
    responsible: str | None = None
    area: str | None = None
    grounds: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    @property
    def exact(self) -> date | None:
        """The day of the incident, where it is known."""
        return self.span[0] if self.span and self.span[0] == self.span[1] else None


class Known(Private, frozen=True, kw_only=True):
    """How many cases of the Stelle there are (*size*), and how many of them have a term.

    A term that is not in *cases* is one that no other case has, or far too many.
    """

    size: int
    cases: Mapping[Term, int]

    def is_rare(self, term: Term) -> bool:
        """Whether so few cases have it that two of them hardly do so by chance."""
        found = self.cases.get(term)
        if found is None or self.size < ENOUGH:
            return False
        return found <= max(FEW, int(self.size * SHARE))


class Reason(Private, frozen=True, kw_only=True):
    """One thing that two cases have in common. *number*: how many days lie between, or how many
    words it is; *codes*: the grounds.
    """

    why: Why
    number: int = 0
    codes: tuple[str, ...] = ()


class Hint(Private, frozen=True, kw_only=True):
    """Two cases may belong together: as what, how much speaks for it, and why."""

    kind: Kind
    points: int
    reasons: tuple[Reason, ...]


def cut(text: str) -> frozenset[str]:
    """The words of a text as they are compared."""
    return frozenset(stems(words_of(text), GERMAN))


def traits_of(account: Account, record: Record | None, templates: frozenset[str]) -> Traits:
    """What a case is compared by: what the person told, and what the Stelle noted of it.

    What the Stelle assessed holds before what was named. The words of its *templates* are left out.
    """
    noted, answers = record or Record(), account.answers
    place = cut(account.place)
    told = cut(f"{account.account}\n{account.ground_words}")
    return Traits(
        span=account.date.span,
        place=place,
        district=account.district,
        body=cut(noted.responsible_name),
        responsible=noted.responsible or answers.alleged_responsible,
        area=noted.area or answers.area_of_life,
        grounds=frozenset(noted.grounds or answers.grounds),
        words=frozenset(word for word in told - place - templates if len(word) >= SHORTEST),
    )


def sought(traits: Traits) -> list[Term]:
    """What other cases are looked up by: the days around, place, body and the longest words.

    A body that one case names in its record may stand in another one's account.
    """
    days = [
        day_term(traits.exact + timedelta(days=apart))
        for apart in range(-NEAR, NEAR + 1)
        if traits.exact is not None
    ]
    words = sorted(traits.words, key=lambda word: (-len(word), word))[:MOST_WORDS]
    return [
        *days,
        *(("place", word) for word in sorted(traits.place)),
        *(("body", word) for word in sorted(traits.body)),
        *(("word", word) for word in dict.fromkeys([*sorted(traits.body), *words])),
    ]


def hint(one: Traits, other: Traits, known: Known) -> Hint | None:
    """Say whether two cases may belong together. None where too little speaks for it."""
    reasons = tuple(_reasons(one, other, known))
    points = sum(POINTS[reason.why] for reason in reasons)
    if points < LEAST or TELLING.isdisjoint(reason.why for reason in reasons):
        return None
    return Hint(kind=_kind(one, other, reasons), points=points, reasons=reasons)


def _kind(one: Traits, other: Traits, reasons: Iterable[Reason]) -> Kind:
    """Days apart it was another incident; where no day is known, only the same words say so."""
    apart = _apart(one, other)
    whys = {reason.why for reason in reasons}
    if apart is None:
        return Kind.INCIDENT if Why.MANY_WORDS in whys else Kind.SERIES
    return Kind.INCIDENT if apart <= NEAR else Kind.SERIES


def _reasons(one: Traits, other: Traits, known: Known) -> Iterable[Reason]:
    yield from _time(one, other)
    yield from _place(one, other, known)
    if one.body and one.body == other.body:
        yield Reason(why=Why.BODY)
    elif one.responsible and one.responsible == other.responsible:
        yield Reason(why=Why.RESPONSIBLE)
    words = sum(known.is_rare(("word", word)) for word in one.words & other.words)
    if words >= SOME_WORDS:
        yield Reason(why=Why.MANY_WORDS if words >= MANY_WORDS else Why.SOME_WORDS, number=words)
    if grounds := one.grounds & other.grounds:
        yield Reason(why=Why.GROUND, codes=tuple(sorted(grounds)))
    if one.area and one.area == other.area:
        yield Reason(why=Why.AREA)


def _time(one: Traits, other: Traits) -> Iterable[Reason]:
    apart = _apart(one, other)
    if apart is None:
        if (
            one.span
            and other.span
            and max(one.span[0], other.span[0]) <= min(one.span[1], other.span[1])
        ):
            yield Reason(why=Why.SAME_TIME)
    elif apart == 0:
        yield Reason(why=Why.SAME_DAY)
    elif apart <= CLOSE:
        yield Reason(why=Why.NEAR_DAYS if apart <= NEAR else Why.CLOSE_DAYS, number=apart)


def _apart(one: Traits, other: Traits) -> int | None:
    """The days between; None where one of the two is not known."""
    if one.exact is None or other.exact is None:
        return None
    return abs((one.exact - other.exact).days)


def _place(one: Traits, other: Traits, known: Known) -> Iterable[Reason]:
    if any(known.is_rare(("place", word)) for word in one.place & other.place):
        yield Reason(why=Why.PLACE)
    elif one.place and one.place == other.place:
        yield Reason(why=Why.USUAL_PLACE)
    elif one.district and one.district == other.district:
        yield Reason(why=Why.DISTRICT)
