"""A sealed package opens for one receiver, at one place, as what it is."""

from datetime import date
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adstelle.crypto import envelope, packages
from adstelle.crypto.hpke import PrivateKey
from adstelle.domain.handover import Letter, Scope, Way
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.package import Cover, Package, package_of
from adstelle.domain.report import Account, Contact
from adstelle.domain.routing import CodedAnswers
from adstelle.errors import Oversized, Unopenable

KEY, STRANGER = PrivateKey.generate(), PrivateKey.generate()
PACKAGE_ID = UUID(int=5)
ACCOUNT = Account(
    answers=CodedAnswers(grounds=("alter",)),
    account="Im Bus.",
    date=IncidentDate(),
    frequency=None,
    place="",
    district=None,
    ground_words="",
    mandates=("beraten",),
    language="de",
    interpreter="",
    affected_agrees=None,
    wording="2026-11",
    card_id=UUID(int=9),
)


def package(account: str = "Im Bus.", note: str = "") -> Package:
    cover = Cover(package_id=PACKAGE_ID, made_on=date(2026, 11, 22), referred_by=None)
    letter = Letter(
        scope=Scope.CONTACT,
        wording="2026-11",
        given_on=date(2026, 11, 22),
        way=Way.MAILBOX,
        note=note,
    )
    told = msgspec.structs.replace(ACCOUNT, account=account)
    return package_of(cover, letter, told, Contact(name="Kim"), ())


def seal(made: Package) -> bytes:
    return packages.seal_package(made, KEY.public(), sender="ads_jena", receiver="ezra")


def opened(sealed: bytes, private: PrivateKey = KEY) -> Package:
    return packages.open_package(private, sealed, PACKAGE_ID, sender="ads_jena", receiver="ezra")


@settings(deadline=None, max_examples=40)
@given(st.text(max_size=3_000), st.text(max_size=300))
def test_the_receiver_opens_what_was_sealed(account: str, note: str) -> None:
    made = package(account, note)
    assert opened(seal(made)) == made


def test_nobody_else_opens_it() -> None:
    with pytest.raises(Unopenable):
        opened(seal(package()), STRANGER)


@pytest.mark.parametrize(
    ("package_id", "sender", "receiver"),
    [
        (uuid4(), "ads_jena", "ezra"),
        (PACKAGE_ID, "ezra", "ezra"),
        (PACKAGE_ID, "ads_jena", "kokont"),
        (PACKAGE_ID, "ads_jena/ezra", ""),
    ],
)
def test_it_opens_at_no_other_place(package_id: UUID, sender: str, receiver: str) -> None:
    with pytest.raises(Unopenable):
        packages.open_package(KEY, seal(package()), package_id, sender=sender, receiver=receiver)


def test_any_damage_is_noticed() -> None:
    sealed = seal(package())
    for position in range(0, len(sealed), 11):
        damaged = bytearray(sealed)
        damaged[position] ^= 1
        with pytest.raises(Unopenable):
            opened(bytes(damaged))
    with pytest.raises(Unopenable):
        opened(sealed[:-1])


CONTENTS = {
    "nothing": b"",
    "no JSON": b"Kanarie",
    "half of it": msgspec.json.encode(package())[:-10],
    "no package": b'{"account": "Kanarie"}',
    "another package": msgspec.json.encode(msgspec.structs.replace(package(), package=UUID(int=6))),
    "no UTF-8": b'{"format": "\xff"}',
    "nested without end": b"[" * 100_000,
    "without our padding": None,
}


@pytest.mark.parametrize("content", CONTENTS)
def test_what_is_sealed_well_but_no_package_does_not_open(content: str) -> None:
    inside = CONTENTS[content]
    padded = bytes(2048) if inside is None else envelope.padded(inside)
    place = packages.binding(PACKAGE_ID, "ads_jena", "ezra")

    with pytest.raises(Unopenable) as raised:
        opened(KEY.public().wrap(padded, place))

    assert str(raised.value) == ""
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_length_says_little() -> None:
    lengths = {len(seal(package("x" * length))) for length in (0, 1, 50, 200)}
    assert len(lengths) == 1


def test_the_longest_report_that_can_be_written_fits() -> None:
    """The form allows 20,000 characters; four bytes are the longest there is, six when escaped."""
    for letter in ("😀", "\x01"):
        assert len(seal(package(letter * 20_000, letter * 20_000))) <= packages.MOST_SEALED


def test_what_no_receiver_has_to_take_is_not_sealed() -> None:
    with pytest.raises(Oversized):
        seal(package("x" * packages.LARGEST_CLASS))


def test_the_bounds_of_a_sealed_package_are_exact() -> None:
    place = packages.binding(PACKAGE_ID, "ads_jena", "ezra")
    smallest = KEY.public().wrap(envelope.padded(b""), place)
    largest = KEY.public().wrap(bytes(packages.LARGEST_CLASS), place)
    assert (len(smallest), len(largest)) == (packages.LEAST_SEALED, packages.MOST_SEALED)


def test_the_binding_is_the_pinned_one() -> None:
    assert packages.binding(PACKAGE_ID, "ads_jena", "ezra") == (
        b"adstelle-exchange/1/00000000-0000-0000-0000-000000000005/ads_jena/ezra"
    )
