"""The staff process: sign-in, queue and cases. It opens what a member's passphrase lets it open."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec
from litestar import Litestar
from litestar.di import Provide
from litestar.types import ASGIApp

from adstelle.accounts import routes as accounts
from adstelle.accounts.challenges import Challenges
from adstelle.accounts.identity import provider
from adstelle.accounts.identity import routes as identity
from adstelle.accounts.identity.provider import Provider
from adstelle.accounts.identity.service import Identities
from adstelle.accounts.joining import routes as joining
from adstelle.accounts.joining.service import Joining
from adstelle.accounts.own import routes as account
from adstelle.accounts.own.service import Account
from adstelle.accounts.passkeys import routes as passkeys
from adstelle.accounts.passkeys.authenticator import Place
from adstelle.accounts.passkeys.service import Passkeys
from adstelle.accounts.passkeys.sign_in import SecondStep
from adstelle.accounts.people import routes as people
from adstelle.accounts.people.service import People
from adstelle.accounts.renewal import routes as renewal_routes
from adstelle.accounts.renewal.resealing import Resealing
from adstelle.accounts.renewal.service import Renewal
from adstelle.accounts.rotation import routes as rotation
from adstelle.accounts.rotation.service import Rotation
from adstelle.accounts.service import SignIn
from adstelle.accounts.statistics import routes as statistics_key
from adstelle.accounts.statistics.service import StatisticsKey
from adstelle.administration import help_routes
from adstelle.administration import routes as administration
from adstelle.casework import routes as casework
from adstelle.casework.activity import routes as activity
from adstelle.casework.activity.service import Activities
from adstelle.casework.blocks import routes as blocks
from adstelle.casework.blocks.service import Blocks
from adstelle.casework.decision import routes as decision
from adstelle.casework.decision.service import Decisions
from adstelle.casework.desk import routes as desk
from adstelle.casework.desk.service import Desks
from adstelle.casework.erasure import routes as erasure
from adstelle.casework.erasure.service import Erasures
from adstelle.casework.export import routes as export
from adstelle.casework.export.service import Exports
from adstelle.casework.files import routes as files
from adstelle.casework.files.service import Filing
from adstelle.casework.filters import routes as filters
from adstelle.casework.filters.service import Filters
from adstelle.casework.hints import routes as hints
from adstelle.casework.hints.patterns import PatternView
from adstelle.casework.hints.service import Hints
from adstelle.casework.incident import routes as incident
from adstelle.casework.incident.service import Incidents
from adstelle.casework.index.service import Index
from adstelle.casework.labels import routes as labels
from adstelle.casework.labels.service import Labels
from adstelle.casework.mandate import routes as mandate
from adstelle.casework.mandate.service import Mandates
from adstelle.casework.masking import routes as masking
from adstelle.casework.masking.service import Masking
from adstelle.casework.notes import routes as notes
from adstelle.casework.notes.service import Notes
from adstelle.casework.queue import routes as queue
from adstelle.casework.queue.bulk import Bulk
from adstelle.casework.queue.service import CaseQueue
from adstelle.casework.record import routes as record
from adstelle.casework.record.form import Choices
from adstelle.casework.record.service import Entries, Records
from adstelle.casework.referral import routes as referral
from adstelle.casework.referral.service import Referrals
from adstelle.casework.running import routes as running
from adstelle.casework.running.service import RunningFigures
from adstelle.casework.service import Casework
from adstelle.casework.takeout import routes as takeout
from adstelle.casework.takeout.service import Takeouts
from adstelle.casework.taking import routes as taking
from adstelle.casework.taking.service import Taking
from adstelle.city import CITIES, City
from adstelle.counting.plan import planned_since
from adstelle.crosswalk import load_crosswalk
from adstelle.crypto.opening import Cost
from adstelle.database import Pool, Role, open_pool
from adstelle.files.uploads import Uploads
from adstelle.publishing import approval_routes as approval
from adstelle.publishing import routes as statistics
from adstelle.publishing.jobs import Jobs, Site
from adstelle.publishing.service import Publishing
from adstelle.record_codes import load_record_codes
from adstelle.reloading import Reloader
from adstelle.settings import Settings, read_secret
from adstelle.web import application, security, serving
from adstelle.web.forms import MOST_BYTES
from adstelle.web.guard import (
    ACCOUNT,
    LAYOUT,
    STATISTICS_KEY,
    AnyRequest,
    Guard,
    KeyMissing,
    NotForYou,
    NotSignedIn,
    Page,
)
from adstelle.web.overload import Gate
from adstelle.web.pages import Pages, redirect

POOL_SIZE: Final = 8


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What lies outside this process: where either side is reached, and the scanner of files.

    *provider* is the city's identity provider, where there is one. *site* is where a process of
    its own finds the database and the city; without it nothing is counted or published.
    """

    origin: str = ""
    staff_origin: str = "http://localhost:8001"
    clamd: str | None = None
    provider: Provider | None = None
    site: Site | None = None


