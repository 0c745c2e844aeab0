"""The queue at 100,000 cases of one Stelle: build them sealed and indexed, then list and search.

Each case has a real sealed account, a real wrap for the Stelle and real tokens. Left out is what
the queue never reads: the contact, the mailbox's wrap and the letter. A tenth has a message.
"""

import asyncio
import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pyotp

from adstelle.accounts import setup
from adstelle.accounts.service import SignIn
from adstelle.accounts.setup import NewMember
from adstelle.casework.blocks.service import Blocks
from adstelle.casework.filters.service import Filters, Saved
from adstelle.casework.hints.patterns import PatternView
from adstelle.casework.hints.service import Hints
from adstelle.casework.index.service import Index
from adstelle.casework.index.store import SCHEME
from adstelle.casework.queue.service import CaseQueue, Wanted
from adstelle.casework.queue.store import View
from adstelle.casework.running.service import RunningFigures
from adstelle.city import CITIES, City, load_city
from adstelle.crypto import sealing
from adstelle.crypto.opening import Cost
from adstelle.crypto.sessions import Session
from adstelle.database import Pool, Role, migrate, open_pool
from adstelle.domain.activity import Period
from adstelle.domain.case import State
from adstelle.domain.handover import Scope
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.report import Account, Contact, Message
from adstelle.domain.routing import CodedAnswers
from adstelle.domain.running import Unit
from adstelle.domain.search import Filter
from adstelle.errors import SignInRefused
from adstelle.local import postgres
from bench import load
from bench.processes import resident, started

PASSWORD: Final = "bench bench bench"  # noqa: S105  of a database that lives as long as this run
STELLE: Final = "ads_jena"
COST: Final = Cost(time=1, memory_kib=8, lanes=1)
CHUNK: Final = 250
WORDS: Final = 120  # of an account
COMMON, MIDDLE, RARE = "wohnung", "treppenhaus", "kanarienvogel"
MEMBERS: Final = 8
REPORTERS: Final = 2  # of ten cases, that are about one incident
TODAY: Final = date(2026, 11, 25)
_STATES: Final = {
    State.NEU: 1,
    State.GELESEN: 2,
    State.IN_BEARBEITUNG: 10,
    State.RUECKFRAGE: 2,
    State.WARTET_AUF_STELLE: 3,
    State.RUHT: 2,
    State.ABGESCHLOSSEN: 80,
}  # of 100 cases
_SYLLABLES: Final = [first + vowel for first in "bdfghklmnrstw" for vowel in "aeio"]

Measured = tuple[float, float, float, int]  # p50, p95, CPU in milliseconds; cases on the page


def main(cases: int, seconds: float) -> None:
    """Build, measure and print."""
    with postgres.temporary() as server:
        superuser, staff = server.superuser_dsn, server.dsn("adstelle_staff", PASSWORD, "postgres")
        asyncio.run(migrate(superuser, {"adstelle_staff": PASSWORD}))
        session, secret = asyncio.run(_set_up(superuser, staff))
        began = time.perf_counter()
        _build(superuser, session, cases)
        took = time.perf_counter() - began
        print(f"{cases} cases built in {took:.0f} s; load {os.getloadavg()[0]:.1f}")
        asyncio.run(_sizes(superuser))
        filters = asyncio.run(_measure(staff, session, seconds))
        cookie = asyncio.run(_sign_in(staff, secret))[1]  # the first session is over by now
        _measure_http(staff, cookie, filters, seconds)


async def _set_up(superuser: str, staff: str) -> tuple[Session, str]:
    """One Stelle with one member; return a session and the secret of the one-time codes."""
    secret = setup.new_totp_secret()
    member = NewMember(login="mira", name="Mira Muster", passphrase=PASSWORD, totp_secret=secret)
    prepared = setup.prepare(STELLE)
    async with open_pool(superuser, Role.OPERATOR, size=1) as pool:
        await setup.set_up_stelle(
            pool, prepared, member, entered=prepared.recovery_key, cost=COST, today=TODAY
        )
    return (await _sign_in(staff, secret))[0], secret


