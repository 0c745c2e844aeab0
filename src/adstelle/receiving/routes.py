"""The address that partners send to. docs/exchange.md is its description."""

from typing import Any, Final

from litestar import Request as HttpRequest
from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE

from adstelle.exchange import courier
from adstelle.exchange.messages import MOST_BYTES, PATH
from adstelle.exchange.refusals import Refusal
from adstelle.exchange.signatures import Answer, Request
from adstelle.receiving.service import Receiving

ENDPOINT: Final = "/austausch"
RETRY_SECONDS: Final = "60"

AnyRequest = HttpRequest[Any, Any, Any]


@post(PATH, status_code=200)
async def take_message(
    request: AnyRequest, receiving: NamedDependency[Receiving]
) -> Response[bytes]:
    """Take one message of a partner."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return _said(receiving.refuse(Refusal.OVERSIZED))
    came = Request(
        method=request.method,
        url=receiving.house.url,
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.scope["headers"]
        ),
        body=bytes(body),
    )
    return _said(await receiving.take(came))


def _said(answer: Answer) -> Response[bytes]:
    headers = {name: value for name, value in answer.headers if name != "content-type"}
    if answer.status == 503:
        headers["retry-after"] = RETRY_SECONDS
    return Response(
        answer.body,
        status_code=answer.status,
        headers=headers,
        media_type=dict(answer.headers)["content-type"],
    )


def _unreadable(_: AnyRequest, error: HTTPException) -> Response[bytes]:
    """What the framework finds wrong before we read it, in the words of the exchange."""
    too_large = error.status_code == HTTP_413_REQUEST_ENTITY_TOO_LARGE
    return _said(courier.refused(Refusal.OVERSIZED if too_large else Refusal.MALFORMED))


def router() -> Router:
    """The handler below the address that partners were given."""
    return Router(
        path=ENDPOINT,
        route_handlers=[take_message],
        exception_handlers={HTTPException: _unreadable},
        include_in_schema=False,
    )
