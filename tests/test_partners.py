"""A Stelle that works in a system of its own: its table is checked when the city is loaded."""

import shutil
from base64 import b64encode
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from adstelle.city import CITIES, CityError, load_city
from adstelle.crypto.hpke import PrivateKey
from adstelle.crypto.signing import SigningKey
from adstelle.exchange.messages import decode, encode, withdrawal
from adstelle.exchange.peers import peers_of

TODAY = date(2026, 11, 22)
SEALING = PrivateKey(bytes(range(96))).public().written()
VERIFYING, OTHER = (SigningKey.generate().verifying() for _ in range(2))
TABLE = f"""
[stelle.partner]
endpoint = "https://ezra.example/austausch"
sealing_key = "{SEALING}"
verifying_keys = ["{VERIFYING.written()}"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CITIES / "jena", tmp_path / "jena"))


def with_partner(folder: Path, table: str, channel: str = "partner") -> Path:
    """Let ezra work in its own system."""
    file = folder / "stellen.toml"
    before, ezra, after = file.read_text(encoding="utf-8").partition('code = "ezra"\n')
    entry, nxt, rest = after.partition("\n[[stelle]]")
    entry = entry.replace('channel = "inbox"', f'channel = "{channel}"') + table
    file.write_text(before + ezra + entry + nxt + rest, encoding="utf-8")
    return folder


def faults(folder: Path) -> list[str]:
    with pytest.raises(CityError) as raised:
        load_city(folder, today=TODAY)
    return [str(fault) for fault in raised.value.faults]


def test_a_partner_is_read(folder: Path) -> None:
    city = load_city(with_partner(folder, TABLE), today=TODAY)
    peers = peers_of(city)

    assert list(peers.by_stelle) == ["ezra"]
    peer = peers.by_stelle["ezra"]
    assert (peer.name, peer.url) == ("ezra", "https://ezra.example/austausch/v1/messages")
    assert peer.sealing_key.written() == SEALING
    assert set(peers.keys()) == {VERIFYING.key_id}
    assert peers.sender("ezra", VERIFYING.key_id) is peer
    assert not city.stellen["ezra"].works_here


def test_a_partner_may_know_the_stelle_by_another_name_and_renew_its_key(folder: Path) -> None:
    table = TABLE.replace(
        f'["{VERIFYING.written()}"]', f'["{VERIFYING.written()}", "{OTHER.written()}"]'
    )
    city = load_city(with_partner(folder, table + 'receiver = "ezra-thueringen"\n'), today=TODAY)

    peer = peers_of(city).by_stelle["ezra"]
    assert peer.name == "ezra-thueringen"
    assert set(peer.keys) == {VERIFYING.key_id, OTHER.key_id}


def test_a_city_without_partners_has_none() -> None:
    assert peers_of(load_city(CITIES / "jena")).by_stelle == {}


def table(old: str, new: str) -> str:
    assert old in TABLE
    return TABLE.replace(old, new)


FAULTS = {
    "no table": ("", "Stelle ezra: channel partner and [stelle.partner] belong together"),
    "plain HTTP": (table("https://", "http://"), "Stelle ezra: endpoint must be https://host/path"),
    "a slash too many": (table("austausch", "austausch/"), "endpoint must be https"),
    "a question": (table("austausch", "austausch?k=1"), "endpoint must be https"),
    "somebody's password": (table("ezra.example", "me:pw@ezra.example"), "endpoint must be https"),
    "a sealing key that is a word": (table(SEALING, "key"), "sealing_key is no key"),
    "half a sealing key": (table(SEALING, SEALING[:800]), "sealing_key is no key"),
    "a sealing key of another kind": (
        table(SEALING, b64encode(b"\x01" + bytes(1216)).decode()),
        "sealing_key is no key",
    ),
    "a verifying key that is a word": (
        table(VERIFYING.written(), "key"),
        "verifying_keys holds what is no key",
    ),
    "no verifying key": (table(f'"{VERIFYING.written()}"', ""), "a partner signs with one key"),
    "three verifying keys": (
        table(f'"{VERIFYING.written()}"', ", ".join([f'"{VERIFYING.written()}"'] * 3)),
        "a partner signs with one key",
    ),
    "a name that is a text": (TABLE + 'receiver = "ezra e. V."\n', "this name cannot travel"),
    "an unknown key": (TABLE + 'token = "x"\n', "partner: unknown key token"),
    "a key left out": (
        table(f'sealing_key = "{SEALING}"\n', ""),
        "partner: key sealing_key is missing",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_file_and_line(fault: str, folder: Path) -> None:
    given, message = FAULTS[fault]

    said = faults(with_partner(folder, given))

    assert any(message in line for line in said), said
    assert all("stellen.toml:" in line for line in said)


def test_the_line_is_that_of_the_key(folder: Path) -> None:
    said = faults(with_partner(folder, table("https://", "http://")))

    written = (folder / "stellen.toml").read_text(encoding="utf-8").split("\n")
    line = next(n for n, text in enumerate(written, 1) if text.startswith("endpoint"))
    assert [f"stellen.toml:{line}: " in fault for fault in said] == [True]


def test_a_table_beside_another_channel_is_a_fault(folder: Path) -> None:
    for channel in ("inbox", "none"):
        again = shutil.copytree(folder, folder.with_name(channel))
        assert any(
            "belong together" in line for line in faults(with_partner(again, TABLE, channel))
        )


def test_every_code_of_a_stelle_can_travel_as_a_name() -> None:
    for code in load_city(CITIES / "jena").stellen:
        message = withdrawal(UUID(int=5), sender=code, receiver=code)
        assert decode(encode(message)) == message
