"""Hand a file out so that no browser shows, runs or keeps it: it is saved, and nothing else."""

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote

from litestar.response import Stream

from adstelle.web.security import page_headers

NEUTRAL: Final = "application/octet-stream"
POLICY: Final = "default-src 'none'; sandbox"


async def download(content: AsyncIterator[bytes], *, name: str, size: int, secure: bool) -> Stream:
    """Answer with a file. The first piece is opened before anything is answered.

    Raises `Unopenable` where that fails; where it fails later, the answer breaks off.
    """
    first = await anext(content, b"")

    async def pieces() -> AsyncIterator[bytes]:
        yield first
        async for piece in content:
            yield piece

    headers = page_headers(secure) | {
        "content-disposition": disposition(name),
        "content-security-policy": POLICY,
        "content-length": str(size),
        "cross-origin-resource-policy": "same-origin",
    }
    return Stream(pieces(), media_type=NEUTRAL, headers=headers, status_code=200)


def disposition(name: str) -> str:
    """Name a download (RFC 6266): in ASCII for old programs, and as it is (RFC 8187)."""
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in " -_.()") else "_"
        for letter in name
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
