"""The operator's command line: set-up dialogues, deliveries, and errors that say what to do."""

import asyncio
import getpass
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import msgspec
import pyotp
import pytest

from adstelle.__main__ import main
from adstelle.accounts.service import SignIn
from adstelle.crypto import recovery
from adstelle.crypto.opening import Cost
from adstelle.database import Role, open_pool
from adstelle.partners import Partner, partner_faults
from tests.conftest import Admin, Database, connected
from tests.core import TODAY, announce_keys, free_port

PASSPHRASE = "sieben stille Störche staunen"
RECOVERY = re.compile(r"^ {4}((?:\w{4}-){8}\w{4})$", re.MULTILINE)
ADDRESS = re.compile(r"^ {4}(otpauth://\S+)$", re.MULTILINE)
Answer = str | Callable[["Desk"], str]


class Desk:
    """Somebody at the keyboard: reads what is printed, types what is asked without echo."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.printed = ""
        self.asked: list[str] = []
        self.answers: Iterator[Answer] = iter(())

    def type(self, prompt: str) -> str:
        """Stand in for `getpass.getpass`."""
        self.read()
        self.asked.append(prompt)
        answer = next(self.answers)
        return answer if isinstance(answer, str) else answer(self)

    def read(self) -> str:
        """Everything printed so far, errors included."""
        out, err = self._capsys.readouterr()
        self.printed += out + err
        return self.printed


@pytest.fixture
def desk(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, database: Database
) -> Desk:
    desk = Desk(capsys)
    monkeypatch.setattr(getpass, "getpass", desk.type)
    monkeypatch.setenv("ADSTELLE_DSN", database.superuser_dsn)
    return desk


def recovery_key(desk: Desk) -> str:
    found: list[str] = RECOVERY.findall(desk.printed)
    return found[-1]


def wrong_recovery_key(desk: Desk) -> str:
    return recovery.printed(bytes(20))


def secret(desk: Desk) -> str:
    addresses: list[str] = ADDRESS.findall(desk.printed)
    (found,) = parse_qs(urlsplit(addresses[-1]).query)["secret"]
    return found


def code(desk: Desk) -> str:
    return pyotp.TOTP(secret(desk)).now()


SET_UP: tuple[Answer, ...] = (recovery_key, PASSPHRASE, PASSPHRASE, code)


def run(desk: Desk, command: str, *answers: Answer) -> int:
    """Run a command line; return its exit code."""
    desk.answers = iter(answers)
    ended = main(command.split())
    desk.read()
    return ended


def rows(database: Database, table: str) -> int:
    async def count() -> int:
        async with connected(database.superuser_dsn) as admin:
            found: int = await admin.fetchval(f"select count(*) from {table}")
            return found

    return asyncio.run(count())


def can_sign_in(database: Database, login: str, with_secret: str) -> bool:
    async def attempt() -> bool:
        later = datetime.now(UTC) + timedelta(minutes=2)
        async with open_pool(database.dsn("adstelle_staff"), Role.ACCOUNTS, size=1) as pool:
            door = SignIn(pool, lambda: later, demo=False, cost=Cost())
            cookie = await door.sign_in(login, PASSPHRASE, pyotp.TOTP(with_secret).at(later))
            return await door.load(cookie) is not None

    return asyncio.run(attempt())


# Setting up ----------------------------------------------------------------------------------


def test_a_stelle_is_set_up_and_its_first_member_signs_in(desk: Desk, database: Database) -> None:
    assert run(desk, "stelle ads_jena mira Mira", *SET_UP) == 0

    assert "ads_jena is set up; mira can sign in." in desk.printed
    assert PASSPHRASE not in desk.printed
    assert code(desk) not in desk.printed.replace(secret(desk), "")
    assert len(desk.asked) == 4
    assert rows(database, "accounts.public_key") == 1
    assert can_sign_in(database, "mira", secret(desk))


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ((wrong_recovery_key,), "not the recovery key"),
        (("nonsense",), "not the recovery key"),
        ((recovery_key, "short"), "passphrase needs"),
        ((recovery_key, PASSPHRASE, PASSPHRASE + "!"), "differ"),
        ((recovery_key, PASSPHRASE, PASSPHRASE, "000"), "code does not fit"),
        ((recovery_key, "mira mira mira mira"), "login name"),
    ],
)
def test_a_slip_stores_nothing(
    desk: Desk, database: Database, answers: tuple[Answer, ...], said: str
) -> None:
    assert run(desk, "stelle ads_jena mira Mira", *answers) == 1
    assert said in desk.printed
    for table in ("accounts.public_key", "accounts.stelle", "accounts.member"):
        assert rows(database, table) == 0


def test_a_stelle_is_set_up_once(desk: Desk, database: Database) -> None:
    assert run(desk, "stelle ads_jena mira Mira", *SET_UP) == 0
    assert run(desk, "stelle ads_jena nour Nour", *SET_UP) == 1
    assert "set up already" in desk.printed
    assert rows(database, "accounts.member") == 1


@pytest.mark.parametrize("stelle", ["gibt_es_nicht", "ads_bund", "statistics"])
def test_only_a_stelle_that_works_here_is_set_up(
    desk: Desk, database: Database, stelle: str
) -> None:
    assert run(desk, f"stelle {stelle} mira Mira", *SET_UP) == 1
    assert desk.asked == []
    assert rows(database, "accounts.public_key") == 0


def test_another_member_needs_the_recovery_key(desk: Desk, database: Database) -> None:
    run(desk, "stelle ads_jena mira Mira", *SET_UP)
    key = recovery_key(desk)

    refused = run(
        desk, "member ads_jena nour Nour", wrong_recovery_key, PASSPHRASE, PASSPHRASE, code
    )
    assert refused == 1
    assert rows(database, "accounts.member") == 1
    assert run(desk, "member ads_jena nour Nour", key, PASSPHRASE, PASSPHRASE, code) == 0
    assert can_sign_in(database, "nour", secret(desk))


def test_a_login_name_is_taken_once(desk: Desk, database: Database) -> None:
    run(desk, "stelle ads_jena mira Mira", *SET_UP)
    again = (recovery_key(desk), PASSPHRASE, PASSPHRASE, code)
    assert run(desk, "member ads_jena MIRA Mira", *again) == 1
    assert "taken" in desk.printed


def test_the_statistics_key_is_set_up(desk: Desk, database: Database) -> None:
    assert run(desk, "statistics", wrong_recovery_key) == 1
    assert rows(database, "accounts.public_key") == 0
    assert run(desk, "statistics", recovery_key) == 0
    assert rows(database, "accounts.public_key") == 1
    assert run(desk, "statistics", recovery_key) == 1


def test_a_statistician_needs_the_key_of_the_statistics(desk: Desk, database: Database) -> None:
    run(desk, "stelle ads_jena mira Mira", *SET_UP)
    of_the_stelle = recovery_key(desk)
    run(desk, "statistics", recovery_key)
    of_the_statistics = recovery_key(desk)
    command = "member ads_jena nour Nour --role statistician"

    assert run(desk, command, of_the_stelle, PASSPHRASE, PASSPHRASE, code) == 1
    assert "Recovery key of the statistics" in desk.asked[-4]
    assert rows(database, "accounts.member") == 1
    assert run(desk, command, of_the_statistics, PASSPHRASE, PASSPHRASE, code) == 0
    assert rows(database, "accounts.member where statistics_wrap is not null") == 1


def test_a_stelle_is_introduced_to_partners(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is printed is what city data accept, and opens with the Stelle's key alone."""
    monkeypatch.setenv("ADSTELLE_ORIGIN", "https://jena.example")
    assert run(desk, "introduce ads_jena") == 1
    assert "ADSTELLE_SIGNING_KEY_FILE" in desk.printed
    file = tmp_path / "signing.pem"
    assert run(desk, f"signing-key {file}") == 0
    monkeypatch.setenv("ADSTELLE_SIGNING_KEY_FILE", str(file))
    assert run(desk, "introduce ads_jena") == 1
    assert "set it up first" in desk.printed
    run(desk, "stelle ads_jena mira Mira", *SET_UP)
    desk.printed = ""
    assert run(desk, "introduce ads_jena") == 0
    table = tomllib.loads(desk.printed)["stelle"]["partner"]
    partner = msgspec.convert(table, Partner)
    assert list(partner_faults(partner, "jena")) == []
    assert partner.endpoint == "https://jena.example/austausch"


