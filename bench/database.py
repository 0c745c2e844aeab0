"""From a million sealed count cards in a database to tables, as publishing does it.

The cards are made up and really sealed to a statistics key, with what the Stelle found of four of
five. Then the process of publishing counts them: the same program with the same roles and limits,
started with an order as the advisers' side does; it only prints when a step begins. A year of that
size has nothing to hide, so its draft is protected and audited at once, as every draft is.

A second draft is stopped in the middle: by the process that started it, and by another one.
"""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID, uuid4

import asyncpg
import msgspec

from adstelle.accounts import setup
from adstelle.city import CITIES, load_city
from adstelle.crypto import sealing
from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.opening import Cost
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, migrate, open_pool
from adstelle.domain.membership import MemberRole
from adstelle.local import postgres
from adstelle.local.made_up import cards
from adstelle.publishing.jobs import Jobs, Site
from adstelle.publishing.order import Order
from adstelle.publishing.service import Publishing
from bench.job import ENDED, TABULATING

RUN: Final = "database"
CARDS: Final = 1_000_000
STEPS: Final = ("opening", "counting", TABULATING, "protecting", "auditing", "comparing")
PASSWORD: Final = "bench bench bench"  # noqa: S105  of a database that lives as long as this run
STELLE: Final = "ads_jena"
FOLDER: Final = CITIES / "jena"
FRAME: Final = (date(2027, 1, 1), date(2027, 12, 31), date(2028, 3, 31))
COST: Final = Cost(time=1, memory_kib=8, lanes=1)
CHUNK: Final = 2000  # cards that one process makes and stores at a time
STOPPED: Final = 50_000  # fewer are counted before anybody could stop it
TICKS: Final = os.sysconf("SC_CLK_TCK")


class Used(NamedTuple):
    """Seconds so far: of the clock, and of processors by who used them."""

    clock: float = 0.0
    counting: float = 0.0  # the process of publishing
    opening: float = 0.0  # the processes that open for it
    reading: float = 0.0  # the database

    def since(self, other: "Used") -> "Used":
        return Used(*(now - then for now, then in zip(self, other, strict=True)))


class Told(NamedTuple):
    """What the draft's row said at some moment."""

    state: str
    step: str | None
    done: int | None
    total: int | None


def main(numbers: Sequence[int]) -> None:
    """Measure each number of cards in a database of its own, and print."""
    for number in numbers:
        with postgres.temporary() as server:
            _measure(server, number)


def _measure(server: postgres.Server, number: int) -> None:
    superuser, staff = server.superuser_dsn, server.dsn("adstelle_staff", PASSWORD, "postgres")
    asyncio.run(migrate(superuser, {"adstelle_staff": PASSWORD}))
    session = asyncio.run(_set_up(superuser))
    begun = time.perf_counter()
    _build(superuser, session.statistics_key().encoded_public(), number)
    took = time.perf_counter() - begun
    asyncio.run(_sizes(superuser))
    print(f"{number} cards built in {took:.0f} s; load {os.getloadavg()[0]:.1f}")
    asyncio.run(_count(superuser, staff, session, number))
    if number >= STOPPED:
        asyncio.run(_stop(superuser, staff, session, by_starter=True))
        asyncio.run(_stop(superuser, staff, session, by_starter=False))


async def _set_up(superuser: str) -> Session:
    """The key of the statistics, a Stelle, and one statistician."""
    statistics = setup.prepare(setup.STATISTICS)
    stelle = setup.prepare(STELLE)
    lead, counts = (
        setup.NewMember(
            login=name, name=name.title(), passphrase=PASSWORD,
            totp_secret=setup.new_totp_secret(), role=role,
        )
        for name, role in (("mira", MemberRole.LEAD), ("dora", MemberRole.STATISTICIAN))
    )  # fmt: skip
    today = FRAME[2]
    async with open_pool(superuser, Role.OPERATOR, size=1) as pool:
        key = statistics.recovery_key
        await setup.set_up_statistics(pool, statistics, entered=key, today=today)
        await setup.set_up_stelle(
            pool, stelle, lead, entered=stelle.recovery_key, cost=COST, today=today
        )
        member_id = await setup.add_member(pool, STELLE, key, counts, cost=COST, today=today)
    return Session(
        member_id=member_id, name="Dora", login="dora", stelle=STELLE, seed=None,
        role=MemberRole.STATISTICIAN, statistics_seed=statistics.private.seed,
    )  # fmt: skip


