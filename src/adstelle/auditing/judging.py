"""Whether what was published withholds what it should.

Three attackers: an outsider who knows every published number (R1), one who also knows which hidden
counts are small (R2), and one who is the only case in a hidden cell (R3). What a release does not
say, which of its hidden counts are small, can be given as *sensitive*; without it a count that
cannot be zero but may be large is only noted, since nobody outside can tell whether it matters.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from adstelle.auditing.model import Asked, Fact, Model, Range, Source, Terms, build
from adstelle.auditing.reading import BadInput, Published
from adstelle.auditing.solving import Box, Contradiction, Counts, Progress, System, conflict

Attacker: TypeAlias = Literal["outsider", "rule-aware", "insider"]
Status: TypeAlias = Literal["safe", "unsafe", "contradiction"]
SPLIT = "--sensitive"  # what facts that come from the split are said to come from


UNDECIDED = (
    "which hidden counts are small is not published and any of them may be: the rule alone rules "
    "nothing out, the intervals are the outsider's; --sensitive FILE decides"
)


class Options(NamedTuple):
    """*sensitive*: ids of the small hidden cells; None if nobody told. *untold*: ids of hidden
    cells of which nobody told, although *sensitive* is there for others. *alone*: ids of those
    that hold one case, if that is known; otherwise every small one may. *ranges*: whether the
    insider's intervals are wanted as well, or only what they know exactly, which is quicker."""

    rule_aware: bool = False
    insider: bool = False
    strict: bool = False
    sensitive: frozenset[str] | None = None
    untold: frozenset[str] = frozenset()
    alone: frozenset[str] | None = None
    ranges: bool = True


class Interval(msgspec.Struct, omit_defaults=True):
    """*lo*, *hi*: None where there is no such end. *file*: only where the id is ambiguous."""

    id: str
    lo: int | None
    hi: int | None
    file: str | None = None


class Finding(msgspec.Struct):
    id: str
    file: str
    attacker: Attacker
    reason: str


class Place(msgspec.Struct):
    file: str
    id: str


class Method(msgspec.Struct):
    """How it was found: dimensions modelled together, sizes, and programs solved."""

    tables: list[tuple[str, ...]]
    variables: int
    facts: int
    linear_programs: int = 0
    integer_programs: int = 0


class Answer(msgspec.Struct):
    """*noted*: findings that need the split to be decided; they fail only a strict audit.
    *remarks*: what could not be asked."""

    status: Status
    intervals: list[Interval]
    reasons: list[Finding]
    noted: list[Finding]
    conflict: list[Place]
    remarks: list[str]
    method: Method


class Judged(NamedTuple):
    finding: Finding
    is_failure: bool


def audit(
    published: Sequence[Published], options: Options, progress: Progress | None = None
) -> Answer:
    """Raises `BadInput`, `TooLarge`, `Unproven`.

    *progress* is told the phase (an attacker) and how many of how many steps are done, before each
    of them; what it raises ends the audit.
    """
    model = build(published)
    if options.sensitive is not None:
        _check_sensitive(model, options.sensitive)
    facts = model.facts
    try:
        return _Audit(model, options, progress).answer()
    except Contradiction:
        if options.sensitive is not None and options.rule_aware:
            facts = [*facts, *_split_facts(_possible(model), options)]
        found = conflict(model.variables, [*facts, *model.spare])
        places = [Place(source.file, source.id) for source in found]
        return Answer("contradiction", [], [], [], places, [], _method(model))


def _check_sensitive(model: Model, sensitive: frozenset[str]) -> None:
    hidden = {asked.id for asked in model.asked if asked.kind != "target"}
    unknown = sorted(sensitive - hidden)
    if unknown:
        raise BadInput(f"sensitive: {unknown[0]} is no hidden cell of these files")


def _is_impossible(declared: Box, terms: Terms) -> bool:
    """Whether structural zeros alone say that it is zero."""
    return declared.reach(terms.items())[1] == 0


def _possible(model: Model) -> list[Asked]:
    declared = Box(model.variables, model.declared)
    return [asked for asked in model.asked if not _is_impossible(declared, asked.terms)]


def _split_facts(possible: Sequence[Asked], options: Options) -> Iterator[Fact]:
    """What the rule-aware know: sensitive cells are below k, other hidden ones are not."""
    small = options.sensitive or frozenset()
    for asked in possible:
        if asked.kind == "hidden" and asked.id not in options.untold:
            lo, hi = (None, asked.k - 1) if asked.id in small else (asked.k, None)
            yield Fact(asked.terms, lo, hi, Source(SPLIT, asked.id))