# Deliveries ----------------------------------------------------------------------------------


@pytest.fixture
async def dead(admin: Admin) -> int:
    """A promise that was given up; its number."""
    await announce_keys(admin)
    report_id = uuid4()
    await admin.execute(
        "insert into intake.report values ($1, $2, 'lookup', 'key')", report_id, TODAY
    )
    await admin.execute(
        "insert into intake.handover (handover_id, report_id, stelle, given_on) "
        "values ($1, $1, 'ezra', $2)", report_id, TODAY,
    )  # fmt: skip
    found: int = await admin.fetchval(
        "insert into outbox.promise (kind, handover_id, stelle, state, attempts, promised_on, "
        "changed_on, error) values ('deliver', $1, 'ezra', 'dead', 25, $2, $2, 'DeliveryError') "
        "returning promise_id", report_id, TODAY,
    )  # fmt: skip
    return found


def test_a_dead_delivery_is_listed_and_revived(desk: Desk, dead: int) -> None:
    assert run(desk, "outbox") == 3, "monitoring learns of it by the exit code"
    assert (
        f"dead {dead}: deliver ezra, 25 attempts, since 2026-11-22, DeliveryError" in desk.printed
    )
    desk.printed = ""
    assert run(desk, f"outbox --retry {dead}") == 0
    assert "dead" not in desk.printed
    assert "deliver    promised   1" in desk.printed


