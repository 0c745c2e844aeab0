"""The public process: form, mailbox, API. It can store a report and cannot read one."""

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec
from litestar import Litestar, Router
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ASGIApp

from adstelle import __version__
from adstelle.city import City
from adstelle.database import Pool, Role, open_pool
from adstelle.exchange.messages import PATH
from adstelle.exchange.peers import peers_of, signing_key
from adstelle.figures import routes as figure_routes
from adstelle.figures.offered import Cabinet
from adstelle.figures.service import Figures
from adstelle.files.uploads import Uploads
from adstelle.information import routes as information
from adstelle.intake import api as intake_api
from adstelle.intake import file_routes
from adstelle.intake import routes as intake_routes
from adstelle.intake.drafts import Drafts
from adstelle.intake.service import Intake
from adstelle.mailbox import api as mailbox_api
from adstelle.mailbox import consent_routes, erasure_routes, notice_routes
from adstelle.mailbox import file_routes as mailbox_files
from adstelle.mailbox import routes as mailbox_routes
from adstelle.mailbox.consents import Consents
from adstelle.mailbox.erasures import Erasures
from adstelle.mailbox.notices import Notices
from adstelle.mailbox.service import Mailbox
from adstelle.receiving import routes as receiving
from adstelle.receiving.service import House, Receiving
from adstelle.reloading import Reloader
from adstelle.settings import Settings
from adstelle.web import application, security, serving
from adstelle.web.forms import MOST_BYTES
from adstelle.web.overload import Gate
from adstelle.web.pages import Pages

POOL_SIZE: Final = 12
LAYOUT: Final = "layout.html"
PAGES: Final = [
    *file_routes.HANDLERS,
    *intake_routes.HANDLERS,
    *mailbox_routes.HANDLERS,
    *mailbox_files.HANDLERS,
    *consent_routes.HANDLERS,
    *erasure_routes.HANDLERS,
    *notice_routes.HANDLERS,
    *information.HANDLERS,
    *figure_routes.HANDLERS,
]


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the application speaks with. With *house* it has a door for partners' messages, with
    *clamd* files are scanned there. *origin* is where everybody finds it.
    """

    origin: str = "http://localhost:8000"
    house: House | None = None
    clamd: str | None = None


ALONE: Final = Outside()


def build(
    pool: Pool,
    city: City,
    *,
    secure: bool,
    now: Callable[[], datetime],
    today: Callable[[], date],
    outside: Outside = ALONE,
) -> Litestar:
    """Compose the public application around a pool in the role `Role.INTAKE`."""
    house = outside.house
    pages = Pages(city, secure=secure)
    intake = Intake(pool, city, now, today=today)
    uploads = Uploads(pool, today, clamd=outside.clamd)
    public_form = intake_routes.PublicForm(pages, intake, Drafts(pool, now), uploads)
    public_mailbox = mailbox_routes.PublicMailbox(
        pages,
        Mailbox(pool, city, today),
        Consents(pool, city, today),
        Erasures(pool, city, today),
        Notices(pool, city, now, secrets.SystemRandom().random),
    )

    def provided(value: Any) -> Provide:
        return Provide(lambda: value, sync_to_thread=False, use_cache=True)

    doors = [receiving.router()] if house else []
    return Litestar(
        route_handlers=[
            *doors,
            Router("/", route_handlers=PAGES, include_in_schema=False),
            intake_api.router(),
            mailbox_api.router(),
            application.static_route(),
            application.health_route(lambda _: pool),
        ],
        dependencies={
            "public_form": provided(public_form),
            "public_mailbox": provided(public_mailbox),
            "mailbox_files": provided(mailbox_files.MailboxFiles(public_mailbox, uploads)),
            "pages": provided(pages),
            "figures": provided(Figures(pool)),
            "cabinet": provided(Cabinet(pages, outside.origin)),
            **({"receiving": provided(Receiving(pool, house, now, today=today))} if house else {}),
            "pool": provided(pool),
        },
        openapi_config=OpenAPIConfig(
            title="Adstelle",
            version=__version__,
            description="Report discrimination, see who could help, and read the answers.",
            path="/api/v1/openapi.json",  # a folder here would answer for its neighbours
            render_plugins=[JsonRenderPlugin(path="/")],
        ),
        request_max_body_size=MOST_BYTES,
        before_request=security.require_same_origin,
        exception_handlers=application.exception_handlers(pages, LAYOUT),
        logging_config=None,
        debug=False,
    )


def house_of(settings: Settings, city: City) -> House | None:
    """Who we are to partners; None in a city that has none. Raises `SettingsError`."""
    key = signing_key(settings, city)
    if key is None:
        return None
    here = (code for code, stelle in city.stellen.items() if stelle.works_here)
    return House(
        url=settings.origin + receiving.ENDPOINT + PATH,
        key=key,
        peers=peers_of(city),
        here=frozenset({city.office, *here}),
    )


def create(settings: Settings, reloader: Reloader) -> ASGIApp:
    """Compose the application with this process's clock and database, for each city anew."""
    pool = open_pool(settings.database(), Role.INTAKE, size=POOL_SIZE)
    secure = settings.is_secure(settings.origin)

    def composed(city: City) -> tuple[Litestar, dict[str, bytes]]:
        app = build(
            pool,
            city,
            secure=secure,
            now=lambda: datetime.now(UTC),
            today=city.today,
            outside=Outside(
                origin=settings.origin, house=house_of(settings, city), clamd=settings.clamd
            ),
        )
        return app, application.busy_pages(Pages(city, secure=secure), LAYOUT)

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
        process="public",
        host=host,
        port=port,
        share_port=share_port,
        reload=reloader.ask,
    )
