"""Problem details (RFC 9457) for the API: they say what to do and quote nothing that was sent."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Meta

from adstelle import events
from adstelle.errors import OutcomeUnknown, StorageUnavailable

PROBLEM: Final = "application/problem+json"
_FIELD: Final = re.compile(r"[a-z_]{1,30}(\.[a-z_]{1,30}|\[\d{1,4}\])*")


class FieldFault(msgspec.Struct, frozen=True):
    """One field that is wrong; *code* is a stable word, *detail* says it in German."""

    field: Annotated[str, Meta(examples=["account"])]
    code: Annotated[str, Meta(examples=["missing"])]
    detail: str = ""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457 problem details."""

    title: str
    status: int
    type: str = "about:blank"
    detail: str = ""
    errors: tuple[FieldFault, ...] = ()


Documented = dict[int, ResponseSpec]


def documented(
    status: int, kind: type[msgspec.Struct], text: str, others: Mapping[int, str]
) -> Documented:
    """Describe an operation's answers for OpenAPI: the good one, and the problems there may be."""
    good = ResponseSpec(kind, generate_examples=False, description=text)
    return {status: good} | {
        status: ResponseSpec(Problem, generate_examples=False, description=said, media_type=PROBLEM)
        for status, said in others.items()
    }


def answer(
    status: int, *, detail: str = "", errors: tuple[FieldFault, ...] = (), retry: int | None = None
) -> Response[Any]:
    """Answer with a problem document."""
    headers = {"cache-control": "no-store"}
    if retry is not None:
        headers["retry-after"] = str(retry)
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors)
    return Response(
        msgspec.json.encode(problem), status_code=status, media_type=PROBLEM, headers=headers
    )


def of_validation(_: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    """Name the fields that could not be read. The framework's messages may quote: left out."""
    extra = error.extra if isinstance(error.extra, list) else []
    faults = tuple(FieldFault(_safe(entry), "unreadable") for entry in extra)
    return answer(
        400, detail="The body or a header does not have the documented shape.", errors=faults
    )


def _safe(entry: Mapping[str, Any]) -> str:
    key = str(entry.get("key", ""))
    return key if _FIELD.fullmatch(key) else "body"


def of_undecodable(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Broken UTF-8, or nested deeper than any report: the framework lets these errors through."""
    return answer(400, detail="The body is not JSON.")


def of_http(_: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Every other refusal of the framework."""
    return answer(error.status_code)


def of_away(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The database is away, or broke off in the middle."""
    if isinstance(error, OutcomeUnknown):
        return answer(
            503, detail="Unknown whether it was stored: repeat with the same key.", retry=5
        )
    return answer(503, detail="Not stored. Please try again.", retry=5)


def of_anything(_: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """What nobody expected: logged by class and line, shown as nothing."""
    events.emit(events.Failed(error=events.error_name(error), at=events.where(error)))
    return answer(500)


HANDLERS: Final = {
    ValidationException: of_validation,
    UnicodeDecodeError: of_undecodable,
    RecursionError: of_undecodable,
    HTTPException: of_http,
    StorageUnavailable: of_away,
    OutcomeUnknown: of_away,
    Exception: of_anything,
}
