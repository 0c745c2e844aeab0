"""A draft's way into the ledger: counted, looked at, handed over, approved by somebody else."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import date
from enum import Enum, auto
from uuid import UUID, uuid4

import msgspec

from adstelle.crypto.sessions import Session
from adstelle.database import Connection, Pool, Role, transaction
from adstelle.domain.private import Private
from adstelle.errors import AdstelleError, Unopenable
from adstelle.publishing import kept, store
from adstelle.publishing.jobs import Jobs
from adstelle.publishing.kept import Kept, Outcome, Reply, Wish
from adstelle.publishing.store import COMPARING, WORDED, Act, Busy, Draft, Job, Line, State
from adstelle.releases import publication, rules
from adstelle.releases.publication import Publication, Withdrawn, Words
from adstelle.releases.rules import Numbered
from adstelle.releases.store import Release

Frame = tuple[date, date, date]  # from, to, cut-off day


class Became(Enum):
    """What became of a step."""

    DONE = auto()
    BUSY = auto()  # another draft is being worked on
    CHANGED = auto()  # it is not any more what was looked at
    OUTDATED = auto()  # something was published since it was audited
    OWN = auto()  # whoever made it or handed it over does not approve it
    SAME_NAME = auto()  # nor does somebody of the same name
    NO_SUCH_DRAFT = auto()


class Overview(Private, frozen=True):
    """Everything there is, the newest first."""

    drafts: list[Draft]
    releases: list[Release]
    log: list[Line]


class Seen(Private, frozen=True, kw_only=True):
    """One draft with what is sealed in it, as far as whoever asks can open it.

    *made*: the publication, where there is one. *releases*: everything published before.
    """

    draft: Draft
    made: Publication | None
    releases: list[Release]
    wish: Wish = Wish()
    outcome: Outcome = Outcome()
    reply: Reply | None = None

    @property
    def is_outdated(self) -> bool:
        """Whether something was published since it was audited."""
        draft = self.draft
        return (
            draft.kind == "figures"
            and draft.state in WORDED
            and (draft.beside != len(self.releases))
        )

    @property
    def is_comparing(self) -> bool:
        """Whether coarser groups are being tried; everything else stands."""
        return self._lacks_choices and self.draft.step == COMPARING

    @property
    def is_untried(self) -> bool:
        """Whether nobody tries coarser groups any more, though they were not tried to the end."""
        return self._lacks_choices and self.draft.step != COMPARING

    @property
    def _lacks_choices(self) -> bool:
        return self.draft.outcome is not None and self.outcome.choices is None


class Publishing:
    """Drafts of releases. Who may do what is the caller's to know, who may not approve is ours."""

    def __init__(self, pool: Pool, jobs: Jobs, today: Callable[[], date]) -> None:
        self._pool = pool
        self._today = today
        self._jobs = jobs

    async def overview(self, session: Session) -> Overview:
        """Every draft, every release, and what was done lately."""
        async with self._acting(session) as conn:
            await store.end_lost(conn)
            return Overview(
                await store.drafts(conn), (await store.ledger(conn))[::-1], await store.log(conn)
            )

    async def releases(self, session: Session) -> list[Release]:
        """Everything published, the newest first."""
        async with self._acting(session) as conn:
            return (await store.ledger(conn))[::-1]

    async def look(self, session: Session, draft_id: UUID) -> Seen | None:
        """One draft; a statistician's session opens what is sealed in it."""
        async with self._acting(session) as conn:
            await store.end_lost(conn)
            draft = await store.draft(conn, draft_id)
            releases = await store.ledger(conn)
        return None if draft is None else _seen(session, draft, releases)

    # Counting -------------------------------------------------------------------------------

    async def begin(self, session: Session, draft_id: UUID, frame: Frame) -> Became:
        """Count a period; sent twice it is counted once."""
        key = session.statistics_key()
        job, wish = _job(draft_id), kept.seal(Wish(), draft_id, key.public())
        try:
            async with self._acting(session) as conn:
                await store.end_lost(conn)
                is_new = await store.begin(conn, job, session.member_id, frame, wish)
                if is_new:
                    await store.append_log(conn, session.member_id, Act.BEGUN, draft_id)
        except Busy:
            return Became.BUSY
        if is_new:
            await self._jobs.start(job, session.member_id, key=key)
        return Became.DONE

    async def count_again(
        self, session: Session, draft_id: UUID, merges: Mapping[str, str] | None = None
    ) -> Became:
        """Begin anew as of today, with *merges* where other groups were chosen; words are kept."""
        key, job = session.statistics_key(), _job(draft_id)
        try:
            async with self._acting(session) as conn:
                await store.end_lost(conn)
                draft = await store.draft(conn, draft_id)
                if draft is None:
                    return Became.NO_SUCH_DRAFT
                wish = _wish(session, draft)
                if merges is not None:
                    wish = msgspec.structs.replace(wish, merges=dict(merges))
                sealed = kept.seal(wish, draft_id, key.public())
                if not await store.count_again(conn, job, self._today(), sealed):
                    return Became.CHANGED
                await store.append_log(conn, session.member_id, Act.BEGUN, draft_id)
        except Busy:
            return Became.BUSY
        await self._jobs.start(job, session.member_id, key=key)
        return Became.DONE

    async def stop(self, session: Session, draft_id: UUID) -> Became:
        """End what a process works on."""
        async with self._acting(session) as conn:
            draft = await store.draft(conn, draft_id)
            if draft is None or draft.state is not State.WORKING:
                return Became.CHANGED
            await store.stop(conn, draft_id)
            await store.append_log(conn, session.member_id, Act.STOPPED, draft_id)
        self._jobs.end(draft_id)
        return Became.DONE

    async def delete(self, session: Session, draft_id: UUID) -> Became:
        """Forget a draft that nobody wants any more."""
        async with self._acting(session) as conn:
            if not await store.delete(conn, draft_id):
                return Became.CHANGED
            await store.append_log(conn, session.member_id, Act.DELETED, draft_id)
        return Became.DONE

    async def word(
        self, session: Session, draft_id: UUID, sha256: str, changes: Words, notes: Words
    ) -> Became:
        """Put words beside the numbers that somebody looked at."""
        async with self._acting(session) as conn:
            draft = await store.draft(conn, draft_id)
            if draft is None or draft.publication is None or draft.state not in WORDED:
                return Became.CHANGED
            wish = msgspec.structs.replace(_wish(session, draft), changes=changes, notes=notes)
            seen = _seen(session, draft, [])
            made = kept.worded(publication.read("draft", draft.publication), seen.outcome, wish)
            content = publication.canonical(made)
            if content == draft.publication:
                return Became.DONE
            if not _is_what_was_seen(draft, sha256):
                return Became.CHANGED
            sealed = kept.seal(wish, draft_id, session.statistics_key().public())
            await store.word(conn, draft_id, content, sealed)
            await store.append_log(conn, session.member_id, Act.WORDED, draft_id)
        return Became.DONE

    async def correct(
        self, session: Session, draft_id: UUID, number: int, cells: Collection[str], title: Words
    ) -> Became:
        """Draft a correction: it takes numbers of a release back and brings none."""
        async with self._acting(session) as conn:
            releases = await store.ledger(conn)
            earlier = numbered(releases)
            of = dict(earlier).get(number)
            if of is None:
                return Became.NO_SUCH_DRAFT
            made = _correction(of, number, cells, title)
            if any(True for _ in rules.faults(made, earlier)):
                return Became.CHANGED
            content = publication.canonical(made)
            if await store.correct(conn, draft_id, session.member_id, content, len(releases)):
                await store.append_log(conn, session.member_id, Act.CORRECTED, draft_id)
        return Became.DONE

    # Two people -----------------------------------------------------------------------------

    async def hand(self, session: Session, draft_id: UUID, sha256: str) -> Became:
        """Let somebody else approve what was looked at; sent twice it is handed over once."""
        async with self._acting(session) as conn:
            draft = await store.draft(conn, draft_id)
            if draft is None or not _is_what_was_seen(draft, sha256):
                return Became.CHANGED
            if draft.state is State.HANDED:
                return Became.DONE
            if _seen(session, draft, await store.ledger(conn)).is_outdated:
                return Became.OUTDATED
            if not await store.hand(conn, draft_id, session.member_id):
                return Became.CHANGED
            await store.append_log(conn, session.member_id, Act.HANDED, draft_id)
        return Became.DONE

    async def take_back(self, session: Session, draft_id: UUID) -> Became:
        """Think again before somebody approves."""
        async with self._acting(session) as conn:
            if not await store.take_back(conn, draft_id):
                return Became.CHANGED
            await store.append_log(conn, session.member_id, Act.TAKEN_BACK, draft_id)
        return Became.DONE

    async def approve(self, session: Session, draft_id: UUID, sha256: str) -> Became:
        """Say yes to exactly what was looked at. A process audits once more, and publishes it."""
        job = _job(draft_id)
        try:
            async with self._acting(session) as conn:
                await store.end_lost(conn)
                draft = await store.draft(conn, draft_id)
                if draft is not None and draft.approved_by == session.member_id:
                    return Became.DONE  # the same form came twice
                if draft is None or not _is_what_was_seen(draft, sha256):
                    return Became.CHANGED
                if why_not := barred(session, draft):
                    return why_not
                if not await store.approve(conn, job, session.member_id):
                    return Became.CHANGED
                await store.append_log(conn, session.member_id, Act.APPROVED, draft_id)
        except Busy:
            return Became.BUSY
        await self._jobs.start(job, session.member_id)
        return Became.DONE

    async def give_back(self, session: Session, draft_id: UUID, text: str) -> Became:
        """Say no, and why. Only whoever holds the statistics key reads the reason."""
        async with self._acting(session) as conn:
            key = await store.statistics_key(conn)
            if key is None:
                raise AdstelleError("the statistics key is not set up")
            draft = await store.draft(conn, draft_id)
            if draft is None or draft.state is not State.HANDED:
                return Became.CHANGED
            await store.give_back(conn, draft_id, kept.seal(Reply(text=text), draft_id, key))
            await store.append_log(conn, session.member_id, Act.GIVEN_BACK, draft_id)
        return Became.DONE

    def _acting(self, session: Session) -> AbstractAsyncContextManager[Connection]:
        return transaction(self._pool, Role.PUBLISHING, member=session.member_id)


