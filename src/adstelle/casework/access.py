"""The one way into a Stelle's cases: as a member of it."""

from contextlib import AbstractAsyncContextManager

from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool, Role, transaction


def within(pool: Pool, session: Session) -> AbstractAsyncContextManager[Connection]:
    """Open a transaction that sees what this member of the Stelle may see. Raises as
    `database.connection` does.
    """
    return transaction(pool, Role.CASEWORK, scope=session.stelle)
