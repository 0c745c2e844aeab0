"""The address for a mail that there is something new: left, changed, removed by the person."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from adstelle.city import City
from adstelle.crypto import notice
from adstelle.database import Pool
from adstelle.domain.notice import NoticeTo, following
from adstelle.errors import UnknownCode
from adstelle.mail_address import is_mail_address
from adstelle.mailbox import notice_store
from adstelle.mailbox.notice_store import NewNotice
from adstelle.mailbox.opened import Opened, Opener


class NoMails(UnknownCode):
    """No mails are sent from here: there is nobody an address could be sealed for."""


class Notices:
    """What the person says about such mails. Nobody at a Stelle hears of it."""

    def __init__(
        self, pool: Pool, city: City, now: Callable[[], datetime], chance: Callable[[], float]
    ) -> None:
        self._pool = pool
        self._zone = ZoneInfo(city.time_zone)
        self._now = now
        self._chance = chance
        self._opener = Opener(pool, city)

    async def look(self, code: str) -> Opened:
        """Open the mailbox, but not to show messages. Raises `UnknownCode`."""
        return await self._opener.open(code, seen_on=None)

    def fault(self, mail: str) -> str | None:
        """Name what is wrong with an address."""
        if not mail:
            return "missing"
        return None if is_mail_address(mail) else "malformed"

    async def leave(self, code: str, to: NoticeTo) -> None:
        """Keep an address in place of any other. Raises `UnknownCode`, `NoMails`.

        The first look is tomorrow: leaving one again and again brings no second mail on a day.
        """
        if self.fault(to.mail):
            raise ValueError("an address with faults was left")
        opened = await self.look(code)
        if opened.notice_key is None:
            raise NoMails
        new = NewNotice(
            report_id=opened.report_id,
            for_worker=notice.seal_for_worker(to, opened.report_id, opened.notice_key),
            for_mailbox=notice.seal_for_mailbox(to, opened.report_id, opened.keys.own),
            due_at=following(self._now(), self._chance(), self._zone, was_looked_at=True),
        )
        await notice_store.leave(self._pool, opened.keys.lookup, new)

    async def remove(self, code: str) -> None:
        """Forget the address. Twice is harmless. Raises `UnknownCode`."""
        opened = await self.look(code)
        await notice_store.remove(self._pool, opened.keys.lookup, opened.report_id)