async def _sign_in(dsn: str, secret: str) -> tuple[Session, str]:
    """Sign the member in; return the session and its cookie. A code counts once: wait for one."""
    async with open_pool(dsn, Role.ACCOUNTS, size=1) as pool:
        sign_in = SignIn(pool, lambda: datetime.now(UTC), demo=False, cost=COST)
        for _ in range(4):
            try:
                cookie = await sign_in.sign_in("mira", PASSWORD, pyotp.TOTP(secret).now())
            except SignInRefused:
                await asyncio.sleep(15)
            else:
                if session := await sign_in.load(cookie):
                    return session, cookie
    raise SystemExit("nobody could sign in")


def _build(dsn: str, session: Session, cases: int) -> None:
    """Seal and store the cases in as many processes as there are cores; the index comes last."""
    asyncio.run(_execute(dsn, "drop index casework.search_tokens"))
    members = asyncio.run(_members(dsn, session))
    sealed = msgspec.json.encode(session)
    starts = range(0, cases, CHUNK)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(_chunk, dsn, sealed, members, start) for start in starts]
        for job in jobs:
            job.result()
    asyncio.run(
        _execute(
            dsn,
            "set maintenance_work_mem = '512MB'",
            "create index search_tokens on casework.search using gin (tokens) "
            "with (fastupdate = off)",
            "vacuum analyze",
        )
    )


async def _execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    for statement in statements:
        await connection.execute(statement, timeout=3600)
    await connection.close()


async def _members(dsn: str, session: Session) -> list[UUID]:
    """The members of the Stelle: the one who is signed in and some colleagues."""
    connection = await asyncpg.connect(dsn)
    for number in range(1, MEMBERS):
        await connection.execute(
            "insert into accounts.member select gen_random_uuid(), $1, name, stelle, salt, "
            "cost_time, cost_memory_kib, cost_lanes, sealed_box, stelle_wrap, demo, 0, 0, null, "
            "created_on from accounts.member where login = 'mira'", f"colleague-{number}",
        )  # fmt: skip
    rows = await connection.fetch("select member_id from accounts.member")
    await connection.close()
    others = (row["member_id"] for row in rows)
    return [session.member_id, *(one for one in others if one != session.member_id)]


def _chunk(dsn: str, sealed_session: bytes, members: list[UUID], start: int) -> None:
    session = msgspec.json.decode(sealed_session, type=Session)
    asyncio.run(_store(dsn, _rows(session, members, random.Random(start), start)))  # noqa: S311


def _rows(
    session: Session, members: list[UUID], chance: random.Random, start: int
) -> dict[str, list[tuple[Any, ...]]]:
    city = load_city(CITIES / "jena")
    index, key = Index(None, city), session.key()  # type: ignore[arg-type]  # it asks nothing
    tables: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _TABLES}
    vocabulary = list(_vocabulary())
    weights = list(accumulate(1 / (rank + 5) for rank in range(len(vocabulary))))
    for number in range(start, start + CHUNK):
        report_id, case_id = uuid4(), uuid4()
        words = chance.choices(vocabulary, cum_weights=weights, k=WORDS)
        words += [COMMON] * (chance.random() < 0.2) + [MIDDLE] * (chance.random() < 0.02)
        words += [RARE] * (number % 20_000 == 7)
        account = _account(city, chance, " ".join(words))
        messages = [Message(text=" ".join(words[:30]))] if number % 10 == 0 else []
        keys = sealing.new_part_keys()
        kept = index.kept(session, case_id, account, messages, TODAY)
        received = TODAY - timedelta(days=chance.randrange(3000))
        state = chance.choices(list(_STATES), weights=list(_STATES.values()))[0]
        assigned = chance.choice(members) if chance.random() < 0.9 else None
        tables["intake.report"].append((report_id, received, report_id.bytes, bytes(32)))
        parts = sealing.seal_parts(report_id, keys, account, Contact())
        tables["intake.part"].append((report_id, "account", parts.account))
        wrap = sealing.wrap_keys(keys, Scope.FACTS, report_id, STELLE, key.public())
        tables["intake.wrap"].append((report_id, STELLE, wrap))
        tables["intake.handover"].append((uuid4(), report_id, STELLE, received))
        if number % 200 == 0:
            tables["intake.referred"].append((uuid4(), report_id, "ezra", STELLE, received))
        tables["casework.case"].append(
            (
                case_id, report_id, STELLE, number, state, received, received, assigned,
                kept.due_on, received if number % 30 == 0 else None, SCHEME,
            )
        )  # fmt: skip
        tables["casework.search"].append((case_id, STELLE, number, kept.tokens))
        tables["casework.tally"].append((case_id, STELLE, kept.tally))
        if number % 10 == 0:
            incident_id = uuid4()
            tables["casework.incident"].append((incident_id, STELLE, b"never opened"))
        if number % 10 < REPORTERS:
            tables["casework.incident_link"].append(
                (case_id, incident_id, STELLE, session.member_id, True)
            )
        for message in messages:
            tables["mailbox.message"].append(_message(session, report_id, message, number))
    return tables


