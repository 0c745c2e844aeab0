"""The JSON way in: the same rules, the same sealing, the same receipt as the form."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import MediaType, Response, Router, post
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody
from msgspec import Meta

from adstelle.crypto.receipt import grouped
from adstelle.domain.handover import Way
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.report import Consent, Contact, Report
from adstelle.domain.routing import CodedAnswers
from adstelle.intake.routes import PublicForm
from adstelle.intake.service import Faulty, Reused
from adstelle.web import deadlines, problems
from adstelle.web.deadlines import DeadlineOut


class DateIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When it happened; every part may be missing."""

    day: Annotated[int, Meta(ge=1, le=31)] | None = None
    month: Annotated[int, Meta(ge=1, le=12)] | None = None
    year: Annotated[int, Meta(ge=1900, le=9999, examples=[2026])] | None = None
    words: str = ""


class ContactIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the person may be reached; nothing is needed."""

    name: str = ""
    address_as: str = ""
    mail: str = ""
    phone: str = ""
    safe_times: str = ""
    voicemail: bool = False


class ConsentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One Stelle the person chose, and whether the contact goes there too."""

    stelle: Annotated[str, Meta(examples=["ads_jena"])]
    with_contact: bool = False


class AnswersIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Coded answers; the codes are listed in docs/api.md. Nothing is needed."""

    grounds: Annotated[tuple[str, ...], Meta(examples=[["rassismus_ethnische_herkunft"]])] = ()
    incident_type: Annotated[str, Meta(examples=["unmittelbare_benachteiligung"])] | None = None
    area_of_life: Annotated[str, Meta(examples=["wohnen"])] | None = None
    territory: Annotated[str, Meta(examples=["jena"])] | None = None
    alleged_responsible: Annotated[str, Meta(examples=["vermieter"])] | None = None
    online: bool | None = None
    reporter_role: Annotated[str, Meta(examples=["betroffene"])] | None = None
    criminal_relevance: bool | None = None
    resident: bool | None = None


class ReportIn(AnswersIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A report. ``consents`` empty means: only count it."""

    account: Annotated[str, Meta(examples=["Am Telefon hieß es, die Wohnung sei schon weg."])]
    date: DateIn = DateIn()
    frequency: str | None = None
    place: str = ""
    district: str | None = None
    ground_words: str = ""
    mandates: tuple[str, ...] = ()
    language: str = "de"
    interpreter: str = ""
    affected_agrees: str | None = None
    consents: tuple[ConsentIn, ...] = ()
    contact: ContactIn = ContactIn()


class ReceiptOut(msgspec.Struct, frozen=True):
    """The code that opens the mailbox: shown once, known to nobody else.

    ``deadlines`` are in the language of the report; empty where no rule of the city fits.
    """

    receipt_code: Annotated[str, Meta(examples=["9G91-2KAA-D58B-CTM1-55C9-HB2N"])]
    stellen: Annotated[tuple[str, ...], Meta(examples=[["ads_jena"]])]
    deadlines: tuple[DeadlineOut, ...]


class OfferOut(msgspec.Struct, frozen=True):
    """A Stelle that fits; *can_receive* where a report can be given to it from here."""

    stelle: str
    rule: Annotated[str, Meta(examples=["R1"])]
    reason: str
    can_receive: bool


class NotOursOut(msgspec.Struct, frozen=True):
    """Who is competent where nobody here is."""

    stellen: tuple[str, ...]
    reason: str


class OffersOut(msgspec.Struct, frozen=True):
    """Who could help and why, before anything is sent."""

    offers: tuple[OfferOut, ...]
    not_ours: NotOursOut | None


RANDOM: Final = 4  # the version of a UUID
_SHAPE: Final = "The body or the key does not have this shape."
_FIELDS: Final = "Fields are wrong; nothing is quoted."
_LARGE: Final = "The body is too large."
_AWAY: Final = "Busy, or the database is away; repeat with the same key."


def answers_of(given: AnswersIn) -> CodedAnswers:
    """Take the coded answers out of a body."""
    return CodedAnswers(**{name: getattr(given, name) for name in CodedAnswers.__struct_fields__})


