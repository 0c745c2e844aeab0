"""The channel of a Stelle that works in Adstelle: a case in its queue."""

from uuid import uuid4

from adstelle.database import Pool, Role, queries, transaction
from adstelle.delivery.channels import Parcel
from adstelle.errors import Refused

_sql = queries("delivery")


class Inbox:
    """Open a case. Twice does no harm: the case is there once."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def deliver(self, parcel: Parcel) -> None:
        """Put a report or a package into the Stelle's queue."""
        async with transaction(self._pool, Role.DELIVERY) as conn:
            await _sql.open_case(
                conn,
                case_id=uuid4(),
                handover_id=parcel.handover_id,
                package_id=parcel.package_id,
                today=parcel.today,
            )

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