def _account(city: City, chance: random.Random, text: str) -> Account:
    codes = city.codes

    def one(given: tuple[str, ...]) -> str:
        return chance.choices(given, weights=[1 / (rank + 1) for rank in range(len(given))])[0]

    day = TODAY - timedelta(days=chance.randrange(3000))
    return Account(
        answers=CodedAnswers(
            grounds=(one(codes.grounds),),
            incident_type=one(codes.incident_type),
            area_of_life=one(codes.area_of_life),
            territory="jena",
            alleged_responsible=one(codes.alleged_responsible),
        ),
        account=text,
        date=IncidentDate(day=day.day, month=day.month, year=day.year),
        frequency=None,
        place="Lobeda",
        district=chance.choice(city.districts).code,
        ground_words="",
        mandates=(),
        language=one(("de", "ar", "en")),
        interpreter="",
        affected_agrees=None,
        wording="bench",
        card_id=uuid4(),
    )


def _vocabulary() -> Iterator[str]:
    """30,000 words that are none, the first the most frequent."""
    chance = random.Random(7)  # noqa: S311
    for _ in range(30_000):
        yield "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 5)))


def _message(session: Session, report_id: UUID, message: Message, number: int) -> tuple[Any, ...]:
    message_id = uuid4()
    public = session.key().public()
    sealed = sealing.seal_message(
        report_id, message_id, STELLE, message, stelle_key=public, mailbox_key=public
    )
    read = None if number % 50 == 0 else TODAY
    return (
        message_id, report_id, STELLE, "person", TODAY, read,
        sealed.sealed, sealed.for_stelle, sealed.for_mailbox,
    )  # fmt: skip


_TABLES: Final = {
    "intake.report": ("report_id", "received_on", "mailbox_lookup", "mailbox_key"),
    "intake.part": ("report_id", "part", "sealed"),
    "intake.wrap": ("report_id", "recipient", "wrapped"),
    "intake.handover": ("handover_id", "report_id", "stelle", "given_on"),
    "intake.referred": ("handover_id", "report_id", "stelle", "referred_by", "given_on"),
    "casework.case": (
        "case_id", "report_id", "stelle", "position", "state", "received_on", "changed_on",
        "assigned_to", "due_on", "remind_on", "indexed",
    ),
    "casework.search": ("case_id", "stelle", "position", "tokens"),
    "casework.tally": ("case_id", "stelle", "sealed"),
    "casework.incident": ("incident_id", "stelle", "sealed"),
    "casework.incident_link": ("case_id", "incident_id", "stelle", "member_id", "linked"),
    "mailbox.message": (
        "message_id", "report_id", "stelle", "author", "sent_on", "read_on", "sealed",
        "for_stelle", "for_mailbox",
    ),
}  # fmt: skip


async def _store(dsn: str, tables: dict[str, list[tuple[Any, ...]]]) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("set synchronous_commit = off")
    for name, columns in _TABLES.items():
        schema, table = name.replace("referred", "handover").split(".")
        await connection.copy_records_to_table(
            table, schema_name=schema, records=tables[name], columns=columns, timeout=600
        )
    await connection.close()