class _Audit:
    def __init__(self, model: Model, options: Options, progress: Progress | None) -> None:
        self._model = model
        self._options = options
        self._progress = progress
        self._goals = [asked.terms for asked in model.asked]
        self._declared = Box(model.variables, model.declared)
        self._impossible = [_is_impossible(self._declared, goal) for goal in self._goals]
        self._work = Counts()

    def answer(self) -> Answer:
        facts = self._model.facts
        system = self._solved(facts)
        ranges = self._ends("outsider", system)
        judged = [*self._primary(), *self._outsider(ranges), *self._complements(ranges)]
        if self._options.rule_aware and self._options.sensitive is not None:
            facts = [*facts, *_split_facts(_possible(self._model), self._options)]
            system = self._solved(facts)
            ranges = self._ends("rule-aware", system, ranges)
            judged += self._rule_aware(ranges)
        if self._options.insider:
            ranges, found = self._insiders(system, ranges)
            judged += found
        fails = [it.finding for it in judged if it.is_failure or self._options.strict]
        noted = [it.finding for it in judged if not it.is_failure and not self._options.strict]
        method = _method(self._model)
        method.linear_programs, method.integer_programs = self._work
        status: Status = "unsafe" if fails else "safe"
        return Answer(status, self._intervals(ranges), fails, noted, [], self._remarks(), method)

    def _solved(self, facts: Sequence[Fact]) -> System:
        system = System(self._model.variables, facts)
        system.check()
        return system

    def _ends(self, phase: str, system: System, known: Sequence[Range] = ()) -> list[Range]:
        told = self._told(phase, len(self._goals))
        ranges = system.ends(self._goals, known, told)
        self._work = Counts(*map(sum, zip(self._work, system.counts, strict=True)))
        return ranges

    def _told(self, phase: str, number: int) -> Callable[[], None]:
        """Call it before each of so many steps: the *progress* is told which one begins."""
        steps = count()
        return lambda: self._progress and self._progress(phase, next(steps), number)

    def _remarks(self) -> list[str]:
        if self._options.rule_aware and self._options.sensitive is None:
            return [UNDECIDED]
        return []

    def _intervals(self, ranges: Sequence[Range]) -> list[Interval]:
        return [
            Interval(it.id, lo, hi, it.file if it.id in self._model.ambiguous else None)
            for it, (lo, hi) in zip(self._model.asked, ranges, strict=True)
        ]

    def _is_sensitive(self, asked: Asked) -> bool:
        """Whether it may be one of the small counts; hidden cells only."""
        known = self._options.sensitive
        return asked.kind == "hidden" and (known is None or asked.id in known)

    def _is_untold(self, asked: Asked) -> bool:
        return self._options.sensitive is None or asked.id in self._options.untold

    # R1

    def _primary(self) -> Iterator[Judged]:
        for cell in self._model.small:
            if cell.value == 0 and _is_impossible(self._declared, cell.terms):
                continue
            yield _judged(cell.id, cell.file, f"is published as {cell.value}, below {cell.k}")

    def _outsider(self, ranges: Sequence[Range]) -> Iterator[Judged]:
        for asked, range_, is_impossible in zip(
            self._model.asked, ranges, self._impossible, strict=True
        ):
            if is_impossible:
                continue
            if asked.kind == "hidden" and not self._is_untold(asked):
                found = _with_split(asked, range_, self._is_sensitive(asked))
            else:
                found = {"hidden": _hidden, "stated": _stated, "target": _target}[asked.kind](
                    asked, range_
                )
            if found is not None:
                yield _judged(asked.id, asked.file, found[0], is_failure=found[1])

    def _complements(self, ranges: Sequence[Range]) -> Iterator[Judged]:
        """The cases without a category, in a published total: nobody printed them, yet a count."""
        for rest in self._model.complements:
            if rest.value < rest.k:
                text = f"the cases of its total that are not in it are exactly {rest.value}"
                yield _judged(rest.id, rest.file, text)
        for asked, (lo, hi) in zip(self._model.asked, ranges, strict=True):
            for category, total in asked.complements:
                most = None if lo is None else total - lo
                least = 0 if hi is None else total - hi
                if most is not None and (most < asked.k or 0 < least < asked.k):
                    text = f"the cases of its total without {category} are {least} to {most}"
                    yield _judged(asked.id, asked.file, text, is_failure=False)

    # R2

    def _rule_aware(self, ranges: Sequence[Range]) -> Iterator[Judged]:
        for asked, (lo, hi), is_impossible in zip(
            self._model.asked, ranges, self._impossible, strict=True
        ):
            if self._is_sensitive(asked) and not is_impossible and (lo, hi) != (0, asked.k - 1):
                text = f"who knows which hidden counts are small knows that it is {_span(lo, hi)}"
                yield _judged(asked.id, asked.file, text, "rule-aware")

    # R3

    def _insiders(
        self, system: System, ranges: Sequence[Range]
    ) -> tuple[list[Range], list[Judged]]:
        """For each hidden cell that may hold one case: what that case learns about the others."""
        narrowest = list(ranges)
        judged: list[Judged] = []
        owns = [it for it in range(len(ranges)) if self._may_be_one(it, *ranges[it])]
        if not owns:
            return narrowest, judged
        inside = system.inside(self._goals)
        told = self._told("insider", len(owns))
        for own in owns:
            told()
            wanted = [
                0 if lo == hi else max(1, _width(known)) if self._options.ranges else 1
                for (lo, hi), known in zip(ranges, narrowest, strict=True)
            ]
            for other, range_ in inside.learned(own, ranges, wanted).items():
                if _width(range_) < _width(narrowest[other]):
                    narrowest[other] = range_
                text = self._betrayed(self._model.asked[own], self._model.asked[other], range_)
                if text:
                    it = self._model.asked[other]
                    judged.append(_judged(it.id, it.file, text, "insider"))
        self._work = Counts(*map(sum, zip(self._work, inside.counts, strict=True)))
        return narrowest, judged

    def _may_be_one(self, own: int, lo: int | None, hi: int | None) -> bool:
        asked, known = self._model.asked[own], self._options.alone
        may_be = self._is_sensitive(asked) and (known is None or asked.id in known)
        return may_be and _lies_in(1, lo, hi) and lo != hi

    def _betrayed(self, own: Asked, other: Asked, range_: Range) -> str | None:
        lo, hi = range_
        if lo is None or lo != hi or lo >= other.k or not self._is_sensitive(other):
            return None
        return f"whoever is the one case in {own.id} knows that it is {lo}"


