"""What counts as a mail address that the service itself writes to or from.

Plain ASCII without a display name, quotes or comments: nothing that a mail header or an SMTP
command could read as more than one address.
"""

import re
from typing import Final

LONGEST: Final = 254  # RFC 5321 with erratum 1690
LONGEST_LOCAL: Final = 64
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_TOP: Final = rf"(?=[A-Za-z]){_LABEL}"  # letters first: a number would be an IP address
_ADDRESS: Final = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@(?:{_LABEL}\.)+{_TOP}")


def is_mail_address(text: str) -> bool:
    """Whether *text* is one plain mail address and nothing else."""
    found = _ADDRESS.fullmatch(text)
    return found is not None and len(text) <= LONGEST and len(found[1]) <= LONGEST_LOCAL


def domain_of(address: str) -> str:
    """The part behind the @ of an address that was checked."""
    return address.rpartition("@")[2].lower()
