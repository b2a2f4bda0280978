"""The one tree of refusals. A refusal has a message that is safe to show and an HTTP status.

Anything that is not a `StoreError` is a bug: it is logged with a request id and never shown.
Imports nothing of ours.
"""

from dataclasses import dataclass


class StoreError(Exception):
    """A business rule said no.

    Attributes:
        message: Plain words: what happened and what to do. Safe to show.
        status: The HTTP status that says the same.
        is_recorded: Whether what was written before the refusal is kept (`db.unit_of_work`
            commits it): a wrong password must count although the sign-in came to nothing.
    """

    status = 400
    is_recorded = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field at fault and why, in words."""

    field: str
    message: str


class InvalidInput(StoreError):
    """One or more fields hold something that cannot be taken (422)."""

    status = 422

    def __init__(self, *errors: FieldError) -> None:
        super().__init__(" ".join(f"{error.message}" for error in errors))
        self.errors = errors

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidInput":
        """One field at fault."""
        return cls(FieldError(field, message))


class AlreadyTaken(InvalidInput):
    """A name that must be unique belongs to someone else already (409)."""

    status = 409


class AccountExists(AlreadyTaken):
    """Someone has an account under this e-mail or username (409); that it was asked counts."""

    is_recorded = True


class NotSignedIn(StoreError):
    """The action needs an account (401)."""

    status = 401

    def __init__(self, message: str = "Please sign in first.") -> None:
        super().__init__(message)


class SessionEnded(NotSignedIn):
    """The cookie's session was signed out, ended or ran out; the next page brings a new one."""

    def __init__(self) -> None:
        super().__init__("Your session has ended. Reload the page to go on, or sign in again.")


class TokenRefused(NotSignedIn):
    """A bearer token that does not work, be it malformed, unknown or revoked (401)."""

    def __init__(self) -> None:
        super().__init__("This access token does not work. Make a new one on the profile page.")


class WrongCredentials(StoreError):
    """E-mail and password do not belong together; never says which (401)."""

    status = 401
    is_recorded = True

    def __init__(self) -> None:
        super().__init__("E-mail or password is not right. Check both and try again.")


class WrongPassword(InvalidInput):
    """The password that confirms a change is not right (422)."""

    is_recorded = True


class PaymentDeclined(StoreError):
    """The payment provider said no; nothing was ordered (402)."""

    status = 402

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason} Nothing was ordered and your cart is kept.")


class NotAllowed(StoreError):
    """The signed-in user lacks the role (403)."""

    status = 403

    def __init__(self, message: str = "Your account may not do this.") -> None:
        super().__init__(message)


class NotFound(StoreError):
    """Absent, unpublished, or someone else's: the same answer for all three (404)."""

    status = 404

    def __init__(self, what: str) -> None:
        super().__init__(f"We could not find that {what}.")
        self.what = what


class RuleRefused(StoreError):
    """The request is well-formed but a rule of the shop forbids it now (409)."""

    status = 409


class VersionConflict(StoreError):
    """It was changed since the caller read it, so nothing of the change was carried out (412)."""

    status = 412

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was changed or sold meanwhile. Read it again, then repeat this.")
        self.name = name


class OutOfStock(RuleRefused):
    """Fewer units are on hand than were asked for (409)."""

    def __init__(self, name: str, asked: int, on_hand: int) -> None:
        left = f"Only {on_hand} of {name} left" if on_hand else f"{name} is sold out"
        super().__init__(f"{left}. You asked for {asked}; change your cart and try again.")
        self.name, self.asked, self.on_hand = name, asked, on_hand


class PriceChanged(RuleRefused):
    """A price is no longer the one that the shopper was shown (409)."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} Please look at your cart again before you order.")


class PriceShown(PriceChanged):
    """The same, and told price by price: the next attempt is at prices that were shown (409)."""

    is_recorded = True


def _wait_in_words(seconds: int) -> str:
    count, unit = (seconds, "second") if seconds < 90 else (round(seconds / 60), "minute")
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


class TooManyAttempts(StoreError):
    """Too fast; try again after a wait (429)."""

    status = 429

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"Too many attempts. Please wait {_wait_in_words(retry_after_seconds)}.")
        self.retry_after_seconds = retry_after_seconds


class TooManyCalls(TooManyAttempts):
    """A program that calls too fast (429)."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(retry_after_seconds)
        self.message = f"Too many calls. Please wait {_wait_in_words(retry_after_seconds)}."


class Busy(StoreError):
    """A bounded queue is full; nothing was started (503)."""

    status = 503

    def __init__(
        self, message: str = "We are very busy right now. Please try again in a moment."
    ) -> None:
        super().__init__(message)
