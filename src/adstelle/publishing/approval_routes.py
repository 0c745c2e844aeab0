"""The pages on which a second person sees what everybody would see, and says yes or no."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from adstelle.crypto.sessions import Session
from adstelle.domain.membership import approves_figures
from adstelle.domain.private import Private
from adstelle.publishing.form import MOST_TEXT, Faults
from adstelle.publishing.routes import DONE, FOLLOWED
from adstelle.publishing.service import Became, Publishing, Seen, barred
from adstelle.publishing.shown import Words
from adstelle.publishing.store import State
from adstelle.web.forms import Entries, one
from adstelle.web.guard import APPROVAL, AnyRequest, Guard, NotForYou, Page, frame
from adstelle.web.pages import View, redirect

_WHY_NOT: Final = {Became.OWN: "own", Became.SAME_NAME: "same_name"}
_STILL_THERE: Final = {State.HANDED, State.APPROVING, State.PUBLISHED}


class Entered(Private, frozen=True, kw_only=True):
    """What was typed and what became of it; *follows*: the page looks again by itself."""

    faults: Faults = msgspec.field(default_factory=dict)
    notice: str = ""
    text: str = ""
    follows: bool = False


class ApprovalPages:
    """What the handlers below need; built once by the composition root."""

    def __init__(
        self, guard: Guard, publishing: Publishing, today: Callable[[], date], origin: str
    ) -> None:
        """*origin*: where everybody finds what is published."""
        self.guard = guard
        self.publishing = publishing
        self.today = today
        self.origin = origin
        self.pages = guard.pages

    async def approver(self, request: AnyRequest) -> Session:
        """Find who is signed in and may approve. Raises `NotSignedIn`, `NotForYou`."""
        session = await self.guard.anybody(request)
        if not approves_figures(session.role):
            raise NotForYou
        return session

    async def page(self, lang: str, session: Session, draft_id: UUID, entered: Entered) -> Page:
        """Show one draft as everybody would see it, and the question; or that there is none."""
        seen, words = await self.publishing.look(session, draft_id), Words(self.pages, lang)
        state = seen.draft.state if seen and seen.draft.state in _STILL_THERE else "gone"
        title = words.what(seen.draft, seen.made) if seen else words.text("approval.title")
        page = self.pages.page(
            lang,
            View(
                template="publishing/approval.html",
                path=f"{APPROVAL}/{draft_id}",
                title="publishing.approval.draft_title",
                title_values={"what": title},
                errors={name: f"publishing.error.{it}" for name, it in entered.faults.items()},
            ),
            status=422 if entered.faults else 409 if entered.notice else 200,
            **frame(self.pages, lang, session),
            state=state,
            notice=entered.notice,
            given_text=entered.text,
            most=MOST_TEXT,
            origin=self.origin,
            follows=entered.follows,
            **(self._shown(words, session, seen) if seen and state in _STILL_THERE else {}),
        )
        if entered.follows and state == State.APPROVING:
            page.headers["refresh"] = FOLLOWED
        return page

    def _shown(self, words: Words, session: Session, seen: Seen) -> dict[str, Any]:
        draft = seen.draft
        why_not = barred(session, draft)
        shown: dict[str, Any] = {
            "told": words.progress(draft),
            "number": draft.release,
            "handed_name": draft.handed_name,
            "why_not": _WHY_NOT[why_not] if why_not else "",
            "is_correction": draft.kind == "correction",
            "earlier": words.number(len(seen.releases)),
            "sha256": draft.sha256.hex() if draft.sha256 else "",
        }
        return shown | (words.preview(seen, self.today()) if seen.made else {})


@get("/{lang:str}/freigabe")
async def show_approvals(
    request: AnyRequest, approval_pages: NamedDependency[ApprovalPages], lang: FromPath[str]
) -> Page:
    """What waits for a second person."""
    pages, code = approval_pages.pages, approval_pages.pages.language(lang)
    session = await approval_pages.approver(request)
    found, words = await approval_pages.publishing.overview(session), Words(pages, code)
    waiting = [it for it in found.drafts if it.state in (State.HANDED, State.APPROVING)]
    view = View(
        template="publishing/approvals.html", path=APPROVAL, title="publishing.approval.title"
    )
    return pages.page(
        code,
        view,
        **frame(pages, code, session),
        waiting=[words.draft_line(it) for it in waiting],
        returned=request.query_params.get(DONE) == "zurueck",
    )


@get("/{lang:str}/freigabe/{draft_id:uuid}")
async def show_approval(
    request: AnyRequest,
    approval_pages: NamedDependency[ApprovalPages],
    lang: FromPath[str],
    draft_id: FromPath[UUID],
) -> Page:
    """One draft to decide about."""
    code = approval_pages.pages.language(lang)
    session = await approval_pages.approver(request)
    follows = "folgen" in request.query_params
    return await approval_pages.page(code, session, draft_id, Entered(follows=follows))


@post("/{lang:str}/freigabe/{draft_id:uuid}", status_code=303)
async def decide(
    request: AnyRequest,
    approval_pages: NamedDependency[ApprovalPages],
    lang: FromPath[str],
    draft_id: FromPath[UUID],
) -> Page:
    """Approve exactly what was shown, or give it back; sent twice it is done once."""

    async def act(code: str, session: Session, entries: Entries) -> Page:
        if one(entries, "tun") == "zurueckgeben":
            return await _give_back(approval_pages, code, session, draft_id, entries)
        return await _approve(approval_pages, code, session, draft_id, entries)

    return await approval_pages.guard.submitted(
        request, lang, f"{APPROVAL}/{draft_id}", act, find=approval_pages.approver
    )


async def _approve(
    pages: ApprovalPages, lang: str, session: Session, draft_id: UUID, entries: Entries
) -> Page:
    if one(entries, "sure") != "ja":
        return await pages.page(lang, session, draft_id, Entered(faults={"sure": "sure.missing"}))
    became = await pages.publishing.approve(session, draft_id, one(entries, "sha256"))
    if became is Became.DONE:
        return redirect(f"/{lang}/{APPROVAL}/{draft_id}")
    notice = "busy" if became is Became.BUSY else "other"
    return await pages.page(lang, session, draft_id, Entered(notice=notice))


async def _give_back(
    pages: ApprovalPages, lang: str, session: Session, draft_id: UUID, entries: Entries
) -> Page:
    text = one(entries, "text")
    if not text or len(text) > MOST_TEXT:
        fault = "words.too_long" if text else "text.missing"
        entered = Entered(faults={"text": fault}, text=text)
        return await pages.page(lang, session, draft_id, entered)
    became = await pages.publishing.give_back(session, draft_id, text)
    if became is Became.DONE:
        return redirect(f"/{lang}/{APPROVAL}?{DONE}=zurueck")
    return await pages.page(lang, session, draft_id, Entered(notice="other", text=text))


HANDLERS: Final = (show_approvals, show_approval, decide)