async def _sizes(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    row = await connection.fetchrow(
        "select avg(cardinality(tokens)) as tokens, "
        "pg_table_size('casework.search') / 1048576 as rows, "
        "pg_indexes_size('casework.search') / 1048576 as indexes, "
        "pg_database_size(current_database()) / 1048576 as everything from casework.search"
    )
    if row:
        print(
            f"index: {row['tokens']:.0f} tokens a case, {row['rows']} MiB rows, "
            f"{row['indexes']} MiB indexes; the whole database {row['everything']} MiB"
        )
    await connection.close()


def _questions(session: Session, city: City) -> dict[str, Wanted]:
    """What is asked: every view, every filter, words that many, some and few cases have."""
    codes = city.codes
    sought = {
        "ground (most frequent)": Filter(ground=codes.grounds[0]),
        "ground (rarest)": Filter(ground=codes.grounds[-1]),
        "area of life": Filter(area=codes.area_of_life[0]),
        "place": Filter(place="Lobeda"),
        "district": Filter(district=city.districts[0].code),
        "responsible body": Filter(responsible=codes.alleged_responsible[0]),
        "language": Filter(language="ar"),
        "state": Filter(state=State.RUECKFRAGE),
        "assigned member": Filter(assigned=session.member_id),
        "one word, every fifth case": Filter(words=COMMON),
        "two words": Filter(words=f"{COMMON} {MIDDLE}"),
        "a rare word": Filter(words=RARE),
        "a word nobody wrote": Filter(words="nirgendwo"),
        "ground, area and word": Filter(
            ground=codes.grounds[0], area=codes.area_of_life[0], words=COMMON
        ),
    }
    return {
        "all": Wanted(),
        **{f"view {view}": Wanted(view=view) for view in View},
        **{f"filter: {name}": Wanted(filter=given) for name, given in sought.items()},
        "due, with a word": Wanted(view=View.DUE, filter=Filter(words=COMMON)),
        "mine, with a ground": Wanted(view=View.MINE, filter=Filter(ground=codes.grounds[1])),
    }


async def _measure(dsn: str, session: Session, seconds: float) -> dict[str, UUID | None]:
    """Ask through the service; keep every filter for the requests that follow."""
    city = load_city(CITIES / "jena")
    kept: dict[str, UUID | None] = {}
    async with open_pool(dsn, Role.ACCOUNTS, size=1) as pool:
        queue, filters = CaseQueue(pool, Index(pool, city)), Filters(pool)
        print(f"\nthrough the service, one after the other; load {os.getloadavg()[0]:.1f}")
        print("CPU: of this process and of the database together, for one page")
        print(f"{'':36}     p50     p95     CPU   cases")
        for name, wanted in _questions(session, city).items():
            p50, p95, cpu, found = await _timed(pool, queue, session, wanted, seconds)
            print(f"{name:36} {p50:7.1f} {p95:7.1f} {cpu:7.1f} {found:7}")
            kept[name] = await _kept(filters, session, wanted)
        await _next_pages(queue, session, seconds)
        await _hints(pool, queue, session, seconds)
        await _running(pool, session, city)
        await _only_database(pool)
    return kept


async def _timed(
    pool: Pool, queue: CaseQueue, session: Session, wanted: Wanted, seconds: float
) -> Measured:
    times: list[float] = []
    found = 0
    await queue.page(session, wanted, TODAY)
    backend = await _backend(pool)
    end, used = time.perf_counter() + seconds, time.process_time() + _cpu(backend)
    while time.perf_counter() < end or len(times) < 20:
        began = time.perf_counter()
        page = await queue.page(session, wanted, TODAY)
        times.append(time.perf_counter() - began)
        found = len(page.entries)
    used = time.process_time() + _cpu(backend) - used
    times.sort()
    p50, p95 = load.percentile(times, 0.5), load.percentile(times, 0.95)
    return p50, p95, 1000 * used / len(times), found


async def _backend(pool: Pool) -> int:
    """The number of the database's process behind the only connection, now and then another."""
    async with pool.acquire() as connection:
        return int(await connection.fetchval("select pg_backend_pid()"))


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _next_pages(queue: CaseQueue, session: Session, seconds: float) -> None:
    """Go on page by page: none costs more than the one before."""
    times: list[float] = []
    wanted, end = Wanted(), time.perf_counter() + 4 * seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        page = await queue.page(session, wanted, TODAY)
        times.append(time.perf_counter() - began)
        wanted = Wanted(before=page.older)
    times.sort()
    p50, p95 = load.percentile(times, 0.5), load.percentile(times, 0.95)
    print(f"{f'{len(times)} pages on from the newest':36} {p50:7.1f} {p95:7.1f}")


async def _hints(pool: Pool, queue: CaseQueue, session: Session, seconds: float) -> None:
    """What may belong to a case, of one case after the other; then what comes up more than once."""
    hints = Hints(pool, load_city(CITIES / "jena"), Blocks(pool))
    page = await queue.page(session, Wanted(), TODAY)
    times: list[float] = []
    backend = await _backend(pool)
    end, used = time.perf_counter() + seconds, time.process_time() + _cpu(backend)
    while time.perf_counter() < end or len(times) < 20:
        began = time.perf_counter()
        await hints.look(session, page.entries[len(times) % len(page.entries)].case_id)
        times.append(time.perf_counter() - began)
    times.sort()
    p50, p95 = load.percentile(times, 0.5), load.percentile(times, 0.95)
    used = 1000 * (time.process_time() + _cpu(backend) - used)
    print(f"{'hints for a case':36} {p50:7.1f} {p95:7.1f} {used / len(times):7.1f}")
    backend = await _backend(pool)
    began, used = time.perf_counter(), time.process_time() + _cpu(backend)
    found = await PatternView(pool).look(session, Period(TODAY - timedelta(days=3000), TODAY))
    took = 1000 * (time.perf_counter() - began)
    used = 1000 * (time.process_time() + _cpu(backend) - used)
    print(f"{f'patterns of {found.looked_at} cases':36} {took:7.1f} {'':7} {used:7.1f}")


async def _running(pool: Pool, session: Session, city: City) -> None:
    """The running figures of one year, and of all of them: every case is opened and counted."""
    figures = RunningFigures(pool, Index(pool, city))
    for name, days in (("one year", 365), ("eight years", 3000)):
        period = Period(TODAY - timedelta(days=days), TODAY)
        backend = await _backend(pool)
        began, used = time.perf_counter(), time.process_time() + _cpu(backend)
        found = await figures.count(session, period, TODAY)
        took = 1000 * (time.perf_counter() - began)
        used = 1000 * (time.process_time() + _cpu(backend) - used)
        cases = found.figures.totals[Unit.CONTACTS].total
        print(f"{f'running figures, {name}':36} {took:7.1f} {'':7} {used:7.1f} {cases:7}")


async def _only_database(pool: Pool) -> None:
    """How long the shortest question to the database takes: what of the above is the machine."""
    times = []
    async with pool.acquire() as connection:
        for _ in range(50):
            began = time.perf_counter()
            await connection.fetchval("select 1")
            times.append(time.perf_counter() - began)
    times.sort()
    print(f"{'select 1':36} {load.percentile(times, 0.5):7.1f} {load.percentile(times, 0.95):7.1f}")


async def _kept(filters: Filters, session: Session, wanted: Wanted) -> UUID | None:
    if wanted.filter.is_empty or wanted.view is not None:
        return None
    filter_id = uuid4()
    await filters.keep(session, filter_id, Saved("", wanted.filter), date.today())
    return filter_id


def _measure_http(dsn: str, cookie: str, filters: dict[str, UUID | None], seconds: float) -> None:
    """The same pages from a staff process, as a browser asks for them."""
    with started(["-m", "adstelle", "staff"], {"ADSTELLE_DSN": dsn}) as staff:
        carried = f"adstelle-dienst={cookie}"
        paths = {"all": "/de/faelle", "view due": "/de/faelle?ansicht=faellig"}
        paths |= {
            name: f"/de/faelle?filter={filter_id}"
            for name, filter_id in filters.items()
            if filter_id
        }
        asked = {name: load.get(path, carried) for name, path in paths.items()}
        load.run(staff.port, asked["all"], clients=1, seconds=1)
        print(f"\nover HTTP, one client; memory before {resident(staff.process.pid):.0f} MiB, "
              f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
        for name, request in asked.items():
            got = load.run(staff.port, request, clients=1, seconds=seconds)
            refused = f"  refused {got.refused}" if got.refused else ""
            print(f"{name:36} {got.p50:7.1f} {got.p95:7.1f}{refused}")
        got = load.run(staff.port, asked["all"], clients=4, seconds=2 * seconds)
        print(f"{'all, four at once':36} {got.p50:7.1f} {got.p95:7.1f}  {got.rate:.0f}/s")
        print(f"memory after {resident(staff.process.pid):.0f} MiB")
