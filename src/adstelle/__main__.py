"""The command line: ``adstelle run``, one command a process, and the operator's tools."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TypeAlias

from adstelle import events, settings
from adstelle.city import CITIES, City, CityError, load_city
from adstelle.domain.membership import MemberRole
from adstelle.errors import AdstelleError
from adstelle.reloading import Reloader
from adstelle.settings import Settings
from adstelle.toml_files import DataError

Command = Callable[[argparse.Namespace, Settings], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit code."""
    given = _parser().parse_args(arguments)
    command: Command = given.command
    try:
        return command(given, settings.read(os.environ))
    except BrokenPipeError:  # the reader, `head` for instance, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except CityError as error:
        print("\n".join(str(fault) for fault in error.faults), file=sys.stderr)
        return 1
    except AdstelleError as error:
        print(f"adstelle: {str(error) or error.__doc__}", file=sys.stderr)
        return 1


def city_of(given: Settings, code: str | None = None) -> City:
    """Load the city this process serves. Raises `CityError` with every fault."""
    return load_city((given.cities or CITIES) / (code or given.city))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="adstelle", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_processes(commands)
    _add_operation(commands)
    _add_set_up(commands)
    routing = commands.add_parser("routing", help="why a report goes where", add_help=False)
    routing.add_argument("rest", nargs=argparse.REMAINDER)
    routing.set_defaults(command=_routing)
    check = commands.add_parser("city", help="city data").add_subparsers(
        required=True, metavar="COMMAND"
    )
    folder = check.add_parser("check", help="check the data in FOLDER")
    folder.add_argument("folder", type=Path)
    folder.set_defaults(command=_check_city)
    return parser


def _add_processes(commands: Commands) -> None:
    run = commands.add_parser("run", help="run everything on this machine, as a demo")
    run.add_argument("--port", type=int, default=8000)
    run.set_defaults(command=_run)
    for name, text in (("public", "the public side"), ("staff", "the advisers' side")):
        process = commands.add_parser(name, help=f"serve {text}")
        process.add_argument("--host", default="127.0.0.1")
        process.add_argument("--port", type=int, default=8000)
        process.add_argument(
            "--share-port",
            action="store_true",
            help="let several of these processes serve one port, one a core",
        )
        process.set_defaults(command=_serve, process=name)
    commands.add_parser("worker", help="keep promises").set_defaults(command=_work)


def _add_operation(commands: Commands) -> None:
    commands.add_parser("migrate", help="bring the database up to date").set_defaults(
        command=_migrate
    )
    health = commands.add_parser("health", help="whether a process is alive")
    health.add_argument("place", help="its address, or the worker's ADSTELLE_ALIVE_FILE")
    health.set_defaults(command=_health)
    outbox = commands.add_parser("outbox", help="deliveries: how many; exit code 3: some are dead")
    outbox.add_argument("--retry", type=int, metavar="ID", help="promise a dead delivery anew")
    outbox.set_defaults(command=_outbox)
    commands.add_parser(
        "unseen", help="cases that nobody is left to see: how many; exit code 3: there are some"
    ).set_defaults(command=_unseen)
    retention = commands.add_parser(
        "retention",
        help="erase what is over; exit code 3: a wish to erase should have been answered",
    )
    retention.add_argument("--dry-run", action="store_true", help="only say what would go")
    retention.set_defaults(command=_retention)


def _add_set_up(commands: Commands) -> None:
    stelle = commands.add_parser("stelle", help="set a Stelle up with its first member")
    stelle.add_argument("stelle", metavar="STELLE")
    stelle.add_argument("login", metavar="LOGIN")
    stelle.add_argument("name", metavar="NAME")
    stelle.set_defaults(command=_set_up_stelle)
    member = commands.add_parser("member", help="add a member with the recovery key")
    member.add_argument("stelle", metavar="STELLE")
    member.add_argument("login", metavar="LOGIN")
    member.add_argument("name", metavar="NAME")
    member.add_argument(
        "--role", choices=list(MemberRole), type=MemberRole, default=MemberRole.LEAD,
        help="what they are there (default: %(default)s)",
    )  # fmt: skip
    member.set_defaults(command=_add_member)
    statistics = commands.add_parser(
        "statistics",
        help="set the statistics key up; tabulate, protect, audit: count, protect or check tables "
        "in files; "
        "publish, ledger: put a release into the ledger, or verify it",
    )
    statistics.add_argument(
        "rest", nargs=argparse.REMAINDER, metavar="audit|protect|tabulate|publish|ledger ..."
    )
    statistics.set_defaults(command=_statistics)
    key = commands.add_parser(
        "signing-key", help="make the key that signs messages to partners, or show its public half"
    )
    key.add_argument("file", metavar="FILE", type=Path)
    key.set_defaults(command=_signing_key)
    notice = commands.add_parser(
        "notice-key", help="make the key that opens the addresses of people who want a mail"
    )
    notice.add_argument("file", metavar="FILE", type=Path)
    notice.set_defaults(command=_notice_key)
    card = commands.add_parser("introduce", help="what a partner writes down to reach STELLE here")
    card.add_argument("stelle", metavar="STELLE")
    card.set_defaults(command=_introduce)
    code = commands.add_parser("code", help="the one-time code of SECRET now (demo sign-ins)")
    code.add_argument("secret", metavar="SECRET")
    code.set_defaults(command=_code)


