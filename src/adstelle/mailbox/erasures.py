"""The person wants everything gone. Who works here is asked and has a month; the rest ends."""

from collections.abc import Callable
from datetime import date

from adstelle.city import City
from adstelle.database import Pool
from adstelle.domain.private import Private
from adstelle.mailbox import store
from adstelle.mailbox.box import Recipient
from adstelle.mailbox.opened import Opened, Opener


class Outlook(Private, frozen=True, kw_only=True):
    """What a wish to erase everything would bring about.

    *asked* may say no, and have until *answer_by*; *ended* lose the report, as if consent were
    taken back; with neither everything goes at once. *waiting* were asked and have yet to answer.
    """

    asked: tuple[Recipient, ...]
    ended: tuple[Recipient, ...]
    waiting: tuple[Recipient, ...]
    answer_by: date

    @property
    def has_effect(self) -> bool:
        """Whether there is anything left to ask for."""
        return bool(self.asked or self.ended or not self.waiting)

    @property
    def open(self) -> tuple[Recipient, ...]:
        """Who has not answered yet: from them the wish can still be taken back."""
        return tuple(row for row in self.waiting if row.task and not row.task.is_granted)


class Erasures:
    """Wishes to erase (Art. 17 GDPR)."""

    def __init__(self, pool: Pool, city: City, today: Callable[[], date]) -> None:
        self._pool = pool
        self._city = city
        self._today = today
        self._opener = Opener(pool, city)

    def outlook(self, opened: Opened) -> Outlook:
        """Say what would happen. A Stelle that has no case yet, or only codes, is not asked."""
        living = [row for row in opened.box.recipients if row.is_living]
        with_case = [row for row in living if row.state is not None]
        waiting = [row for row in with_case if row.task and row.task.refusal is None]
        return Outlook(
            asked=tuple(row for row in with_case if row not in waiting),
            ended=tuple(row for row in living if row.state is None),
            waiting=tuple(waiting),
            answer_by=self._city.answer_erasure_by(self._today()),
        )

    async def want(self, code: str) -> Opened:
        """Ask for everything to be erased; the same again changes nothing. Raises `UnknownCode`.

        Returns the mailbox as it was opened before.
        """
        opened = await self._opener.open(code, seen_on=None)
        outlook = self.outlook(opened)
        wish = store.ErasureWish(
            report_id=opened.report_id,
            asked=tuple(row.handover_id for row in outlook.asked),
            ended=tuple(row.handover_id for row in outlook.ended),
            with_notice=frozenset(
                code for code, stelle in self._city.stellen.items() if stelle.channel == "mail"
            ),
            asked_on=self._today(),
            answer_by=outlook.answer_by,
        )
        await store.want_gone(self._pool, opened.keys.lookup, wish)
        return opened

    async def take_back(self, code: str) -> bool:
        """Take the wish back from whoever has not answered it; false where there is nobody (left).

        Twice is harmless. What has ended or was erased stays so. Raises `UnknownCode`.
        """
        opened = await self._opener.open(code, seen_on=None)
        return await store.want_kept(self._pool, opened.keys.lookup, opened.report_id)
