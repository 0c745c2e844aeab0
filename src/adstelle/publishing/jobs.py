"""Start and end the process that counts and audits (`publishing.work`).

The web process never loads the solver. What is secret goes to the other process by its standard
input, which stays open: when whoever started it is gone, the process ends as well.
"""

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from adstelle.crypto.sessions import ChainedKey
from adstelle.database import Pool, Role, transaction
from adstelle.domain.private import Private
from adstelle.errors import OutcomeUnknown, StorageUnavailable
from adstelle.publishing import store
from adstelle.publishing.order import Order
from adstelle.publishing.store import Job

_COMMAND: Final = (sys.executable, "-I", "-m", "adstelle.publishing.work")
_ENVIRONMENT: Final = {"PATH": os.defpath, "LANG": "C.UTF-8"}  # no address, no secret of ours


class Site(Private, frozen=True):
    """Where a process finds the database and the city."""

    dsn: str
    folder: Path


class Jobs:
    """The processes this one has started; the database lets only one be at work at a time."""

    def __init__(self, pool: Pool, site: Site | None) -> None:
        """Without a *site* nothing can be started, as where only the pages are looked at."""
        self._pool = pool
        self._site = site
        self._running: dict[UUID, asyncio.subprocess.Process] = {}
        self._watching: set[asyncio.Task[None]] = set()

    async def start(self, job: Job, member_id: UUID, *, key: ChainedKey | None = None) -> None:
        """Let a process count for a draft with the statistics *key*, or publish it."""
        if self._site is None:
            return
        order = Order(
            draft_id=job.draft_id, job=job.number, member_id=member_id,
            seed=key.seed if key else None, older=key.older if key else (),
            dsn=self._site.dsn, folder=str(self._site.folder),
        )  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *_COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=_ENVIRONMENT,
        )
        if process.stdin is None:
            raise AssertionError("it was asked for")
        self._running[job.draft_id] = process
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(msgspec.json.encode(order) + b"\n")
            await process.stdin.drain()
        task = asyncio.create_task(self._watch(job, process))
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    def end(self, draft_id: UUID) -> None:
        """End a process at once. One that another web process started ends at its next sign."""
        process = self._running.get(draft_id)
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _watch(self, job: Job, process: asyncio.subprocess.Process) -> None:
        """When a process has ended without an answer, the draft says so."""
        await process.wait()
        if self._running.get(job.draft_id) is process:
            del self._running[job.draft_id]
        with contextlib.suppress(StorageUnavailable, OutcomeUnknown):
            async with transaction(self._pool, Role.PUBLISHING) as conn:
                await store.ended(conn, job)