def _judged(
    cell: str, file: str, reason: str, attacker: Attacker = "outsider", *, is_failure: bool = True
) -> Judged:
    return Judged(Finding(cell, file, attacker, reason), is_failure)


def _hidden(asked: Asked, range_: Range) -> tuple[str, bool] | None:
    lo, hi = range_
    if lo is not None and lo == hi:
        return f"is hidden, but follows exactly: {lo}", True
    return _target(asked, range_)


def _target(asked: Asked, range_: Range) -> tuple[str, bool] | None:
    lo, hi = range_
    if lo is None or lo < 0:
        return None
    if hi is not None and hi < asked.k:
        return f"is known to be below {asked.k}: {_span(lo, hi)}", True
    if 0 < lo < asked.k:
        return f"cannot be zero: {_span(lo, hi)}", False
    return None


def _with_split(asked: Asked, range_: Range, is_sensitive: bool) -> tuple[str, bool] | None:
    lo, hi = range_
    if not is_sensitive:
        return (f"follows exactly: {lo}", False) if lo is not None and lo == hi else None
    if hi is not None and hi < asked.k:
        return f"is known to be below {asked.k}: {_span(lo, hi)}", True
    return None if lo in (0, None) else (f"is known not to be zero: {_span(lo, hi)}", True)


def _stated(asked: Asked, range_: Range) -> tuple[str, bool] | None:
    """A count published with a range: small ones keep that range, or as many values as 0 … k−1."""
    lo, hi = range_
    promised = min(_width(asked.stated), asked.k - 1)
    if lo is None or lo >= asked.k or _width(range_) >= promised:
        return None
    return f"was published as {_span(*asked.stated)}, but is {_span(lo, hi)}", True


def _width(range_: Range) -> float:
    lo, hi = range_
    return float("inf") if lo is None or hi is None else hi - lo


def _lies_in(value: int, lo: int | None, hi: int | None) -> bool:
    return (lo is None or lo <= value) and (hi is None or value <= hi)


def _span(lo: int | None, hi: int | None) -> str:
    if lo is not None and lo == hi:
        return f"exactly {lo}"
    return f"at least {lo}" if hi is None else f"{lo} to {hi}"


def _method(model: Model) -> Method:
    return Method(model.cliques, model.variables, len(model.facts))
