"""Tell the statistics what the Stelle found of its cases: codes and pseudonyms, sealed to its key.

Written in the transaction that changes what is counted, or when the search index takes a case in;
both by the same function. Whoever may read a case may do that; nobody here reads it back.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from adstelle.casework import opened
from adstelle.casework.assessing import store
from adstelle.casework.assessing.store import Findings
from adstelle.casework.incident import store as incidents
from adstelle.casework.record import opening
from adstelle.casework.record.store import Revision
from adstelle.crypto import pseudonyms, sealing
from adstelle.crypto.hpke import PublicKey
from adstelle.crypto.sealing import PartKeys
from adstelle.crypto.sessions import ChainedKey, Session
from adstelle.database import Connection
from adstelle.domain.assessing import assessment_of, body_of, person_of
from adstelle.domain.counting import Assessment
from adstelle.domain.package import NO_CARD
from adstelle.domain.report import Contact
from adstelle.errors import Unopenable

SECTIONS: Final = frozenset({"einordnung", "ergebnis"})  # of a record: what they hold is counted
BATCH: Final = 100  # cases that are held open at once


async def keep(conn: Connection, session: Session, case_ids: Sequence[UUID]) -> None:
    """Bring the assessments of cases up to date with what this transaction sees.

    Nothing happens without a key of the statistics, for cases that were counted elsewhere, and for
    those that do not open.
    """
    key = await store.statistics_key(conn) if case_ids else None
    if key is None:
        return
    for start in range(0, len(case_ids), BATCH):
        rows = await store.findings(conn, case_ids[start : start + BATCH])
        await store.keep(conn, await asyncio.to_thread(_sealed, session, rows, key))


async def keep_incidents(conn: Connection, session: Session, incident_ids: Sequence[UUID]) -> None:
    """The same for all cases of incidents of which something changed that is counted."""
    await store.outdate_barred(conn, incident_ids)
    await keep(conn, session, await incidents.linked_cases(conn, incident_ids))


async def keep_series(conn: Connection, session: Session, series_id: UUID) -> None:
    """The same for all cases of a series.

    Which they are is asked again when nobody else can be putting an incident into it.
    """
    await store.outdate_barred(conn, series_id=series_id)
    if await store.statistics_key(conn) is not None:
        found = await incidents.incidents_of(conn, series_id)
        await keep(conn, session, await incidents.linked_cases(conn, found))


def _sealed(session: Session, rows: Iterable[Findings], key: PublicKey) -> dict[UUID, bytes]:
    """Open cases and seal what is counted of them. Runs beside the event loop."""
    private, lasting = session.key(), session.lasting_key(pseudonyms.PURPOSE)
    found = {}
    for row in rows:
        assessment = _assessment(session, private, lasting, row)
        if assessment is not None:
            number = pseudonyms.assessment_id(lasting, assessment.card_id)
            found[number] = sealing.seal_assessment(number, assessment, key)
    return found


def _assessment(
    session: Session, private: ChainedKey, lasting: bytes, row: Findings
) -> Assessment | None:
    keys = opened.part_keys(row, private, session.stelle)
    account = opened.account(row, keys)
    record = opening.record(session, row.case_id, _revision(row))
    if account is None or keys is None or account.card_id == NO_CARD or record is None:
        return None
    contact = _contact(row, keys)
    return msgspec.structs.replace(
        assessment_of(account.card_id, session.stelle, record),
        person=_pseudonym(lasting, "person", person_of(contact).encode() if contact else b""),
        body=_pseudonym(lasting, "body", body_of(record).encode()),
        incident=_incident(session, lasting, row),
        series=_pseudonym(lasting, "series", row.series_id.bytes if row.series_id else b""),
        is_campaign=_is_campaign(session, row),
    )


def _pseudonym(lasting: bytes, kind: str, value: bytes) -> bytes | None:
    return pseudonyms.pseudonym(lasting, kind, value) if value else None


def _incident(session: Session, lasting: bytes, row: Findings) -> bytes | None:
    """The pseudonym that two Stellen agreed upon, else the Stelle's own."""
    if row.incident_id is None or row.incident is None or row.incident_revision is None:
        return None
    known = incidents.incident_of(session, row.incident_id, row.incident_revision, row.incident)
    if known is not None and known.pseudonym is not None:
        return known.pseudonym[: pseudonyms.LENGTH]
    return pseudonyms.pseudonym(lasting, "incident", row.incident_id.bytes)


def _is_campaign(session: Session, row: Findings) -> bool:
    if row.series_id is None or row.series is None:
        return False
    series = incidents.series_of(session, row.series_id, row.series)
    return series is not None and series.is_campaign


def _revision(row: Findings) -> Revision | None:
    if row.revision is None or row.record is None:
        return None
    return Revision(row.revision, row.record)


def _contact(row: Findings, keys: PartKeys) -> Contact | None:
    """The contact, where the person gave it to this Stelle."""
    if keys.contact is None or row.contact is None or row.report_id is None:
        return None
    try:
        return sealing.open_contact(keys, row.contact, row.report_id)
    except Unopenable:
        return None
