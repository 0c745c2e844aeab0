"""How long a city keeps what, read from `retention.toml`: each period with its reason."""

from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Final

import msgspec

from adstelle.domain.case import State
from adstelle.domain.retention import (
    FEWEST_MONTHS_OF_TRACES,
    Kind,
    Months,
    Periods,
    Plan,
    Rule,
    Then,
)
from adstelle.toml_files import Document, Fault, Keys, repeated, shaped, shaped_each

PERIODS: Final = "periods"


class WrittenRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it stands in the file; *verified_on* is the day on which a lawyer read it."""

    id: str
    states: tuple[State, ...]
    months: Months
    then: Then
    reason: str
    kinds: tuple[Kind, ...] = tuple(Kind)
    verified_on: date | None = None


class WrittenPeriods(Periods, frozen=True, kw_only=True):
    """The other periods as they stand in the file."""

    verified_on: date | None = None


class WrittenPlan(msgspec.Struct, frozen=True):
    """The plan as written, each rule with its place; without *periods* it cannot be used."""

    document: Document
    rules: tuple[tuple[Keys, WrittenRule], ...]
    periods: WrittenPeriods | None


def read_plan(document: Document, faults: list[Fault]) -> WrittenPlan:
    """Read the file as it is written."""
    rules = shaped_each(document, "rule", WrittenRule, faults, PERIODS)
    if not isinstance(document.tables.get(PERIODS), dict):
        faults.append(document.fault((PERIODS,), f"[{PERIODS}] is missing"))
        return WrittenPlan(document, rules, None)
    return WrittenPlan(document, rules, shaped(document, (PERIODS,), WrittenPeriods, faults))


def plan_of(written: WrittenPlan) -> Plan:
    """The plan itself. It must be without faults."""
    if written.periods is None:
        raise ValueError("a plan with faults was used")
    others = {field: getattr(written.periods, field) for field in Periods.__struct_fields__}
    return Plan(
        rules=tuple(
            Rule(**{field: getattr(rule, field) for field in Rule.__struct_fields__})
            for _, rule in written.rules
        ),
        periods=Periods(**others),
    )


def plan_faults(written: WrittenPlan, today: date | None) -> Iterator[Fault]:
    """Every state and kind has exactly one rule; traces are kept as long as others rely on them."""
    twice = repeated(rule.id for _, rule in written.rules)
    for keys, rule in written.rules:
        if rule.id in twice:
            yield written.document.fault((*keys, "id"), f"rule {rule.id} is written twice")
        if today and rule.verified_on and rule.verified_on > today:
            message = f"rule {rule.id}: verified in the future"
            yield written.document.fault((*keys, "verified_on"), message)
    yield from _uncovered(written)
    for name in ("log", "tombstones"):
        if written.periods and getattr(written.periods, name) < FEWEST_MONTHS_OF_TRACES:
            message = f"{name}: at least {FEWEST_MONTHS_OF_TRACES} months"
            yield written.document.fault((PERIODS, name), message)


def _uncovered(written: WrittenPlan) -> Iterator[Fault]:
    for state, kind in product(State, Kind):
        fitting = [
            (keys, rule)
            for keys, rule in written.rules
            if state in rule.states and kind in rule.kinds
        ]
        if not fitting:
            message = f"no rule says how long a case of kind {kind} in state {state} is kept"
            yield written.document.fault((), message)
        for keys, rule in fitting[1:]:
            message = f"rule {rule.id}: {state}, {kind} has a rule already, see {fitting[0][1].id}"
            yield written.document.fault((*keys, "states"), message)