# Building -----------------------------------------------------------------------------------


def _build(dsn: str, key: bytes, number: int) -> None:
    """Make, seal and store cards in as many processes as there are cores."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        jobs = [
            pool.submit(_chunk, dsn, key, start, min(CHUNK, number - start))
            for start in range(0, number, CHUNK)
        ]
        for job in jobs:
            job.result()
    asyncio.run(_executed(dsn, "vacuum analyze"))


def _chunk(dsn: str, encoded: bytes, seed: int, number: int) -> None:
    key, found, words = PublicKey(encoded), [], []
    for it in cards(load_city(FOLDER), number, seed=seed):
        found.append((it.card_id, sealing.seal_card(it.card_id, it.card, key)))
        for word in it.assessments:
            assessment_id = uuid4()
            sealed = sealing.seal_assessment(assessment_id, word, key)
            words.append((assessment_id, sealed))
    asyncio.run(_store(dsn, found, words))


async def _store(
    dsn: str, found: list[tuple[UUID, bytes]], words: list[tuple[UUID, bytes]]
) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("set synchronous_commit = off")
    for schema, table, records in (("intake", "card", found), ("counting", "assessment", words)):
        await connection.copy_records_to_table(table, schema_name=schema, records=records)
    await connection.close()


async def _executed(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(statement, timeout=3600)
    await connection.close()


async def _sizes(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    row = await connection.fetchrow(
        "select pg_total_relation_size('intake.card') / 1048576 as cards, "
        "pg_total_relation_size('counting.assessment') / 1048576 as words, "
        "(select count(*) from counting.assessment) as number"
    )
    if row:
        print(
            f"\non disk: cards {row['cards']} MiB, {row['number']} assessments {row['words']} MiB"
        )
    await connection.close()


# Counting -----------------------------------------------------------------------------------


class Watched:
    """A process of publishing, those that open for it, and what they use of the database.

    *own*: the connection of whoever watches, which does not count.
    """

    def __init__(self, pid: int, admin: Pool, own: int) -> None:
        self.pid = pid
        self._admin, self._own = admin, own
        self._read: dict[int, float] = {}
        self.peak = self.peak_of_opening = 0.0

    async def used(self) -> Used:
        """Look at everything once."""
        for backend in await self.backends():
            self._read[backend] = _seconds(backend)[0]
        mine, ended = _seconds(self.pid)
        openers = _children(self.pid)
        opening = ended + sum(_seconds(it)[0] for it in openers)
        self.peak = max(self.peak, _peak(self.pid))
        self.peak_of_opening = max([self.peak_of_opening, *map(_peak, openers)])
        return Used(time.perf_counter(), mine, opening, sum(self._read.values()))

    async def backends(self) -> list[int]:
        """The processes of the database that work for it."""
        rows = await self._admin.fetch(
            "select pid from pg_stat_activity where usename = 'adstelle_staff' and pid <> $1",
            self._own,
        )
        return [row["pid"] for row in rows]

    async def is_gone(self) -> bool:
        """Whether nothing of it is left."""
        running = [it for it in (self.pid, *_children(self.pid)) if _is_running(it)]
        return not running and not await self.backends()


async def _count(superuser: str, staff: str, session: Session, number: int) -> None:
    """Have everything counted to a draft that is kept, and print what each step took."""
    async with (
        asyncpg.create_pool(superuser, min_size=1) as admin,
        open_pool(staff, Role.ACCOUNTS, size=1) as pool,
    ):
        order = await _order(pool, admin, staff, session)
        begun = time.perf_counter()
        with _started(order) as process:
            watched = Watched(process.pid, admin, await _own(pool))
            told = asyncio.create_task(_told(admin, order.draft_id, watched))
            at = {"starting": Used(begun)}
            while line := await asyncio.to_thread(_line, process):
                at.setdefault(line, await watched.used())
            signs = await told
        state = (await _row(admin, order.draft_id)).state
    if "comparing" in at:
        ready = at["comparing"].clock - begun
        print(f"the draft can be looked at after {ready:.0f} s, with coarser groups afterwards")
    _print_steps(number, at, state, watched, len(signs))


async def _order(pool: Pool, admin: Pool, staff: str, session: Session) -> Order:
    """A new draft, and what its process is told."""
    draft_id = uuid4()
    await Publishing(pool, Jobs(pool, None), lambda: FRAME[2]).begin(session, draft_id, FRAME)
    job = await admin.fetchval("select job from figures.draft where draft_id = $1", draft_id)
    return Order(
        draft_id=draft_id, job=job, member_id=session.member_id, seed=session.statistics_seed,
        dsn=staff, folder=str(FOLDER),
    )  # fmt: skip


def _started(order: Order) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.job"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    if process.stdin:
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        process.stdin.flush()
    return process


def _line(process: "subprocess.Popen[bytes]") -> str:
    return process.stdout.readline().decode().strip() if process.stdout else ""


async def _told(admin: Pool, draft_id: UUID, watched: Watched) -> set[Told]:
    """Everything the draft said of the progress until nothing more was tried for it."""
    told: set[Told] = set()
    while "working" in (row := await _row(admin, draft_id)) or "comparing" in row:
        told.add(row)
        await watched.used()
        await asyncio.sleep(0.2)
    return told


async def _row(admin: Pool, draft_id: UUID) -> Told:
    row = await admin.fetchrow(
        "select state, step, done, total from figures.draft where draft_id = $1", draft_id
    )
    if row is None:
        raise SystemExit("the draft is gone")
    return Told(*row)


async def _own(pool: Pool) -> int:
    async with pool.acquire() as connection:
        return int(await connection.fetchval("select pg_backend_pid()"))


def _print_steps(
    number: int, at: dict[str, Used], state: str, watched: Watched, signs: int
) -> None:
    names = ["starting", *(it for it in STEPS if it in at)]
    print(f"\n{number} cards, seconds        clock  counting  opening  database")
    for name, after in zip(names, [*names[1:], ENDED], strict=True):
        print(f"{name:28}" + "".join(f"{it:9.1f}" for it in at[after].since(at[name])))
    print(f"{'in all':28}" + "".join(f"{it:9.1f}" for it in at[ENDED].since(at["starting"])))
    print(
        f"the draft is {state}; {signs} different signs of progress; peak memory "
        f"{watched.peak:.0f} MiB, of each that opens {watched.peak_of_opening:.0f} MiB"
    )


# Stopping -----------------------------------------------------------------------------------


async def _stop(superuser: str, staff: str, session: Session, *, by_starter: bool) -> None:
    """Begin anew, stop in the middle of the cards, and wait until nothing is left of it."""
    draft_id = uuid4()
    async with (
        asyncpg.create_pool(superuser, min_size=1) as admin,
        open_pool(staff, Role.ACCOUNTS, size=1) as pool,
    ):
        jobs = Jobs(pool, Site(staff, FOLDER))
        publishing = Publishing(pool, jobs, lambda: FRAME[2])
        await publishing.begin(session, draft_id, FRAME)
        watched = Watched(jobs._running[draft_id].pid, admin, await _own(pool))
        while not ((row := await _row(admin, draft_id)).step == "counting" and row.done):  # noqa: ASYNC110  another process
            await asyncio.sleep(0.1)
        stopping = (
            publishing if by_starter else Publishing(pool, Jobs(pool, None), lambda: FRAME[2])
        )
        begun = time.perf_counter()
        await stopping.stop(session, draft_id)
        while not await watched.is_gone():  # noqa: ASYNC110  other processes
            await asyncio.sleep(0.01)
        took = time.perf_counter() - begun
    who = "by whoever started it" if by_starter else "by another process"
    print(f"stopped {who} after {row.done} of {row.total} cards: gone in {took:.2f} s")


# Processes ----------------------------------------------------------------------------------


def _seconds(pid: int) -> tuple[float, float]:
    """Seconds of processors: of a process itself, and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, 0.0
    mine, others = (sum(map(int, fields[at : at + 2])) for at in (11, 13))
    return mine / TICKS, others / TICKS


def _children(pid: int) -> list[int]:
    try:
        found = Path(f"/proc/{pid}/task").glob("*/children")
        return [int(it) for file in found for it in file.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _peak(pid: int) -> float:
    """The most resident memory so far, in MiB."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return int(found[1]) / 1024 if found else 0.0
