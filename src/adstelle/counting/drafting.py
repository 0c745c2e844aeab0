"""A draft of a release, with what whoever holds the cards may see of it.

Counted as the plan says, protected, written with the plan's words, and audited together with
everything published before. What fails has reasons in words that name tables and never a count.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from adstelle.auditing import reading
from adstelle.auditing.judging import Answer, Options, audit
from adstelle.auditing.model import TooLarge
from adstelle.auditing.reading import BadInput
from adstelle.auditing.solving import Unproven
from adstelle.counting.plan import (
    Alternative,
    Laid,
    Plan,
    alternatives,
    laid,
)
from adstelle.counting.scheme import Level, TablePlan
from adstelle.counting.tabulation import (
    Contradicted,
    Tabulated,
    tabulate,
)
from adstelle.counting.units import BadCards, Frame, NotWhole, Snapshot, snapshot
from adstelle.counting.writing import cells_of, titles, written
from adstelle.disclosure import problem as problems
from adstelle.disclosure.answer import answer
from adstelle.disclosure.certificate import NotProven
from adstelle.disclosure.problem import BadProblem, Problem
from adstelle.disclosure.solver import NotSolved
from adstelle.domain.counting import AssessedCard
from adstelle.domain.private import Private
from adstelle.releases import checking, rules
from adstelle.releases.publication import GERMAN, Publication
from adstelle.releases.rules import Numbered


class Step(StrEnum):
    """What is being worked on, in this order."""

    OPENING = "opening"
    COUNTING = "counting"
    PROTECTING = "protecting"
    AUDITING = "auditing"
    COMPARING = "comparing"  # what coarser groups would show


class Progress(msgspec.Struct, frozen=True):
    """How far a step is: *done* of *of*; None where nobody knows the end."""

    step: Step
    done: int = 0
    of: int | None = None


class Withheld(StrEnum):
    """Why a count is not published. Only whoever holds the cards may see the difference."""

    FEW = "few"  # too few cases, people or incidents, or nearly all about one body
    PROTECTS = "protects"  # another one would follow from it


class Counted(Private, frozen=True):
    """One cell as it was counted; *withheld* is None where it is published."""

    cell: str
    value: int
    withheld: Withheld | None = None


class Share(msgspec.Struct, frozen=True):
    """How much of something stays visible: cells, and the cases in them."""

    cells: int
    cells_shown: int
    cases: int
    cases_shown: int


class Draft(Private, frozen=True, kw_only=True):
    """What came of an attempt. *publication* is None where it failed; then *reasons* say why.

    *shares*: what stays visible, by table and in all ("" is all). *snapshot*: SHA-256 of everything
    that was counted; the same snapshot, plan, merges and seed give the same bytes.
    """

    publication: Publication | None
    reasons: tuple[str, ...] = ()
    counted: tuple[Counted, ...] = ()
    shares: dict[str, Share] = msgspec.field(default_factory=dict)
    merges: dict[str, str] = msgspec.field(default_factory=dict)
    plan: str = ""
    snapshot: bytes = b""


Told = Callable[[Progress], None]
AGAIN: Final = (
    "Für diesen Zeitraum sind schon Zahlen veröffentlicht. Sie stimmen nicht mehr mit dem überein, "
    "was jetzt gezählt wurde. Ein Zeitraum wird nur einmal gezählt; was falsch ist, wird "
    "zurückgezogen."
)
OTHERWISE: Final = (
    "In einem Zeitraum, der sich überschneidet, ist „{title}“ schon anders eingeteilt "
    "veröffentlicht. Beides zusammen könnte kleine Zahlen verraten."
)
CHANGED: Final = (
    "„{title}“ hat andere Werte als in einer früheren Veröffentlichung. Was anders eingeteilt "
    "wird, braucht im Plan einen neuen Namen."
)
TOO_NEW: Final = "Der Plan gilt noch nicht für diesen Zeitraum: Er muss vorher feststehen."
FEW: Final = (
    "Für „{title}“ gibt es zu wenige Fälle oder Menschen; ohne diese Zahl erscheint nichts."
)
UNSAFE: Final = (
    "„{title}“ lässt sich so nicht schützen: Aus den anderen Zahlen ließe sich eine kleine Zahl "
    "ausrechnen. Gröbere Gruppen helfen, oder diese Tabelle bleibt weg."
)
TOGETHER: Final = (
    "„{title}“ würde zusammen mit dem, was schon veröffentlicht ist, eine kleine Zahl verraten."
)
IMPOSSIBLE: Final = "Der Plan nennt unmöglich, was vorkommt: {title}. Er muss geändert werden."
UNPROVEN: Final = (
    "Es ließ sich nicht beweisen, dass die Zahlen geschützt sind. Deshalb erscheint nichts."
)
MONTHS: Final = "Gezählt wird in ganzen Monaten."
CARDS: Final = "Die Zählkarten lassen sich so nicht zählen: Eine kommt zweimal vor."
CUT_OFF: Final = "Der Stichtag liegt vor dem Ende des Zeitraums."


class _Failed(Exception):
    """Why there is no publication, in words."""

    def __init__(self, *reasons: str) -> None:
        super().__init__()
        self.reasons = reasons


def draft(  # noqa: PLR0913  what is counted, how, beside what, and who hears of it
    plan: Plan, cards: Iterable[AssessedCard], frame: Frame, *, seed: bytes,
    earlier: Sequence[Numbered] = (), merges: Mapping[str, str] | None = None,
    progress: Told = lambda _: None,
) -> Draft:  # fmt: skip
    """Count the cards, once and in any order, and draft what may be published of them.

    *seed*: a secret that chooses a few more cells to hide. *earlier*: everything published so far.
    Raises `UnknownMerge`; everything else that goes wrong is a reason.
    """
    merges = dict(merges or {})
    laid(plan, merges)
    try:
        taken = snapshot(plan, cards, frame, lambda done: progress(Progress(Step.COUNTING, done)))
    except NotWhole:
        return Draft(publication=None, reasons=(MONTHS,), merges=merges)
    except BadCards:
        return Draft(publication=None, reasons=(CARDS,), merges=merges)
    return drafted(plan, taken, seed=seed, earlier=earlier, merges=merges, progress=progress)


def drafted(  # noqa: PLR0913  as `draft`
    plan: Plan, taken: Snapshot, *, seed: bytes, earlier: Sequence[Numbered] = (),
    merges: Mapping[str, str] | None = None, progress: Told = lambda _: None,
    is_audited: bool = True,
) -> Draft:  # fmt: skip
    """As `draft`, from what is counted already: so several merges can be tried.

    What is not audited (*is_audited*) shows what hiding would cost, without a proof, and is never
    published.
    """
    merges = dict(merges or {})
    now = laid(plan, merges)
    found = Draft(publication=None, merges=merges, plan=plan.version, snapshot=taken.digest)
    try:
        _check(now, taken.frame, earlier)
        told = tabulate(now, taken)
        _check_totals(now, told)
        problem = _with_earlier(told.problem, taken.frame, earlier)
        progress(Progress(Step.PROTECTING))
        away = _protected(
            now, told, problem, _seed(seed, plan, taken.frame), progress, is_proven=is_audited
        )
        made = written(now, taken.frame, told, away)
        if is_audited:
            progress(Progress(Step.AUDITING))
            if needless := _needless(now, told, made, earlier):
                away -= needless
                made = written(now, taken.frame, told, away)
            _audit(now, told, made, earlier, progress)
    except BadInput:
        return msgspec.structs.replace(found, reasons=(UNPROVEN,))
    except Contradicted as error:
        reason = IMPOSSIBLE.format(title=" × ".join(error.dims))
        return msgspec.structs.replace(found, reasons=(reason,))
    except _Failed as failed:
        return msgspec.structs.replace(found, reasons=failed.reasons)
    return msgspec.structs.replace(
        found, publication=made, counted=_counted(told, away), shares=_shares(now, told, away)
    )


def outlook(
    plan: Plan, taken: Snapshot, *, seed: bytes, earlier: Sequence[Numbered] = (),
    merges: Mapping[str, str] | None = None, progress: Told = lambda _: None,
) -> Iterator[tuple[Alternative, Draft]]:  # fmt: skip
    """Each way to count more coarsely, and what would come of it. None is audited: whoever chooses
    one has it drafted anew.
    """
    ways = alternatives(plan, merges or {})
    for done, it in enumerate(ways):
        progress(Progress(Step.COMPARING, done, len(ways)))
        yield (
            it,
            drafted(plan, taken, seed=seed, earlier=earlier, merges=it.merges, is_audited=False),
        )


def _seed(seed: bytes, plan: Plan, frame: Frame) -> bytes:
    """One secret for each release."""
    named = msgspec.json.encode((plan.version, frame.period))
    return hmac.digest(seed, named, hashlib.sha256)


def _check(now: Laid, frame: Frame, earlier: Sequence[Numbered]) -> None:
    """Refuse what cannot be compared with what is published, or was not planned before."""
    if frame.cut_off < frame.period.to:
        raise _Failed(CUT_OFF)
    if frame.period.since < now.plan.valid_from:
        raise _Failed(TOO_NEW)
    reasons = []
    for dim in now.plan.dimensions:
        level = now.levels.get(dim.name)
        if level is None:
            continue
        title = dim.title[GERMAN]
        if any(_has_other_values(it.release, level) for _, it in earlier):
            reasons.append(CHANGED.format(title=title))
        others = dim.family - {level.name}
        if any(_overlap(frame, it) and others & it.release.dims.keys() for _, it in earlier):
            reasons.append(OTHERWISE.format(title=title))
    if reasons:
        raise _Failed(*reasons)


def _has_other_values(before: reading.Release, level: Level) -> bool:
    dim = before.dims.get(level.name)
    return dim is not None and set(dim.values) != set(level.codes)


def _overlap(frame: Frame, before: Publication) -> bool:
    period = before.period
    return period.since <= frame.period.to and frame.period.since <= period.to


def _check_totals(now: Laid, told: Tabulated) -> None:
    """What has to be shown has to be large enough."""
    must = set(told.problem.never_suppress)
    small = {it.id for it in told.problem.cells if it.is_sensitive(now.plan.k)}
    if found := must & small:
        raise _Failed(*(FEW.format(title=it) for it in titles(now, told, found)))


def _with_earlier(problem: Problem, frame: Frame, earlier: Sequence[Numbered]) -> Problem:
    """What is published about the same period is known: it has to agree, and stays as it is."""
    releases = [
        _known(before.release)
        for _, before in earlier
        if before.period == frame.period and before.release.cells
    ]
    given = msgspec.to_builtins(problem) | {"earlier": releases}
    try:
        return problems.read(msgspec.json.encode(given))
    except BadProblem:
        raise _Failed(AGAIN) from None


def _known(release: reading.Release) -> dict[str, Any]:
    """An earlier release as the protector reads it."""
    dims = {
        name: {"values": dim.values}
        | ({"multi": True, "min": dim.min, "max": dim.most} if dim.multi else {})
        for name, dim in release.dims.items()
    }
    return {
        "format": reading.FORMAT,
        "dims": dims,
        "structural_zeros": release.structural_zeros,
        "cells": [{"id": it.id, "where": it.where, "value": it.value} for it in release.cells],
    }


def _protected(
    now: Laid, told: Tabulated, problem: Problem, seed: bytes, progress: Told, *, is_proven: bool
) -> set[str]:  # fmt: skip
    """The cells to hide."""
    try:
        found = answer(
            problem, seed=seed, progress=_telling(progress, Step.PROTECTING), is_proven=is_proven
        )
    except BadProblem:
        raise _Failed(AGAIN if problem.earlier else UNPROVEN) from None
    except (NotSolved, NotProven):
        raise _Failed(UNPROVEN) from None
    if found["status"] == "protected":
        return set(found["suppressed"])
    cells = {it["id"] for it in found["cells"]}
    every = {it.id for it in told.problem.cells}
    concerned = titles(now, told, cells) or titles(now, told, every)
    raise _Failed(*(UNSAFE.format(title=it) for it in concerned))


def _needless(
    now: Laid, told: Tabulated, made: Publication, earlier: Sequence[Numbered]
) -> set[str]:
    """Cells that are hidden though they follow exactly and are not small.

    The secret chooses a few cells without asking whether hiding them hides anything. To show those
    tells nobody more. What an earlier release hides stays hidden.
    """
    small = {it.id for it in told.problem.cells if it.is_sensitive(now.plan.k)}
    hidden_before = {
        cell.id
        for _, it in earlier
        if it.period == made.period
        for cell in it.release.cells
        if cell.value is None
    }
    found = _audited(made, Options()).intervals
    exact = {it.id for it in found if it.lo is not None and it.lo == it.hi}
    return exact - small - hidden_before


def _audited(made: Publication, options: Options) -> Answer:
    try:
        return audit([reading.read("draft", msgspec.json.encode(made.release))], options)
    except (BadInput, TooLarge, Unproven):
        raise _Failed(UNPROVEN) from None


def _telling(progress: Told, step: Step) -> Callable[[str, int, int | None], None]:
    return lambda _, done, of: progress(Progress(step, done, of))


def _audit(
    now: Laid, told: Tabulated, made: Publication, earlier: Sequence[Numbered], progress: Told
) -> None:
    """Ask the rules of the ledger, then whoever knows which cells are small, then whoever knows
    everything that is published, and with it which are small, or is the one case in one."""
    if any(True for _ in rules.faults(made, earlier)):
        raise _Failed(AGAIN)
    hidden = {it.id for it in made.release.cells if it.value is None}
    few = {it.id: it.value for it in told.problem.cells if it.value < now.plan.k}
    small = {it: value for it, value in few.items() if it in hidden}
    split = Options(rule_aware=True, sensitive=frozenset(small))
    if _audited(made, split).status != "safe":
        raise _Failed(UNPROVEN)
    number = max((it for it, _ in earlier), default=0) + 1
    try:
        found = checking.reasons(
            [*earlier, (number, made)], {number: small}, _telling(progress, Step.AUDITING)
        )
    except (BadInput, TooLarge, Unproven):
        raise _Failed(UNPROVEN) from None
    if not found:
        return
    mine = {cell.id for cell in told.problem.cells if any(f", {cell.id}:" in it for it in found)}
    concerned = titles(now, told, mine) or [now.plan.title[GERMAN]]
    raise _Failed(*(TOGETHER.format(title=it) for it in concerned))


def _counted(told: Tabulated, away: set[str]) -> tuple[Counted, ...]:
    k = told.problem.params.k
    return tuple(
        Counted(
            cell=it.id,
            value=it.value,
            withheld=None if it.id not in away
            else Withheld.FEW if it.is_sensitive(k) else Withheld.PROTECTS,
        )
        for it in told.problem.cells
        if it.where is not None
    )  # fmt: skip


def _shares(now: Laid, told: Tabulated, away: set[str]) -> dict[str, Share]:
    """Inner cells alone: a case is in each total as well, and would make up for what is hidden."""
    inner = {it.id: [*_inner(now, told, it)] for it in told.tables}
    every = {cell.id: cell for cells in inner.values() for cell in cells}
    return {name: _share(cells, away) for name, cells in {"": every.values(), **inner}.items()}


def _inner(now: Laid, told: Tabulated, table: TablePlan) -> Iterator[problems.Cell]:
    """The cells of a table that are none of its totals: those that ask for the most."""
    cells = [*cells_of(now, told, table)]
    most = max(len(it.where or {}) for it in cells)
    return (it for it in cells if len(it.where or {}) == most)


def _share(cells: Iterable[problems.Cell], away: set[str]) -> Share:
    every = list(cells)
    shown = [it for it in every if it.id not in away]
    return Share(
        cells=len(every),
        cells_shown=len(shown),
        cases=sum(it.value for it in every),
        cases_shown=sum(it.value for it in shown),
    )
