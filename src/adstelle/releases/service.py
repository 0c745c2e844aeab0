"""Append a release to the ledger, if everything speaks for it."""

from collections.abc import Iterator, Sequence
from datetime import date

from adstelle.database import Connection, Pool, Role, transaction
from adstelle.errors import AdstelleError
from adstelle.releases import checking, publication, rules, store
from adstelle.releases.chain import Entry, breaks, link
from adstelle.releases.publication import Publication
from adstelle.releases.rules import Numbered
from adstelle.releases.tables import Layout


class NotPublished(AdstelleError):
    """A release was refused; *reasons* say why, and hold nothing but published numbers."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


async def publish(
    pool: Pool, given: Publication, *, prepared_by: str, approved_by: str, today: date
) -> Entry:
    """Check a publication against all before it and append it, in one transaction.

    Raises `NotPublished`, and what the auditor raises.
    """
    if is_same_name(prepared_by, approved_by):
        raise NotPublished(["two people publish: one prepares, another one approves"])
    Layout(given)
    async with transaction(pool, Role.OPERATOR) as conn:
        ledger = await store.entries(conn)
        if found := [*reasons(given, ledger)]:
            raise NotPublished(found)
        return await append(
            conn, given, ledger, prepared_by=prepared_by, approved_by=approved_by, today=today
        )


async def append(
    conn: Connection,
    given: Publication,
    ledger: Sequence[Entry],
    *,
    prepared_by: str,
    approved_by: str,
    today: date,
) -> Entry:
    """Add what has been checked beside the whole *ledger*; whoever adds may read it as well.

    Raises `AdstelleError` if somebody else added something meanwhile.
    """
    entry = link(
        ledger[-1] if ledger else None,
        publication.canonical(given),
        today,
        prepared_by=_name(prepared_by),
        approved_by=_name(approved_by),
    )
    await store.append(conn, entry)
    return entry


async def verified(pool: Pool) -> tuple[list[Entry], list[str]]:
    """Read the ledger, and name where its chain is broken."""
    async with transaction(pool, Role.OPERATOR) as conn:
        ledger = await store.entries(conn)
    return ledger, list(breaks(ledger))


def reasons(given: Publication, ledger: Sequence[Entry]) -> Iterator[str]:
    """Say why a publication cannot follow a ledger, with the first kind of reason there is.

    The auditor is asked last, it takes longest. Raises what it raises.
    """
    if broken := [*breaks(ledger)]:
        yield from (f"the ledger is broken: {it}" for it in broken)
        return
    content = publication.canonical(given)
    if same := [it.number for it in ledger if it.content == content]:
        yield f"this is release {same[0]} already"
        return
    earlier: list[Numbered] = [(it.number, publication.read("ledger", it.content)) for it in ledger]
    against_rules = [*rules.faults(given, earlier)]
    yield from against_rules
    if not against_rules and not given.withdraws:
        yield from checking.reasons([*earlier, (len(ledger) + 1, given)])


def _name(given: str) -> str:
    return " ".join(given.split())


def is_same_name(one: str, other: str) -> bool:
    """Whether two names may be one person's; a missing name may be anybody's."""
    return not _name(one) or not _name(other) or _name(one).casefold() == _name(other).casefold()
