"""What is masked in copies of a case: looked at beside the case, changed as a whole, undone."""

from enum import Enum, auto
from uuid import UUID

from adstelle.casework import store as cases
from adstelle.casework.access import within
from adstelle.casework.export.service import Exports
from adstelle.casework.masking import store
from adstelle.casework.store import Act
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain.case_document import CaseData
from adstelle.domain.masking import Masks
from adstelle.domain.private import Private


class Became(Enum):
    """What became of masks that were saved."""

    KEPT = auto()
    CHANGED = auto()  # somebody else changed them in between: both have to be looked at
    NO_SUCH_CASE = auto()


class Marking(Private, frozen=True, kw_only=True):
    """A case, and what is masked in its copies; *masks* is None where that does not open."""

    case_id: UUID
    data: CaseData
    revision: int
    masks: Masks | None


class Masking:
    """Masks of the cases of a session's Stelle."""

    def __init__(self, pool: Pool, exports: Exports) -> None:
        self._pool = pool
        self._exports = exports

    async def read(self, session: Session, case_id: UUID) -> Marking | None:
        """Open a case with what is masked of it; None where there is none, or it does not open."""
        prepared = await self._exports.prepare(session, case_id)
        if prepared is None:
            return None
        async with within(self._pool, session) as conn:
            kept = await store.latest(conn, session, case_id)
        return Marking(
            case_id=case_id, data=prepared.data, revision=kept.revision, masks=kept.masks
        )

    async def save(self, session: Session, case_id: UUID, masks: Masks, base: int) -> Became:
        """Keep *masks* in place of revision *base*. Sent twice they are kept once."""
        async with within(self._pool, session) as conn:
            if await cases.lock_state(conn, case_id) is None:
                return Became.NO_SUCH_CASE
            kept = await store.latest(conn, session, case_id)
            if kept.masks == masks:
                return Became.KEPT
            if kept.revision != base:
                return Became.CHANGED
            await store.append(conn, session, case_id, base + 1, masks)
            await cases.append_log(conn, session, Act.MASKS_KEPT, [case_id])
        return Became.KEPT
