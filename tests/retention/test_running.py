"""Retention at work: in the worker, and on the operator's command line."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from adstelle import worker
from adstelle.__main__ import main
from adstelle.city import City
from adstelle.crypto.sessions import Session
from adstelle.settings import Settings
from tests.conftest import Admin, Database
from tests.staff_side import send_report

GONE = "select count(*) from casework.case"


async def test_the_worker_erases_what_is_over_and_what_was_decided(
    database: Database,
    city: City,
    admin: Admin,
    sessions: dict[str, Session],
    event_log: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "RETENTION_SECONDS", 0.05)
    over = await send_report(admin, {"ads_jena": False}, day=city.today() - timedelta(days=1200))
    wanted = await send_report(admin, {"ezra": False}, day=city.today())
    await admin.execute("update casework.case set state = 'abgeschlossen'")
    stop = asyncio.Event()
    settings = Settings(dsn=database.dsn("adstelle_worker"))
    running = asyncio.create_task(worker.run(settings, city, stop))
    assert await _reaches(admin, 1)
    await admin.execute(
        "update intake.handover set erasure_asked_on = given_on, erasure_due_on = given_on, "
        "erasure_answer = 'granted' where stelle = 'ezra'"
    )
    assert await _reaches(admin, 0)
    stop.set()
    await running

    log = event_log()
    assert '"event":"CasesErased","stelle":"ads_jena","rule":"A2","cases":1' in log
    assert '"event":"RetentionDone"' in log
    for person in (over, wanted):
        assert str(person.report_id) not in log
        assert str(person.case_id) not in log


async def _reaches(admin: Admin, count: int) -> bool:
    for _ in range(3600):
        if await admin.fetchval(GONE) == count:
            return True
        await asyncio.sleep(0.05)
    return False


async def test_the_command_line_looks_and_then_erases(
    database: Database,
    city: City,
    admin: Admin,
    sessions: dict[str, Session],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ADSTELLE_DSN", database.dsn("adstelle_worker"))
    for stelle in ("ads_jena", "ezra"):
        await send_report(admin, {stelle: False}, day=city.today() - timedelta(days=1200))
    await admin.execute(
        "update casework.case set state = 'abgeschlossen' where stelle = 'ads_jena'"
    )

    assert await asyncio.to_thread(main, ["retention", "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "would erase       1 ads_jena A2" in printed
    assert "kept              1 ezra A1 needed" in printed
    assert await admin.fetchval(GONE) == 2

    await admin.execute(
        "update intake.handover set erasure_asked_on = given_on, erasure_due_on = given_on "
        "where stelle = 'ezra'"
    )
    assert await asyncio.to_thread(main, ["retention"]) == 3, "somebody waits for an answer"
    printed = capsys.readouterr().out
    assert "erased            1 ads_jena A2" in printed
    assert "overdue           1" in printed
    assert await admin.fetchval(GONE) == 1
