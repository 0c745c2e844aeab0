"""A case as data for its document. It is read as every case is, and that it was is logged."""

from collections.abc import Callable, Iterator
from datetime import date
from uuid import UUID

from adstelle.casework import store
from adstelle.casework.access import within
from adstelle.casework.service import CaseFile, Casework
from adstelle.casework.store import Act
from adstelle.casework.words import number
from adstelle.crypto.sessions import Session
from adstelle.database import Pool
from adstelle.domain.case_document import CaseData, Done, Given, Said
from adstelle.domain.handover import Standing


class Exports:
    """What an adviser gives away of a case, on paper or as a file."""

    def __init__(self, pool: Pool, casework: Casework, today: Callable[[], date]) -> None:
        self._pool = pool
        self._casework = casework
        self.today = today

    async def has_case(self, session: Session, case_id: UUID) -> bool:
        """Whether there is such a case; nothing of it is opened."""
        async with within(self._pool, session) as conn:
            return await store.case_of(conn, case_id) is not None

    async def data(self, session: Session, case_id: UUID) -> CaseData | None:
        """Open a case to be written out, and log that. None where there is none, or it is sealed
        for somebody else."""
        file = await self._casework.read(session, case_id, self.today())
        if file is None or file.account is None:
            return None
        async with within(self._pool, session) as conn:
            await store.append_log(conn, session, Act.EXPORT_MADE, [case_id])
        return data_of(file, session.stelle)


def data_of(file: CaseFile, stelle: str) -> CaseData:
    """What the document may say of an opened case. Raises `ValueError` for one that is not open."""
    if file.account is None:
        raise ValueError("a case that did not open was written out")
    return CaseData(
        number=number(file.case_id),
        received_on=file.received_on,
        account=file.account,
        contact=file.contact,
        given=tuple(_given(file, stelle)),
        mandates={stelle: file.mandates},
        messages=tuple(
            Said(
                stelle=stelle,
                from_person=note.from_person,
                sent_on=note.sent_on,
                message=note.message,
            )
            for note in file.notes
        ),
        steps=tuple(
            Done(at=step.taken_at, what=f"staff.state.{step.to_state}", name=step.name)
            for step in file.steps
        ),
        read=tuple(
            Done(at=row.done_at, what=f"staff.act.{row.act}", name=row.name)
            for row in reversed(file.log)
        ),
    )


def _given(file: CaseFile, stelle: str) -> Iterator[Given]:
    """The consent by which the Stelle has the case, and those to whom it went from here."""
    came = file.came
    yield Given(
        stelle=stelle,
        given_on=came.letter.given_on if came.letter else came.given_on,
        withdrawn_on=None,
        letter=came.letter,
        standing=None,
    )
    for each in file.referrals:
        if isinstance(each.standing, Standing):  # else it was only proposed
            yield Given(
                stelle=each.stelle,
                given_on=each.on,
                withdrawn_on=None,
                letter=None,
                standing=each.standing,
            )