NOTHING_OUTSIDE: Final = Outside()


def build(
    pages: Pages,
    pool: Pool,
    sign_in: SignIn,
    *,
    today: Callable[[], date],
    reloader: Reloader | None = None,
    outside: Outside = NOTHING_OUTSIDE,
) -> Litestar:
    """Compose the staff application around a pool in the role `Role.ACCOUNTS`."""
    guard = Guard(pages, sign_in.load, has_provider=outside.provider is not None)
    building_blocks, index = Blocks(pool), Index(pool, pages.city)
    staff_cases = casework.StaffCases(guard, Casework(pool, pages.city), building_blocks, today)
    entries, codes = Entries(pool), load_record_codes()
    choices = Choices(pages.city.codes, codes, load_crosswalk())
    activities = Activities(pool, pages.city.time_zone)
    looked_for, desks = Filters(pool), Desks(pool)
    case_queue = CaseQueue(pool, index)
    place, challenges = Place(outside.staff_origin), Challenges(pool, sign_in.clock)
    uploads = Uploads(pool, today, clamd=outside.clamd)
    filing, own_account = Filing(pool, uploads), Account(pool, sign_in)
    exports = Exports(pool, Casework(pool, pages.city), filing, today)
    door = accounts.StaffDoor(guard, sign_in, SecondStep(pool, sign_in, challenges, place, today))
    identities = (
        None
        if outside.provider is None
        else Identities(pool, outside.provider, sign_in, own_account, challenges, today)
    )
    renewal = Renewal(pool, Resealing(pool), sign_in.clock, today)
    needed = {
        "door": door,
        "identity_pages": identity.IdentityPages(door, identities),
        "joining_pages": joining.JoiningPages(pages, Joining(pool, sign_in, today)),
        "account_pages": account.AccountPages(guard, own_account),
        "passkey_pages": passkeys.PasskeyPages(
            guard, Passkeys(pool, own_account, challenges, place, today)
        ),
        "rotation_pages": rotation.RotationPages(guard, Rotation(pool, sign_in, today)),
        "people_pages": people.PeoplePages(
            guard, People(pool, sign_in.clock, today), today, outside.staff_origin
        ),
        "statistics_key_pages": statistics_key.StatisticsKeyPages(
            guard, StatisticsKey(pool), renewal
        ),
        "renewal_pages": renewal_routes.RenewalPages(guard, renewal),
        "staff_cases": staff_cases,
        "block_pages": blocks.BlockPages(guard, building_blocks),
        "decision_pages": decision.DecisionPages(staff_cases, Decisions(pool), desks.take),
        "desk_pages": desk.DeskPages(staff_cases, desks),
        "export_pages": export.ExportPages(guard, exports),
        "file_pages": files.FilePages(guard, filing, today),
        "erasure_pages": erasure.ErasurePages(guard, Erasures(pool, pages.city.retention), today),
        "masking_pages": masking.MaskingPages(guard, Masking(pool, exports)),
        "mandate_pages": mandate.MandatePages(guard, Mandates(pool), today),
        "city_pages": administration.CityPages(guard, reloader or Reloader(pages.city)),
        "help_pages": help_routes.HelpPages(guard),
        "note_pages": notes.NotePages(guard, Notes(pool), today),
        "record_pages": record.RecordPages(guard, Records(pool), entries, choices, today),
        "incident_pages": incident.IncidentPages(guard, Incidents(pool), today),
        "hint_pages": hints.HintPages(
            guard,
            Hints(pool, pages.city, building_blocks),
            PatternView(pool),
            Incidents(pool),
            today,
        ),
        "activity_pages": activity.ActivityPages(guard, activities, entries, codes, today),
        "taking_pages": taking.TakingPages(guard, Taking(pool, pages.city), today, outside.origin),
        "takeout_pages": takeout.TakeoutPages(
            guard, Takeouts(pool, exports, uploads, own_account.is_passphrase)
        ),
        "running_pages": running.RunningPages(guard, RunningFigures(pool, index), today),
        "queue_pages": queue.QueuePages(guard, case_queue, Bulk(pool), looked_for, today),
        "filter_pages": filters.FilterPages(guard, looked_for, today),
        "label_pages": labels.LabelPages(guard, Labels(pool)),
        "referral_pages": referral.ReferralPages(guard, Referrals(pool, pages.city), today),
    }

    site = outside.site

    def planned() -> date | None:
        return planned_since(site.folder, pages.city) if site else None

    publishing = Publishing(pool, Jobs(pool, site), today)
    needed |= {
        "statistics_pages": statistics.StatisticsPages(
            guard, publishing, today, outside.origin, planned, renewal
        ),
        "approval_pages": approval.ApprovalPages(guard, publishing, today, outside.origin),
    }

    def provided(value: Any) -> Provide:
        return Provide(lambda: value, sync_to_thread=False, use_cache=True)

    def to_sign_in(request: AnyRequest, _: NotSignedIn) -> Page:
        return guard.to_sign_in(request)

    def to_statistics_key(request: AnyRequest, _: KeyMissing) -> Page:
        lang = pages.nearest_language(request.url.path.removeprefix("/").partition("/")[0])
        return redirect(f"/{lang}/{STATISTICS_KEY}")

    def not_for_you(request: AnyRequest, _: NotForYou) -> Page:
        lang = pages.nearest_language(request.url.path.removeprefix("/").partition("/")[0])
        return application.error_page(pages, LAYOUT, f"/{lang}/{ACCOUNT}", "not_for_you", 403)

    return Litestar(
        route_handlers=[
            *accounts.HANDLERS,
            *administration.HANDLERS,
            *help_routes.HANDLERS,
            *joining.HANDLERS,
            *account.HANDLERS,
            *passkeys.HANDLERS,
            *identity.HANDLERS,
            *people.HANDLERS,
            *rotation.HANDLERS,
            *statistics_key.HANDLERS,
            *renewal_routes.HANDLERS,
            *statistics.HANDLERS,
            *approval.HANDLERS,
            *casework.HANDLERS,
            *blocks.HANDLERS,
            *queue.HANDLERS,
            *filters.HANDLERS,
            *labels.HANDLERS,
            *decision.HANDLERS,
            *desk.HANDLERS,
            *files.HANDLERS,
            *export.HANDLERS,
            *erasure.HANDLERS,
            *masking.HANDLERS,
            *mandate.HANDLERS,
            *notes.HANDLERS,
            *referral.HANDLERS,
            *record.HANDLERS,
            *incident.HANDLERS,
            *hints.HANDLERS,
            *activity.HANDLERS,
            *running.HANDLERS,
            *taking.HANDLERS,
            *takeout.HANDLERS,
            application.static_route(),
            application.health_route(lambda _: pool),
        ],
        dependencies={name: provided(value) for name, value in needed.items()},
        openapi_config=None,
        request_max_body_size=MOST_BYTES,
        before_request=security.require_same_origin,
        exception_handlers={
            **application.exception_handlers(pages, LAYOUT),
            NotSignedIn: to_sign_in,
            NotForYou: not_for_you,
            KeyMissing: to_statistics_key,
        },
        logging_config=None,
        debug=False,
    )


