"""Who works on a case, who must not see it, when to look again; and the last step undone."""

from collections.abc import Sequence
from datetime import date
from enum import Enum, auto
from uuid import UUID, uuid4

from adstelle.casework import store as cases
from adstelle.casework.access import within
from adstelle.casework.desk import drafts, store
from adstelle.casework.desk.store import AssignmentRow, Colleague, ConflictRow, Standing, Workers
from adstelle.casework.notes import service as notes
from adstelle.casework.store import Act
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool
from adstelle.domain import case
from adstelle.domain.private import Private
from adstelle.errors import StepRefused


class Became(Enum):
    """What became of a wish."""

    DONE = auto()
    NO_SUCH_CASE = auto()
    NOT_POSSIBLE = auto()  # not one of us, or somebody who must not see the case
    LAST = auto()  # nobody would be left to see the case
    CHANGED = auto()  # the same form was sent before, with something else


class Worked(Private, frozen=True):
    """Who works on a case, from whom one can choose, and how that came about."""

    standing: Standing
    colleagues: Sequence[Colleague]
    assignments: Sequence[AssignmentRow]
    conflicts: Sequence[ConflictRow]


class Handover(Private, frozen=True, kw_only=True):
    """Who is to work on a case from now on, and a note for them; maybe empty."""

    assigned_to: UUID | None
    deputy: UUID | None
    note: str
    number: UUID


class Desks:
    """What members of a Stelle agree among themselves about a case. The person sees none of it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def look(self, session: Session, case_id: UUID) -> Worked | None:
        """Read who works on a case; None where this member sees none such."""
        async with within(self._pool, session) as conn:
            standing = await store.standing(conn, case_id)
            if standing is None:
                return None
            await cases.append_log(conn, session, Act.CASE_READ, [case_id])
            return Worked(
                standing,
                await store.colleagues(conn, case_id),
                await store.assignments(conn, case_id),
                await store.conflicts(conn, case_id),
            )

    async def hand_over(
        self, session: Session, case_id: UUID, wanted: Handover, today: date
    ) -> Became:
        """Say who works on a case; the note for them is kept with the notes on the case."""
        workers = (wanted.assigned_to, wanted.deputy)
        async with within(self._pool, session) as conn:
            before = await store.hold(conn, case_id)
            if before is None:
                return Became.NO_SUCH_CASE
            if not await _may_work(conn, case_id, workers):
                return Became.NOT_POSSIBLE
            if workers != before:
                await _assign(conn, session, case_id, wanted.number, workers, today)
            if not wanted.note:
                return Became.DONE
            note = notes.NewNote(number=wanted.number, text=wanted.note, replaces=None)
            kept = await notes.keep(conn, session, case_id, note)
            return Became.CHANGED if kept is notes.Kept.CHANGED else Became.DONE

    async def take(self, session: Session, case_id: UUID, today: date) -> Became:
        """Take a case oneself. Whoever was the deputy stays it, if that is somebody else."""
        async with within(self._pool, session) as conn:
            before = await store.hold(conn, case_id)
            if before is None:
                return Became.NO_SUCH_CASE
            mine = session.member_id
            workers = (mine, None if before[1] == mine else before[1])
            if workers != before:
                await _assign(conn, session, case_id, uuid4(), workers, today)
        return Became.DONE

    async def remind(self, session: Session, case_id: UUID, day: date | None) -> Became:
        """Set or clear the day on which the case is to be looked at again."""
        async with within(self._pool, session) as conn:
            if await store.hold(conn, case_id) is None:
                return Became.NO_SUCH_CASE
            if await store.remind(conn, case_id, day):
                await cases.append_log(conn, session, Act.REMINDER_SET, [case_id])
        return Became.DONE

    async def keep_away(
        self, session: Session, case_id: UUID, member_id: UUID, today: date
    ) -> Became:
        """Keep a member from a case, oneself or a colleague; never the last who can see it.

        Who worked on it does so no more.
        """
        async with within(self._pool, session) as conn:
            before = await store.hold(conn, case_id)
            if before is None:
                return Became.NO_SUCH_CASE
            seeing = {
                each.member_id: each.kept_away_since is None
                for each in await store.colleagues(conn, case_id)
            }
            if member_id not in seeing:
                return Became.NOT_POSSIBLE
            if not seeing.pop(member_id):
                return Became.DONE
            if not any(seeing.values()):
                return Became.LAST
            left = _without(before, member_id)
            if left != before:
                await _assign(conn, session, case_id, uuid4(), left, today)
            await cases.append_log(conn, session, Act.CONFLICT_SET, [case_id])
            await store.keep_away(conn, session, case_id, member_id, today)
        return Became.DONE

    async def let_back(self, session: Session, case_id: UUID, member_id: UUID) -> Became:
        """Let a colleague see a case again. Oneself one cannot: one sees no such case."""
        async with within(self._pool, session) as conn:
            if await store.hold(conn, case_id) is None:
                return Became.NO_SUCH_CASE
            if await store.let_back(conn, session, case_id, member_id):
                await cases.append_log(conn, session, Act.CONFLICT_LIFTED, [case_id])
        return Became.DONE

    async def take_back(self, session: Session, case_id: UUID, today: date) -> Became:
        """Undo one's own last step by another one. Raises `StepRefused` where that is too late."""
        async with within(self._pool, session) as conn:
            if await cases.lock_state(conn, case_id) is None:
                return Became.NO_SUCH_CASE
            last = await store.last_step(conn, session, case_id)
            if last is None or not case.may_take_back(last):
                raise StepRefused
            await store.take_back(conn, session, case_id, last)
            await cases.move(conn, session, case_id, last.from_state, today)
        return Became.DONE

    async def keep_draft(self, session: Session, case_id: UUID, text: str, today: date) -> Became:
        """Keep an answer that is still being written."""
        async with within(self._pool, session) as conn:
            if await store.standing(conn, case_id) is None:
                return Became.NO_SUCH_CASE
            await drafts.keep(conn, session, case_id, text, today)
        return Became.DONE


async def _may_work(conn: Connection, case_id: UUID, workers: Workers) -> bool:
    can_see = {
        each.member_id
        for each in await store.colleagues(conn, case_id)
        if each.kept_away_since is None
    }
    named = [member_id for member_id in workers if member_id is not None]
    return can_see.issuperset(named) and len(set(named)) == len(named)


async def _assign(
    conn: Connection,
    session: Session,
    case_id: UUID,
    number: UUID,
    workers: Workers,
    today: date,
) -> None:
    if await store.assign(conn, session, case_id, number, workers, today):
        await cases.append_log(conn, session, Act.ASSIGNED, [case_id])


def _without(workers: Workers, member_id: UUID) -> Workers:
    """The deputy moves up where the one who worked on a case is kept from it."""
    left = [each for each in workers if each not in {None, member_id}]
    if workers[0] is None and left:
        return None, left[0]
    return (left[0] if left else None, left[1] if len(left) > 1 else None)
