"""Everything a mailbox holds, for the person to take along (Art. 15 and 20 GDPR)."""

from adstelle.domain.case_document import CaseData, Given, Said
from adstelle.mailbox.box import Box


def data_of(box: Box) -> CaseData:
    """What the document says: the report, every consent, every message, what they want of whom."""
    return CaseData(
        number="",
        received_on=box.received_on,
        account=box.account,
        contact=box.contact,
        given=tuple(
            Given(
                stelle=row.stelle,
                given_on=row.given_on,
                withdrawn_on=row.withdrawn_on,
                letter=row.letter,
                standing=row.standing,
            )
            for row in box.recipients
        ),
        mandates={row.stelle: box.mandates(row.stelle) for row in box.latest() if row.is_living},
        messages=tuple(
            Said(
                stelle=note.stelle,
                from_person=note.own,
                sent_on=note.sent_on,
                message=None if note.is_unopenable else note.message,
            )
            for note in box.notes
        ),
    )
