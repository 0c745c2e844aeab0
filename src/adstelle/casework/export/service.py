"""A case as data for its document. It is read as every case is, and that it was is logged."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from uuid import UUID

import msgspec

from adstelle.casework import store
from adstelle.casework.access import within
from adstelle.casework.export import store as exports
from adstelle.casework.export.store import Made
from adstelle.casework.files.service import CaseBundle, Filing
from adstelle.casework.incident import store as incidents
from adstelle.casework.masking import store as masking
from adstelle.casework.notes import service as notes
from adstelle.casework.notes import store as note_store
from adstelle.casework.record import opening
from adstelle.casework.record import store as records
from adstelle.casework.service import CaseFile, Casework
from adstelle.casework.store import Act
from adstelle.casework.words import number
from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool
from adstelle.domain.case_document import (
    Attached,
    CaseData,
    Copy,
    Done,
    Given,
    Remark,
    Said,
    Worked,
)
from adstelle.domain.handover import Letter, Scope, Standing
from adstelle.domain.incident import Incident
from adstelle.domain.masking import Masks
from adstelle.domain.package import (
    NO_CARD,
    Cover,
    account_of_package,
    contact_of_package,
    package_of,
)
from adstelle.domain.private import Private
from adstelle.domain.referral import Referral
from adstelle.domain.report import Contact


class Prepared(Private, frozen=True, kw_only=True):
    """A case, opened to be written out. *masks* is None where they do not open: then nobody but
    the Stelle itself gets a copy. *agreed* are the referrals that the person's consent covers.
    """

    case_id: UUID
    data: CaseData
    masks: Masks | None
    agreed: tuple[Referral, ...]
    made: tuple[Made, ...]

    @property
    def seen(self) -> str:
        """Names what an adviser looks at before a copy is made of it: all but who read it when."""
        looked_at = (msgspec.structs.replace(self.data, read=()), self.masks)
        return hashlib.sha256(msgspec.json.encode(looked_at)).hexdigest()[:32]

    def referred(self, stelle: str) -> Referral | None:
        """What was agreed upon with a Stelle."""
        return next((each for each in self.agreed if each.stelle == stelle), None)


class Exports:
    """What an adviser gives away of a case, on paper or as a file."""

    def __init__(
        self, pool: Pool, casework: Casework, filing: Filing, today: Callable[[], date]
    ) -> None:
        self._pool = pool
        self._casework = casework
        self._filing = filing
        self.today = today

    async def has_case(self, session: Session, case_id: UUID) -> bool:
        """Whether there is such a case; nothing of it is opened."""
        async with within(self._pool, session) as conn:
            return await store.case_of(conn, case_id) is not None

    async def prepare(self, session: Session, case_id: UUID) -> Prepared | None:
        """Open a case to be written out. None where there is none, or it is sealed for somebody
        else.
        """
        file = await self._casework.read(session, case_id, self.today())
        if file is None or file.account is None:
            return None
        data, _ = await self._whole(session, file)
        async with within(self._pool, session) as conn:
            kept = await masking.latest(conn, session, case_id)
            made = await exports.exports(conn, session, case_id)
        return Prepared(
            case_id=case_id,
            data=data,
            masks=kept.masks,
            agreed=_agreed(file),
            made=tuple(made),
        )

    async def take(
        self, session: Session, case_id: UUID
    ) -> tuple[CaseData, tuple[CaseBundle, ...]] | None:
        """Open a case with its files, to be taken along to another software; None as `prepare`.

        The person is not told that anything was read.
        """
        file = await self._casework.look(session, case_id, Act.TAKEN_OUT)
        if file is None or file.account is None:
            return None
        return await self._whole(session, file)

    async def _whole(
        self, session: Session, file: CaseFile
    ) -> tuple[CaseData, tuple[CaseBundle, ...]]:
        """An opened case with what the Stelle noted and the list of its files."""
        async with within(self._pool, session) as conn:
            await store.append_log(conn, session, Act.NOTES_READ, [file.case_id])
            data = await _with_notes(conn, session, data_of(file, session.stelle), file.case_id)
        found = await self._filing.listed(session, file.case_id)
        bundles = found.bundles if found else ()
        return msgspec.structs.replace(data, files=tuple(_files(bundles))), bundles

    async def note(self, session: Session, case_id: UUID, export_id: UUID, copy: Copy) -> None:
        """Log that a copy is made, before anybody has it, with what was left out and why."""
        async with within(self._pool, session) as conn:
            await exports.insert(conn, session, case_id, export_id, copy)
            await store.append_log(conn, session, Act.EXPORT_MADE, [case_id])


def data_of(file: CaseFile, stelle: str) -> CaseData:
    """What the page of a case shows of it. Raises `ValueError` for one that is not open."""
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
        record=file.brief.record,
        steps=tuple(
            Done(at=step.taken_at, what=f"staff.state.{step.to_state}", name=step.name)
            for step in file.steps
        ),
        read=tuple(
            Done(at=row.done_at, what=f"staff.act.{row.act}", name=row.name)
            for row in reversed(file.log)
        ),
    )


async def _with_notes(
    conn: Connection, session: Session, data: CaseData, case_id: UUID
) -> CaseData:
    """The same with what the Stelle noted for itself."""
    entries = opening.current(session, await records.entries(conn, case_id))
    rows = await note_store.notes(conn, case_id)
    replaced = {row.replaces for row in rows}
    return msgspec.structs.replace(
        data,
        work=tuple(
            Worked(made_at=each.made_at, name=each.name, entry=each.entry) for each in entries
        ),
        remarks=tuple(
            Remark(
                at=row.written_at,
                name=row.name,
                text=notes.opened(session, row),
                replaced=row.note_id in replaced,
            )
            for row in reversed(rows)
        ),
        incident=await _incident(conn, session, case_id),
    )


async def _incident(conn: Connection, session: Session, case_id: UUID) -> Incident | None:
    """The incident that the case belongs to now. Other cases of it are not named."""
    last = None
    for link in await incidents.links_of(conn, session, case_id):
        last = link.incident if link.linked else None
    return last


def _files(bundles: Iterable[CaseBundle]) -> Iterator[Attached]:
    for bundle in bundles:
        for file in bundle.files:
            header = file.header
            yield Attached(
                name=header.name,
                kind=header.kind,
                size=header.size,
                on=bundle.on,
                from_person=not bundle.own,
            )


def _agreed(file: CaseFile) -> tuple[Referral, ...]:
    """The last referral to each Stelle that has the report, as far as what was agreed opens."""
    found = {
        each.stelle: each
        for each in file.referrals
        if each.has_report() and each.scope is not None and each.way is not None
    }
    return tuple(found.values())


def referral_data(data: CaseData, referral: Referral, own: str) -> CaseData:
    """What the person agreed that another Stelle gets, taken from the very package for it.

    Raises `ValueError` for a referral whose consent does not open.
    """
    if referral.scope is None or referral.way is None:
        raise ValueError("nobody knows what was agreed upon")
    letter = Letter(
        scope=referral.scope,
        wording="",
        given_on=referral.on,
        way=referral.way,
        referred_by=own,
        note=referral.note if referral.scope is not Scope.STATISTICS else "",
    )
    cover = Cover(package_id=NO_CARD, made_on=referral.on, referred_by=None)
    package = package_of(cover, letter, data.account, data.contact or Contact(), ())
    given = Given(
        stelle=referral.stelle,
        given_on=referral.on,
        withdrawn_on=None,
        letter=letter,
        standing=None,
    )
    return CaseData(
        number="",
        received_on=data.received_on,
        account=account_of_package(package),
        contact=contact_of_package(package),
        given=(given,),
        mandates={},
        messages=(),
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