def report_of(given: ReportIn) -> Report:
    """Make the report that the rules check."""
    return Report(
        answers=answers_of(given),
        account=given.account,
        date=IncidentDate(**msgspec.structs.asdict(given.date)),
        frequency=given.frequency,
        place=given.place,
        district=given.district,
        ground_words=given.ground_words,
        mandates=given.mandates,
        language=given.language,
        interpreter=given.interpreter,
        affected_agrees=given.affected_agrees,
        consents=tuple(
            Consent(stelle=consent.stelle, with_contact=consent.with_contact)
            for consent in given.consents
        ),
        contact=Contact(**msgspec.structs.asdict(given.contact)),
    )


@post(
    "/reports",
    status_code=201,
    operation_id="createReport",
    responses=problems.documented(
        201,
        ReceiptOut,
        "The report is stored.",
        {
            400: _SHAPE,
            409: "The idempotency key was used for another report.",
            413: _LARGE,
            422: _FIELDS,
            503: _AWAY,
        },
    ),
)
async def create_report(
    data: JSONBody[ReportIn],
    public_form: NamedDependency[PublicForm],
    idempotency_key: Annotated[
        str,
        HeaderParameter(
            name="Idempotency-Key",
            description="A random UUID (version 4); repeating it repeats the answer.",
        ),
    ],
) -> Response[Any]:
    """Report what happened. The answer holds the only copy of the receipt code."""
    key = _idempotency(idempotency_key)
    if key is None:
        return problems.answer(400, detail="Idempotency-Key must be a random UUID (version 4).")
    report = report_of(data)
    try:
        receipt = await public_form.intake.submit(report, key, Way.API)
    except Faulty as refused:
        return problems.answer(422, errors=_field_faults(refused.faults, public_form))
    except Reused:
        return problems.answer(409, detail="This Idempotency-Key belongs to another report.")
    body = ReceiptOut(
        receipt_code=grouped(receipt.code),
        stellen=receipt.stellen,
        deadlines=deadlines.as_json(
            public_form.pages, report.language, receipt.deadlines, public_form.intake.today()
        ),
    )
    return Response(msgspec.json.encode(body), status_code=201, media_type=MediaType.JSON)


@post(
    "/offers",
    status_code=200,
    operation_id="previewOffers",
    responses=problems.documented(
        200, OffersOut, "Nothing is stored.", {400: _SHAPE, 413: _LARGE, 422: _FIELDS, 503: _AWAY}
    ),
)
async def preview_offers(
    data: JSONBody[AnswersIn], public_form: NamedDependency[PublicForm]
) -> OffersOut | Response[Any]:
    """Say who could help and why. A POST, so that no answer ever stands in a URL."""
    report = Report(answers=answers_of(data), account="-")
    if faults := await public_form.intake.faults(report):
        return problems.answer(422, errors=_field_faults(faults, public_form))
    routing = public_form.intake.offers(report.answers)
    sealable = await public_form.intake.sealable()
    text = public_form.intake.city.catalogue.text
    not_ours = routing.not_ours
    return OffersOut(
        offers=tuple(
            OfferOut(offer.stelle, offer.rule, text("de", offer.reason), offer.stelle in sealable)
            for offer in routing.offers
        ),
        not_ours=NotOursOut(not_ours.stellen, text("de", not_ours.reason)) if not_ours else None,
    )


def _idempotency(entered: str) -> bytes | None:
    """Only a random UUID (version 4) has the randomness that the sealed receipt needs."""
    try:
        key = UUID(entered)
    except ValueError:
        return None
    return key.bytes if key.version == RANDOM else None


def _field_faults(
    faults: dict[str, str], public_form: PublicForm
) -> tuple[problems.FieldFault, ...]:
    text = public_form.intake.city.catalogue.text
    return tuple(
        problems.FieldFault(field, key.rpartition(".")[2], text("de", key))
        for field, key in faults.items()
    )


def router() -> Router:
    """The handlers below ``/api/v1``."""
    return Router(
        path="/api/v1",
        route_handlers=[create_report, preview_offers],
        response_headers={"cache-control": "no-store"},
        exception_handlers=problems.HANDLERS,  # type: ignore[arg-type]  # handlers of subclasses
        include_in_schema=True,
        tags=["Reports"],
    )
