"""What we or partners get wrong. What people get wrong is a value (`web.forms`), not an error.

No message here ever holds what a person wrote: errors travel into logs and pages.
"""


class AdstelleError(Exception):
    """Something the service, its operator or a partner got wrong."""


class Unopenable(AdstelleError):
    """A sealed text did not open: wrong key, wrong place, or damaged."""


class NoKey(AdstelleError):
    """Something of a Stelle was to be opened by somebody who holds no key of it."""


class Oversized(AdstelleError):
    """A package is larger than any receiver has to take."""


class BadKey(AdstelleError):
    """A key that is none: of the wrong kind or length, or damaged."""


class UnknownCode(AdstelleError):
    """A receipt code that no mailbox belongs to."""


class SettingsError(AdstelleError):
    """A setting is missing, unknown or contradicts another."""


class StorageUnavailable(AdstelleError):
    """The database could not be reached; nothing was sent to it."""


class OutcomeUnknown(AdstelleError):
    """The connection broke after something was sent: it may or may not be stored."""


class DeliveryError(AdstelleError):
    """A channel could not hand a report over; the promise stays.

    *wait*: how many seconds the receiver asked us to stay away.
    """

    def __init__(self, *, wait: float = 0.0) -> None:
        super().__init__()
        self.wait = wait


class Refused(DeliveryError):
    """The receiver said no for good; trying again would change nothing."""


class AddressRefused(Refused):
    """The receiver's server says that nobody has this address."""


class Postponed(DeliveryError):
    """The receiver said: not now."""


class Unreachable(DeliveryError):
    """The receiver did not answer, or not in time, or the connection broke."""


class Untrusted(DeliveryError):
    """The receiver does not speak TLS, or its certificate is not its own."""


class CredentialsRefused(DeliveryError):
    """The receiver does not let us in: our user, password or key does not fit."""


class Unsigned(DeliveryError):
    """Our own key cannot sign any more; nothing is sent without its signature."""


class SignInRefused(AdstelleError):
    """Login name, passphrase or one-time code do not fit; which one is not said."""


class StepRefused(AdstelleError):
    """The table of steps does not allow this step from this state."""


class BrokenOff(AdstelleError):
    """Who was sending something went away before it was whole."""
