"""Signed mails: what arrives verifies, byte by byte, also with GnuPG where it is installed."""

import contextlib
import os
import shutil
import subprocess
import time
import traceback
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import msgspec
import pytest
from pysequoia import CipherSuite, Sig, Tsk, verify

from adstelle.city import City
from adstelle.delivery.channels.mail import mailer, notes
from adstelle.delivery.channels.mail.notes import Posting
from adstelle.delivery.channels.mail.openpgp import Signer
from adstelle.errors import SettingsError, Unsigned
from adstelle.outbox import Kind
from adstelle.settings import Settings
from tests.mail_server import HOST, mail_server

FROM = "adstelle@example.org"
TO = "beratung@example.org"
NOW = datetime(2026, 11, 25, 19, 0, tzinfo=UTC)
KEY = Path(__file__).parent / "openpgp_key.asc"  # made by GnuPG
PASSPHRASE = "only-for-tests"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name, content in (("mail", "a secret of this installation"), ("passphrase", PASSPHRASE)):
        (tmp_path / name).write_text(content + "\n", encoding="utf-8")
    return Settings(
        staff_origin="https://intern.example.org",
        smtp_host=HOST,
        smtp_tls="none",
        mail_from=FROM,
        mail_operator="betrieb@example.org",
        mail_secret_file=tmp_path / "mail",
        openpgp_key_file=KEY,
        openpgp_passphrase_file=tmp_path / "passphrase",
    )


@pytest.fixture
async def received(city: City, settings: Settings) -> bytes:
    """A signed notice in German and Arabic, as the mail server took it."""
    ezra = msgspec.structs.replace(
        city.stellen["ezra"], channel="mail", notice_to=TO, languages=("de", "ar")
    )
    town = msgspec.structs.replace(city, stellen=city.stellen | {"ezra": ezra})
    async with mail_server() as server:
        at_port = msgspec.structs.replace(settings, smtp_port=server.port)
        by = mailer.mailer_of(at_port, town, lambda: NOW)
        assert by is not None
        await by.send(Kind.NOTICE, "ezra", 7)
    return server.received[0].content


def parsed(mail: bytes) -> EmailMessage:
    message = message_from_bytes(mail, policy=SMTP)
    assert isinstance(message, EmailMessage)
    return message


def taken_apart(mail: bytes) -> tuple[bytes, bytes]:
    """The signed bytes and the signature as RFC 3156 says, without a mail library between."""
    boundary = parsed(mail).get_boundary()
    assert boundary is not None
    _, signed, signature, end = mail.split(b"--" + boundary.encode())
    assert end.strip() == b"--"
    return signed[2:-2], signature.partition(b"\r\n\r\n")[2]


def is_valid(signed: bytes, signature: bytes, key: bytes) -> bool:
    certificate = Tsk.from_bytes(key).extract_certificate()
    try:
        found = verify(
            bytes=signed, store=lambda _: [certificate], signature=Sig.from_bytes(signature)
        )
    except RuntimeError:
        return False
    return [sig.certificate for sig in found.valid_sigs] == [certificate.fingerprint]


def test_what_arrives_is_signed(received: bytes) -> None:
    signed, signature = taken_apart(received)

    assert is_valid(signed, signature, KEY.read_bytes())
    assert not is_valid(signed.replace(b"Adstelle", b"Absteige", 1), signature, KEY.read_bytes())
    assert not is_valid(signed, signature, bytes(Tsk.generate(f"x <{FROM}>")))


