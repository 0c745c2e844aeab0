"""A draft as pages show it: as everybody will see it, and with what will be missing and why."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from babel.numbers import format_decimal

from adstelle.figures.service import Release as ShownRelease
from adstelle.figures.shown import Figure, Said, Shower
from adstelle.publishing.kept import Cell, Choice, Outcome, Reason, Share
from adstelle.publishing.service import Overview, Seen, numbered
from adstelle.publishing.store import Draft, State
from adstelle.releases import rules
from adstelle.releases.publication import Period, Publication
from adstelle.releases.store import Release
from adstelle.releases.tables import Count, Layout, Standing
from adstelle.web import dates
from adstelle.web.pages import Pages

STEPS = ("opening", "counting", "protecting", "auditing")
COUNTED = ("opening", "counting")  # steps of which somebody knows how far they are


class InnerCount(Count, frozen=True):
    """A count that knows its cell, and what was counted there."""

    cell: str = ""
    counted: Cell | None = None


class InnerLayout(Layout):
    """A publication laid out with what was counted beside what is published."""

    def __init__(
        self,
        publication: Publication,
        withdrawn: Collection[str] = (),
        counted: Mapping[str, Cell] | None = None,
    ) -> None:
        self._counted = counted or {}
        super().__init__(publication, withdrawn)

    def _count(self, cell_id: str) -> Count:
        found = super()._count(cell_id)
        return InnerCount(
            found.standing, found.number, found.base, cell_id, self._counted.get(cell_id)
        )


class InnerShower(Shower):
    """Shows what is withheld with its number and one of two marks."""

    def figure(self, count: Count, *, most: int = 0, pattern: int = 1) -> Figure:
        counted = count.counted if isinstance(count, InnerCount) else None
        if count.standing is not Standing.WITHHELD or counted is None or counted.withheld is None:
            return super().figure(count, most=most, pattern=pattern)
        key = f"publishing.preview.{counted.withheld}"
        text = self._pages.text(self._lang, key, number=self.number(counted.value))
        return Figure(text, is_published=False)


class Number(msgspec.Struct, frozen=True):
    """One published number with what it says, for somebody who takes it back."""

    cell: str
    table: Said
    what: tuple[Said, ...]
    number: str


class Words:
    """Drafts and releases in one reader's language."""

    def __init__(self, pages: Pages, lang: str) -> None:
        self._pages = pages
        self._lang = lang
        self.shower = Shower(pages, lang)

    def text(self, key: str, **values: object) -> str:
        """A text in the reader's language."""
        return self._pages.text(self._lang, f"publishing.{key}", **values)

    def number(self, number: int) -> str:
        """A whole number as the language writes it."""
        babel = self._pages.city.catalogue.languages[self._lang].babel
        return str(format_decimal(number, locale=babel.replace("-", "_")))

    def day(self, given: date) -> str:
        """A day as the language writes it."""
        return dates.day(self._pages, self._lang, given)

    def what(self, draft: Draft, made: Publication | None = None) -> str:
        """What a draft is of."""
        if draft.kind == "correction":
            period = made.period if made else None
            return (
                self.text("correction", period=self.shower.period(period))
                if period
                else self.text("act.corrected")
            )
        since, until = draft.period_from, draft.period_to
        if since is None or until is None:
            raise AssertionError("the database holds a period of every such draft")
        return self.text("figures", period=self.shower.period(Period(since, until)))

    # Lists ----------------------------------------------------------------------------------

    def overview(self, found: Overview) -> dict[str, Any]:
        """What the first page shows."""
        corrections = {it.number for it in found.releases if _read(it).withdraws}
        return {
            "drafts": [self.draft_line(it) for it in found.drafts if it.state != State.PUBLISHED],
            "releases": [
                {
                    "number": it.number,
                    "what": self.release(it),
                    "day": self.day(it.published_on),
                    "is_correction": it.number in corrections,
                }
                for it in found.releases
            ],
            "log": [
                {
                    "name": it.name,
                    "what": self.text(f"act.{it.act}"),
                    "release": it.release,
                    "moment": dates.moment(self._pages, self._lang, it.done_at),
                }
                for it in found.log
            ],
        }

    def draft_line(self, draft: Draft) -> dict[str, Any]:
        """One draft in a list."""
        made = None if draft.publication is None else _publication(draft.publication)
        return {
            "draft_id": draft.draft_id,
            "what": self.what(draft, made),
            "state": draft.state.value,
            "state_words": self.text(f"state.{draft.state}"),
            "maker": draft.maker,
            "handed_name": draft.handed_name,
            "moment": dates.moment(self._pages, self._lang, draft.made_at),
        }

    def release(self, release: Release) -> str:
        """What a release is of."""
        made = _read(release)
        key = "release_correction" if made.withdraws else "release"
        return self.text(key, number=release.number, period=self.shower.period(made.period))

    # One draft ------------------------------------------------------------------------------

    def progress(self, draft: Draft) -> str:
        """How far the work is, in one sentence or two."""
        step = draft.step
        if step not in STEPS:
            return self.text("progress.starting")
        n = STEPS.index(step) + 1
        told = self.text("progress.step", n=n, m=len(STEPS), what=self.text(f"progress.{step}"))
        if step in COUNTED and draft.total:
            done, total = self.number(draft.done or 0), self.number(draft.total)
            told += " " + self.text("progress.so_far", done=done, total=total)
        return told

    def comparing(self, draft: Draft) -> str:
        """How many coarser groups are tried."""
        done, total = self.number(draft.done or 0), self.number(draft.total or 0)
        return self.text("choice.comparing", done=done, total=total)

    def reasons(self, given: Sequence[str]) -> list[Said]:
        """Why something is not published: ours in every language, the auditor's as they are."""
        ours = {it.value for it in Reason}
        return [Said(self.text(f"reason.{it}")) if it in ours else Said(it, "de") for it in given]

    def shares(self, outcome: Outcome, made: Publication) -> list[list[Any]]:
        """What stays visible, by table and in all."""
        titles = {it.id: self.shower.said(it.title) for it in made.tables}
        rows = [
            [titles[name], *self._share(share)]
            for name, share in outcome.shares.items()
            if name in titles
        ]
        everything = outcome.shares.get("")
        if everything is not None:
            rows.append([Said(self.text("share.all")), *self._share(everything)])
        return rows

    def _share(self, share: Share) -> tuple[str, str]:
        return (
            self._of(share.cells_shown, share.cells),
            self._of(share.cases_shown, share.cases),
        )

    def _of(self, shown: int, of: int) -> str:
        return self.text("share.of", shown=self.number(shown), all=self.number(of))

    def methods(self, outcome: Outcome) -> list[list[str]]:
        """What hiding costs beside other ways: exact numbers, distance, small counts narrowed."""
        babel = self._pages.city.catalogue.languages[self._lang].babel.replace("-", "_")
        return [
            [
                self.text(f"method.{it.method}"),
                self._of(it.exact, it.cells),
                str(format_decimal(round(it.error / max(it.cells, 1), 1), locale=babel)),
                self._of(it.narrowed, it.small),
            ]
            for it in outcome.methods
        ]

    def choices(self, given: Sequence[Choice]) -> list[dict[str, Any]]:
        """Coarser groups, with the text that names them and what would be visible."""
        return [
            {
                "place": place,
                "is_possible": it.share is not None,
                "merges": bool(it.to),
                "what": self._choice(it),
                "visible": self._visible(it.share),
            }
            for place, it in enumerate(given)
        ]

    def _visible(self, share: Share | None) -> str:
        if share is None:
            return self.text("choice.none")
        return self.text("choice.visible", share=self._of(share.cells_shown, share.cells))

    def _choice(self, choice: Choice) -> str:
        title, to = self.shower.said(choice.title).text, self.shower.said
        if not choice.to:
            return self.text("choice.out", title=title)
        return self.text("choice.to", title=title, groups=to(choice.to).text)

    # Previews -------------------------------------------------------------------------------

    def preview(self, seen: Seen, today: date, *, inside: bool = False) -> dict[str, Any]:
        """What the template of a release needs, for one that is none yet."""
        made, draft = seen.made, seen.draft
        if made is None or draft.publication is None or draft.sha256 is None:
            raise AssertionError("only what has a publication is looked at")
        counted = {it.cell: it for it in seen.outcome.counted} if inside else {}
        now = ShownRelease(
            number=len(seen.releases) + 1,
            published_on=today,
            content=draft.publication,
            sha256=draft.sha256,
            publication=made,
            layout=InnerLayout(made, counted=counted) if inside else Layout(made),
        )
        shower = InnerShower(self._pages, self._lang) if inside else self.shower
        return {
            "shower": shower,
            "release": now,
            "headlines": shower.headlines(now),
            "tables": shower.tables(now),
            "lines": shower.lines(now, [*_shown(seen.releases), now]),
            "taken_back": self.taken_back(seen),
        }

    def taken_back(self, seen: Seen) -> list[Number]:
        """The numbers that a correction takes back."""
        if seen.made is None:
            return []
        of = {it.number: it for it in seen.releases}
        return [
            number
            for release in sorted({it.release for it in seen.made.withdraws})
            for number in self.numbers(of[release], seen.releases)
            if number.cell in {it.cell for it in seen.made.withdraws if it.release == release}
        ]

    def numbers(self, release: Release, releases: Sequence[Release]) -> list[Number]:
        """Every number of a release that stands, each once, with what it says."""
        made = _read(release)
        layout = InnerLayout(made, rules.withdrawn(release.number, numbered(releases)))
        found: dict[str, Number] = {}
        for number in self._numbers(layout):
            found.setdefault(number.cell, number)
        return list(found.values())

    def options(self, release: Release, releases: Sequence[Release]) -> list[dict[str, str]]:
        """The same to choose from."""
        return [
            {
                "value": it.cell,
                "label": f"{it.table.text}: {' × '.join(w.text for w in it.what)} ({it.number})",
                "hint": "",
            }
            for it in self.numbers(release, releases)
        ]

    def _numbers(self, layout: InnerLayout) -> Iterator[Number]:
        made, said = layout.publication, self.shower.said
        for headline in made.headline:
            what = said(headline.title) if headline.title else Said(self.shower.unit(headline.unit))
            title = Said(self.text("correct.headline"))
            yield from self._number(layout.headline(headline), title, what)
        for table in layout.tables:
            for line in table.lines:
                for place, count in enumerate(line.counts):
                    names = [self.shower.label(layout, table.plan.rows, line.code)]
                    if table.columns:
                        column = table.columns[place]
                        names.append(self.shower.label(layout, table.plan.columns, column))
                    yield from self._number(count, said(table.plan.title), *names)

    def _number(self, count: Count, table: Said, *what: Said) -> Iterator[Number]:
        if isinstance(count, InnerCount) and count.number is not None:
            yield Number(count.cell, table, what, self.number(count.number))


def _publication(content: bytes) -> Publication:
    return msgspec.json.decode(content, type=Publication)


def _read(release: Release) -> Publication:
    return _publication(release.content)


def _shown(releases: Sequence[Release]) -> list[ShownRelease]:
    every = numbered(releases)
    return [
        ShownRelease(
            number=row.number,
            published_on=row.published_on,
            content=row.content,
            sha256=row.sha256,
            publication=made,
            layout=Layout(made, rules.withdrawn(row.number, every)),
        )
        for row, (_, made) in zip(releases, every, strict=True)
    ]
