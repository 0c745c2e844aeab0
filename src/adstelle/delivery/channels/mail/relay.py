"""Hand a mail to the organisation's own mail server over SMTP."""

import asyncio
import contextlib
import ssl
from typing import Final

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPTimeoutError,
)

from adstelle.domain.private import Private
from adstelle.errors import (
    AddressRefused,
    CredentialsRefused,
    Postponed,
    Refused,
    Unreachable,
    Untrusted,
)
from adstelle.mail_address import domain_of

PERMANENT: Final = 500
QUIT_SECONDS: Final = 1.0
NO_SUCH_ADDRESS: Final = "5.1."  # RFC 3463: it is the address; 5.7 would be about us
BROKEN: Final = (SMTPException, OSError, ValueError)  # the last: an answer that is not SMTP


class Server(Private, frozen=True):
    """Where the mail server is and how it is spoken to. Only on this machine *context* is None."""

    host: str
    port: int
    starttls: bool
    context: ssl.SSLContext | None
    user: str | None
    password: str


class Relay:
    """One mail, one connection. All steps together end before a promise's lease does.

    Mails that nobody hears of if they do not arrive go out without a *return_path* (RFC 5321,
    4.5.5): no server sends a bounce, which would carry the address.
    """

    def __init__(
        self,
        server: Server,
        sender: str,
        *,
        return_path: bool = True,
        step_seconds: float = 15.0,
        seconds: float = 45.0,
    ) -> None:
        self._server = server
        self._sender = sender
        self._return_path = sender if return_path else ""
        self._step_seconds = step_seconds
        self._seconds = seconds

    async def send(self, mail: bytes, recipient: str) -> None:
        """Return once the server has taken the mail. What it says is neither kept nor shown.

        Raises `Refused` for what it will never take (`AddressRefused` where it says that it is the
        address), other `DeliveryError`s for what may work
        later.
        """
        client = self._client()
        try:
            async with asyncio.timeout(self._seconds):
                await self._connect(client)
                await self._sign_in(client)
                await self._hand_in(client, mail, recipient)
            with contextlib.suppress(*BROKEN):  # it has the mail, whatever comes now
                await client.quit(timeout=QUIT_SECONDS)
        except TimeoutError:
            raise Unreachable from None
        finally:
            client.close()

    def _client(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.context is not None and not server.starttls,
            start_tls=False,  # `_connect` does it, and says if the server cannot
            tls_context=server.context,
            local_hostname=domain_of(self._sender),  # and not the name of this machine
            timeout=self._step_seconds,
        )

    async def _connect(self, client: SMTP) -> None:
        try:
            await client.connect()
            if self._server.starttls:
                await client.ehlo()
                if not client.supports_extension("starttls"):
                    raise Untrusted
                await client.starttls()
        except ssl.SSLError:
            raise Untrusted from None
        except BROKEN as error:
            is_tls = isinstance(error.__cause__, ssl.SSLError)
            raise (Untrusted if is_tls else Unreachable) from None

    async def _sign_in(self, client: SMTP) -> None:
        if self._server.user is None:
            return
        try:
            await client.login(self._server.user, self._server.password)
        except (SMTPTimeoutError, OSError):
            raise Unreachable from None
        except (SMTPException, ValueError):
            raise CredentialsRefused from None

    async def _hand_in(self, client: SMTP, mail: bytes, recipient: str) -> None:
        try:
            await client.mail(self._return_path)
            await client.rcpt(recipient)
            await client.data(mail)
        except SMTPRecipientRefused as error:
            if error.code >= PERMANENT and error.message.startswith(NO_SUCH_ADDRESS):
                raise AddressRefused from None
            raise (Refused if error.code >= PERMANENT else Postponed) from None
        except SMTPResponseException as error:
            raise (Refused if error.code >= PERMANENT else Postponed) from None
        except BROKEN:
            raise Unreachable from None
