"""The mailbox as JSON. The code travels in the Authorization header, never in a URL."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import MediaType, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody
from msgspec import Meta

from adstelle.crypto.receipt import normalised
from adstelle.domain.handover import Standing
from adstelle.errors import UnknownCode
from adstelle.mailbox.routes import PublicMailbox
from adstelle.mailbox.service import MOST_TEXT, Box, MessageIdUsed
from adstelle.web import deadlines, problems
from adstelle.web.deadlines import DeadlineOut

SCHEME: Final = "Receipt "
_SHAPE: Final = "The body or a header does not have this shape."
_REFUSED: Final = "No mailbox opens with this code, or the report was not given to this Stelle."
_AWAY: Final = "Busy, or the database is away; repeat with the same message_id."
Authorization = Annotated[
    str,
    HeaderParameter(name="Authorization", description="`Receipt XXXX-XXXX-XXXX-XXXX-XXXX-XXXX`"),
]


class MessageOut(msgspec.Struct, frozen=True):
    """One message; *own* when the person wrote it."""

    stelle: str
    own: bool
    sent_on: date
    was_read: bool
    text: str


class RecipientOut(msgspec.Struct, frozen=True):
    """One chosen Stelle, whether the report arrived and where its case stands."""

    stelle: str
    delivery: Annotated[Standing, Meta(examples=["delivered"])]
    state: Annotated[str, Meta(examples=["gelesen"])] | None


class BoxOut(msgspec.Struct, frozen=True):
    """An open mailbox; the deadlines are in the language of the report."""

    received_on: date
    account: str
    deadlines: tuple[DeadlineOut, ...]
    recipients: tuple[RecipientOut, ...]
    messages: tuple[MessageOut, ...]


class MessageIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message to one of the chosen Stellen; the id makes repeating it harmless."""

    message_id: UUID
    stelle: Annotated[str, Meta(examples=["ads_jena"])]
    text: Annotated[str, Meta(min_length=1, max_length=MOST_TEXT, examples=["Vielen Dank."])]


class MessageStored(msgspec.Struct, frozen=True):
    """The message is kept; repeating the request keeps it once."""

    message_id: UUID


@get(
    "",
    operation_id="readMailbox",
    responses=problems.documented(
        200, BoxOut, "What lies in the mailbox.", {400: _SHAPE, 401: _REFUSED, 503: _AWAY}
    ),
)
async def read_mailbox(
    public_mailbox: NamedDependency[PublicMailbox], authorization: Authorization
) -> Response[Any]:
    """Read what the Stellen wrote and where the cases stand."""
    code = _code(authorization)
    if code is None:
        return _refused()
    try:
        box = await public_mailbox.mailbox.open(code)
    except UnknownCode:
        return _refused()
    body = BoxOut(
        received_on=box.received_on,
        account=box.account.account,
        deadlines=_deadlines(public_mailbox, box),
        recipients=tuple(
            RecipientOut(row.stelle, row.standing, row.state) for row in box.recipients
        ),
        messages=tuple(
            MessageOut(note.stelle, note.own, note.sent_on, note.was_read, note.message.text)
            for note in box.notes
        ),
    )
    return _answer(body, status=200)


@post(
    "/messages",
    status_code=201,
    operation_id="writeMessage",
    responses=problems.documented(
        201,
        MessageStored,
        "The message is kept.",
        {
            400: _SHAPE,
            401: _REFUSED,
            409: "The message_id was used for another message.",
            413: "The body is too large.",
            503: _AWAY,
        },
    ),
)
async def write_message(
    data: JSONBody[MessageIn],
    public_mailbox: NamedDependency[PublicMailbox],
    authorization: Authorization,
) -> Response[Any]:
    """Write to a Stelle the report was given to."""
    code = _code(authorization)
    if code is None:
        return _refused()
    try:
        await public_mailbox.mailbox.write(code, data.stelle, data.message_id, data.text)
    except UnknownCode:
        return _refused()
    except MessageIdUsed:
        return problems.answer(409, detail="This message_id belongs to another message.")
    return _answer(MessageStored(data.message_id), status=201)


def _deadlines(public_mailbox: PublicMailbox, box: Box) -> tuple[DeadlineOut, ...]:
    pages, today = public_mailbox.pages, public_mailbox.mailbox.today()
    lang = pages.nearest_language(box.account.language)
    return deadlines.as_json(pages, lang, deadlines.reckon(pages, box.account, today), today)


def _answer(body: msgspec.Struct, *, status: int) -> Response[Any]:
    return Response(msgspec.json.encode(body), status_code=status, media_type=MediaType.JSON)


def _code(authorization: str) -> str | None:
    if not authorization.startswith(SCHEME):
        return None
    return normalised(authorization.removeprefix(SCHEME))


def _refused() -> Response[Any]:
    refused = problems.answer(401, detail="No mailbox opens with this code.")
    refused.headers["www-authenticate"] = "Receipt"
    return refused


def router() -> Router:
    """The handlers below ``/api/v1/mailbox``."""
    return Router(
        path="/api/v1/mailbox",
        route_handlers=[read_mailbox, write_message],
        response_headers={"cache-control": "no-store"},
        exception_handlers=problems.HANDLERS,  # type: ignore[arg-type]  # handlers of subclasses
        tags=["Mailbox"],
    )
