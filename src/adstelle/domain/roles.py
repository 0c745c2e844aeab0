"""Who reports: fixed words, because consent hangs on them."""

from typing import Final

# Who reports what happened to another person is asked whether that person agrees.
THIRD_PARTIES: Final = frozenset({"nahestehende", "zeugin", "dritte", "institution"})
AFFECTED: Final = "betroffene"
ROLES: Final = THIRD_PARTIES | {AFFECTED, "unbekannt"}
