"""The ledger: what may enter it, and that nothing in it is ever changed."""

from collections.abc import Callable
from typing import Any, Final

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstelle.auditing.reading import BadInput
from adstelle.database import Pool, Role, transaction
from adstelle.errors import AdstelleError
from adstelle.releases import publication, service, store
from adstelle.releases.chain import BEGINNING, Entry, breaks, link
from tests.conftest import Admin
from tests.core import TODAY
from tests.releases.files import INCIDENTS, YEAR, changed, encoded, only, read, with_value

NEXT: Final[dict[str, Any]] = {
    "period": {"from": "2026-01-01", "to": "2026-06-30"},
    "cut_off": "2026-09-30",
}
Publish = Callable[..., Any]


@pytest.fixture
def publish(operator_pool: Pool) -> Publish:
    async def publish(
        file: dict[str, Any], by: str = "Eva Eins", approved: str = "Zoe Zwei"
    ) -> Entry:
        return await service.publish(
            operator_pool, read(file), prepared_by=by, approved_by=approved, today=TODAY
        )

    return publish


async def refused(publish: Publish, file: dict[str, Any]) -> str:
    with pytest.raises(service.NotPublished) as refusal:
        await publish(file)
    return str(refusal.value)


# Appending ----------------------------------------------------------------------------------


async def test_a_safe_release_is_appended_and_chained(
    publish: Publish, operator_pool: Pool
) -> None:
    first = await publish(YEAR)
    second = await publish(changed(**NEXT))
    entries, broken = await service.verified(operator_pool)

    assert [first, second] == entries
    assert broken == []
    assert (first.number, first.previous, second.previous) == (1, BEGINNING, first.hash)
    assert first.content == publication.canonical(read(YEAR))


def test_the_same_content_gives_the_same_bytes_in_whatever_order_it_is_written() -> None:
    other = dict(reversed(list(YEAR.items())))

    assert publication.canonical(read(other)) == publication.canonical(read(YEAR))
    again = publication.read("again", publication.canonical(read(YEAR)))
    assert publication.canonical(again) == publication.canonical(read(YEAR))


@pytest.mark.parametrize("name", ["Eva Eins", " eva  EINS ", ""])
async def test_one_person_alone_publishes_nothing(publish: Publish, name: str) -> None:
    with pytest.raises(service.NotPublished, match="two people"):
        await publish(YEAR, approved=name)


async def test_the_same_file_is_not_published_twice(publish: Publish) -> None:
    await publish(YEAR)
    assert "release 1 already" in await refused(publish, YEAR)


async def test_who_comes_second_adds_nothing(operator_pool: Pool, publish: Publish) -> None:
    first = await publish(YEAR)
    rival = link(None, b"another", TODAY, prepared_by="a", approved_by="b")

    with pytest.raises(AdstelleError, match="meanwhile"):
        async with transaction(operator_pool, Role.OPERATOR) as conn:
            await store.append(conn, rival)
    assert (await service.verified(operator_pool))[0] == [first]