@pytest.mark.parametrize("number", ["999999", "-1", "9" * 30])
def test_what_is_not_dead_is_not_revived(desk: Desk, dead: int, number: str) -> None:
    assert run(desk, f"outbox --retry={number}") == 1
    assert "no dead delivery has this id" in desk.printed


def test_an_empty_outbox_is_no_error(desk: Desk) -> None:
    assert run(desk, "outbox") == 0
    assert desk.printed == ""


def test_cases_that_nobody_is_left_to_see_are_counted_and_not_named(
    desk: Desk, database: Database
) -> None:
    assert run(desk, "stelle ads_jena mira Mira", *SET_UP) == 0
    assert run(desk, "stelle ezra juri Juri", *SET_UP) == 0

    async def cases() -> list[str]:
        """Three of one Stelle and one of another; from one of them the only member is kept."""
        async with connected(database.superuser_dsn) as admin:
            made = []
            for stelle in ("ads_jena", "ads_jena", "ads_jena", "ezra"):
                package, case = uuid4(), uuid4()
                await admin.execute(
                    "insert into exchange.package (package_id, stelle, sender, arrived_on) "
                    "values ($1, $2, 'partner', $3)", package, stelle, TODAY,
                )  # fmt: skip
                await admin.execute(
                    "insert into casework.case (case_id, package_id, stelle, received_on, "
                    "changed_on) values ($1, $2, $3, $4, $4)", case, package, stelle, TODAY,
                )  # fmt: skip
                made.append(str(case))
            await admin.execute(
                "insert into casework.conflict select $1, member_id, stelle, $2 "
                "from accounts.member where stelle = 'ads_jena'", made[0], TODAY,
            )  # fmt: skip
            return made

    async def leaves() -> None:
        async with connected(database.superuser_dsn) as admin:
            await admin.execute(
                "update accounts.member set left_on = $1, login = null, sealed_box = null, "
                "stelle_wrap = null, own_public = null where stelle = 'ezra'", TODAY,
            )  # fmt: skip

    assert run(desk, "unseen") == 0
    made = asyncio.run(cases())
    desk.printed = ""
    assert run(desk, "unseen") == 3
    assert desk.printed == "     1 ads_jena\n"
    asyncio.run(leaves())
    desk.printed = ""
    assert run(desk, "unseen") == 3
    assert desk.printed == "     1 ads_jena\n     1 ezra\n"
    assert not any(case in desk.printed for case in made)


# What goes wrong -----------------------------------------------------------------------------


def test_a_database_that_is_away_is_said_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ADSTELLE_DSN", f"postgresql://nobody@/none?host={tmp_path}")
    for command in ("outbox", "migrate"):
        desk.printed = ""
        assert run(desk, command) == 1
        assert re.fullmatch(r"adstelle: .*database.*\n", desk.printed), desk.printed
        assert "Traceback" not in desk.printed


def test_without_a_database_it_says_which_setting_is_missing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ADSTELLE_DSN")
    assert run(desk, "outbox") == 1
    assert desk.printed == "adstelle: ADSTELLE_DSN is not set\n"


def test_an_unknown_setting_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADSTELLE_CTIY", "jena")
    assert run(desk, "outbox") == 1
    assert "ADSTELLE_CTIY" in desk.printed


def test_a_city_with_faults_is_not_served(desk: Desk, tmp_path: Path) -> None:
    assert run(desk, f"city check {tmp_path}") == 1
    assert f"{tmp_path}/city.toml:1:" in desk.printed


def test_nobody_is_alive_where_nobody_listens(desk: Desk) -> None:
    assert run(desk, f"health http://127.0.0.1:{free_port()}/leben") == 1


def test_the_one_time_code_of_a_secret(desk: Desk) -> None:
    given = pyotp.random_base32()
    before = pyotp.TOTP(given).now()
    assert run(desk, f"code {given}") == 0
    assert desk.printed.strip() in {before, pyotp.TOTP(given).now()}
    assert run(desk, "code 0189") == 1
    assert "Traceback" not in desk.printed


def test_migrating_says_what_was_applied(desk: Desk, tmp_path: Path) -> None:
    assert run(desk, "migrate") == 0
    assert desk.printed == "", "everything was applied before"