def provider_of(settings: Settings) -> Provider | None:
    """The city's identity provider, where the settings name one. Raises `SettingsError`."""
    if settings.oidc_issuer is None or settings.oidc_client_secret_file is None:
        return None
    name, _, value = (settings.oidc_factor or "").partition(":")
    client = provider.Client(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id or "",
        secret=read_secret(settings.oidc_client_secret_file),
        redirect=f"{settings.staff_origin}{identity.BACK}",
        factor=(name, value) if value else None,
        ca_file=settings.oidc_ca_file,
    )
    return Provider(client, lambda: datetime.now(UTC))


def create(settings: Settings, reloader: Reloader) -> ASGIApp:
    """Compose the application with this process's clock and database, for each city anew."""
    secure = settings.is_secure(settings.staff_origin)
    pool = open_pool(settings.database(), Role.ACCOUNTS, size=POOL_SIZE)
    sign_in = SignIn(pool, lambda: datetime.now(UTC), demo=settings.demo, cost=Cost())

    outside = Outside(
        origin=settings.origin,
        staff_origin=settings.staff_origin,
        clamd=settings.clamd,
        provider=provider_of(settings),
        site=Site(settings.database(), (settings.cities or CITIES) / settings.city),
    )

    def composed(city: City) -> tuple[Litestar, dict[str, bytes]]:
        pages = Pages(city, secure=secure)
        app = build(
            pages,
            pool,
            sign_in,
            today=city.today,
            reloader=reloader,
            outside=outside,
        )
        return app, application.busy_pages(pages, LAYOUT)

    app, busy_pages = composed(reloader.standing.city)
    app.on_startup.append(pool.__aenter__)  # one pool for all that follow
    app.on_shutdown.append(pool.close)
    gate = Gate(app, busy_pages=busy_pages, headers=security.page_headers(secure))
    reloader.on_change(lambda city: gate.exchange(*composed(city)))
    return gate


def main(
    settings: Settings, reloader: Reloader, *, host: str, port: int, share_port: bool = False
) -> None:
    """Serve until told to stop."""
    serving.serve(
        lambda: create(settings, reloader),
        process="staff",
        host=host,
        port=port,
        share_port=share_port,
        reload=reloader.ask,
    )
