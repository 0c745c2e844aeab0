"""Drafts for tests and for looking at: what a process would have left behind."""

from typing import Final
from uuid import UUID

import msgspec

from adstelle.crypto.hpke import PublicKey
from adstelle.publishing import kept
from adstelle.publishing.kept import Cell, Choice, Method, Outcome, Reply, Share, Wish
from adstelle.publishing.store import State
from adstelle.releases import publication
from tests.conftest import Admin
from tests.releases.files import YEAR, read

CONTENT: Final = publication.canonical(read(YEAR))
OUTCOME: Final = Outcome(
    counted=(
        Cell("few", 3, "few"),
        Cell("a-work", 12, "protects"),
        Cell("a-home", 10, "protects"),
        Cell("b-work", 3, "few"),
        Cell("b-home", 14, "protects"),
        Cell("all", 60),
    ),
    shares={"": Share(17, 12, 300, 250), "gruende": Share(13, 9, 60, 40)},
    choices=(
        Choice(
            {"ground": "broad"},
            {"de": "Grund"},
            {"de": "Rassismus, Antisemitismus, Herkunft oder Sprache, Geschlecht, alles andere"},
            Share(12, 11, 240, 230),
        ),
        Choice({"area": "none"}, {"de": "Bereich"}, {}, None),
    ),
    methods=(
        Method("suppression", 17, 12, 12, 9, 2, 0),
        Method("controlled_rounding", 17, 17, 5, 21, 2, 0),
        Method("random_rounding", 17, 17, 4, 26, 2, 0),
        Method("cell_key_2", 17, 17, 6, 11, 2, 2),
        Method("cell_key_4", 17, 17, 4, 19, 2, 0),
        Method("differential_privacy_1", 17, 17, 0, 150, 2, 0),
        Method("differential_privacy_4", 17, 17, 2, 50, 2, 0),
        Method("differential_privacy_10", 17, 17, 5, 20, 2, 0),
    ),
    plan="jena 1",
)
REFUSED: Final = Outcome(
    reasons=(
        "„Gründe“ lässt sich so nicht schützen: Aus den anderen Zahlen ließe sich eine kleine Zahl "
        "ausrechnen.",
        "no_plan",
    ),
    choices=OUTCOME.choices,
)
REPLY: Final = Reply("Bitte den Hinweis kürzen.", ("unproven",))
SEEN: Final = {State.READY, State.HANDED, State.RETURNED, State.APPROVING}
HANDED: Final = {State.HANDED, State.APPROVING, State.PUBLISHED}


async def put(
    admin: Admin, draft_id: UUID, state: State, key: PublicKey, people: tuple[UUID, UUID, UUID],
    *, comparing: bool = False,
) -> None:  # fmt: skip
    """Put a draft into the database. *people*: who made, handed over, approves it.

    *comparing*: 12 of 25 coarser groups are tried, and it holds none of them yet.
    Where it is published, the first release is what became of it.
    """
    made_by, handed_by, approved_by = people
    is_over = state is State.PUBLISHED
    outcome = REFUSED if state is State.REFUSED else OUTCOME
    if comparing:
        outcome = msgspec.structs.replace(outcome, choices=None, methods=())
    reply = REPLY if state is State.RETURNED else None
    await admin.execute(
        "insert into figures.draft (draft_id, kind, state, made_by, period_from, period_to, "
        "cut_off, step, done, total, beat_at, beside, publication, sha256, wish, outcome, reply, "
        "handed_by, approved_by, release) values ($1, 'figures', $2, $3, '2025-01-01', "
        "'2025-12-31', '2026-03-01', $11, $12, $13, now(), "
        "(select count(*) from figures.release), $4, sha256($4), $5, $6, $7, $8, $9, $10)",
        draft_id, state, made_by, CONTENT if state in SEEN else None,
        None if is_over else kept.seal(Wish(), draft_id, key),
        None if is_over else kept.seal(outcome, draft_id, key),
        kept.seal(reply, draft_id, key) if reply else None,
        handed_by if state in HANDED else None,
        approved_by if state in HANDED - {State.HANDED} else None,
        1 if is_over else None,
        *(("comparing", 12, 25) if comparing else ("counting", 1200, None)),
    )  # fmt: skip
