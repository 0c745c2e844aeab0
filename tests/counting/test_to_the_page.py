"""From cards to what everybody sees: a draft goes into the ledger and stands on its page."""

import re

import httpx
import msgspec

from adstelle.counting.drafting import Draft, draft
from adstelle.local.made_up import cards
from tests.counting.cases import SEED, YEAR, jena, jenas_plan
from tests.figures.ledger import Publish
from tests.figures.ledger import browser as browser
from tests.figures.ledger import publish as publish

FILES = ("tabellen.ods", "tabellen.xlsx", "sdmx.json", "kennzahlen.csv", "vorfaelle-merkmal.csv")


def year() -> Draft:
    """A year of Jena with one crossed table, which else wants more cases."""
    plan = jenas_plan()
    tables = tuple(
        msgspec.structs.replace(
            it, at_least=0 if it.id == "vorfaelle-bereich-form" else it.at_least
        )
        for it in plan.tables
    )
    every = msgspec.structs.replace(plan, tables=tables)
    return draft(every, cards(jena(), 66), YEAR, seed=SEED)


async def test_a_draft_is_published_and_shown(browser: httpx.AsyncClient, publish: Publish) -> None:
    found = year()
    assert found.publication is not None, found.reasons
    await publish(msgspec.to_builtins(found.publication))

    for lang in jena().languages:
        page = await browser.get(f"/{lang}/zahlen/1")
        assert page.status_code == 200
        for table in found.publication.tables:
            assert table.title[lang] in page.text
        assert page.text.count("chart--many") == 1  # its rows are blocks, whatever the width
    for name in FILES:
        assert (await browser.get(f"/zahlen/1/{name}")).status_code == 200, name
    report = await browser.get("/zahlen/1/bericht-de.pdf")
    assert re.match(rb"%PDF-1\.", report.content)
