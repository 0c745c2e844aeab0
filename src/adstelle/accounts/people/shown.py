"""What the pages of people show, in the words of one reader's language."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from adstelle.accounts.people.service import Team
from adstelle.accounts.people.store import Kind, Person
from adstelle.crypto.sessions import Session
from adstelle.domain.membership import MemberRole, holds_key, may_issue
from adstelle.web import dates
from adstelle.web.pages import Pages


def roles(pages: Pages, lang: str) -> list[dict[str, str]]:
    """The roles there are, each with what it may do."""
    return [
        {
            "value": role.value,
            "label": pages.text(lang, f"people.role.{role}.name"),
            "hint": pages.text(lang, f"people.role.{role}.does"),
        }
        for role in MemberRole
    ]


def team(pages: Pages, lang: str, found: Team, session: Session) -> dict[str, Any]:
    """Everybody, and what was done."""
    people = [_row(pages, lang, person) for person in found.people]
    return {
        "people": [row for row in people if not row["left"]],
        "former": [row for row in people if row["left"]],
        "log": [
            {
                "moment": dates.moment(pages, lang, line.done_at),
                "what": pages.text(lang, f"people.act.{line.act}"),
                "name": line.name,
                "about": line.about,
            }
            for line in found.log
        ],
        "key_is_due": found.key_is_due,
        "statistics_are_due": found.statistics_are_due,
        "is_lead": session.seed is not None,
    }


def person(pages: Pages, lang: str, found: Person, session: Session) -> dict[str, Any]:
    """One person, and what *session* can do for them."""
    living = found.left_on is None
    other = found.member_id != session.member_id
    can_code = living and other and may_issue(session.role, found.role)
    joined = found.joined_on is not None
    both_lead = session.role is MemberRole.LEAD and holds_key(found.role)
    return _row(pages, lang, found) | {
        "person": found,
        "itself": not other,
        "may": {
            "join": can_code and not joined,
            "passphrase": can_code and joined,
            "withdraw": living and other and (found.code is not None or not joined),
            "role": _other_role(found.role) if living and other and joined and both_lead else None,
            "end": living and other and joined,
        },
        "waits_for_lead": living and not joined and not may_issue(session.role, found.role),
    }


def _other_role(role: MemberRole) -> str:
    return (MemberRole.ADVISER if role is MemberRole.LEAD else MemberRole.LEAD).value


def _row(pages: Pages, lang: str, found: Person) -> dict[str, Any]:
    return {
        "member_id": found.member_id,
        "name": found.name,
        "login": found.login,
        "role": pages.text(lang, f"people.role.{found.role}.name"),
        "since": _day(pages, lang, found.joined_on),
        "seen": _day(pages, lang, _local(pages, found.seen_at)),
        "left": _day(pages, lang, found.left_on),
        "state": _state(found),
        "until": _day(pages, lang, _local(pages, found.code_until)),
        "is_factor": found.code is Kind.FACTOR,
    }


def _state(found: Person) -> str:
    if found.left_on is not None:
        return "left"
    if found.joined_on is not None:
        return "renewing" if found.code is not None else "here"
    return "invited" if found.code is not None else "waiting"


def _local(pages: Pages, moment: datetime | None) -> date | None:
    zone = ZoneInfo(pages.city.time_zone)
    return None if moment is None else moment.astimezone(zone).date()


def _day(pages: Pages, lang: str, given: date | None) -> str | None:
    return None if given is None else dates.day(pages, lang, given)
