"""What a Stelle writes for itself opens in its own sessions, at its place, for its purpose."""

from uuid import uuid4

import msgspec
import pytest

from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.sessions import Session
from adstelle.errors import Unopenable


def session(stelle: str = "ads_jena", seed: bytes | None = None) -> Session:
    return Session(
        member_id=uuid4(),
        name="Mira Muster",
        login="mira",
        stelle=stelle,
        seed=seed or PrivateKey.generate().seed,
    )


def test_it_opens_for_every_session_of_the_stelle() -> None:
    writing = session()
    reading = msgspec.structs.replace(writing, member_id=uuid4(), login="kim")

    sealed = writing.seal_own("note", b"Rueckruf am Montag", b"here")

    assert reading.open_own("note", sealed, b"here") == b"Rueckruf am Montag"
    assert b"Rueckruf" not in sealed


@pytest.mark.parametrize(
    ("stelle", "purpose", "place"),
    [("ezra", "note", b"here"), ("ads_jena", "label", b"here"), ("ads_jena", "note", b"there")],
)
def test_it_opens_nowhere_else(stelle: str, purpose: str, place: bytes) -> None:
    """Even with the same seed another Stelle's name, purpose or place does not fit."""
    writing = session()
    sealed = writing.seal_own("note", b"Rueckruf", b"here")
    with pytest.raises(Unopenable):
        session(stelle, writing.seed).open_own(purpose, sealed, place)
    with pytest.raises(Unopenable):
        session().open_own("note", sealed, b"here")
