"""Everything that may be logged. An event has no field that could hold free text.

One JSON object a line on standard output. Never the message of an error: msgspec quotes the entry,
asyncpg quotes the row; the class of an error is all that is named.
"""

import logging
import sys
from typing import NewType
from uuid import UUID

import msgspec

ErrorName = NewType("ErrorName", str)

_log = logging.getLogger("adstelle")


class Event(msgspec.Struct, frozen=True, tag_field="event"):
    """Base of all events; the class name is what the log line is called."""


class Started(Event, frozen=True, tag=True):
    process: str
    port: int | None


class Stopped(Event, frozen=True, tag=True):
    process: str


class CityLoaded(Event, frozen=True, tag=True):
    """Warnings want attention but stop nothing; ``adstelle city check`` lists them."""

    city: str
    warnings: int


class CityRefused(Event, frozen=True, tag=True):
    """New data had faults; what was in force stays so."""

    city: str
    faults: int
    error: ErrorName


class ReportReceived(Event, frozen=True, tag=True):
    recipients: int


class ReportRepeated(Event, frozen=True, tag=True):
    """The same submission came again and was answered with the same receipt."""


class Delivered(Event, frozen=True, tag=True):
    kind: str
    stelle: str
    attempt: int


class DeliveryFailed(Event, frozen=True, tag=True):
    kind: str
    stelle: str
    attempt: int
    error: ErrorName


class DeliveryDead(Event, frozen=True, tag=True):
    """Given up: the operator must act (``adstelle outbox``)."""

    promise_id: int
    kind: str
    stelle: str
    error: ErrorName


class MessageTaken(Event, frozen=True, tag=True):
    """A partner's message was stored and acknowledged; *stelle* is the partner."""

    kind: str
    stelle: str


class MessageNotTaken(Event, frozen=True, tag=True):
    """A message was refused; *reason* is one of `exchange.refusals.Refusal`."""

    reason: str


class NoticeFailed(Event, frozen=True, tag=True):
    """A mail to a person was not taken. Whose, and to where, is not said; *is_final*: that address
    is not tried again.
    """

    error: ErrorName
    is_final: bool


class Swept(Event, frozen=True, tag=True):
    """Expired drafts, receipts and sessions that were removed."""

    rows: int


class CasesErased(Event, frozen=True, tag=True):
    """Cases of a Stelle that went by a rule of retention."""

    stelle: str
    rule: str
    cases: int


class CasesKept(Event, frozen=True, tag=True):
    """Cases whose time is up and that stay; *obstacle* says why (`domain.retention.Obstacle`)."""

    stelle: str
    rule: str
    obstacle: str
    cases: int


class RetentionDone(Event, frozen=True, tag=True):
    """The daily round; *overdue* wishes to erase wait for an answer longer than the law allows."""

    reports: int
    traces: int
    overdue: int


class SignedIn(Event, frozen=True, tag=True):
    member_id: UUID


class SignInFailed(Event, frozen=True, tag=True):
    """Somebody could not sign in. Whom it concerns is not said."""


class PasskeyDoubted(Event, frozen=True, tag=True):
    """A passkey's count went back: there may be a copy. It opens nothing any more."""

    stelle: str


class CodeIssued(Event, frozen=True, tag=True):
    """A code was drawn for somebody: *kind* is join or factor. For whom is not said."""

    kind: str
    stelle: str


class CodeUsed(Event, frozen=True, tag=True):
    """Somebody came in with a code, or set a second factor with it."""

    kind: str
    stelle: str


class StatisticsKeyTaken(Event, frozen=True, tag=True):
    """A statistician entered the key of the statistics from paper."""

    stelle: str


class StatisticsKeyRenewed(Event, frozen=True, tag=True):
    """The statistics have a new key."""

    stelle: str


class StatisticsSealedAnew(Event, frozen=True, tag=True):
    """All is sealed for the new key of the statistics, but *unread* rows that no key opens."""

    unread: int


class AccountChanged(Event, frozen=True, tag=True):
    """Somebody changed their own passphrase, second factor or passkeys."""

    stelle: str


class MembershipEnded(Event, frozen=True, tag=True):
    """Somebody does not work for a Stelle any more."""

    stelle: str


class KeyRenewed(Event, frozen=True, tag=True):
    """A Stelle has a new key; its former one opens until it is dropped."""

    stelle: str


class Failed(Event, frozen=True, tag=True):
    """An error nobody expected, turned into a page that says nothing about it."""

    error: ErrorName
    at: str


class Overloaded(Event, frozen=True, tag=True):
    in_flight: int


class BodyTooSlow(Event, frozen=True, tag=True):
    """A form or file that came so slowly that its place was given to somebody else."""


def error_name(error: BaseException) -> ErrorName:
    """Name the class of an error; its message may quote a report and is left out."""
    return ErrorName(type(error).__qualname__)


def where(error: BaseException) -> str:
    """Name module and line where an error was raised; never a value."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "unknown"
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"


def emit(event: Event) -> None:
    """Write one event."""
    _log.info(msgspec.json.encode(event).decode())


def configure() -> None:
    """Write events to standard output, and let no other part of logging speak."""
    logging.raiseExceptions = False  # a failing handler would print what was being logged
    logging.lastResort = None
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    _log.handlers = [handler]
    _log.propagate = False
    _log.setLevel(logging.INFO)
