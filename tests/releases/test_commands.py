"""`adstelle statistics publish` and `ledger`, as an operator calls them; the example of Jena."""

import asyncio
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from adstelle import __main__
from adstelle.cities import __file__ as cities
from adstelle.database import Pool
from adstelle.local import demo
from adstelle.releases import publication, rules, service
from adstelle.releases.publication import Publication
from tests.conftest import Admin, Database
from tests.core import TODAY
from tests.releases.files import YEAR, changed, encoded, only, read, with_value

SCHEMA: Final = Path(__file__).parents[2] / "docs/figures-publication.schema.json"
JENA: Final = Path(cities).parent / "jena"
PEOPLE: Final = ("--as", "Eva Eins", "--approved-by", "Zoe Zwei")


@pytest.fixture
def run(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("ADSTELLE_DSN", database.superuser_dsn)

    async def run(file: dict[str, Any], *people: str) -> int:
        place = tmp_path / "figures.json"
        place.write_bytes(encoded(file))
        return await main("publish", str(place), *(people or PEOPLE))

    return run


async def main(*arguments: str) -> int:
    """Call the command line; it has an event loop of its own, so it gets a thread of its own."""
    return await asyncio.to_thread(__main__.main, ["statistics", *arguments])


async def test_publish_and_ledger(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(YEAR) == 0
    assert "release 1 is published" in capsys.readouterr().out

    assert await main("ledger") == 0
    told = capsys.readouterr().out
    assert "Eva Eins, approved by Zoe Zwei" in told
    assert "1 releases, the chain holds" in told


async def test_a_refusal_says_why(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(with_value(YEAR, "a-work", 20)) == 1
    assert "a-home: is hidden, but follows exactly: 2" in capsys.readouterr().err
    assert await run(YEAR, "--as", "Eva", "--approved-by", "eva") == 1
    assert "two people publish" in capsys.readouterr().err


async def test_a_bad_file_is_told_by_its_key(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run({**YEAR, "tables": [{"id": "x"}]}) == 2
    assert "tables[0]" in capsys.readouterr().err
    assert await main("publish", "nowhere.json", *PEOPLE) == 2


async def test_a_broken_chain_is_told(
    run: Any, admin: Admin, capsys: pytest.CaptureFixture[str]
) -> None:
    await run(YEAR)
    await admin.execute("set session_replication_role = replica")
    await admin.execute("update figures.release set published_on = published_on - 1")

    assert await main("ledger") == 1
    assert "release 1: number, day or names were changed" in capsys.readouterr().err


async def test_what_protect_answers_is_published_as_it_is(
    run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = {"few": 4, "a-work": 20, "a-home": 2, "b-work": 0, "b-home": 17}
    file = changed()
    release = file["release"]
    for cell in release["cells"]:
        cell["value"] = counted.get(cell["id"], cell["value"])
    problem = tmp_path / "problem.json"
    problem.write_bytes(encoded({**release, "format": "sdc-problem/1"}))

    assert await main("protect", str(problem)) == 0
    answer = msgspec.json.decode(capsys.readouterr().out)
    assert counted.keys() <= set(answer["suppressed"])
    assert await run({**file, "release": answer["release"]}) == 0
    assert await run({**YEAR, "release": release}) == 1  # the counts themselves


def test_contacts_less_incidents_are_a_count_too() -> None:
    """66 contacts and 63 incidents say that 3 people got in touch about something else."""
    both = with_value(with_value(only(YEAR, "contacts", "all"), "contacts", 66), "all", 63)
    assert list(rules.faults(read(both), [])) == [
        "contacts less all leaves 3 contacts without an incident"
    ]
    assert list(rules.faults(read(with_value(both, "all", 61)), [])) == []
    apart = [(1, read(only(both, "contacts")))]
    assert len(list(rules.faults(read(only(both, "all")), apart))) == 1


async def test_what_jena_published_is_shown_as_far_as_the_rules_allow(operator_pool: Pool) -> None:
    assert await demo.publish(operator_pool, JENA, TODAY) == 3
    entries, broken = await service.verified(operator_pool)
    assert broken == []

    last = publication.read("last", entries[-1].content)
    values = {cell.id: cell.value for cell in last.release.cells}
    assert (values["anfragen"], values["festgestellt"]) == (66, 35)
    assert values["vorfaelle"] is None  # the city says 63: three contacts would be left over


def test_the_schema_is_the_one_of_the_code() -> None:
    """Renew it: `python -m tests.releases.test_commands > docs/figures-publication.schema.json`."""
    assert SCHEMA.read_bytes() == schema()


def schema() -> bytes:
    written = msgspec.json.schema(Publication)
    return msgspec.json.format(msgspec.json.encode(written), indent=1) + b"\n"


if __name__ == "__main__":
    print(schema().decode(), end="")