def _run(given: argparse.Namespace, read: Settings) -> int:
    from adstelle.local import supervisor

    return supervisor.run(read, city_of(read), port=given.port)


def _serve(given: argparse.Namespace, read: Settings) -> int:
    events.configure()
    reloader = Reloader(_announced(city_of(read)), lambda: city_of(read))
    place = {"host": given.host, "port": given.port, "share_port": given.share_port}
    if given.process == "public":
        from adstelle import public

        public.main(read, reloader, **place)
    else:
        from adstelle import staff

        staff.main(read, reloader, **place)
    return 0


def _work(_: argparse.Namespace, read: Settings) -> int:
    from adstelle import worker

    events.configure()
    worker.main(read, Reloader(_announced(city_of(read)), lambda: city_of(read)))
    return 0


def _announced(city: City) -> City:
    events.emit(events.CityLoaded(city=city.code, warnings=len(city.warnings)))
    return city


def _migrate(_: argparse.Namespace, read: Settings) -> int:
    from adstelle import database

    files = {
        "adstelle_public": read.public_password_file,
        "adstelle_staff": read.staff_password_file,
        "adstelle_worker": read.worker_password_file,
    }
    passwords = {login: settings.read_secret(file) for login, file in files.items() if file}
    for applied in asyncio.run(database.migrate(read.database(), passwords)):
        print(applied)
    return 0


def _health(given: argparse.Namespace, _: Settings) -> int:
    from adstelle.local import health

    return 0 if health.is_alive(given.place) else 1


def _routing(given: argparse.Namespace, read: Settings) -> int:
    from adstelle import routing_cli

    return routing_cli.main(given.rest, read.cities or CITIES)


def _check_city(given: argparse.Namespace, _: Settings) -> int:
    from adstelle.counting.plan import NoPlan, load_plan

    try:
        city = load_city(given.folder, today=date.today())
        with suppress(NoPlan):
            load_plan(given.folder, city)
    except DataError as error:
        print("\n".join(map(str, error.faults)), file=sys.stderr)
        print(f"{given.folder}: {len(error.faults)} faults, cannot be served", file=sys.stderr)
        return 1
    for warning in city.warnings:
        print(f"warning: {warning}")
    held = f"{len(city.stellen)} Stellen, {len(city.rules)} rules, {len(city.subjects)} subjects"
    print(f"{city.name}: {held}, {len(city.warnings)} warnings, no faults")
    return 0


def _outbox(given: argparse.Namespace, read: Settings) -> int:
    from adstelle import operations

    return asyncio.run(operations.outbox(read.database(), retry=given.retry))


def _unseen(_: argparse.Namespace, read: Settings) -> int:
    from adstelle import operations

    return asyncio.run(operations.unseen(read.database()))


def _retention(given: argparse.Namespace, read: Settings) -> int:
    from adstelle import operations

    return asyncio.run(operations.retention(read.database(), city_of(read), is_dry=given.dry_run))


def _set_up_stelle(given: argparse.Namespace, read: Settings) -> int:
    from adstelle import operations

    stelle = city_of(read).stellen.get(given.stelle)
    if stelle is None or not stelle.works_here:
        raise AdstelleError("this city has no Stelle of that name that works in Adstelle")
    work = operations.set_up_stelle(read.database(), given.stelle, given.login, given.name)
    return asyncio.run(work)


def _add_member(given: argparse.Namespace, read: Settings) -> int:
    from adstelle import operations

    work = operations.add_member(read.database(), given.stelle, given.login, given.name, given.role)
    return asyncio.run(work)


def _statistics(given: argparse.Namespace, read: Settings) -> int:
    from adstelle import operations, statistics_cli

    if given.rest:
        return statistics_cli.main(given.rest)
    return asyncio.run(operations.set_up_statistics(read.database()))


def _signing_key(given: argparse.Namespace, _: Settings) -> int:
    from adstelle import operations

    return operations.signing_key(given.file)


def _notice_key(given: argparse.Namespace, _: Settings) -> int:
    from adstelle import operations

    return operations.notice_key(given.file)


def _introduce(given: argparse.Namespace, read: Settings) -> int:
    from adstelle import operations

    return asyncio.run(operations.introduce(read, given.stelle))


def _code(given: argparse.Namespace, _: Settings) -> int:
    import pyotp

    try:
        print(pyotp.TOTP(given.secret).now())
    except ValueError:
        raise AdstelleError("this is not a secret of one-time codes") from None
    return 0


if __name__ == "__main__":
    sys.exit(main())
