"""docker-compose.yml: one login for each part, secrets as files, nothing a container may change."""

import copy
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from adstelle import settings

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docker-compose.yml"
MAIL = ROOT / "docker-compose.mail.yml"
PROCESSES = ("public", "staff", "worker")
ANSWERING = ("database", "public", "staff", "worker")

Compose = dict[str, Any]


@pytest.fixture
def compose() -> Compose:
    content: Compose = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return content


def faults(compose: Compose) -> list[str]:
    """Name what is missing or too much, service by service."""
    found = []
    for name in ("database", "migrate", *PROCESSES):
        service = compose["services"].get(name)
        found += ["missing: " + name] if service is None else faults_of(name, service)
    logins = [login(compose["services"].get(name, {})) for name in PROCESSES]
    if logins != [f"adstelle_{name}" for name in PROCESSES]:
        found.append("logins: each process has its own")
    if not compose["networks"]["database"]["internal"]:
        found.append("networks: the database can be reached from outside")
    for name, place in compose["secrets"].items():
        if not place.get("file"):
            found.append(f"secrets: {name} is no file")
    return found


def faults_of(name: str, service: Compose) -> list[str]:
    scratch = "/tmp"  # noqa: S108  inside the container
    open_ports = [port for port in service.get("ports", []) if not port.startswith("127.0.0.1:")]
    secrets = ["database", *PROCESSES] if name == "migrate" else [name]
    checks = {
        "can write": service.get("read_only") is True,
        "runs as root": re.fullmatch(r"[1-9]\d*:[1-9]\d*", str(service.get("user"))),
        "keeps capabilities": service.get("cap_drop") == ["ALL"],
        "may gain privileges": "no-new-privileges:true" in service.get("security_opt", []),
        "has no place for temporary files": scratch in service.get("tmpfs", []),
        "is open to the network": not open_ports,
        "is given other secrets than its own": service.get("secrets") == secrets,
        "has no health check": name not in ANSWERING or service.get("healthcheck", {}).get("test"),
        "holds a secret in the open": not has_secret(service.get("environment", {})),
    }
    return [f"{name}: {fault}" for fault, is_good in checks.items() if not is_good]


def login(service: Compose) -> str | None:
    dsn: str = service.get("environment", {}).get("ADSTELLE_DSN", "")
    return urlsplit(dsn).username


def has_secret(environment: dict[str, str]) -> bool:
    """Whether a password stands in the environment, by itself or in an address."""
    return any(
        urlsplit(value).password or ("PASSWORD" in name and not name.endswith("_FILE"))
        for name, value in environment.items()
    )


def test_the_compose_file_is_closed_down(compose: Compose) -> None:
    assert faults(compose) == []


def test_the_logins_are_those_of_the_roles(compose: Compose) -> None:
    roles = (ROOT / "db" / "roles" / "roles.sql").read_text(encoding="utf-8")
    for name in PROCESSES:
        assert f"'{login(compose['services'][name])}'" in roles


DEFECTS: dict[str, Callable[[Compose], object]] = {
    "missing: worker": lambda services: services.pop("worker"),
    "public: can write": lambda services: services["public"].pop("read_only"),
    "staff: runs as root": lambda services: services["staff"].update(user="0:0"),
    "database: runs as root": lambda services: services["database"].pop("user"),
    "worker: keeps capabilities": lambda services: services["worker"].pop("cap_drop"),
    "public: may gain privileges": lambda services: services["public"].pop("security_opt"),
    "staff: has no place for temporary files": lambda services: services["staff"].pop("tmpfs"),
    "staff: is open to the network": lambda services: services["staff"].update(ports=["8001:8000"]),
    "public: is given other secrets than its own": lambda services: services["public"].update(
        secrets=["public", "staff"]
    ),
    "staff: has no health check": lambda services: services["staff"].pop("healthcheck"),
    "public: holds a secret in the open": lambda services: services["public"].update(
        environment={"ADSTELLE_DSN": "postgresql://adstelle_public:word@database/adstelle"}
    ),
    "logins: each process has its own": lambda services: services["staff"].update(
        environment=services["public"]["environment"]
    ),
}


