"""The staff process: sign-in, queue and cases. It opens what a member's passphrase lets it open."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

from litestar import Litestar
from litestar.di import Provide
from litestar.types import ASGIApp

from adstelle.accounts import routes as accounts
from adstelle.accounts.service import SignIn
from adstelle.administration import routes as administration
from adstelle.casework import routes as casework
from adstelle.casework.decision import routes as decision
from adstelle.casework.decision.service import Decisions
from adstelle.casework.erasure import routes as erasure
from adstelle.casework.erasure.service import Erasures
from adstelle.casework.mandate import routes as mandate
from adstelle.casework.mandate.service import Mandates
from adstelle.casework.referral import routes as referral
from adstelle.casework.referral.service import Referrals
from adstelle.casework.service import Casework
from adstelle.city import City
from adstelle.crypto.opening import Cost
from adstelle.database import Pool, Role, open_pool
from adstelle.reloading import Reloader
from adstelle.settings import Settings
from adstelle.web import application, security, serving
from adstelle.web.forms import MOST_BYTES
from adstelle.web.guard import LAYOUT, AnyRequest, Guard, NotSignedIn, Page
from adstelle.web.overload import Gate
from adstelle.web.pages import Pages

POOL_SIZE: Final = 8


def build(
    pages: Pages,
    pool: Pool,
    sign_in: SignIn,
    *,
    today: Callable[[], date],
    reloader: Reloader | None = None,
) -> Litestar:
    """Compose the staff application around a pool in the role `Role.ACCOUNTS`."""
    guard = Guard(pages, sign_in.load)
    staff_cases = casework.StaffCases(guard, Casework(pool, pages.city), today)
    needed = {
        "door": accounts.StaffDoor(guard, sign_in),
        "staff_cases": staff_cases,
        "decision_pages": decision.DecisionPages(staff_cases, Decisions(pool)),
        "erasure_pages": erasure.ErasurePages(guard, Erasures(pool, pages.city.retention), today),
        "mandate_pages": mandate.MandatePages(guard, Mandates(pool), today),
        "city_pages": administration.CityPages(guard, reloader or Reloader(pages.city)),
        "referral_pages": referral.ReferralPages(guard, Referrals(pool, pages.city), today),
    }

    def provided(value: Any) -> Provide:
        return Provide(lambda: value, sync_to_thread=False, use_cache=True)

    def to_sign_in(request: AnyRequest, _: NotSignedIn) -> Page:
        return guard.to_sign_in(request)

    return Litestar(
        route_handlers=[
            *accounts.HANDLERS,
            *administration.HANDLERS,
            *casework.HANDLERS,
            *decision.HANDLERS,
            *erasure.HANDLERS,
            *mandate.HANDLERS,
            *referral.HANDLERS,
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
        },
        logging_config=None,
        debug=False,
    )


def create(settings: Settings, reloader: Reloader) -> ASGIApp:
    """Compose the application with this process's clock and database, for each city anew."""
    secure = settings.is_secure(settings.staff_origin)
    pool = open_pool(settings.database(), Role.ACCOUNTS, size=POOL_SIZE)
    sign_in = SignIn(pool, lambda: datetime.now(UTC), demo=settings.demo, cost=Cost())

    def composed(city: City) -> tuple[Litestar, dict[str, bytes]]:
        pages = Pages(city, secure=secure)
        app = build(pages, pool, sign_in, today=city.today, reloader=reloader)
        return app, application.busy_pages(pages, LAYOUT)

    app, busy_pages = composed(reloader.standing.city)
    app.on_startup.append(pool.__aenter__)  # one pool for all that follow
    app.on_shutdown.append(pool.close)
    gate = Gate(app, busy_pages=busy_pages, headers=security.page_headers(secure))
    reloader.on_change(lambda city: gate.exchange(*composed(city)))
    return gate


def main(settings: Settings, reloader: Reloader, *, host: str, port: int) -> None:
    """Serve until told to stop."""
    serving.serve(
        lambda: create(settings, reloader),
        process="staff",
        host=host,
        port=port,
        reload=reloader.ask,
    )
