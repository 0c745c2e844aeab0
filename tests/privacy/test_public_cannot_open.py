"""P2: the public process cannot open what it stored, with all that it has."""

import subprocess
import sys
from itertools import product
from uuid import uuid4

import asyncpg
import pytest

from adstelle.crypto import envelope, sealing
from adstelle.crypto.hpke import PublicKey
from adstelle.database import Pool, Role, transaction
from adstelle.errors import Unopenable
from adstelle.intake.service import Intake
from tests.conftest import Admin
from tests.core import REPORT

OUT_OF_REACH = ("adstelle.crypto.opening", "adstelle.casework", "adstelle.accounts")


@pytest.mark.parametrize("process", ["adstelle.public", "adstelle.intake.routes"])
def test_the_modules_that_open_are_not_even_loaded(process: str) -> None:
    probe = (
        f"import sys, {process}; print([m for m in sys.modules if m.startswith({OUT_OF_REACH!r})])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("table", ["report", "part", "wrap", "card"])
async def test_the_form_cannot_read_back_what_it_stored(
    public_pool: Pool, intake: Intake, table: str
) -> None:
    await intake.submit(REPORT, uuid4().bytes)

    async with transaction(public_pool, Role.INTAKE) as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.fetch(f"select * from intake.{table}")


async def test_without_its_address_no_mailbox_is_seen(public_pool: Pool, intake: Intake) -> None:
    await intake.submit(REPORT, uuid4().bytes)

    for scope in (None, bytes(32), b""):
        async with transaction(public_pool, Role.MAILBOX, scope=scope) as conn:
            for table in ("intake.report", "intake.part", "intake.wrap", "mailbox.message"):
                assert await conn.fetch(f"select * from {table}") == []


async def test_nothing_stored_opens_with_anything_the_process_knows(
    intake: Intake, admin: Admin
) -> None:
    """Even all rows together with all public keys: there is no private key among them."""
    key = uuid4().bytes
    await intake.submit(REPORT, key)
    rows = await admin.fetch("select report_id, recipient, wrapped from intake.wrap")
    parts = await admin.fetch("select report_id, part, sealed from intake.part")
    publics = await intake.keys()

    known = [bytes(32), *(public.encoded[-32:] for public in publics.values())]
    known += [envelope.derive(public.encoded, "part/1") for public in publics.values()]
    for part, guess in product(parts, known):
        binding = sealing.part_binding(part["report_id"], part["part"])
        with pytest.raises(Unopenable):
            envelope.open_sealed(guess, part["sealed"], binding)
    assert not hasattr(PublicKey, "unwrap")
    assert {row["recipient"] for row in rows} == {"mailbox", "ads_jena", "ezra"}
