"""A real SMTP server in the test process, and certificates that make it trusted or not."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"
NAME = "localhost"
USER = "adstelle"
PASSWORD = "pässwort für die Post"


@dataclass(frozen=True)
class Received:
    """A mail as the server took it: its envelope, its bytes, and how they came."""

    sender: str | None
    recipients: tuple[str, ...]
    content: bytes
    is_encrypted: bool
    is_signed_in: bool
    greeting: str | None


@dataclass
class MailServer:
    """Gives its *answers* to a command one after the other, then says yes; remembers everything.

    aiosmtpd calls the method that is named after a command.
    """

    answers: dict[str, list[str]]
    port: int = 0
    received: list[Received] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def answer(self, command: str) -> str | None:
        self.heard.append(command)
        waiting = self.answers.get(command)
        return waiting.pop(0) if waiting else None

    async def handle_MAIL(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if answer := self.answer("MAIL"):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if answer := self.answer("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_QUIT(  # noqa: N802
        self, _: SMTP, __: Session, ___: Envelope
    ) -> str:
        return self.answer("QUIT") or "221 Bye"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if answer := self.answer("DATA"):
            return answer
        content = envelope.content
        assert isinstance(content, bytes)
        assert server.transport is not None
        self.received.append(
            Received(
                sender=envelope.mail_from,
                recipients=tuple(envelope.rcpt_tos),
                content=content,
                is_encrypted=bool(session.ssl or server.transport.get_extra_info("sslcontext")),
                is_signed_in=bool(session.authenticated),
                greeting=session.host_name,
            )
        )
        return "250 OK"


def check(_: SMTP, __: Session, ___: Envelope, mechanism: str, given: object) -> AuthResult:
    assert isinstance(given, LoginPassword)
    fits = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=fits, handled=False)


@asynccontextmanager
async def mail_server(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    asks_who: bool = False,
    answers: Mapping[str, Sequence[str]] | None = None,
) -> AsyncIterator[MailServer]:
    """Serve SMTP on a free port: in the clear, over TLS, or with STARTTLS demanded."""
    loop = asyncio.get_running_loop()
    remembered = MailServer({command: list(given) for command, given in (answers or {}).items()})

    def connection() -> SMTP:
        return SMTP(
            remembered,
            hostname="mail.example.org",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=check,
            auth_required=asks_who,
            loop=loop,
        )

    server = await loop.create_server(connection, HOST, 0, ssl=tls)
    async with server:
        remembered.port = server.sockets[0].getsockname()[1]
        yield remembered


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.file))

    def server_context(self, name: str = NAME) -> ssl.SSLContext:
        """What a server shows that calls itself *name*."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(name).configure_cert(context)
        return context


@asynccontextmanager
async def script(*lines: str, hangs_up: bool = False, pause: float = 0.0) -> AsyncIterator[int]:
    """Say one line at a time, the first at once and each other one after a line was heard.

    Before each there is a *pause*; at the end nothing more is said, or the line is broken.
    """

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):  # the other side may be faster to leave
            for line in lines:
                await asyncio.sleep(pause)
                writer.write(line.encode() + b"\r\n")
                await reader.readline()
            if not hangs_up:
                await reader.read()
        writer.close()

    server = await asyncio.start_server(talk, HOST, 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])
