"""The page on which a lead gives the Stelle a new key."""

from collections.abc import Mapping
from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.accounts.next_key import Prepared, Switched
from adstelle.accounts.rotation.service import Rotation, Stuck
from adstelle.crypto.sessions import Session
from adstelle.web.forms import one, read_form
from adstelle.web.guard import PEOPLE, AnyRequest, Guard, Page, frame
from adstelle.web.pages import View, redirect

PATH: Final = f"{PEOPLE}/schluessel"


class RotationPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(self, guard: Guard, rotation: Rotation) -> None:
        self.guard = guard
        self.rotation = rotation
        self.pages = guard.pages

    def form(
        self,
        lang: str,
        session: Session,
        prepared: Prepared,
        faults: Mapping[str, str],
        *,
        entered: str = "",
        stuck: tuple[str, ...] = (),
    ) -> Page:
        """Show the next recovery key, and ask for it to be typed back."""
        view = View(
            template="staff/people_key.html",
            path=PATH,
            title="people.key.title",
            errors={field: f"people.error.{field}.{fault}" for field, fault in faults.items()},
        )
        return self.pages.page(
            lang,
            view,
            status=422 if faults else 200,
            **frame(self.pages, lang, session),
            prepared=prepared,
            entered=entered,
            stuck=stuck,
        )


@get("/{lang:str}/personen/schluessel")
async def show_key(
    request: AnyRequest, rotation_pages: NamedDependency[RotationPages], lang: FromPath[str]
) -> Page:
    """Draw a next key and show how to keep it."""
    code = rotation_pages.pages.language(lang)
    session = await rotation_pages.guard.leading(request)
    return rotation_pages.form(code, session, rotation_pages.rotation.prepare(session), {})


@post("/{lang:str}/personen/schluessel", status_code=303)
async def renew_key(
    request: AnyRequest, rotation_pages: NamedDependency[RotationPages], lang: FromPath[str]
) -> Page:
    """Put the next key in force, once it was typed back from paper."""
    code, entries = rotation_pages.pages.language(lang), await read_form(request)
    session = await rotation_pages.guard.leading(request)
    rotation, cookie = rotation_pages.rotation, rotation_pages.guard.cookie(request)
    carried, entered = one(entries, "carried"), one(entries, "recovery")
    prepared = rotation.again(session, carried)
    if prepared is None:
        return redirect(f"/{code}/{PEOPLE}?getan=not_now")
    try:
        became = await rotation.switch(session, cookie, carried, entered)
    except Stuck as stuck:
        return rotation_pages.form(
            code, session, prepared, {"recovery": "stuck"}, entered=entered, stuck=stuck.names
        )
    if became is Switched.MISTYPED:
        return rotation_pages.form(
            code, session, prepared, {"recovery": "mistyped"}, entered=entered
        )
    done = "renewed" if became is Switched.DONE else "not_now"
    return redirect(f"/{code}/{PEOPLE}?getan={done}")


HANDLERS: Final = (show_key, renew_key)
