"""The running figures in words: one unit at a time, and only what there is."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from adstelle.casework.running.service import Running
from adstelle.casework.words import Words
from adstelle.domain.case import State
from adstelle.domain.running import DIMS, UNSAID, Count, Dim, Figures, Unit

_QUESTIONS: Final = {
    Dim.GROUND: "grounds",
    Dim.FORM: "incident_type",
    Dim.AREA: "area_of_life",
    Dim.MANDATE: "mandate",
}


def values(words: Words, found: Running, unit: Unit, every_month: Sequence[date]) -> dict[str, Any]:
    """Everything the page says of the figures."""
    figures = found.figures
    total = figures.totals[unit]
    return {
        "total": total,
        "series": figures.series[unit],
        "units": [(each.value, figures.totals[each].total, each is unit) for each in Unit],
        "tables": [_table(words, figures, unit, dim, every_month) for dim in DIMS[unit]]
        if total.total
        else [],
        "campaigns": figures.campaigns if unit is Unit.CONTACTS else 0,
        "of_campaigns": figures.of_campaigns,
        "unknown": figures.unknown,
        "missing": found.missing,
    }


def months(words: Words, choices: Iterable[date]) -> list[dict[str, str]]:
    """Months to choose from."""
    return [{"value": f"{month:%Y-%m}", "label": words.month(month)} for month in choices]


def _table(
    words: Words, figures: Figures, unit: Unit, dim: Dim, every_month: Sequence[date]
) -> dict[str, Any]:
    """A table of one unit by one dimension. Series have their own column, where there are any."""
    with_series = figures.totals[unit].in_series > 0
    names = ["number", *(["in_series"] if with_series else [])]
    cells = figures.cells[unit, dim]
    return {
        "caption": words.text(f"running.by.{dim}"),
        "head": [
            words.text(f"running.column.{dim}"),
            *(words.text(f"running.column.{name}") for name in names),
        ],
        "rows": [
            [_label(words, dim, code), count.total, *([count.in_series] if with_series else [])]
            for code, count in _ordered(dim, cells, every_month)
        ],
    }


def _ordered(
    dim: Dim, cells: dict[str, Count], every_month: Sequence[date]
) -> list[tuple[str, Count]]:
    """Months in their order and each of them; everything else the most frequent first."""
    if dim is Dim.MONTH:
        named = (f"{month:%Y-%m}" for month in every_month)
        return [(month, cells.get(month, Count())) for month in named]
    return sorted(cells.items(), key=lambda cell: (cell[0] == UNSAID, -cell[1].total, cell[0]))


def _label(words: Words, dim: Dim, code: str) -> str:
    if code == UNSAID:
        return words.text("running.unsaid")
    if dim in _QUESTIONS:
        return words.code(_QUESTIONS[dim], code)
    match dim:
        case Dim.MONTH:
            return words.month(date.fromisoformat(f"{code}-01"))
        case Dim.DISTRICT:
            return words.district(code)
        case Dim.STATE:
            return words.state(State(code))
    return words.text(f"running.way.{code}")