def test_gnupg_agrees_where_it_is_installed(received: bytes, tmp_path: Path) -> None:
    """A second implementation; elsewhere the test above stands."""
    gpg = shutil.which("gpg")
    if gpg is None:
        return
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    signed, signature = taken_apart(received)
    public = str(Tsk.from_bytes(KEY.read_bytes()).extract_certificate())
    for name, content in (("key", public.encode()), ("mail", signed), ("signature", signature)):
        (tmp_path / name).write_bytes(content)

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [gpg, "--batch", "--no-autostart", "--status-fd", "1", *arguments],
            env={**os.environ, "GNUPGHOME": str(home)},
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        return done.stdout.decode(errors="replace")  # a signature's notes are bytes

    assert "IMPORT_OK" in run("--import", "key")
    assert "GOODSIG" in run("--verify", "signature", "mail")
    (tmp_path / "mail").write_bytes(signed + b"\r\n")
    assert "BADSIG" in run("--verify", "signature", "mail")


def test_a_mail_program_reads_it_like_any_mail(received: bytes) -> None:
    mail = parsed(received)

    assert mail.defects == []
    assert mail["Content-Type"].params["protocol"] == "application/pgp-signature"
    assert (mail["To"], mail["Subject"]) == (TO, "Adstelle: Es gibt etwas Neues")
    text, signature = mail.iter_parts()
    assert "https://intern.example.org/" in text.get_content()
    assert "شيء جديد" in text.get_content()
    assert signature.get_content_type() == "application/pgp-signature"
    assert [name for name, _ in mail.items()].count("MIME-Version") == 1
    assert received.isascii()
    assert max(map(len, received.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("suite", [CipherSuite.Cv25519, CipherSuite.P256, CipherSuite.P384])
def test_the_mail_names_the_hash_that_was_used(city: City, suite: CipherSuite) -> None:
    key = bytes(Tsk.generate(f"<{FROM}>", cipher_suite=suite))
    note = notes.notice(city, TO, city.stellen["ezra"], "https://intern.example.org/")
    posting = Posting(sender=FROM, message_id="<a@example.org>", date=NOW)
    mail = notes.written(note, posting, Signer(key, None, FROM))

    signed, signature = taken_apart(mail)
    assert is_valid(signed, signature, key)
    used = str(Sig.from_bytes(signature).hash_algorithm).rpartition(".")[2]
    assert parsed(mail)["Content-Type"].params["micalg"] == f"pgp-{used.lower()}"


# A key that cannot work ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "passphrase", "sentence"),
    [
        (KEY.read_bytes(), None, "the OpenPGP key cannot sign"),
        (KEY.read_bytes(), "something else", "the OpenPGP key cannot sign"),
        (b"no key", None, "holds no OpenPGP key"),
        (bytes(Tsk.generate("x <x@example.org>")), None, "not for the address"),
        (
            str(Tsk.generate(f"<{FROM}>").extract_certificate()).encode(),
            None,
            "the OpenPGP key cannot sign",
        ),
    ],
    ids=["no passphrase", "wrong passphrase", "no key", "somebody else's", "only public"],
)
def test_a_key_that_cannot_sign_refuses_the_start_and_is_not_quoted(
    key: bytes, passphrase: str | None, sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence) as raised:
        Signer(key, passphrase, FROM)
    assert "Stack backtrace" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("name", [FROM, f"Adstelle <{FROM}>", f"<{FROM.upper()}>"])
def test_a_key_is_for_the_address_it_names(name: str) -> None:
    Signer(bytes(Tsk.generate(name)), None, FROM)


def soon_over() -> tuple[Signer, datetime]:
    """Somebody whose key is good for a few seconds, and until when."""
    begins_ago = 60  # seconds: the library dates a key back
    for seconds in (4, 16, 64, 256):  # on a busy machine the fewest may be over before it is made
        key = Tsk.generate(f"<{FROM}>", validity_seconds=begins_ago + seconds)
        ends = key.extract_certificate().expiration
        assert ends is not None
        with contextlib.suppress(SettingsError):
            return Signer(bytes(key), None, FROM), ends
    raise AssertionError("no key lives long enough")


def test_a_key_that_expires_while_the_worker_runs_signs_no_more() -> None:
    signer, ends = soon_over()
    time.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds()) + 0.1)

    with pytest.raises(Unsigned):
        signer.sign(b"later")