def _job(draft_id: UUID) -> Job:
    return Job(draft_id, uuid4())


def barred(session: Session, draft: Draft) -> Became | None:
    """Why somebody does not approve a draft; None where they may."""
    if session.member_id in (draft.made_by, draft.handed_by):
        return Became.OWN
    if _folded(session.name) in (_folded(draft.maker), _folded(draft.handed_name or "")):
        return Became.SAME_NAME
    return None


def numbered(releases: Collection[Release]) -> list[Numbered]:
    """Releases, read."""
    return [(it.number, publication.read("ledger", it.content)) for it in releases]


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _is_what_was_seen(draft: Draft, sha256: str) -> bool:
    return draft.sha256 is not None and draft.sha256.hex() == sha256


def _wish(session: Session, draft: Draft) -> Wish:
    return _opened(Wish(), draft.wish, session, draft)


def _opened(nothing: Kept, sealed: bytes | None, session: Session, draft: Draft) -> Kept:
    """What is sealed in a draft; *nothing* where another key sealed it: it can be begun anew."""
    if sealed is None:
        return nothing
    try:
        return kept.unseal(type(nothing), sealed, draft.draft_id, session.statistics_key())
    except Unopenable:
        return nothing


def _seen(session: Session, draft: Draft, releases: list[Release]) -> Seen:
    content = draft.publication
    made = None if content is None else publication.read("draft", content)
    if session.statistics_seed is None:
        return Seen(draft=draft, made=made, releases=releases)
    return Seen(
        draft=draft,
        made=made,
        releases=releases,
        wish=_wish(session, draft),
        outcome=_opened(Outcome(), draft.outcome, session, draft),
        reply=_opened(Reply(), draft.reply, session, draft) if draft.reply else None,
    )


def _correction(of: Publication, number: int, cells: Collection[str], title: Words) -> Publication:
    release = msgspec.structs.replace(
        of.release, cells=[], structural_zeros=[], relations=[], targets=[], never_suppress=[]
    )
    return Publication(
        format=publication.FORMAT,
        title=title,
        period=of.period,
        cut_off=of.cut_off,
        release=release,
        withdraws=tuple(Withdrawn(release=number, cell=cell) for cell in sorted(set(cells))),
    )
