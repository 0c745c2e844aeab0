"""One act on several cases: assign them, put a label on or take it off. Nothing closes or hides."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from adstelle.casework import store as casework
from adstelle.casework.access import within
from adstelle.casework.queue import store
from adstelle.casework.store import Act
from adstelle.crypto.sessions import Session
from adstelle.database import Pool


class Done(msgspec.Struct, frozen=True):
    """How many cases now stand as was wanted, and how many were left out."""

    cases: int
    left_out: int


class Bulk:
    """What is done with several cases at once. Done twice it is done once."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def assign(
        self, session: Session, case_ids: Sequence[UUID], member_id: UUID | None
    ) -> Done:
        """Give cases to somebody of the Stelle, or to nobody. Whoever must not see a case does not
        get it.
        """
        async with within(self._pool, session) as conn:
            chosen = await store.chosen(conn, case_ids, member_id)
            changed = await store.assign(conn, chosen, member_id, told_by=session.member_id)
            if changed:
                await casework.append_log(conn, session, Act.CASE_ASSIGNED, changed)
        return Done(len(chosen), len(set(case_ids)) - len(chosen))

    async def label(
        self, session: Session, case_ids: Sequence[UUID], label_id: UUID, *, on: bool
    ) -> Done:
        """Put a label on cases, or take it off."""
        async with within(self._pool, session) as conn:
            chosen = await store.chosen(conn, case_ids)
            changed = await store.label(conn, chosen, label_id, on=on)
            if changed:
                await casework.append_log(conn, session, Act.CASE_LABELLED, changed)
        return Done(len(chosen), len(set(case_ids)) - len(chosen))
