"""What the demo shows that nobody reported: made-up count cards, sealed as real ones are."""

from datetime import date
from typing import Final

import pytest

from adstelle.accounts import setup
from adstelle.cards import Faults, Sealed, What, joined, opened, unsealed
from adstelle.city import City
from adstelle.database import Pool
from adstelle.local import demo
from tests.conftest import Admin

TODAY: Final = date(2026, 11, 26)


@pytest.mark.parametrize("today", [TODAY, date(2027, 1, 5)])
async def test_made_up_cards_are_of_this_years_whole_months(
    admin: Admin, operator_pool: Pool, public_pool: Pool, staff_pool: Pool, city: City, today: date
) -> None:
    prepared = setup.prepare(setup.STATISTICS)
    await setup.set_up_statistics(
        operator_pool, prepared, entered=prepared.recovery_key, today=today
    )
    key = prepared.private.public()
    number = await demo.count(key, public_pool, staff_pool, city, today)
    rows = [
        Sealed(what, row["number"], row["sealed"])
        for what, table, key in (
            (What.ASSESSMENT, "counting.assessment", "assessment_id"),
            (What.CARD, "intake.card", "card_id"),
        )
        for row in await admin.fetch(f"select {key} as number, sealed from {table}")
    ]
    found = [*joined(opened(rows, unsealed(prepared.private, rows)), faults := Faults())]

    assert not faults
    assert len(found) == number == (demo.CARDS if today == TODAY else 0)
    assert {it.card.month for it in found} <= {f"2026-{month:02}" for month in range(1, 11)}
