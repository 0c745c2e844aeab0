"""What the benchmark holds against the service is the service's own work."""

from adstelle.city import City
from adstelle.crypto.receipt import mailbox_keys, new_code
from adstelle.database import Pool
from adstelle.intake.service import Receipt
from adstelle.local.programs import find_binaries
from bench import ceilings
from tests.conftest import Admin, Database
from tests.core import REPORT, TODAY, announce_keys, counts, intake_of

STELLEN = tuple(consent.stelle for consent in REPORT.consents)


async def test_pgbench_stores_what_the_service_stores(
    database: Database, admin: Admin, public_pool: Pool, city: City
) -> None:
    await announce_keys(admin)
    intake = intake_of(public_pool, city)
    await intake.submit(REPORT, b"by the service..")
    once = await counts(admin)
    mailbox = mailbox_keys(new_code())
    made = Receipt(
        code=mailbox.code,
        stellen=STELLEN,
        fingerprint=bytes(32),
        received_on=TODAY,
        deadlines=(),
    )
    given = await intake.sealed(REPORT, made, mailbox, b"by pgbench......")

    rate = ceilings.pgbench(
        find_binaries(),
        database.dsn("adstelle_public"),
        ceilings.statement(given),
        clients=2,
        seconds=1,
    )

    stored = await counts(admin)
    assert rate > 0
    assert stored["report"] > once["report"]
    assert stored == {table: rows * stored["report"] for table, rows in once.items()}
