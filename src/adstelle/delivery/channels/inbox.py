"""The channel of a Stelle that works in Adstelle: a case in its queue."""

from adstelle.database import Pool, Role, queries, transaction
from adstelle.delivery.channels import Parcel

_sql = queries("delivery")


class Inbox:
    """Open a case. Twice does no harm: the case is there once."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def deliver(self, parcel: Parcel) -> None:
        """Put the report into the Stelle's queue."""
        async with transaction(self._pool, Role.DELIVERY) as conn:
            await _sql.open_case(
                conn, report_id=parcel.report_id, stelle=parcel.stelle, today=parcel.today
            )
