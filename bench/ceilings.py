"""What can be reached at all: the same statement through pgbench, the bare framework, one wrap."""

import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
from litestar import Litestar, post

from adstelle.crypto.hpke import PrivateKey
from adstelle.database import Role, queries
from adstelle.intake.api import ReportIn
from adstelle.intake.store import Submission
from adstelle.web import serving

WRAPS = 2_000


def statement(given: Submission) -> str:
    """The service's own statement, with fresh ids and the bytes of a real submission."""
    values = {
        "report_id": "md5('r' || :n::bigint)::uuid",
        "received_on": f"date '{given.report.received_on}'",
        "mailbox_lookup": "sha256(('l' || :n::bigint)::bytea)",
        "mailbox_key": _bytes(given.report.mailbox_key),
        "account": _bytes(given.report.parts.account),
        "contact": _bytes(given.report.parts.contact),
        "recipients": _texts(list(given.report.wraps)),
        "wraps": _many_bytes(given.report.wraps.values()),
        "card_id": "md5('c' || :n::bigint)::uuid",
        "card": _bytes(given.report.card),
        "handovers": "array["
        + ",".join(
            f"md5('h{place}' || :n::bigint)::uuid" for place in range(len(given.report.given))
        )
        + "]",
        "stellen": _texts([each.stelle for each in given.report.given]),
        "for_stelle": _many_bytes(each.for_stelle for each in given.report.given),
        "for_mailbox": _many_bytes(each.for_mailbox for each in given.report.given),
        "packages": _many_bytes(each.package for each in given.report.given),
        "sender_names": "array[" + ",".join("null" for _ in given.report.given) + "]::text[]",
        "lanes": "array[" + ",".join("null" for _ in given.report.given) + "]::text[]",
        "submission_id": "sha256(('s' || :n::bigint)::bytea)",
        "sealed_receipt": _bytes(given.sealed_receipt),
        "expires_at": f"timestamptz '{given.expires_at.isoformat()}'",
    }
    query = queries("intake").insert_report
    sql = query.sql
    for position, name in sorted(
        ((int(place), name) for place, name in _places(query)), reverse=True
    ):
        sql = sql.replace(f"${position}", values[name])
    return f"\\set n random(1, 9000000000000000000)\n{' '.join(sql.split())}\n"


def _places(query: object) -> list[tuple[str, str]]:
    """Which ``$n`` stands for which parameter: in the order of first use in the file."""
    text = (Path(__file__).parents[1] / "db" / "queries" / "intake.sql").read_text("utf-8")
    body = text.split("-- name: insert_report", 1)[1].split("-- name:", 1)[0].split("\n", 1)[1]
    names = list(dict.fromkeys(re.findall(r"(?<!:):([a-z_]+)", body)))
    return [(str(position), name) for position, name in enumerate(names, start=1)]


def _many_bytes(values: Iterable[bytes | None]) -> str:
    given = ("null" if value is None else _bytes(value) for value in values)
    return f"array[{','.join(given)}]::bytea[]"


def _bytes(value: bytes) -> str:
    return f"'\\x{value.hex()}'::bytea"


def _texts(values: list[str]) -> str:
    return "array[" + ",".join(f"'{value}'" for value in values) + "]::text[]"


def pgbench(programs: Path, dsn: str, script: str, *, clients: int, seconds: float) -> float:
    """Run *script* and return transactions a second, counted once everybody is connected.

    Its clock runs while it connects, one client after the other: at 64 that takes seconds, which a
    first, short run measures and the second is given on top.
    """
    connecting = _pgbench(programs, dsn, script, clients, "-t", 1)["initial connection time"] / 1000
    return _pgbench(programs, dsn, script, clients, "-T", math.ceil(seconds + connecting))["tps"]


def _pgbench(
    programs: Path, dsn: str, script: str, clients: int, option: str, value: int
) -> dict[str, float]:
    """Run pgbench for so many transactions (-t) or seconds (-T); return the figures it prints."""
    parts = urlsplit(dsn)
    place = parse_qs(parts.query)
    environment = {
        **os.environ,
        "PGUSER": parts.username or "",
        "PGPASSWORD": parts.password or "",
        "PGHOST": place["host"][0],
        "PGPORT": place["port"][0],
        "PGDATABASE": parts.path.lstrip("/"),
        "PGOPTIONS": f"-c role={Role.INTAKE.value}",
    }
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        options = ["-n", "-M", "prepared", "-j", "1", "-c", str(clients), option, str(value)]
        done = subprocess.run(
            [programs / "pgbench", *options, "-f", file.name],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    figures = re.findall(r"^([a-z ]+) = ([\d.]+)", done.stdout, re.MULTILINE)
    if done.returncode or not figures:
        sys.exit(f"pgbench failed:\n{done.stdout[-500:]}\n{done.stderr[-2000:]}")
    return {name: float(figure) for name, figure in figures}


def wrap_seconds() -> float:
    """How long one HPKE wrap takes."""
    public = PrivateKey.generate().public()
    start = time.perf_counter()
    for _ in range(WRAPS):
        public.wrap(bytes(64), b"bench")
    return (time.perf_counter() - start) / WRAPS


@post("/raw", status_code=200)
async def raw(data: ReportIn) -> dict[str, int]:
    """Decode the same body and answer: what HTTP and the framework cost alone."""
    return {"characters": len(data.account)}


def serve_raw(port: int) -> None:
    """Serve the bare framework; run in a process of its own."""

    def create() -> Litestar:
        return Litestar([raw], openapi_config=None, logging_config=None)

    serving.serve(create, process="raw", host="127.0.0.1", port=port)


def encoded(report: ReportIn) -> bytes:
    """The body that every load sends."""
    return msgspec.json.encode(report)
