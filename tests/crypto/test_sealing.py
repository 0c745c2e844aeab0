"""A report is sealed for those the person chose, and for what they chose."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstelle.crypto import envelope, sealing
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sealing import MAILBOX
from adstelle.domain.handover import Letter, Scope, Way
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.report import Account, Contact, Message, Report, account_of, card_of
from adstelle.domain.routing import CodedAnswers
from adstelle.errors import Unopenable

REPORT_ID, CARD_ID, MESSAGE_ID = (UUID(int=number) for number in (1, 2, 3))
ADS, EZRA, STRANGER, MAILBOX_KEY = (PrivateKey.generate() for _ in range(4))
CONTACT = Contact(name="Kim Beispiel", phone="03641 123")
REPORT = Report(
    answers=CodedAnswers(grounds=("alter",), incident_type="beleidigung"),
    account="Im Bus.",
    date=IncidentDate(day=3, month=4, year=2026),
    contact=CONTACT,
)
ACCOUNT = account_of(REPORT, card_id=CARD_ID, wording="2026-11")
words = st.text(max_size=300)


@dataclass(frozen=True)
class Sealed:
    """A report as it is stored, for everybody it was given to."""

    account: bytes
    contact: bytes
    wraps: dict[str, bytes]


def sealed(account: Account = ACCOUNT, contact: Contact = CONTACT) -> Sealed:
    recipients = {
        "ads_jena": (ADS.public(), Scope.CONTACT),
        "ezra": (EZRA.public(), Scope.FACTS),
        MAILBOX: (MAILBOX_KEY.public(), Scope.CONTACT),
    }
    keys = sealing.new_part_keys()
    parts = sealing.seal_parts(REPORT_ID, keys, account, contact)
    wraps = {
        recipient: sealing.wrap_keys(keys, scope, REPORT_ID, recipient, public)
        for recipient, (public, scope) in recipients.items()
    }
    return Sealed(parts.account, parts.contact, wraps)


LETTER = Letter(
    scope=Scope.CONTACT, wording="test", given_on=date(2026, 11, 22), way=Way.PHONE, note="Bitte."
)


def test_a_letter_opens_for_its_side_at_its_place_only() -> None:
    handover_id = uuid4()
    for_ads = sealing.seal_letter(handover_id, LETTER, "ads_jena", ADS.public())

    assert sealing.open_letter(ADS, for_ads, handover_id, "ads_jena") == LETTER
    elsewhere = ((EZRA, handover_id, "ads_jena"), (ADS, uuid4(), "ads_jena"),
                 (ADS, handover_id, MAILBOX))  # fmt: skip
    for private, place, side in elsewhere:
        with pytest.raises(Unopenable):
            sealing.open_letter(private, for_ads, place, side)


def test_a_letter_under_a_key_both_hold_opens_with_it_alone() -> None:
    handover_id, secret = uuid4(), envelope.new_key()
    letter = sealing.seal_letter(handover_id, LETTER, "ads_jena", secret)

    assert sealing.open_letter(ADS, letter, handover_id, "ads_jena", secret) == LETTER
    elsewhere = ((None, handover_id, "ads_jena"), (envelope.new_key(), handover_id, "ads_jena"),
                 (secret, uuid4(), "ads_jena"), (secret, handover_id, MAILBOX))  # fmt: skip
    for key, place, side in elsewhere:
        with pytest.raises(Unopenable):
            sealing.open_letter(ADS, letter, place, side, key)


def test_each_recipient_holds_a_key_for_letters_of_its_own() -> None:
    keys = sealing.new_part_keys()
    letters = envelope.new_key()
    given = msgspec.structs.replace(keys, letters=letters)
    wrap = sealing.wrap_keys(given, Scope.FACTS, REPORT_ID, "ezra", EZRA.public())
    other = sealing.wrap_keys(keys, Scope.CONTACT, REPORT_ID, "ads_jena", ADS.public())

    assert sealing.unwrap_keys(EZRA, wrap, REPORT_ID, "ezra").letters == letters
    assert sealing.unwrap_keys(ADS, other, REPORT_ID, "ads_jena").letters is None
    assert len(wrap) == len(other)


def test_what_the_person_keeps_opens_with_their_code_alone() -> None:
    keys, own = sealing.new_part_keys(), envelope.new_key()
    kept = sealing.keep_keys(keys, REPORT_ID, own)

    assert sealing.unwrap_keys(STRANGER, kept, REPORT_ID, MAILBOX, own) == keys
    for secret, report_id in ((None, REPORT_ID), (envelope.new_key(), REPORT_ID), (own, uuid4())):
        with pytest.raises(Unopenable):
            sealing.unwrap_keys(STRANGER, kept, report_id, MAILBOX, secret)


def test_wraps_without_a_key_for_letters_still_open() -> None:
    """As they were made before letters had a key."""
    keys = sealing.new_part_keys()
    assert keys.contact is not None
    binding = sealing.wrap_binding(REPORT_ID, "ads_jena")
    wrap = ADS.public().wrap(keys.account + keys.contact, binding)

    assert sealing.unwrap_keys(ADS, wrap, REPORT_ID, "ads_jena") == keys


def test_a_letters_length_does_not_tell_what_was_agreed() -> None:
    bare = msgspec.structs.replace(LETTER, scope=Scope.FACTS, note="")
    lengths = {
        len(sealing.seal_letter(uuid4(), letter, side, ADS.public()))
        for letter in (LETTER, bare)
        for side in ("ads_jena", MAILBOX)
    }
    assert len(lengths) == 1


@settings(deadline=None, max_examples=40)
@given(words, words, words)
def test_each_recipient_opens_what_consent_gave_them(text: str, place: str, name: str) -> None:
    account = msgspec.structs.replace(ACCOUNT, account=text, place=place)
    contact = Contact(name=name)
    made = sealed(account, contact)

    for recipient, private in (("ads_jena", ADS), (MAILBOX, MAILBOX_KEY)):
        keys = sealing.unwrap_keys(private, made.wraps[recipient], REPORT_ID, recipient)
        assert sealing.open_account(keys, made.account, REPORT_ID) == account
        assert sealing.open_contact(keys, made.contact, REPORT_ID) == contact


def test_consent_without_contact_gives_no_contact_key() -> None:
    made = sealed()
    keys = sealing.unwrap_keys(EZRA, made.wraps["ezra"], REPORT_ID, "ezra")

    assert keys.contact is None
    assert sealing.open_account(keys, made.account, REPORT_ID) == ACCOUNT
    with pytest.raises(Unopenable):
        sealing.open_contact(keys, made.contact, REPORT_ID)


def test_the_key_of_the_account_does_not_open_the_contact() -> None:
    made = sealed()
    keys = sealing.unwrap_keys(EZRA, made.wraps["ezra"], REPORT_ID, "ezra")
    for place in (sealing.ACCOUNT, sealing.CONTACT):
        binding = sealing.part_binding(REPORT_ID, place)
        with pytest.raises(Unopenable):
            envelope.open_sealed(keys.account, made.contact, binding)


def test_the_stored_bytes_do_not_say_whether_there_is_a_name() -> None:
    made, nameless = sealed(), sealed(contact=Contact())

    assert len({len(wrap) for wrap in made.wraps.values()}) == 1
    assert len(made.contact) == len(nameless.contact)
    assert {len(wrap) for wrap in made.wraps.values()} == {
        len(wrap) for wrap in nameless.wraps.values()
    }


@given(st.integers(0, 400), st.integers(0, 400))
def test_short_accounts_are_equally_long(one: int, other: int) -> None:
    lengths = {
        len(sealed(msgspec.structs.replace(ACCOUNT, account="x" * length)).account)
        for length in (one, other)
    }
    assert len(lengths) == 1


def test_nobody_else_opens_a_wrap() -> None:
    for recipient, wrap in sealed().wraps.items():
        with pytest.raises(Unopenable):
            sealing.unwrap_keys(STRANGER, wrap, REPORT_ID, recipient)


def test_a_wrap_opens_for_no_other_recipient_and_no_other_report() -> None:
    wrap = sealed().wraps["ads_jena"]
    with pytest.raises(Unopenable):
        sealing.unwrap_keys(ADS, wrap, REPORT_ID, "ezra")
    with pytest.raises(Unopenable):
        sealing.unwrap_keys(ADS, wrap, uuid4(), "ads_jena")


def test_a_part_opens_in_no_other_report_and_not_as_the_other_part() -> None:
    made = sealed()
    keys = sealing.unwrap_keys(ADS, made.wraps["ads_jena"], REPORT_ID, "ads_jena")
    with pytest.raises(Unopenable):
        sealing.open_account(keys, made.account, uuid4())
    with pytest.raises(Unopenable):
        sealing.open_account(keys, made.contact, REPORT_ID)


def test_every_report_has_keys_of_its_own() -> None:
    one, other = (
        sealing.unwrap_keys(ADS, sealed().wraps["ads_jena"], REPORT_ID, "ads_jena")
        for _ in range(2)
    )
    assert len({one.account, one.contact, other.account, other.contact}) == 4
    assert repr(one) == "<PartKeys withheld>"


def test_the_count_card_opens_with_the_statistics_key_alone() -> None:
    card, statistics = card_of(REPORT, month="2026-11"), PrivateKey.generate()
    stored = sealing.seal_card(CARD_ID, card, statistics.public())

    opened = envelope.unpadded(statistics.unwrap(stored, sealing.card_binding(CARD_ID)))
    assert msgspec.json.decode(opened, type=type(card)) == card
    with pytest.raises(Unopenable):
        ADS.unwrap(stored, sealing.card_binding(CARD_ID))
    with pytest.raises(Unopenable):
        statistics.unwrap(stored, sealing.card_binding(uuid4()))


def test_both_sides_read_a_message_and_nobody_else() -> None:
    message = Message(text="Wann passt es Ihnen?")
    made = sealing.seal_message(
        REPORT_ID,
        MESSAGE_ID,
        "ads_jena",
        message,
        stelle_key=ADS.public(),
        mailbox_key=MAILBOX_KEY.public(),
    )
    binding = sealing.message_binding(REPORT_ID, MESSAGE_ID, "ads_jena")

    for private, wrapped in ((ADS, made.for_stelle), (MAILBOX_KEY, made.for_mailbox)):
        assert sealing.open_message(private, wrapped, made.sealed, binding) == message
    with pytest.raises(Unopenable):
        sealing.open_message(EZRA, made.for_stelle, made.sealed, binding)
    for elsewhere in (
        sealing.message_binding(uuid4(), MESSAGE_ID, "ads_jena"),
        sealing.message_binding(REPORT_ID, uuid4(), "ads_jena"),
        sealing.message_binding(REPORT_ID, MESSAGE_ID, "ezra"),
    ):
        with pytest.raises(Unopenable):
            sealing.open_message(ADS, made.for_stelle, made.sealed, elsewhere)


def test_bindings_are_the_pinned_ones() -> None:
    one, two = REPORT_ID.bytes, MESSAGE_ID.bytes
    assert sealing.part_binding(REPORT_ID, "account") == b"part/1/" + one + b"account"
    assert sealing.wrap_binding(REPORT_ID, "ezra") == b"wrap/1/" + one + b"ezra"
    assert (
        sealing.message_binding(REPORT_ID, MESSAGE_ID, "ezra")
        == b"message/1/" + one + two + b"ezra"
    )
    assert sealing.card_binding(MESSAGE_ID) == b"card/1/" + two