# Append-only --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "update figures.release set approved_by = 'another'",
        "delete from figures.release",
        "truncate figures.release",
    ],
)
async def test_not_even_the_owner_changes_or_removes_a_release(
    admin: Admin, publish: Publish, statement: str
) -> None:
    await publish(YEAR)
    with pytest.raises(asyncpg.RaiseError, match="never changed"):
        await admin.execute(statement)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("content = '{}', sha256 = sha256('{}')", "release 1: number, day or names were changed"),
        ("approved_by = 'Another'", "release 1: number, day or names were changed"),
        ("number = 3", "release 1 is missing"),
        ("hash = sha256('x')", "release 2: does not follow the release before it"),
    ],
)
async def test_a_release_changed_all_the_same_breaks_the_chain(
    admin: Admin, operator_pool: Pool, publish: Publish, change: str, told: str
) -> None:
    await publish(YEAR)
    await publish(changed(**NEXT))
    await admin.execute("alter table figures.release drop constraint first_follows_none")
    await admin.execute("set session_replication_role = replica")
    await admin.execute(f"update figures.release set {change} where number = 1")
    await admin.execute("set session_replication_role = origin")

    _, broken = await service.verified(operator_pool)

    assert told in broken
    third = changed(period={"from": "2026-07-01", "to": "2026-12-31"}, cut_off="2027-01-31")
    assert "the ledger is broken" in await refused(publish, third)


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=6, unique=True), st.data())
def test_no_entry_can_be_dropped_or_exchanged(contents: list[bytes], data: st.DataObject) -> None:
    chain: list[Entry] = []
    for content in contents:
        last = chain[-1] if chain else None
        chain.append(link(last, content, TODAY, prepared_by="a", approved_by="b"))
    assert list(breaks(chain)) == []

    place = data.draw(st.integers(0, len(chain) - 1))
    if place < len(chain) - 1:
        assert list(breaks([*chain[:place], *chain[place + 1 :]]))
        other = link(
            chain[place - 1] if place else None,
            chain[place].content + b"!",
            TODAY,
            prepared_by="a",
            approved_by="b",
        )
        after = msgspec.structs.replace(chain[place + 1], previous=other.hash)
        assert list(breaks([*chain[:place], other, after]))
    forged = msgspec.structs.replace(chain[place], content=chain[place].content + b"!")
    assert list(breaks([*chain[:place], forged, *chain[place + 1 :]]))


# What may follow what -----------------------------------------------------------------------


async def test_a_number_is_never_replaced(publish: Publish) -> None:
    await publish(only(YEAR, "all"))
    told = await refused(publish, with_value(only(YEAR, "all", "contacts"), "all", 61))
    assert "all: is published with another number in release 1" in told


async def test_a_withheld_number_is_never_published_later(publish: Publish) -> None:
    await publish(only(YEAR, "few"))
    told = await refused(publish, with_value(only(YEAR, "few", "contacts"), "few", 31))
    assert "few: was withheld in release 1" in told


async def test_the_same_count_is_known_however_it_is_written(publish: Publish) -> None:
    await publish(only(YEAR, "all"))
    other = only(YEAR, "all")
    other["release"]["cells"][0] |= {
        "id": "other",
        "value": 61,
        "where": {"unit": ["established", "incidents"], "area": ["home", "work"]},
    }
    assert "other: is published with another number" in await refused(publish, other)


async def test_another_period_is_another_count(publish: Publish) -> None:
    await publish(only(YEAR, "all"))
    assert (await publish(with_value(only(YEAR, "all", **NEXT), "all", 61))).number == 2


async def test_a_correction_only_withdraws(publish: Publish) -> None:
    await publish(YEAR)
    gone = only(YEAR, withdraws=[{"release": 1, "cell": "c"}])

    assert (await publish(gone)).number == 2
    again = {**gone, "title": {"de": "Noch einmal"}}
    assert "withdrawn already" in await refused(publish, again)
    wrong = only(YEAR, withdraws=[{"release": 1, "cell": "few"}])
    assert "publishes no number as few" in await refused(publish, wrong)
    told = await refused(publish, with_value(only(YEAR, "c", "contacts"), "c", 8))
    assert "c: is published with another number" in told


# The audit ----------------------------------------------------------------------------------


async def test_a_release_that_gives_a_withheld_number_away_is_refused(publish: Publish) -> None:
    told = await refused(publish, with_value(YEAR, "a-work", 20))
    assert "a-home: is hidden, but follows exactly: 2" in told


async def test_a_small_number_is_refused(publish: Publish) -> None:
    told = await refused(publish, with_value(only(YEAR, "few"), "few", 4))
    assert "few: is published as 4, below 5" in told


FIRST_HALF = {"from": "2025-01-01", "to": "2025-06-30"}
SECOND_HALF = {"from": "2025-07-01", "to": "2025-12-31"}


