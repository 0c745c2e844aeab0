"""Referrals of a case: what was said and what was handed over, put together and explained."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from adstelle.domain.handover import Reason, Scope, Standing, Way
from adstelle.domain.incident_date import IncidentDate
from adstelle.domain.referral import (
    AWAITED,
    Choice,
    Giver,
    Handed,
    Proposal,
    Referral,
    Said,
    answers,
    choices,
    objections,
    referrals,
    settled_by,
)
from adstelle.domain.report import (
    Account,
    Act,
    MandateChanged,
    Message,
    ReferralAnswered,
    ReferralMade,
    ReferralProposed,
)
from adstelle.domain.routing import CodedAnswers, Condition, Rule

TODAY = date(2026, 3, 2)
RULES = (
    Rule(
        id="first",
        reason="reason.first",
        stellen=("thadine", "ads_jena"),
        when=(Condition(territory=frozenset({"jena"})),),
    ),
)
ACCOUNT = Account(
    answers=CodedAnswers(territory="jena"),
    account="Kanarienvogel",
    date=IncidentDate(),
    frequency=None,
    place="",
    district=None,
    ground_words="",
    mandates=(),
    language="de",
    interpreter="",
    affected_agrees=None,
    wording="test",
    card_id=UUID(int=1),
)


def said(act: Act | None, *, day: date = TODAY, message_id: UUID | None = None) -> Said:
    return Said(message_id or uuid4(), day, Message(act=act))


def handed(
    stelle: str = "ezra",
    standing: Standing = Standing.DELIVERED,
    *,
    handover_id: UUID | None = None,
    reason: Reason | None = None,
) -> Handed:
    return Handed(
        handover_id=handover_id or uuid4(),
        stelle=stelle,
        given_on=TODAY,
        standing=standing,
        attempts=0,
        reason=reason,
    )


def made(row: Handed, scope: Scope = Scope.FACTS) -> Said:
    act = ReferralMade(
        handover=row.handover_id,
        stelle=row.stelle,
        scope=scope,
        way=Way.PHONE,
        given_on=TODAY,
        note="Hinweis",
    )
    return said(act)


def proposed(stelle: str = "ezra", *, day: date = TODAY, scope: Scope = Scope.CONTACT) -> Said:
    return said(ReferralProposed(stelle=stelle, scope=scope, note="Hinweis"), day=day)


def answered(proposal: Said, *, agreed: bool) -> Said:
    return said(ReferralAnswered(proposal=proposal.message_id, agreed=agreed))


# What became of what ---------------------------------------------------------------------------


def test_what_was_given_by_phone_is_found_by_its_number() -> None:
    mine, other = handed("ezra"), handed("thadine")

    found = referrals([other, mine], [made(mine, Scope.CONTACT)], ())

    assert found[0].subject == mine.handover_id
    assert (found[0].scope, found[0].way, found[0].note) == (Scope.CONTACT, Way.PHONE, "Hinweis")
    assert (found[1].subject, found[1].scope, found[1].way) == (other.handover_id, None, None)


def test_a_proposal_waits_for_its_answer() -> None:
    proposal = proposed()

    (found,) = referrals([], [proposal], ())

    assert (found.subject, found.standing) == (proposal.message_id, Proposal.ASKED)
    assert (found.scope, found.way, found.on) == (Scope.CONTACT, Way.MAILBOX, TODAY)
    assert not found.has_report()


def test_a_no_stays_a_no() -> None:
    proposal = proposed()

    (found,) = referrals([], [proposal, answered(proposal, agreed=False)], ())

    assert found.standing is Proposal.DECLINED
    assert found.went_wrong()


def test_after_a_yes_the_hand_over_stands_in_the_place_of_the_proposal() -> None:
    proposal, row = proposed(), handed("ezra", Standing.ACCEPTED)

    (found,) = referrals([row], [proposal, answered(proposal, agreed=True)], ())

    assert (found.subject, found.standing) == (row.handover_id, Standing.ACCEPTED)
    assert (found.scope, found.note) == (Scope.CONTACT, "Hinweis")


def test_a_yes_to_what_was_there_already_leaves_the_proposal_agreed() -> None:
    proposal, by_phone = proposed(), handed("ezra")

    found = referrals([by_phone], [made(by_phone), proposal, answered(proposal, agreed=True)], ())

    assert [each.standing for each in found] == [Standing.DELIVERED, Proposal.AGREED]
    assert not found[1].wants_attention(TODAY + timedelta(days=100))


def test_the_first_yes_goes_with_the_first_hand_over_to_that_stelle() -> None:
    """Given, taken back, asked again, given again."""
    first, second = proposed(scope=Scope.CONTACT), proposed(scope=Scope.FACTS)
    old, new = handed("ezra", Standing.WITHDRAWN), handed("ezra", Standing.DELIVERED)
    conversation = [
        first, answered(first, agreed=True), second, answered(second, agreed=True),
    ]  # fmt: skip

    found = referrals([old, new], conversation, ())

    assert [(each.subject, each.scope) for each in found] == [
        (old.handover_id, Scope.CONTACT),
        (new.handover_id, Scope.FACTS),
    ]


def test_other_messages_are_no_referrals() -> None:
    talk = [said(None), said(MandateChanged(mandates=("beraten",)))]
    assert referrals([], talk, ()) == ()


def test_the_reason_of_a_refusal_comes_along() -> None:
    row = handed("ezra", Standing.REFUSED, reason=Reason.FULL)
    (found,) = referrals([row], [made(row)], ())
    assert (found.standing, found.reason) == (Standing.REFUSED, Reason.FULL)


# What somebody has to look at -------------------------------------------------------------------


def of(standing: Standing | Proposal, *, days: int = 0, is_settled: bool = False) -> Referral:
    return Referral(
        subject=uuid4(),
        stelle="ezra",
        on=TODAY - timedelta(days=days),
        standing=standing,
        is_settled=is_settled,
    )


@pytest.mark.parametrize("standing", [*Standing, *Proposal])
@pytest.mark.parametrize("is_settled", [False, True])
def test_refused_dead_and_declined_want_somebody_until_somebody_has_seen_to_it(
    standing: Standing | Proposal, is_settled: bool
) -> None:
    wrong = {Standing.REFUSED, Standing.DEAD, Proposal.DECLINED}
    wanted = standing in wrong and not is_settled
    assert of(standing, is_settled=is_settled).wants_attention(TODAY) is wanted


@pytest.mark.parametrize(("late", "wanted"), [(0, False), (1, True)])
def test_an_answer_is_awaited_for_two_weeks(late: int, wanted: bool) -> None:
    asked = of(Proposal.ASKED, days=AWAITED.days + late)
    settled = of(Proposal.ASKED, days=AWAITED.days + late, is_settled=True)
    assert asked.wants_attention(TODAY) is wanted
    assert not settled.wants_attention(TODAY)


def test_answers_change_the_marks_of_the_queue_once() -> None:
    yes, no, open_one, known = proposed(), proposed(), proposed(), proposed()
    talk = [
        answered(yes, agreed=True), answered(no, agreed=False), answered(known, agreed=False),
    ]  # fmt: skip
    marks = {each.message_id: "asked" for each in (yes, no, open_one)}
    marks[known.message_id] = "declined"

    assert answers(marks, talk) == {"settled": [yes.message_id], "declined": [no.message_id]}


def test_a_new_referral_settles_what_it_answers() -> None:
    refused, declined, dead = (
        of(Standing.REFUSED), of(Proposal.DECLINED), of(Standing.DEAD),
    )  # fmt: skip
    same, done = of(Proposal.ASKED), of(Standing.REFUSED, is_settled=True)
    before = [refused, declined, dead, same, done]

    assert settled_by("ezra", before) == [refused.subject, declined.subject, same.subject]
    assert settled_by("thadine", before) == [refused.subject, declined.subject]


# To whom --------------------------------------------------------------------------------------


RECEIVERS = ("ads_jena", "ezra", "rias_th", "thadine")


def chosen(before: tuple[Referral, ...] = (), own: str = "ads_jena") -> list[Choice]:
    return list(choices(RULES, ACCOUNT, RECEIVERS, own, before))


def test_whom_the_rules_offer_comes_first_and_oneself_never() -> None:
    assert chosen() == [
        Choice("thadine", "reason.first", None),
        Choice("ezra", "", None),
        Choice("rias_th", "", None),
    ]


def test_who_cannot_receive_is_no_choice() -> None:
    assert choices(RULES, ACCOUNT, ("ads_jena", "ezra"), "ads_jena", ()) == (
        Choice("ezra", "", None),
    )


@pytest.mark.parametrize("standing", Standing)
def test_who_has_it_from_here_is_no_choice_until_it_is_taken_back(standing: Standing) -> None:
    there = "ezra" in {each.stelle for each in chosen((of(standing),))}
    assert there is (standing is Standing.WITHDRAWN)


def test_who_the_person_is_asked_about_can_be_given_it_all_the_same() -> None:
    asked = of(Proposal.ASKED, days=3)
    assert Choice("ezra", "", asked.on) in chosen((asked,))
    assert Choice("ezra", "", None) in chosen((of(Proposal.DECLINED),))


def test_what_does_not_open_goes_to_nobody() -> None:
    assert choices(RULES, None, RECEIVERS, "ads_jena", ()) == ()


# What does not fit ------------------------------------------------------------------------------


GIVER = Giver(
    choices=(Choice("ezra", "", None), Choice("thadine", "", TODAY)),
    shares_contact=False,
    received_on=TODAY - timedelta(days=5),
)


@pytest.mark.parametrize(
    ("stelle", "scope", "way", "given_on", "found"),
    [
        ("ezra", Scope.FACTS, Way.MAILBOX, None, {}),
        ("ezra", Scope.STATISTICS, Way.PHONE, TODAY, {}),
        ("ezra", Scope.FACTS, Way.VISIT, TODAY - timedelta(days=5), {}),
        ("thadine", Scope.FACTS, Way.LETTER, TODAY, {}),
        ("thadine", Scope.FACTS, Way.MAILBOX, None, {"stelle": "asked"}),
        ("ads_jena", Scope.FACTS, Way.MAILBOX, None, {"stelle": "not_offered"}),
        ("nobody", None, None, None, {"stelle": "not_offered"}),
        ("ezra", Scope.CONTACT, Way.MAILBOX, None, {"scope": "no_contact"}),
        ("ezra", Scope.FACTS, Way.PHONE, None, {"given": "missing"}),
        ("ezra", Scope.FACTS, Way.PHONE, TODAY + timedelta(days=1), {"given": "future"}),
        ("ezra", Scope.FACTS, Way.PHONE, TODAY - timedelta(days=6), {"given": "too_early"}),
        ("ezra", Scope.FACTS, Way.MAILBOX, TODAY, {"given": "not_yet"}),
        ("", None, None, None, {}),
        ("x", Scope.CONTACT, Way.PHONE, None,
         {"stelle": "not_offered", "scope": "no_contact", "given": "missing"}),
    ],
)  # fmt: skip
def test_everything_that_does_not_fit_is_named(
    stelle: str,
    scope: Scope | None,
    way: Way | None,
    given_on: date | None,
    found: dict[str, str],
) -> None:
    objected = objections(GIVER, TODAY, stelle=stelle, scope=scope, way=way, given_on=given_on)
    assert objected == found
