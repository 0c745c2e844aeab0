"""The channels of Stellen that work in Adstelle: a case in the queue, and a mail that says so."""

from uuid import uuid4

from adstelle import outbox
from adstelle.database import Pool, Role, queries, transaction
from adstelle.delivery.channels import Parcel
from adstelle.errors import Refused
from adstelle.outbox import Kind

_sql = queries("delivery")


class Inbox:
    """Open a case. Twice does no harm: the case is there once.

    *with_notice*: the channel `mail`, whose people hear that there is something new.
    """

    def __init__(self, pool: Pool, *, with_notice: bool = False) -> None:
        self._pool = pool
        self._with_notice = with_notice

    async def deliver(self, parcel: Parcel) -> None:
        """Put a report or a package into the Stelle's queue."""
        async with transaction(self._pool, Role.DELIVERY) as conn:
            is_new = await _sql.open_case(
                conn,
                case_id=uuid4(),
                handover_id=parcel.handover_id,
                package_id=parcel.package_id,
                today=parcel.today,
            )
            if is_new and self._with_notice:
                await outbox.put_notice(conn, Kind.NOTICE, parcel.stelle, parcel.today)

    async def withdraw(self, parcel: Parcel) -> None:
        """Erase what the Stelle has: key, case, history, package. The log keeps that, not what."""
        subject = {"handover_id": parcel.handover_id, "package_id": parcel.package_id}
        async with transaction(self._pool, Role.DELIVERY) as conn:
            await _sql.erase_wrap(conn, handover_id=parcel.handover_id)
            await _sql.erase_messages(conn, handover_id=parcel.handover_id)
            case_id = await _sql.erase_case(conn, **subject)
            await _sql.erase_package(conn, **subject)
            if case_id is not None:
                await _sql.log_withdrawal(conn, stelle=parcel.stelle, case_ids=[case_id])

    async def decide(self, parcel: Parcel) -> None:
        """Who works here never sent a package from elsewhere."""
        raise Refused