async def test_two_releases_that_are_safe_alone_are_refused_together(publish: Publish) -> None:
    """Half a year beside the whole year: what lies between them is the withheld other half."""
    await publish(with_value(only(YEAR, "all", period=SECOND_HALF), "all", None))
    await publish(only(YEAR, "all"))
    last = with_value(only(YEAR, "all", period=FIRST_HALF), "all", 57)

    assert "release 1, all: is hidden, but follows exactly: 3" in await refused(publish, last)


async def test_what_two_periods_say_together_is_a_count_though_nobody_printed_it(
    publish: Publish,
) -> None:
    await publish(only(YEAR, "all"))
    half = only(YEAR, "all", period=FIRST_HALF)

    told = await refused(publish, with_value(half, "all", 57))
    assert told == ("releases 1 and 2, all: from 2025-07-01 on, is known to be below 5: exactly 3")
    await publish(with_value(half, "all", 40))


async def test_releases_that_contradict_each_other_are_refused(publish: Publish) -> None:
    await publish(only(YEAR, "all"))
    half = {"from": "2025-01-01", "to": "2025-06-30"}
    told = await refused(publish, with_value(only(YEAR, "all", period=half), "all", 70))
    assert "cannot all be true" in told


# The file -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (changed(format="figures-publication/2"), "format: must be"),
        (changed(title={"en": "One year"}), "title: has no German text"),
        (changed(cut_off="2025-06-30"), "cut_off: lies before the end of the period"),
        (changed(secret=3), "secret"),
        (changed(period={"from": "2025-02-30", "to": "2025-12-31"}), "period.from"),
        (only(YEAR), "release.cells: is empty"),
        (changed(withdraws=[{"release": 1, "cell": "c"}]), "a correction only withdraws"),
        (
            changed(headline=[{"cell": "few", "unit": "contacts", "title": {"de": "x"}}]),
            "headline[0].unit: the cell few counts something else",
        ),
        (
            changed(headline=[{"cell": "none", "unit": "contacts", "title": {"de": "x"}}]),
            "headline[0].cell: none is no cell",
        ),
        (changed(tables=[{**YEAR["tables"][0], "rows": "unit"}]), "tables[0].rows"),
        (changed(tables=[{**YEAR["tables"][0], "id": "kennzahlen"}]), "kennzahlen is taken"),
        (changed(dims={}), "dims.ground.labels: a has none"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(file: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput) as fault:
        read(file)
    assert told in str(fault.value)


@pytest.mark.parametrize("field", ["lo", "hi", "true_value", "noise", "round"])
def test_a_file_that_holds_more_than_null_of_a_withheld_cell_is_refused(field: str) -> None:
    file = changed()
    cell = next(it for it in file["release"]["cells"] if it["id"] == "few")
    cell[field] = {"base": 5, "mode": "random"} if field == "round" else 1009
    with pytest.raises(BadInput, match=r"few|cells|withheld|hidden"):
        read(file)


@pytest.mark.parametrize(
    ("where", "told"),
    [
        (None, "where: is missing"),
        ({"unit": ["contacts", "incidents"]}, "must be one of the three counts"),
        ({"area": "work"}, "must be one of the three counts"),
        ({"unit": "contacts", "area": ["work", "home"]}, "asks the same as the cell contacts"),
        ({"unit": "contacts", "year": 2025}, "no dimension has this name"),
    ],
)
def test_every_cell_says_what_it_counts(where: dict[str, Any] | None, told: str) -> None:
    file = only(YEAR, "contacts")
    cell = {"id": "new", "value": 12, **({"where": where} if where else {})}
    file["release"]["cells"].append(cell)
    with pytest.raises(BadInput) as fault:
        read(file)
    assert told in str(fault.value)


async def test_a_table_without_its_cells_is_refused(publish: Publish) -> None:
    file = changed()
    file["release"]["cells"] = [it for it in file["release"]["cells"] if it["id"] != "b-work"]
    with pytest.raises(BadInput, match=r"tables\.gruende: there is no cell for b × work"):
        await publish(file)


def test_counts_are_never_mixed_in_one_table() -> None:
    assert encoded(YEAR).count(b'"unit":"incidents"') == 1
    assert read(YEAR).release.cells[2].where == {"unit": INCIDENTS}
