"""Run the benchmarks once and print ratios: ``./dev bench [--seconds 5] [--rounds 3]``.

With ``--queue [CASES]`` only the advisers' queue, at 100,000 cases if nothing else is said;
with ``--statistics [RUN ...]`` only the protection of figures, at every size if none is named;
with ``--statistics database [CARDS ...]`` from a database to a draft, at 1,000,000 cards.
"""

import argparse
import asyncio
import gzip
import http.client
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path

from adstelle.asking.sealed import STATISTICS
from adstelle.city import CITIES, load_city
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.receipt import mailbox_keys, new_code
from adstelle.database import Role, connection, migrate, open_pool
from adstelle.intake.api import ConsentIn, DateIn, ReportIn, report_of
from adstelle.intake.service import Intake, Receipt
from adstelle.intake.store import Submission
from adstelle.local import postgres
from adstelle.local.programs import find_binaries
from bench import ceilings, counting, database, load, queue
from bench import statistics as figures
from bench.processes import Running, free_pair, resident, started, wait_for

STELLEN = ("ads_jena", "thadine")
CLIENTS = (1, 16, 64)
WARM_CLIENTS = 8  # so that each of the processes gets some
PASSWORD = "bench"  # noqa: S105  of a database that lives as long as this run
REPORT = ReportIn(
    account="Am Telefon hieß es, die Wohnung sei schon vergeben. " * 40,
    date=DateIn(month=3, year=2026),
    grounds=("rassismus_ethnische_herkunft",),
    incident_type="unmittelbare_benachteiligung",
    area_of_life="wohnen",
    territory="jena",
    alleged_responsible="vermieter",
    reporter_role="betroffene",
    consents=tuple(ConsentIn(stelle) for stelle in STELLEN),
)


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["raw"]:
        ceilings.serve_raw(int(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--queue", type=int, nargs="?", const=100_000, metavar="CASES")
    parser.add_argument(
        "--statistics",
        nargs="*",
        metavar="RUN",
        help="B400, cards400, or database and numbers of cards",
    )
    given = parser.parse_args()
    print(f"{date.today()}  {platform.machine()}  {os.cpu_count()} cores  {_processor()}")
    print(f"Python {platform.python_version()}, medians of {given.rounds} x {given.seconds:g} s\n")
    if given.statistics and given.statistics[0] == database.RUN:
        database.main([int(it) for it in given.statistics[1:]] or [database.CARDS])
        return
    if given.statistics is not None:
        figures.main(given.statistics)
        counting.main(given.statistics)
        return
    if given.queue:
        queue.main(given.queue, given.seconds)
        return
    with postgres.temporary() as server:
        _submissions(server, given.seconds, given.rounds)
    _start()


def _processor() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else "unknown processor"


def _submissions(server: postgres.Server, seconds: float, rounds: int) -> None:
    dsn = server.dsn("adstelle_public", PASSWORD, "postgres")
    given = asyncio.run(_prepare(server.superuser_dsn, dsn))
    programs = find_binaries()
    script = ceilings.statement(given)
    body = ceilings.encoded(REPORT)
    environment = {"ADSTELLE_DSN": dsn}
    command = ["-m", "adstelle", "public", "--share-port"]
    with ExitStack() as open_now:
        public = open_now.enter_context(started(command, environment))
        for _ in range(1, os.cpu_count() or 1):  # one a core
            open_now.enter_context(started(command, environment, public.port))
        bare = open_now.enter_context(started(["-m", "bench", "raw"], {}))
        print("clients   submissions/s  p50/p95/p99 ms        pgbench tx/s  ratio   bare HTTP/s")
        for clients in CLIENTS:
            rows = [
                (
                    ceilings.pgbench(programs, dsn, script, clients=clients, seconds=seconds),
                    _load(public, load.post_json("/api/v1/reports", body), clients, seconds),
                    _load(bare, load.post_json("/raw", body), clients, min(seconds, 2)),
                )
                for _ in range(rounds)
            ]
            _print_row(clients, rows)
        _pages(public, seconds)
        print(f"one HPKE wrap          {ceilings.wrap_seconds() * 1e6:8.0f} µs")
        print(f"memory of public       {resident(public.process.pid):8.0f} MiB after the load")


def _print_row(clients: int, rows: list[tuple[float, load.Load, load.Load]]) -> None:
    def median(values: Iterator[float]) -> float:
        return statistics.median(values)

    tx = median(row[0] for row in rows)
    rate = median(row[1].rate for row in rows)
    ratio = median(row[1].rate / row[0] for row in rows)
    p50, p95, p99 = (median(getattr(row[1], p) for row in rows) for p in ("p50", "p95", "p99"))
    bare = median(row[2].rate for row in rows)
    refused = sum(row[1].refused for row in rows)
    print(
        f"{clients:7}   {rate:13.0f}  {p50:6.1f}/{p95:6.1f}/{p99:6.1f}  {tx:13.0f}  {ratio:5.2f}"
        f"   {bare:11.0f}" + (f"   refused {refused}" if refused else "")
    )


async def _prepare(administrator: str, public: str) -> Submission:
    """Migrate, announce keys, and seal one real submission for pgbench."""
    await migrate(administrator, {"adstelle_public": PASSWORD})
    async with open_pool(administrator, Role.OPERATOR, size=1) as pool, connection(pool) as conn:
        for owner in (STATISTICS, *STELLEN):
            key = PrivateKey.generate().public().encoded
            await conn.execute(
                "insert into accounts.public_key values ($1, $2, current_date)", owner, key
            )
    city = load_city(CITIES / "jena")
    async with open_pool(public, Role.INTAKE, size=1) as pool:
        intake = Intake(pool, city, lambda: datetime.now(UTC), today=date.today)
        mailbox = mailbox_keys(new_code())
        made = Receipt(
            code=mailbox.code,
            stellen=STELLEN,
            fingerprint=bytes(32),
            received_on=date.today(),
            deadlines=(),
        )
        return await intake.sealed(report_of(REPORT), made, mailbox, b"bench" * 4)


def _pages(public: Running, seconds: float) -> None:
    for name, path in (("first page, kept", "/"), ("a page of another language, kept", "/ar")):
        got = _load(public, load.get(path), 16, seconds)
        print(f"{name:34} {got.rate:8.0f}/s  p99 {got.p99:.1f} ms at 16 clients")
    html, style, script = _first_page(public.port)
    total = sum(map(len, (html, style, script)))
    print(f"first page: {len(html)} B HTML + {len(style)} B CSS + {len(script)} B JS, packed")
    print(f"first page in all      {total / 1000:8.1f} kB in 3 requests")


def _first_page(port: int) -> tuple[bytes, bytes, bytes]:
    """What a browser loads for the first page, packed."""
    html = _get(port, "/")
    links = re.findall(r'(?:href|src)="(/static/[^"]+)"', gzip.decompress(html).decode())
    kinds = {link.rsplit(".", 1)[1]: link for link in links}
    return html, _get(port, kinds["css"]), _get(port, kinds["js"])


def _get(port: int, path: str) -> bytes:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    asked.request("GET", path, headers={"accept-encoding": "gzip"})
    return asked.getresponse().read()


def _load(running: Running, request: "load.Requests", clients: int, seconds: float) -> load.Load:
    """Measure after a moment in which connections to the database are opened, as pgbench does."""
    load.run(running.port, request, clients=max(clients, WARM_CLIENTS), seconds=0.5)
    return load.run(running.port, request, clients=clients, seconds=seconds)


def _start() -> None:
    """From nothing and again: how long until the first page, and what each process weighs."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        for name in ("first start, with the demo", "second start"):
            took, memory = _timed_start(Path(folder) / "database")
            print(f"{name:34} {took:5.1f} s to the first page")
        print("memory when idle: " + ", ".join(f"{k} {v:.0f} MiB" for k, v in memory.items()))


def _timed_start(data: Path) -> tuple[float, dict[str, float]]:
    port = free_pair()
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "adstelle", "run", "--port", str(port)],
        env={**os.environ, "ADSTELLE_DATA": str(data)},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        _get(port, "/")
        took = time.perf_counter() - start
        return took, _memory(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _memory(parent: int) -> dict[str, float]:
    """Resident memory of the supervisor, its processes and all of PostgreSQL."""
    found = {"supervisor": resident(parent)}
    for child in _children(parent):
        words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
        name = next((word for word in words if word in {"public", "staff", "worker"}), "PostgreSQL")
        found[name] = resident(child) if name != "PostgreSQL" else _shares(child)
    return found


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _shares(pid: int) -> float:
    """What a process and its children hold, in MiB; what they share is counted once."""
    held = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    return (int(held[1]) / 1024 if held else 0.0) + sum(map(_shares, _children(pid)))


if __name__ == "__main__":
    main()
