"""The machine-readable part of docs/exchange.md: JSON Schemas, and examples that can be checked.

    python tools/exchange_docs.py            write docs/exchange/*.schema.json
    python tools/exchange_docs.py vectors    write docs/exchange/vectors.json anew as well

Sealing draws random bytes, so new vectors differ from the old ones; the old ones must still open.
"""

import json
import sys
from base64 import b64encode
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adstelle.crosswalk import load_crosswalk
from adstelle.crypto import packages
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.signing import SigningKey
from adstelle.domain.handover import Letter, Reason, Scope, Way
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.package import Cover, Package, package_of
from adstelle.domain.report import Account, Contact
from adstelle.domain.routing import CodedAnswers
from adstelle.exchange import courier, messages
from adstelle.exchange.messages import AnyMessage, Receipt
from adstelle.exchange.peers import Peer, Peers
from adstelle.exchange.refusals import Problem
from adstelle.exchange.signatures import Answer, Request

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "exchange"
SHAPES: Final[dict[str, Any]] = {
    "message": AnyMessage,
    "receipt": Receipt,
    "package": Package,
    "problem": Problem,
}

PACKAGE: Final = UUID("2f1c7a52-6f0e-4d5b-9a53-0d6c1c6f7e10")
NOW: Final = datetime(2026, 11, 22, 10, tzinfo=UTC)
JENA: Final = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
PARTNER: Final = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))
PARTNER_SEALING: Final = PrivateKey(bytes(range(96)))
NAMES: Final = {"sender": "ads_jena", "receiver": "partner"}
AT_PARTNER: Final = Peer(
    stelle="partner",
    name="partner",
    url="https://partner.example/austausch/v1/messages",
    sealing_key=PARTNER_SEALING.public(),
    keys={PARTNER.verifying().key_id: PARTNER.verifying()},
)
AT_JENA: Final = Peer(
    stelle="ads_jena",
    name="ads_jena",
    url="https://adstelle.example/v1/messages",
    sealing_key=PARTNER_SEALING.public(),  # nothing is sealed for it here
    keys={JENA.verifying().key_id: JENA.verifying()},
)


def schema(name: str) -> dict[str, Any]:
    """Describe one kind of document (JSON Schema 2020-12)."""
    described = msgspec.json.schema(SHAPES[name])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:adstelle:exchange:schema:1:{name}",
    } | described


def written(content: object) -> str:
    """Write a document for people to read."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def example() -> Package:
    """A package in which everything is filled in."""
    account = Account(
        answers=CodedAnswers(
            grounds=("antisemitismus",),
            incident_type="bedrohung",
            area_of_life="oepnv",
            territory="jena",
            alleged_responsible="unbekannt_oder_privatperson",
            online=False,
            reporter_role="betroffene",
            criminal_relevance=True,
            resident=True,
        ),
        account="In der Straßenbahn hat mich jemand bedroht.",
        date=IncidentDate(day=20, month=11, year=2026, words="gegen 18 Uhr"),
        frequency="einmal",
        place="Linie 4, Ernst-Abbe-Platz",
        district="jena_zentrum",
        ground_words="",
        mandates=("beraten", "begleiten"),
        language="de",
        interpreter="",
        affected_agrees="ja",
        wording="2026-11",
        card_id=UUID(int=0),
    )
    letter = Letter(
        scope=Scope.CONTACT,
        wording="2026-11",
        given_on=date(2026, 11, 22),
        way=Way.MAILBOX,
        note="Sie ist ab 17 Uhr gut zu erreichen.",
    )
    cover = Cover(
        package_id=PACKAGE,
        made_on=date(2026, 11, 22),
        referred_by="Antidiskriminierungsstelle der Stadt Jena",
    )
    contact = Contact(name="Kim Beispiel", phone="03641 000000", voicemail=False)
    return package_of(cover, letter, account, contact, load_crosswalk())


def vectors() -> dict[str, Any]:
    """Examples with fixed keys: what is sealed, signed, acknowledged and decided."""
    made = example()
    sealed = packages.seal_package(made, AT_PARTNER.sealing_key, **NAMES)
    back = messages.decision(PACKAGE, Reason.FULL, sender="partner", receiver="ads_jena")
    return {
        "about": "Made with the keys below by tools/exchange_docs.py. Never use these keys.",
        "keys": {
            "ads_jena": _signing(JENA),
            "partner": _signing(PARTNER)
            | {
                "sealing_seed": _text(PARTNER_SEALING.seed),
                "sealing_key": PARTNER_SEALING.public().written(),
            },
        },
        "package": {
            "binding": packages.binding(PACKAGE, **NAMES).decode(),
            "sealed": _text(sealed),
            "plaintext": json.loads(msgspec.json.encode(made)),
        },
        "exchanges": [
            _exchange(messages.report(PACKAGE, sealed, **NAMES), AT_PARTNER, JENA, PARTNER),
            _exchange(messages.withdrawal(PACKAGE, **NAMES), AT_PARTNER, JENA, PARTNER),
            _exchange(back, AT_JENA, PARTNER, JENA),
        ],
    }


def _exchange(
    message: AnyMessage, to: Peer, sender: SigningKey, receiver: SigningKey
) -> dict[str, Any]:
    """One message and its receipt."""
    request = courier.outgoing(message, to, sender, NOW)
    known = Peers([AT_JENA, AT_PARTNER])
    came = courier.incoming(request, known, (message.receiver,), NOW)
    answer = courier.acknowledged(came, receiver, NOW.date(), NOW)
    return {
        "request": {"method": request.method, "url": request.url} | _http(request),
        "answer": {"status": answer.status} | _http(answer),
    }


def _http(message: Request | Answer) -> dict[str, Any]:
    return {
        "headers": {name.lower(): value for name, value in message.headers},
        "body": message.body.decode(),
    }


def _signing(key: SigningKey) -> dict[str, str]:
    return {
        "signing_seed": _text(key.key.private_bytes_raw()),
        "verifying_key": key.verifying().written(),
        "key_id": key.verifying().key_id,
    }


def _text(content: bytes) -> str:
    return b64encode(content).decode("ascii")


def main(arguments: list[str]) -> int:
    """Write what is asked for."""
    FOLDER.mkdir(exist_ok=True)
    for name in SHAPES:
        (FOLDER / f"{name}.schema.json").write_text(written(schema(name)), encoding="utf-8")
    if arguments == ["vectors"]:
        (FOLDER / "vectors.json").write_text(written(vectors()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
