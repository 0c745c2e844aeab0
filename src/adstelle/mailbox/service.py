"""What the person does with their mailbox: read, write, say what they want."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from adstelle.city import City
from adstelle.crypto import sealing
from adstelle.database import Pool
from adstelle.domain.report import MandateChanged, Message
from adstelle.errors import AdstelleError
from adstelle.mailbox import store
from adstelle.mailbox.opened import Opened, Opener
from adstelle.mailbox.store import NotGiven

MOST_TEXT: Final = 20_000


class MessageIdUsed(AdstelleError):
    """A message id came again with another text or for another Stelle."""


class Mailbox:
    """The way back in. Whoever has the code is the person; nobody else can be."""

    def __init__(self, pool: Pool, city: City, today: Callable[[], date]) -> None:
        self._pool = pool
        self._city = city
        self.today = today
        self._opener = Opener(pool, city)

    async def open(self, code: str) -> Opened:
        """Open the mailbox of a normalised code, to be read. Raises `UnknownCode`."""
        return await self._opener.open(code, seen_on=self.today())

    async def look(self, code: str) -> Opened:
        """Open it, but not to show the messages. Raises `UnknownCode`."""
        return await self._opener.open(code, seen_on=None)

    async def write(self, code: str, stelle: str, message_id: UUID, text: str) -> None:
        """Write to one of the chosen Stellen. The same *message_id* is kept once.

        Raises `UnknownCode`, `NotGiven` for any other Stelle, and `MessageIdUsed` when the id came
        again with something else: that would be lost.
        """
        await self._say(await self.look(code), stelle, message_id, Message(text=text))

    def mandate_fault(self, mandates: Sequence[str]) -> str | None:
        """Name what is wrong with wishes; to want nothing of it is a wish as well."""
        known = set(mandates) <= set(self._city.codes.mandate)
        return None if known and len(mandates) == len(set(mandates)) else "unknown"

    async def wish(
        self, code: str, stelle: str, message_id: UUID, mandates: tuple[str, ...]
    ) -> None:
        """Tell a Stelle what the person wants from now on. Raises as `write` does.

        What they want already is not said again.
        """
        if self.mandate_fault(mandates):
            raise ValueError("a wish with faults was told")
        opened = await self.look(code)
        ordered = tuple(known for known in self._city.codes.mandate if known in mandates)
        if opened.has_conversation(stelle) and set(opened.box.mandates(stelle)) == set(ordered):
            return
        message = Message(act=MandateChanged(mandates=ordered))
        await self._say(opened, stelle, message_id, message)

    async def _say(self, opened: Opened, stelle: str, message_id: UUID, message: Message) -> None:
        if not opened.has_conversation(stelle):
            raise NotGiven
        said = sealed_message(opened, stelle, message_id, message, self.today())
        if await store.insert_message(self._pool, opened.keys.lookup, said):
            return
        kept = await store.message(self._pool, opened.keys.lookup, opened.report_id, message_id)
        if kept is None or (kept.stelle, _message(opened, message_id, kept)) != (stelle, message):
            raise MessageIdUsed


def sealed_message(
    opened: Opened, stelle: str, message_id: UUID, message: Message, today: date
) -> store.NewMessage:
    """Seal what the person says for both sides; nothing leaves this process yet."""
    return store.NewMessage(
        message_id=message_id,
        report_id=opened.report_id,
        stelle=stelle,
        sent_on=today,
        sealed=sealing.seal_message(
            opened.report_id,
            message_id,
            stelle,
            message,
            stelle_key=opened.stelle_keys[stelle],
            mailbox_key=opened.mailbox_key,
        ),
        with_notice=opened.city.stellen[stelle].channel == "mail",
    )


def _message(opened: Opened, message_id: UUID, kept: store.KeptMessage) -> Message:
    binding = sealing.message_binding(opened.report_id, message_id, kept.stelle)
    return sealing.open_message(opened.keys.private, kept.for_mailbox, kept.sealed, binding)
