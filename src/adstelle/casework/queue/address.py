"""The address of a page of the queue: views, days and numbers, nothing of what is sought."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec

from adstelle.casework.queue.store import Place, View
from adstelle.domain.case import State
from adstelle.web.guard import is_uuid

LIST: Final = "liste"
COOKIE: Final = LIST  # which page of the queue somebody works through; it ends with the browser
VIEWS: Final[Mapping[str, View]] = {
    "neu": View.NEW,
    "faellig": View.DUE,
    "antworten": View.UNREAD,
    "partner": View.WAITING,
    "meine": View.MINE,
    "frei": View.UNASSIGNED,
    "achtung": View.ATTENTION,
}
_NAMES: Final = {view: name for name, view in VIEWS.items()}


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the queue: which view, which state, what was looked for, and from where on."""

    view: View | None = None
    state: State | None = None
    filter_id: UUID | None = None
    before: Place | None = None
    after: Place | None = None

    @property
    def fields(self) -> dict[str, str]:
        """The same as the fields of a form or a query."""
        given = {
            "ansicht": _NAMES[self.view] if self.view else "",
            "stand": self.state or "",
            "filter": str(self.filter_id or ""),
            "vor": _written(self.before, self.view) if self.before else "",
            "nach": _written(self.after, self.view) if self.after else "",
        }
        return {name: value for name, value in given.items() if value}

    @property
    def query(self) -> str:
        """What stands behind the question mark."""
        return urlencode(self.fields)

    def showing(self, *, view: View | None = None, state: State | None = None) -> "Address":
        """The first page of another view of what was looked for."""
        return Address(view=view, state=state, filter_id=self.filter_id)

    @property
    def without_filter(self) -> "Address":
        """The same part of all cases."""
        return msgspec.structs.replace(self, filter_id=None)

    def going(self, *, before: Place | None = None, after: Place | None = None) -> "Address":
        """Another page of the same."""
        return msgspec.structs.replace(self, before=before, after=after)


def read_address(get: Callable[[str], str | None]) -> Address:
    """Read an address out of a link or a form; what is none of ours is left out."""
    view = VIEWS.get(get("ansicht") or "")
    state, filter_id = get("stand") or "", get("filter") or ""
    return Address(
        view=view,
        state=State(state) if view is None and state in set(State) else None,
        filter_id=UUID(filter_id) if is_uuid(filter_id) else None,
        before=_place(get("vor") or "", view),
        after=_place(get("nach") or "", view),
    )


def read_query(query: str) -> Address:
    """Read it out of what stood behind the question mark; what is none of ours is left out."""
    return read_address(dict(parse_qsl(query)).get)


def _written(place: Place, view: View | None) -> str:
    if view is not View.DUE or place.next_on is None:
        return str(place.position)
    days = (place.next_on, place.due_on or date.max)
    return "-".join([*(day.isoformat().replace("-", "") for day in days), str(place.position)])


def _place(entered: str, view: View | None) -> Place | None:
    *days, position = entered.split("-")
    number = _number(position)
    if number is None or len(days) != (2 if view is View.DUE else 0):
        return None
    try:
        read = [date.fromisoformat(day) for day in days]
    except ValueError:
        return None
    return (
        Place(position=number, next_on=read[0], due_on=read[1]) if read else Place(position=number)
    )


def _number(entered: str) -> int | None:
    is_ours = entered.isascii() and entered.isdecimal() and len(entered) < 19
    return int(entered) if is_ours else None
