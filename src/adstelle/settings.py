"""Settings: read once, from the environment; an unknown ``ADSTELLE_*`` name refuses the start.

No setting turns a protection off. Secrets come as files.
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from adstelle.errors import SettingsError

PREFIX = "ADSTELLE_"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
FOR_DEVELOPERS = frozenset({"ADSTELLE_CHROMIUM", "ADSTELLE_NODE"})  # read by ./dev and the tests


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One process's settings; the field name in capitals after ``ADSTELLE_`` is the variable."""

    dsn: str | None = None
    database_password_file: Path | None = None
    public_password_file: Path | None = None
    staff_password_file: Path | None = None
    worker_password_file: Path | None = None
    city: str = "jena"
    cities: Path | None = None
    origin: str = "http://localhost:8000"
    staff_origin: str = "http://localhost:8001"
    data: Path | None = None
    pg_bin: Path | None = None
    alive_file: Path | None = None
    signing_key_file: Path | None = None
    demo: bool = False

    def is_secure(self, origin: str) -> bool:
        """Whether pages of *origin* travel over TLS, and cookies may say so."""
        return origin.startswith("https://")

    def database(self) -> str:
        """Return the DSN with the password from its file. Raises `SettingsError` without one."""
        if self.dsn is None:
            raise SettingsError("ADSTELLE_DSN is not set")
        if self.database_password_file is None:
            return self.dsn
        return with_password(self.dsn, read_secret(self.database_password_file))


def read(environment: Mapping[str, str]) -> Settings:
    """Read the settings of this process. Raises `SettingsError` naming the variable."""
    known = {f"{PREFIX}{name.upper()}": name for name in Settings.__struct_fields__}
    given = {name for name in environment if name.startswith(PREFIX)} - FOR_DEVELOPERS
    if unknown := sorted(given - known.keys()):
        raise SettingsError(f"unknown setting {unknown[0]}")
    values = {known[name]: environment[name] for name in given if environment[name]}
    try:
        settings = msgspec.convert(
            values, Settings, strict=False, dec_hook=lambda kind, value: kind(value)
        )
    except msgspec.ValidationError:
        raise SettingsError("a setting has a value of the wrong kind") from None
    for origin in (settings.origin, settings.staff_origin):
        _check_origin(origin)
    return settings


def _check_origin(origin: str) -> None:
    parts = urlsplit(origin)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return
    raise SettingsError("ADSTELLE_ORIGIN and ADSTELLE_STAFF_ORIGIN need https:// off this machine")


def read_secret(path: Path) -> str:
    """Read a secret from its file, without the line end. Raises `SettingsError`."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        raise SettingsError(f"cannot read the secret {path.name}") from None


def with_password(dsn: str, password: str) -> str:
    """Put a password into a DSN."""
    parts = urlsplit(dsn)
    user, _, host = parts.netloc.rpartition("@")
    name = user.split(":", 1)[0]
    quoted = quote(password, safe="")
    return urlunsplit(parts._replace(netloc=f"{name}:{quoted}@{host}"))
