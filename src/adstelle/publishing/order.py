"""What a process is told to do, on its standard input."""

from uuid import UUID

from adstelle.domain.private import Private


class Order(Private, frozen=True, kw_only=True):
    """One draft to be counted; or, without the *seed* of the statistics key, to be published.

    *older* are that key's former ones, *folder* is the city's, *member_id* who wants it.
    """

    draft_id: UUID
    job: UUID
    member_id: UUID
    seed: bytes | None
    older: tuple[bytes, ...] = ()
    dsn: str
    folder: str