@pytest.mark.parametrize("fault", DEFECTS)
def test_a_defect_is_found(compose: Compose, fault: str) -> None:
    broken = copy.deepcopy(compose)
    DEFECTS[fault](broken["services"])
    assert fault in faults(broken)


@pytest.mark.parametrize(
    ("part", "value", "fault"),
    [
        ("networks", {"database": {"internal": False}}, "networks: the database"),
        ("secrets", {"staff": {"external": True}}, "secrets: staff is no file"),
    ],
)
def test_a_defect_beside_the_services_is_found(
    compose: Compose, part: str, value: object, fault: str
) -> None:
    assert any(found.startswith(fault) for found in faults({**compose, part: value}))


GIVEN = {
    "ADSTELLE_STAFF_ORIGIN": "https://intern.example.org",
    "ADSTELLE_SMTP_HOST": "mail.example.org",
    "ADSTELLE_SMTP_USER": "adstelle",
    "ADSTELLE_MAIL_FROM": "adstelle@example.org",
    "ADSTELLE_MAIL_OPERATOR": "betrieb@example.org",
}


def filled_in(environment: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """Replace `${NAME:-default}` and `${NAME:?what is missing}` as docker-compose does."""

    def value(found: re.Match[str]) -> str:
        name, kind, other = found.groups()
        if kind == "?" and name not in given:
            raise KeyError(other)
        return given.get(name, other)

    return {
        name: re.sub(r"\$\{(\w+):([-?])([^}]*)\}", value, text)
        for name, text in environment.items()
    }


@pytest.fixture
def mail() -> Compose:
    content: Compose = yaml.safe_load(MAIL.read_text(encoding="utf-8"))
    return content


def test_the_file_for_mails_gives_the_worker_what_it_needs_and_no_more(
    compose: Compose, mail: Compose
) -> None:
    assert list(mail["services"]) == ["worker"]
    added = mail["services"]["worker"]
    assert added.keys() == {"environment", "secrets", "networks"}
    assert not has_secret(added["environment"])
    files = {Path(value).name for name, value in added["environment"].items() if "FILE" in name}
    assert set(added["secrets"]) == {"worker", *files}
    assert mail["secrets"] == {name: {"file": f"./secrets/{name}"} for name in files}
    assert not {*files} & compose["secrets"].keys()
    assert (added["networks"], mail["networks"]) == (["database", "mail"], {"mail": {}})


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_the_worker_starts_with_what_the_file_for_mails_sets(
    compose: Compose, mail: Compose, tls: str
) -> None:
    environment = {
        **compose["services"]["worker"]["environment"],
        **mail["services"]["worker"]["environment"],
    }
    read = settings.read(filled_in(environment, GIVEN | {"ADSTELLE_SMTP_TLS": tls}))

    assert (read.smtp_host, read.smtp_tls, read.smtp_port) == ("mail.example.org", tls, None)
    assert read.mail_secret_file == Path("/run/secrets/mail")
    for name in GIVEN:
        with pytest.raises(KeyError):
            filled_in(environment, {other: GIVEN[other] for other in GIVEN if other != name})


@pytest.mark.parametrize("files", [(FILE,), (FILE, MAIL)], ids=["plain", "with mails"])
def test_docker_compose_accepts_it_where_it_is_installed(files: tuple[Path, ...]) -> None:
    """Debian's docker-compose 1.29 is the strictest reader; elsewhere the checks above stand."""
    command = shutil.which("docker-compose")
    if command is None:
        return
    named = [word for file in files for word in ("--file", str(file))]
    done = subprocess.run(
        [command, *named, "config", "--quiet"],
        env={**os.environ, **GIVEN},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_image_takes_only_locked_packages_and_does_not_run_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    installs = [part for line in lines for part in line.split("&&") if "pip install" in part]
    assert installs
    assert all("--no-deps" in part for part in installs)  # what is locked is the whole list
    assert all("--require-hashes" in part for part in installs if " -r " in part)
    last = "\n".join(lines).rpartition("FROM ")[2]
    assert "USER 10001:10001" in last
