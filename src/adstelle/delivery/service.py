"""Keep promises: claim, hand over with nothing open, settle or try again later."""

from collections.abc import Callable, Mapping
from datetime import date

from adstelle import events, outbox
from adstelle.database import Pool, Role, queries, transaction
from adstelle.delivery.channels import Channel, Parcel
from adstelle.errors import AdstelleError, DeliveryError

_sql = queries("delivery")


class Delivery:
    """Hands reports over, each Stelle by its channel."""

    def __init__(
        self, pool: Pool, channels: Mapping[str, Channel], today: Callable[[], date]
    ) -> None:
        self._pool = pool
        self._channels = channels
        self._today = today

    async def deliver_next(self) -> bool:
        """Work on one due promise; false if none is due."""
        promise = await outbox.claim(self._pool)
        if promise is None:
            return False
        if promise.attempts > outbox.MOST_ATTEMPTS:  # each attempt ended the worker itself
            await self._put_off(promise, events.error_name(DeliveryError()))
            return True
        try:
            await self._hand_over(promise)
        except AdstelleError as error:
            await self._put_off(promise, events.error_name(error))
            return True
        await outbox.settle(self._pool, promise, self._today())
        events.emit(events.Delivered(stelle=promise.stelle, attempt=promise.attempts))
        return True

    async def _hand_over(self, promise: outbox.Promise) -> None:
        channel = self._channels.get(promise.stelle)
        if channel is None:
            raise DeliveryError
        await channel.deliver(Parcel(promise.report_id, promise.stelle, self._today()))

    async def _put_off(self, promise: outbox.Promise, error: events.ErrorName) -> None:
        is_dead = await outbox.fail(self._pool, promise, error, self._today())
        if is_dead:
            events.emit(
                events.DeliveryDead(
                    promise_id=promise.promise_id, stelle=promise.stelle, error=error
                )
            )
            return
        events.emit(
            events.DeliveryFailed(stelle=promise.stelle, attempt=promise.attempts, error=error)
        )


async def sweep(pool: Pool) -> int:
    """Remove drafts, receipts and sessions that have expired; return how many."""
    async with transaction(pool, Role.SWEEP) as conn:
        counts = [
            await _sql.sweep_drafts(conn),
            await _sql.sweep_submissions(conn),
            await _sql.sweep_sessions(conn),
        ]
    return int(sum(counts))
