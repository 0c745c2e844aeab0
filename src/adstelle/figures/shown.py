"""A release as a page shows it: every number with its words, every withheld one in words alone."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

import msgspec
from babel.numbers import format_decimal

from adstelle.figures.service import Release
from adstelle.releases.publication import GERMAN, Headline, Period, Unit, Words
from adstelle.releases.tables import TOTAL, Count, Layout, Standing, Table
from adstelle.web import dates
from adstelle.web.pages import Pages

PATTERNS: Final = 6  # how many columns differ in their pattern; then they begin anew
ALIKE: Final = 3  # days: years of 365 and 366 days are of the same length
WIDTH: Final = 100.0  # of a bar or a line, in its own units
HEIGHT: Final = 40.0
_SIMPLE: Final = "de-simple"


class Said(msgspec.Struct, frozen=True):
    """A text of a publication; *lang* where it is not in the language of the page."""

    text: str
    lang: str = ""


class Figure(msgspec.Struct, frozen=True):
    """A count in words; *bar*: how long, 0 to 100, or none; *pattern*: 1 to `PATTERNS`."""

    text: str
    is_published: bool
    bar: float | None = None
    pattern: int = 1


class ShownHeadline(msgspec.Struct, frozen=True):
    title: Said | None
    unit: str
    figure: Figure
    note: Said | None


class ShownLine(msgspec.Struct, frozen=True):
    label: Said
    is_total: bool
    figures: tuple[Figure, ...]


class ShownTable(msgspec.Struct, frozen=True):
    """*head*: the row's dimension, then columns; *alternative*: what the bars show, in words."""

    id: str
    title: Said
    unit: str
    head: tuple[Said, ...]
    lines: tuple[ShownLine, ...]
    alternative: str
    note: Said | None
    holds_withheld: bool


class Point(msgspec.Struct, frozen=True):
    """One period of a line over the years; *x*, *y* in the units of the drawing."""

    period: str
    figure: Figure
    x: float
    y: float | None
    is_break: bool
    reason: Said | None


class YearLine(msgspec.Struct, frozen=True):
    """*strokes*: from point to point where they can be compared; *breaks*: where they cannot."""

    title: Said | None
    unit: str
    points: tuple[Point, ...]
    strokes: tuple[tuple[float, float, float, float], ...]
    breaks: tuple[float, ...]


