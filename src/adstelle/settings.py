"""Settings: read once, from the environment; an unknown ``ADSTELLE_*`` name refuses the start.

No setting turns a protection off. Secrets come as files.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from adstelle.errors import SettingsError
from adstelle.mail_address import is_mail_address

PREFIX = "ADSTELLE_"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
FOR_DEVELOPERS = frozenset({"ADSTELLE_CHROMIUM", "ADSTELLE_NODE"})  # read by ./dev and the tests
NEEDED = {  # which settings make sense only together with others
    "smtp_host": ("mail_from", "mail_operator", "mail_secret_file"),
    "smtp_port": ("smtp_host",),
    "smtp_ca_file": ("smtp_host",),
    "smtp_user": ("smtp_host", "smtp_password_file"),
    "smtp_password_file": ("smtp_host", "smtp_user"),
    "mail_from": ("smtp_host",),
    "mail_operator": ("smtp_host",),
    "mail_secret_file": ("smtp_host",),
    "openpgp_key_file": ("smtp_host",),
    "openpgp_passphrase_file": ("openpgp_key_file",),
    "notice_key_file": ("smtp_host", "notice_from"),
    "notice_from": ("notice_key_file",),
    "notice_name": ("notice_from",),
    "notice_link": ("notice_from",),
    "oidc_issuer": ("oidc_client_id", "oidc_client_secret_file"),
    "oidc_client_id": ("oidc_issuer",),
    "oidc_client_secret_file": ("oidc_issuer",),
    "oidc_factor": ("oidc_issuer",),
    "oidc_ca_file": ("oidc_issuer",),
}

Host = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9.:-]+\Z")]
# A socket of clamd on this machine, or host and port.
Clamd = Annotated[str, msgspec.Meta(pattern=r"\A(/.+|[A-Za-z0-9.\[\]:-]+:[0-9]{1,5})\Z")]
# One line that a mail header can hold beside an address.
NoticeName = Annotated[str, msgspec.Meta(pattern=r"\A[^\x00-\x1f\x7f<>@\"]{1,60}\Z")]
# The claim by which an identity provider tells of a second factor, and its value: amr:mfa
Factor = Annotated[str, msgspec.Meta(pattern=r"\A(amr|acr):\S+\Z")]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]


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
    clamd: Clamd | None = None
    smtp_host: Host | None = None
    smtp_port: Port | None = None
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    smtp_ca_file: Path | None = None
    smtp_user: str | None = None
    smtp_password_file: Path | None = None
    mail_from: str | None = None
    mail_operator: str | None = None
    mail_secret_file: Path | None = None
    openpgp_key_file: Path | None = None
    openpgp_passphrase_file: Path | None = None
    notice_key_file: Path | None = None
    notice_from: str | None = None
    notice_name: NoticeName | None = None
    notice_link: str | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret_file: Path | None = None
    oidc_factor: Factor | None = None
    oidc_ca_file: Path | None = None

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
    known = {variable(name): name for name in Settings.__struct_fields__}
    given = {name for name in environment if name.startswith(PREFIX)} - FOR_DEVELOPERS
    if unknown := sorted(given - known.keys()):
        raise SettingsError(f"unknown setting {unknown[0]}")
    values = {known[name]: environment[name] for name in given if environment[name]}
    settings = Settings(**{name: _converted(name, value) for name, value in values.items()})
    for origin in (settings.origin, settings.staff_origin):
        _check_origin(origin)
    _check_needed(settings)
    _check_mail(settings)
    _check_issuer(settings.oidc_issuer)
    return settings


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def _converted(name: str, value: str) -> Any:
    kinds = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    try:
        return msgspec.convert(
            value, kinds[name], strict=False, dec_hook=lambda kind, given: kind(given)
        )
    except msgspec.ValidationError:  # its message may quote the value
        raise SettingsError(f"{variable(name)} has a value that it cannot have") from None


def _check_origin(origin: str) -> None:
    if not _is_safe(origin):
        raise SettingsError(
            "ADSTELLE_ORIGIN and ADSTELLE_STAFF_ORIGIN need https:// off this machine"
        )


def _check_issuer(issuer: str | None) -> None:
    if issuer is not None and not _is_safe(issuer):
        raise SettingsError("ADSTELLE_OIDC_ISSUER needs https:// off this machine")


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return True
    return parts.scheme == "http" and parts.hostname in LOOPBACK


def _check_needed(settings: Settings) -> None:
    for name, needed in NEEDED.items():
        missing = [other for other in needed if getattr(settings, other) is None]
        if missing and getattr(settings, name) is not None:
            raise SettingsError(f"{variable(name)} needs {variable(missing[0])}")


def _check_mail(settings: Settings) -> None:
    is_far = settings.smtp_host not in {None, *LOOPBACK}
    is_plain = settings.smtp_tls == "none"
    is_here = urlsplit(settings.staff_origin).hostname in LOOPBACK
    wrong = {
        "ADSTELLE_MAIL_FROM is not a mail address": not _is_address(settings.mail_from),
        "ADSTELLE_MAIL_OPERATOR is not a mail address": not _is_address(settings.mail_operator),
        "ADSTELLE_NOTICE_FROM is not a mail address": not _is_address(settings.notice_from),
        "ADSTELLE_NOTICE_LINK is more than https:// and a name": not _is_plain_link(
            settings.notice_link
        ),
        "ADSTELLE_SMTP_TLS=none is only for a mail server on this machine": is_plain and is_far,
        "ADSTELLE_SMTP_TLS=none does not need ADSTELLE_SMTP_CA_FILE": is_plain
        and settings.smtp_ca_file is not None,
        "ADSTELLE_STAFF_ORIGIN stands in every mail: it cannot be this machine": is_far and is_here,
    }
    for sentence, is_so in wrong.items():
        if is_so:
            raise SettingsError(sentence)


def _is_address(given: str | None) -> bool:
    return given is None or is_mail_address(given)


def _is_plain_link(given: str | None) -> bool:
    """Nothing behind the name: what stands in a mail must not tell one reader from another."""
    if given is None:
        return True
    parts = urlsplit(given)
    return given.lower().rstrip("/") == f"https://{parts.hostname}"


def read_secret(path: Path) -> str:
    """Read a secret from its file, without the line end. Raises `SettingsError`."""
    try:
        return read_secret_bytes(path).decode().strip()
    except UnicodeDecodeError:
        raise SettingsError(f"the secret {path.name} is not a text") from None


def read_secret_bytes(path: Path) -> bytes:
    """Read a secret that need not be a text. Raises `SettingsError`."""
    try:
        return path.read_bytes()
    except OSError:
        raise SettingsError(f"cannot read the secret {path.name}") from None


def with_password(dsn: str, password: str) -> str:
    """Put a password into a DSN."""
    parts = urlsplit(dsn)
    user, _, host = parts.netloc.rpartition("@")
    name = user.split(":", 1)[0]
    quoted = quote(password, safe="")
    return urlunsplit(parts._replace(netloc=f"{name}:{quoted}@{host}"))
