"""The mailbox as JSON. The code travels in the Authorization header, never in a URL."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import MediaType, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody

from adstelle.crypto.receipt import normalised
from adstelle.domain.consent import Obstacle
from adstelle.domain.notice import NoticeTo
from adstelle.errors import UnknownCode
from adstelle.mailbox import api_shapes
from adstelle.mailbox.api_shapes import (
    AnswerIn,
    BoxOut,
    HandoverIn,
    HandoverOut,
    MandateIn,
    MessageIn,
    MessageStored,
    NoticeIn,
    ProposalOut,
)
from adstelle.mailbox.box import Box
from adstelle.mailbox.consents import AnsweredOtherwise, NoSuchConsent, handover_of, proposal_of
from adstelle.mailbox.notices import NoMails
from adstelle.mailbox.opened import Opened
from adstelle.mailbox.routes import PublicMailbox
from adstelle.mailbox.service import MessageIdUsed
from adstelle.web import deadlines, problems
from adstelle.web.deadlines import DeadlineOut

SCHEME: Final = "Receipt "
_SHAPE: Final = "The body or a header does not have this shape."
_REFUSED: Final = "No mailbox opens with this code, or the report was not given to this Stelle."
_UNKNOWN: Final = "This mailbox has nothing with this id."
_LARGE: Final = "The body is too large."
_AWAY: Final = "Busy, or the database is away; repeat the same request."
_FIELDS: Final = {
    Obstacle.NOT_OFFERED: "stelle",
    Obstacle.NEEDS_AGREEMENT: "stelle",
    Obstacle.EMPTY: "scope",
}
_LATER: Final = {
    Obstacle.HAS_IT: "The report was given to this Stelle before, in another scope.",
    Obstacle.BEING_ERASED: "What this Stelle had before is still being erased.",
}
Authorization = Annotated[
    str,
    HeaderParameter(name="Authorization", description="`Receipt XXXX-XXXX-XXXX-XXXX-XXXX-XXXX`"),
]


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
    """Read what the Stellen wrote, who has the report and where that stands."""

    async def answer(code: str) -> Response[Any]:
        return _shown(public_mailbox, await public_mailbox.mailbox.open(code))

    return await _opened(authorization, answer)


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
            413: _LARGE,
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

    async def answer(code: str) -> Response[Any]:
        await public_mailbox.mailbox.write(code, data.stelle, data.message_id, data.text)
        return _answer(MessageStored(data.message_id), status=201)

    return await _opened(authorization, answer)


@post(
    "/mandates",
    status_code=201,
    operation_id="changeMandate",
    responses=problems.documented(
        201,
        MessageStored,
        "The Stelle can read what the person wants.",
        {
            400: _SHAPE,
            401: _REFUSED,
            409: "The message_id was used for something else.",
            413: _LARGE,
            422: "A mandate is unknown or stands there twice.",
            503: _AWAY,
        },
    ),
)
async def change_mandate(
    data: JSONBody[MandateIn],
    public_mailbox: NamedDependency[PublicMailbox],
    authorization: Authorization,
) -> Response[Any]:
    """Tell a Stelle what the person wants from now on; nothing is a wish as well."""

    async def answer(code: str) -> Response[Any]:
        if fault := public_mailbox.mailbox.mandate_fault(data.mandates):
            text = public_mailbox.pages.text("de", f"error.mandates.{fault}")
            return problems.answer(422, errors=(problems.FieldFault("mandates", fault, text),))
        await public_mailbox.mailbox.wish(code, data.stelle, data.message_id, data.mandates)
        return _answer(MessageStored(data.message_id), status=201)

    return await _opened(authorization, answer)


@post(
    "/handovers",
    status_code=201,
    operation_id="giveConsent",
    responses=problems.documented(
        201,
        HandoverOut,
        "The Stelle is given the report.",
        {
            400: _SHAPE,
            401: _REFUSED,
            409: "The Stelle has the report in another scope, or an earlier copy is being erased.",
            413: _LARGE,
            422: "The Stelle was not offered, cannot receive, or there is no contact to give.",
            503: _AWAY,
        },
    ),
)
async def give_consent(
    data: JSONBody[HandoverIn],
    public_mailbox: NamedDependency[PublicMailbox],
    authorization: Authorization,
) -> Response[Any]:
    """Give the report to one more Stelle that fits. The same again gives nothing twice."""

    async def answer(code: str) -> Response[Any]:
        obstacle = await public_mailbox.consents.give(code, data.stelle, data.scope)
        given = (await public_mailbox.consents.look(code)).box.living(data.stelle)
        is_the_same = given and given.letter and given.letter.scope is data.scope
        if given is not None and (obstacle is None or is_the_same):
            return _answer(api_shapes.handover(given), status=201)
        return _refuse(public_mailbox, obstacle or Obstacle.BEING_ERASED)

    return await _opened(authorization, answer)


@post(
    "/handovers/{handover_id:uuid}/withdrawal",
    status_code=200,
    operation_id="withdrawConsent",
    responses=problems.documented(
        200,
        HandoverOut,
        "Consent has ended. The Stelle reads nothing any more; `erasure` says what became of it.",
        {400: _SHAPE, 401: _REFUSED, 404: _UNKNOWN, 503: _AWAY},
    ),
)
async def withdraw_consent(
    public_mailbox: NamedDependency[PublicMailbox],
    authorization: Authorization,
    handover_id: FromPath[UUID],
) -> Response[Any]:
    """Take one consent back. The same again changes nothing."""

    async def answer(code: str) -> Response[Any]:
        await public_mailbox.consents.withdraw(code, handover_id)
        ended = handover_of(await public_mailbox.consents.look(code), handover_id)
        return _answer(api_shapes.handover(ended), status=200)

    return await _opened(authorization, answer)


@post(
    "/proposals/{proposal_id:uuid}/answer",
    status_code=200,
    operation_id="answerProposal",
    responses=problems.documented(
        200,
        ProposalOut,
        "The proposal has its answer; a yes has given the report to the Stelle.",
        {
            400: _SHAPE,
            401: _REFUSED,
            404: _UNKNOWN,
            409: "It has another answer, or a yes is not possible now.",
            413: _LARGE,
            422: "The Stelle cannot be given a report from here.",
            503: _AWAY,
        },
    ),
)
async def answer_proposal(
    data: JSONBody[AnswerIn],
    public_mailbox: NamedDependency[PublicMailbox],
    authorization: Authorization,
    proposal_id: FromPath[UUID],
) -> Response[Any]:
    """Say yes or no to what a Stelle proposes. The first answer stays."""

    async def answer(code: str) -> Response[Any]:
        given = public_mailbox.consents
        try:
            obstacle = await given.answer(code, proposal_id, agreed=data.agreed)
        except AnsweredOtherwise:
            return problems.answer(409, detail="This proposal has another answer.")
        if obstacle is not None:
            return _refuse(public_mailbox, obstacle)
        opened = await given.look(code)
        shown = api_shapes.proposal(opened, proposal_of(opened, proposal_id))
        return _answer(shown, status=200)

    return await _opened(authorization, answer)


@post(
    "/erasure",
    status_code=200,
    operation_id="wantErasure",
    responses=problems.documented(
        200,
        BoxOut,
        "Who works here is asked and has until `erasure_answer_by`; every other consent has ended. "
        "With nobody to ask everything goes at once, and the code opens nothing any more.",
        {400: _SHAPE, 401: _REFUSED, 503: _AWAY},
    ),
)
async def want_erasure(
    public_mailbox: NamedDependency[PublicMailbox], authorization: Authorization
) -> Response[Any]:
    """Ask for everything to be erased. The same again changes nothing."""

    async def answer(code: str) -> Response[Any]:
        before = await public_mailbox.erasures.want(code)
        try:
            opened = await public_mailbox.mailbox.look(code)
        except UnknownCode:  # gone already
            opened = before
        due = _deadlines(public_mailbox, opened.box)
        return _answer(api_shapes.box(opened, public_mailbox.consents, due), status=200)

    return await _opened(authorization, answer)


@post(
    "/erasure/withdrawal",
    status_code=200,
    operation_id="withdrawErasure",
    responses=problems.documented(
        200,
        BoxOut,
        "Whoever had not answered is not asked any more. What has ended or was erased stays so.",
        {400: _SHAPE, 401: _REFUSED, 409: "Everybody has answered the wish.", 503: _AWAY},
    ),
)
async def withdraw_erasure(
    public_mailbox: NamedDependency[PublicMailbox], authorization: Authorization
) -> Response[Any]:
    """Take the wish to erase everything back. The same again changes nothing."""

    async def answer(code: str) -> Response[Any]:
        before = await public_mailbox.mailbox.look(code)
        if before.box.wanted_gone_on and not await public_mailbox.erasures.take_back(code):
            return problems.answer(409, detail="Everybody has answered the wish.")
        return await _box(public_mailbox, code)

    return await _opened(authorization, answer)


@post(
    "/notice",
    status_code=200,
    operation_id="leaveNotice",
    responses=problems.documented(
        200,
        BoxOut,
        "A mail that says nothing but that there is something new goes there, once a day at most.",
        {
            400: _SHAPE,
            401: _REFUSED,
            409: "No mails are sent from here.",
            413: _LARGE,
            422: "This is no mail address.",
            503: _AWAY,
        },
    ),
)
async def leave_notice(
    data: JSONBody[NoticeIn],
    public_mailbox: NamedDependency[PublicMailbox],
    authorization: Authorization,
) -> Response[Any]:
    """Leave an address for a mail that there is something new, in place of any other."""

    async def answer(code: str) -> Response[Any]:
        notices, pages = public_mailbox.notices, public_mailbox.pages
        if fault := notices.fault(data.mail):
            text = pages.text("de", f"error.notice.{fault}")
            return problems.answer(422, errors=(problems.FieldFault("mail", fault, text),))
        lang = pages.nearest_language(data.language)
        try:
            await notices.leave(code, NoticeTo(mail=data.mail, lang=lang))
        except NoMails:
            return problems.answer(409, detail="No mails are sent from here.")
        return await _box(public_mailbox, code)

    return await _opened(authorization, answer)


@post(
    "/notice/removal",
    status_code=200,
    operation_id="removeNotice",
    responses=problems.documented(
        200, BoxOut, "The address is gone.", {400: _SHAPE, 401: _REFUSED, 503: _AWAY}
    ),
)
async def remove_notice(
    public_mailbox: NamedDependency[PublicMailbox], authorization: Authorization
) -> Response[Any]:
    """Remove the address for a mail that there is something new. Twice is once."""

    async def answer(code: str) -> Response[Any]:
        await public_mailbox.notices.remove(code)
        return await _box(public_mailbox, code)

    return await _opened(authorization, answer)


async def _box(public_mailbox: PublicMailbox, code: str) -> Response[Any]:
    """The mailbox as it is now."""
    return _shown(public_mailbox, await public_mailbox.mailbox.look(code))


def _shown(public_mailbox: PublicMailbox, opened: Opened) -> Response[Any]:
    due = _deadlines(public_mailbox, opened.box)
    return _answer(api_shapes.box(opened, public_mailbox.consents, due), status=200)


async def _opened(
    authorization: str, answer: Callable[[str], Awaitable[Response[Any]]]
) -> Response[Any]:
    """Answer whoever has a code; what goes wrong becomes a problem document."""
    code = _code(authorization)
    if code is None:
        return _refused()
    try:
        return await answer(code)
    except NoSuchConsent:
        return problems.answer(404, detail=_UNKNOWN)
    except UnknownCode:
        return _refused()
    except MessageIdUsed:
        return problems.answer(409, detail="This message_id belongs to another message.")


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


def _refuse(public_mailbox: PublicMailbox, obstacle: Obstacle) -> Response[Any]:
    """Say why the report cannot be given: a wrong field, or something that may pass."""
    if obstacle in _LATER:
        retry = 5 if obstacle is Obstacle.BEING_ERASED else None
        return problems.answer(409, detail=_LATER[obstacle], retry=retry)
    text = public_mailbox.pages.text("de", f"consent.obstacle.{obstacle}")
    fault = problems.FieldFault(_FIELDS[obstacle], obstacle, text)
    return problems.answer(422, errors=(fault,))


def router() -> Router:
    """The handlers below ``/api/v1/mailbox``."""
    return Router(
        path="/api/v1/mailbox",
        route_handlers=[
            read_mailbox,
            write_message,
            change_mandate,
            give_consent,
            withdraw_consent,
            answer_proposal,
            want_erasure,
            withdraw_erasure,
            leave_notice,
            remove_notice,
        ],
        response_headers={"cache-control": "no-store"},
        exception_handlers=problems.HANDLERS,  # type: ignore[arg-type]  # handlers of subclasses
        tags=["Mailbox"],
    )
