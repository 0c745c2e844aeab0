"""Keep promises: claim, hand over with nothing open, settle or try again later."""

from collections.abc import Callable, Mapping
from datetime import date

from adstelle import events, outbox
from adstelle.database import Pool, Role, queries, transaction
from adstelle.delivery.channels import Channel, Parcel, Post
from adstelle.errors import AdstelleError, DeliveryError, Refused
from adstelle.outbox import Kind

_sql = queries("delivery")


class Delivery:
    """Hands reports over, each Stelle by its channel."""

    def __init__(
        self,
        pool: Pool,
        channels: Mapping[str, Channel],
        today: Callable[[], date],
        *,
        post: Post | None = None,
    ) -> None:
        self._pool = pool
        self._channels = channels
        self._today = today
        self._post = post

    async def deliver_next(self, *, in_lanes: bool = False) -> bool:
        """Work on one due promise, of what leaves the house if *in_lanes*; false if none is due."""
        promise = await outbox.claim(self._pool, in_lanes=in_lanes)
        if promise is None:
            return False
        if promise.attempts > outbox.MOST_ATTEMPTS:  # each attempt ended the worker itself
            await self._put_off(promise, DeliveryError())
            return True
        try:
            await self._keep(promise)
        except AdstelleError as error:
            await self._put_off(promise, error)
            return True
        await outbox.settle(self._pool, promise, self._today())
        events.emit(
            events.Delivered(kind=promise.kind, stelle=promise.stelle, attempt=promise.attempts)
        )
        return True

    async def _keep(self, promise: outbox.Promise) -> None:
        if promise.kind in {Kind.NOTICE, Kind.ALARM}:
            if self._post is None:
                raise DeliveryError
            await self._post.send(promise.kind, promise.stelle, promise.promise_id)
            return
        channel = self._channels.get(promise.stelle)
        if channel is None:
            raise DeliveryError
        parcel = Parcel(
            stelle=promise.stelle,
            today=self._today(),
            handover_id=promise.handover_id,
            package_id=promise.package_id,
        )
        match promise.kind:
            case Kind.DELIVER:
                await channel.deliver(parcel)
            case Kind.WITHDRAW:
                await channel.withdraw(parcel)
            case Kind.DECIDE:
                await channel.decide(parcel)

    async def _put_off(self, promise: outbox.Promise, error: AdstelleError) -> None:
        name = events.error_name(error)
        failure = outbox.Failure(
            name,
            is_final=isinstance(error, Refused),
            wait=error.wait if isinstance(error, DeliveryError) else 0.0,
        )
        is_dead = await outbox.fail(
            self._pool, promise, failure, self._today(), with_alarm=self._post is not None
        )
        if is_dead:
            events.emit(
                events.DeliveryDead(
                    promise_id=promise.promise_id,
                    kind=promise.kind,
                    stelle=promise.stelle,
                    error=name,
                )
            )
            return
        events.emit(
            events.DeliveryFailed(
                kind=promise.kind, stelle=promise.stelle, attempt=promise.attempts, error=name
            )
        )


async def sweep(pool: Pool) -> int:
    """Remove drafts, files, receipts, sessions, codes and counts that expired; return how many."""
    async with transaction(pool, Role.SWEEP) as conn:
        counts = [
            await _sql.sweep_drafts(conn),
            await _sql.sweep_files(conn),
            await _sql.sweep_submissions(conn),
            await _sql.sweep_sessions(conn),
            await _sql.sweep_codes(conn),
            await _sql.sweep_challenges(conn),
            await _sql.sweep_sign_ins(conn),
            await _sql.sweep_figures(conn),
            await _sql.sweep_slips(conn),
        ]
    return int(sum(counts))
