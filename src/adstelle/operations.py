"""The operator's work on the command line: keys and members are set up, dead deliveries revived.

Secrets are typed without echo and printed once; nothing is stored before the recovery key was
typed back from paper.
"""

import getpass
import hashlib
import os
from datetime import date
from pathlib import Path
from typing import Final

import msgspec
import pyotp

from adstelle import outbox as promises
from adstelle.accounts import setup
from adstelle.accounts.setup import NewMember, SetUp
from adstelle.city import City
from adstelle.crypto import notice
from adstelle.crypto.hpke import PrivateKey, PublicKey
from adstelle.crypto.opening import Cost
from adstelle.crypto.signing import SigningKey
from adstelle.database import Role, open_pool, queries, transaction
from adstelle.domain.membership import MemberRole
from adstelle.errors import AdstelleError, BadKey, SettingsError
from adstelle.receiving.routes import ENDPOINT
from adstelle.retention.service import retention_of
from adstelle.settings import Settings, read_secret

DEAD: Final = 3  # exit code: something was given up, as opposed to something that went wrong
UNSEEN: Final = 3  # exit code: cases that nobody sees
OVERDUE: Final = 3  # exit code: a Stelle owes somebody an answer

_sql = queries("operator")


async def outbox(dsn: str, *, retry: int | None) -> int:
    """Print how deliveries stand and which were given up; promise one of those anew.

    The exit code says whether anything is given up, for whoever watches over it.
    """
    async with open_pool(dsn, Role.OPERATOR, size=1) as pool:
        if retry is not None and not await promises.revive(pool, retry):
            raise AdstelleError("no dead delivery has this id")
        for kind, state, count in await promises.tally(pool):
            print(f"{kind:10} {state:10} {count}")
        given_up = await promises.dead(pool)
    for dead in given_up:
        print(
            f"dead {dead.promise_id}: {dead.kind} {dead.stelle}, {dead.attempts} attempts, "
            f"since {dead.changed_on}, {dead.error}"
        )
    return DEAD if given_up else 0


async def retention(dsn: str, city: City, *, is_dry: bool) -> int:
    """Erase what is over, or only say what would go; print counts for each Stelle and rule.

    The exit code says whether somebody has waited too long for an answer to their wish to erase.
    """
    async with open_pool(dsn, Role.RETENTION, size=1) as pool:
        keeper = retention_of(pool, city)
        done = await (keeper.look() if is_dry else keeper.run())
    verb = "would erase" if is_dry else "erased"
    for (stelle, rule), count in sorted(done.erased.items()):
        print(f"{verb:12} {count:6} {stelle} {rule}")
    for (stelle, rule, obstacle), count in sorted(done.kept.items()):
        print(f"{'kept':12} {count:6} {stelle} {rule} {obstacle}")
    print(f"{verb:12} {done.reports:6} reports that nobody has any more")
    if not is_dry:
        print(f"{verb:12} {done.traces:6} old entries of the log, tombstones, deliveries")
    if done.overdue:
        print(f"{'overdue':12} {done.overdue:6} wishes to erase without an answer")
    return OVERDUE if done.overdue else 0


async def unseen(dsn: str) -> int:
    """Print for each Stelle how many of its cases nobody is left to see: all who open cases there
    have left, or are kept from them. Which cases these are is not said.

    The exit code says whether there are some: a lead who is kept from none has to be added.
    """
    async with (
        open_pool(dsn, Role.OPERATOR, size=1) as pool,
        transaction(pool, Role.OPERATOR) as conn,
    ):
        found = [(row["stelle"], row["cases"]) async for row in _sql.unseen(conn)]
    for stelle, cases in found:
        print(f"{cases:6} {stelle}")
    return UNSEEN if found else 0


async def set_up_stelle(dsn: str, stelle: str, login: str, name: str) -> int:
    """Make a Stelle's keys and its first member, asking for what only a person may know."""
    prepared = setup.prepare(stelle)
    entered = _confirm_recovery_key(prepared)
    member = _ask_member(login, name)
    async with open_pool(dsn, Role.OPERATOR, size=1) as pool:
        await setup.set_up_stelle(
            pool, prepared, member, entered=entered, cost=Cost(), today=date.today()
        )
    print(f"{stelle} is set up; {login} can sign in.")
    return 0