class Shower:
    """Shows releases in one language."""

    def __init__(self, pages: Pages, lang: str) -> None:
        self._pages = pages
        self._lang = lang
        self._city = pages.text(lang, "city.name")

    def text(self, key: str, **values: object) -> str:
        return self._pages.text(self._lang, f"figures.{key}", **values)

    def said(self, words: Words) -> Said:
        """A text in the reader's language, in German where there is none."""
        if self._lang in words:
            return Said(words[self._lang])
        return Said(words[GERMAN], "" if self._lang == _SIMPLE else GERMAN)

    def period(self, period: Period) -> str:
        return self.text("period", first=self._day(period.since), last=self._day(period.to))

    def day(self, release: Release) -> str:
        return self._day(release.published_on)

    def cut_off(self, release: Release) -> str:
        return self._day(release.publication.cut_off)

    def _day(self, given: date) -> str:
        """A day whose number stays with its month at the end of a line."""
        return dates.day(self._pages, self._lang, given).replace(". ", ".\u00a0")

    def number(self, number: int) -> str:
        babel = self._pages.city.catalogue.languages[self._lang].babel
        return str(format_decimal(number, locale=babel.replace("-", "_")))

    def figure(self, count: Count, *, most: int = 0, pattern: int = 1) -> Figure:
        if count.number is None:
            return Figure(self.text(f"standing.{count.standing}"), is_published=False)
        number = self.number(count.number)
        if count.base is not None:
            number = self.text("rounded", number=number)
        bar = round(WIDTH * count.number / most, 1) if most else None
        return Figure(number, is_published=True, bar=bar, pattern=pattern)

    def unit(self, unit: Unit) -> str:
        return self.text(f"unit.{unit}", city=self._city)

    def headlines(self, release: Release) -> list[ShownHeadline]:
        return [
            ShownHeadline(
                title=self.said(it.title) if it.title else None,
                unit=self.unit(it.unit),
                figure=self.figure(release.layout.headline(it)),
                note=self.said(it.note) if it.note else None,
            )
            for it in release.publication.headline
        ]

    def tables(self, release: Release) -> list[ShownTable]:
        return [self._table(release.layout, table) for table in release.layout.tables]

    def _table(self, layout: Layout, table: Table) -> ShownTable:
        plan = table.plan
        most = max((number for _, number in _inner(table)), default=0)
        words = layout.publication.dims
        head = [self.said(words[plan.rows].title)]
        head += [self.label(layout, plan.columns, code) for code in table.columns]
        if not table.columns:
            head.append(Said(self.text("years.number")))
        standings = {count.standing for line in table.lines for count in line.counts}
        return ShownTable(
            id=plan.id,
            title=self.said(plan.title),
            unit=self.unit(plan.unit),
            head=tuple(head),
            lines=tuple(
                self._line(layout, table, number, most) for number in range(len(table.lines))
            ),
            alternative=self._alternative(layout, table),
            note=self.said(plan.note) if plan.note else None,
            holds_withheld=Standing.WITHHELD in standings,
        )

    def _line(self, layout: Layout, table: Table, number: int, most: int) -> ShownLine:
        line = table.lines[number]
        columns = table.columns or ("",)
        return ShownLine(
            label=self.label(layout, table.plan.rows, line.code),
            is_total=line.code == TOTAL,
            figures=tuple(
                self.figure(
                    count,
                    most=0 if TOTAL in (line.code, column) else most,
                    pattern=place % PATTERNS + 1,
                )
                for place, (column, count) in enumerate(zip(columns, line.counts, strict=True))
            ),
        )

    def label(self, layout: Layout, dim: str | None, code: str) -> Said:
        if code == TOTAL or dim is None:
            return Said(self.text("total"))
        return self.said(layout.publication.dims[dim].labels[code])

    def _alternative(self, layout: Layout, table: Table) -> str:
        """What somebody who sees the bars sees at once."""
        found = sorted(_inner(table), key=lambda it: -it[1])
        if not found:
            return self.text("bars.none")
        code, number = found[0]
        names = [self.label(layout, table.plan.rows, code[0])]
        if code[1]:
            names.append(self.label(layout, table.plan.columns, code[1]))
        label = ", ".join(it.text for it in names)
        return self.text("bars.longest", label=label, number=self.number(number))

    # Over the years ---------------------------------------------------------------------------

    def lines(self, release: Release, all_releases: Sequence[Release]) -> list[YearLine]:
        """For each headline that has a series: the same in earlier releases, oldest first."""
        earlier = [it for it in all_releases if it.number <= release.number]
        earlier.sort(key=lambda it: (it.publication.period.since, it.number))
        found = (
            (headline, _series(headline, earlier)) for headline in release.publication.headline
        )
        return [self._years(headline, it) for headline, it in found if len(it) > 1]

    def _years(self, headline: Headline, series: list[tuple[Release, Headline]]) -> YearLine:
        counts = [release.layout.headline(it) for release, it in series]
        most = max((it.number or 0 for it in counts), default=0)
        points = tuple(
            self._point(series, place, count, most) for place, count in enumerate(counts)
        )
        return YearLine(
            title=self.said(headline.title) if headline.title else None,
            unit=self.unit(headline.unit),
            points=points,
            strokes=tuple(
                (one.x, one.y, other.x, other.y)
                for one, other in pairwise(points)
                if one.y is not None and other.y is not None and not other.is_break
            ),
            breaks=tuple(
                round((one.x + other.x) / 2, 1) for one, other in pairwise(points) if other.is_break
            ),
        )

    def _point(
        self, series: list[tuple[Release, Headline]], place: int, count: Count, most: int
    ) -> Point:
        release, _ = series[place]
        reason = self._break(series, place)
        y = None if count.number is None or not most else HEIGHT * (1 - 0.9 * count.number / most)
        return Point(
            period=self.period(release.publication.period),
            figure=self.figure(count),
            x=round(WIDTH * (place + 0.5) / len(series), 1),
            y=None if y is None else round(y, 1),
            is_break=reason is not None,
            reason=reason,
        )

    def _break(self, series: list[tuple[Release, Headline]], place: int) -> Said | None:
        """Why a point cannot be compared with the one before it; None if it can."""
        if not place:
            return None
        release, headline = series[place]
        if headline.starts_anew:
            return self.said(headline.starts_anew)
        before = series[place - 1][0].publication.period
        if abs(_days(release.publication.period) - _days(before)) > ALIKE:
            return Said(self.text("years.other_length"))
        return None


def _days(period: Period) -> int:
    return (period.to - period.since).days


def _series(headline: Headline, releases: Sequence[Release]) -> list[tuple[Release, Headline]]:
    if headline.series is None:
        return []
    return [
        (release, it)
        for release in releases
        for it in release.publication.headline
        if it.series == headline.series
    ]


def _inner(table: Table) -> Iterator[tuple[tuple[str, str], int]]:
    """Published counts that are no totals, with row and column."""
    for line in table.lines:
        for column, count in zip(table.columns or ("",), line.counts, strict=True):
            if count.number is not None and TOTAL not in (line.code, column):
                yield (line.code, column), count.number
