"""The body of an upload as it comes in: never whole in memory, never on a disk."""

from collections.abc import AsyncIterator
from typing import Any, Final

from litestar import Request
from litestar.exceptions import InternalServerException
from multipart import parse_options_header

from adstelle.errors import BrokenOff
from adstelle.web.forms import Unreadable

AnyRequest = Request[Any, Any, Any]
MULTIPART: Final = "multipart/form-data"
MOST_BODY: Final = 256 * 1024 * 1024  # bytes of one request; more is refused before it is read


def is_upload(request: AnyRequest) -> bool:
    """Whether a form comes with files."""
    return request.headers.get("content-type", "").lower().startswith(MULTIPART)


def boundary(request: AnyRequest) -> str:
    """What stands between the parts. Raises `Unreadable`."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    found = str(options.get("boundary", ""))
    if kind != MULTIPART or not found:
        raise Unreadable
    return found


async def pieces(request: AnyRequest) -> AsyncIterator[bytes]:
    """The body, piece by piece. Raises `BrokenOff` when the browser is gone."""
    try:
        async for piece in request.stream():
            if piece:
                yield piece
    except InternalServerException:
        raise BrokenOff from None