async def set_up_statistics(dsn: str) -> int:
    """Make the key for count cards."""
    prepared = setup.prepare(setup.STATISTICS)
    entered = _confirm_recovery_key(prepared)
    async with open_pool(dsn, Role.OPERATOR, size=1) as pool:
        await setup.set_up_statistics(pool, prepared, entered=entered, today=date.today())
    print("The statistics key is set up.")
    return 0


async def add_member(dsn: str, stelle: str, login: str, name: str, role: MemberRole) -> int:
    """Let one more person work for a Stelle: a statistician with the key of the statistics."""
    counts = setup.recovered_by(stelle, role) == setup.STATISTICS
    entered = getpass.getpass(f"Recovery key of the {'statistics' if counts else 'Stelle'}: ")
    member = msgspec.structs.replace(_ask_member(login, name), role=role)
    async with open_pool(dsn, Role.OPERATOR, size=1) as pool:
        await setup.add_member(pool, stelle, entered, member, cost=Cost(), today=date.today())
    print(f"{login} can sign in.")
    return 0


def signing_key(file: Path) -> int:
    """Make the key that signs messages to partners, unless it is there; print its public half."""
    if not file.exists():
        _write_secret(file, SigningKey.generate().written())
    try:
        public = SigningKey.read(read_secret(file)).verifying()
    except BadKey:
        raise AdstelleError(f"{file.name} holds no signing key; it was left as it is") from None
    line = f'verifying_keys = ["{public.written()}"]'
    print(f"For the partners' data (docs/exchange.md):\n\n    {line}\n")
    print(f"To be compared by telephone:\n\n    {public.key_id}\n")
    return 0


def notice_key(file: Path) -> int:
    """Make the worker's key for addresses of people who want a mail that there is something new."""
    _write_secret(file, notice.written(PrivateKey.generate()))
    print(
        f"{file.name} is for the worker alone, as ADSTELLE_NOTICE_KEY_FILE. Keep no copy with the\n"
        "database or its backups. If it is lost, people are asked for their address once more."
    )
    return 0


async def introduce(read: Settings, stelle: str) -> int:
    """Print what partners write into their data for one of our Stellen."""
    if read.signing_key_file is None:
        raise SettingsError("ADSTELLE_SIGNING_KEY_FILE is not set")
    signing = SigningKey.read(read_secret(read.signing_key_file)).verifying()
    async with open_pool(read.database(), Role.OPERATOR, size=1) as pool:
        encoded = await setup.public_key(pool, stelle)
    if encoded is None:
        raise AdstelleError(f"{stelle} has no key here; set it up first")
    print(
        "[stelle.partner]\n"
        f'endpoint = "{read.origin}{ENDPOINT}"\n'
        f'receiver = "{stelle}"\n'
        f'sealing_key = "{PublicKey(encoded).written()}"\n'
        f'verifying_keys = ["{signing.written()}"]\n\n'
        "# SHA-256 of each, to be compared by telephone\n"
        f"# sealing_key    {hashlib.sha256(encoded).hexdigest()}\n"
        f"# verifying_keys {signing.key_id}"
    )
    return 0


def _write_secret(file: Path, content: bytes) -> None:
    """Write a new file that its owner alone may read; one that is there stays."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as opened:
            opened.write(content)
    except OSError as error:
        raise AdstelleError(f"cannot write {file.name}: {error.strerror}") from None


def _confirm_recovery_key(prepared: SetUp) -> str:
    print(
        "Recovery key. Write it down on paper, put it in a safe; it is shown only now:\n\n"
        f"    {prepared.recovery_key}\n"
    )
    entered = getpass.getpass("Type it back from the paper: ")
    if not prepared.is_confirmed(entered):
        raise AdstelleError("this is not the recovery key; nothing was stored")
    return entered


def _ask_member(login: str, name: str) -> NewMember:
    """Ask for a passphrase twice and for a first code, so that both are known to work."""
    passphrase = getpass.getpass("Passphrase: ")
    if fault := setup.passphrase_fault(passphrase, login):
        raise AdstelleError(fault)
    if getpass.getpass("Passphrase again: ") != passphrase:
        raise AdstelleError("the two passphrases differ")
    member = NewMember(
        login=login, name=name, passphrase=passphrase, totp_secret=setup.new_totp_secret()
    )
    print(f"For the authenticator app:\n\n    {setup.totp_address(member)}\n")
    code = getpass.getpass("Code the app shows now: ")
    if not pyotp.TOTP(member.totp_secret).verify(code.strip(), valid_window=1):
        raise AdstelleError("the code does not fit")
    return member
