"""Who may watch the live dashboard, asked at the start and again while it streams.

token --Admission--> nothing, or the refusal
"""

import asyncio
import time

from sqlalchemy.exc import SQLAlchemyError

from cloudscale.db import in_transaction
from cloudscale.errors import Busy, StoreError
from cloudscale.services import operators

RECHECK_SECONDS = 5.0
ASK_TIMEOUT_SECONDS = 5.0
# While the database is away nobody can change a role, and ops need the page most; but not for ever.
GRACE_SECONDS = 600.0


# Who was let in, by token, so that a page that asks anew meanwhile is not put out. Steady seconds.
_confirmed: dict[str | None, float] = {}


class CannotTell(StoreError):
    """The database did not answer, so nobody can be let in (503)."""

    status = Busy.status

    def __init__(self) -> None:
        super().__init__(
            "The database does not answer, so we cannot check who you are. Trying again."
        )


class Admission:
    """One viewer's right to watch.

    Asking does not count as activity: a page left open neither keeps a session alive nor counts
    as a user.

    Args:
        token: The viewer's session token.
    """

    def __init__(self, token: str | None) -> None:
        self._token = token
        self._confirmed_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    @property
    def is_credible(self) -> bool:
        """Whether what is shown may stay while the database is away."""
        return time.monotonic() - self._confirmed_at < GRACE_SECONDS

    async def ask(self) -> None:
        """Ask the database now.

        Raises:
            NotSignedIn, NotAllowed, SessionEnded: The viewer may not watch.
            CannotTell: The database did not answer, in time or at all, and has not let this
                viewer in for `GRACE_SECONDS`.
        """
        try:
            # Not `wait_for`: where the answer comes just then it swallows a cancellation.
            async with asyncio.timeout(ASK_TIMEOUT_SECONDS):
                await in_transaction(operators.require_operator, self._token)
        except (SQLAlchemyError, TimeoutError) as failure:
            if time.monotonic() - _confirmed.get(self._token, -GRACE_SECONDS) >= GRACE_SECONDS:
                raise CannotTell from failure
            self._confirmed_at = _confirmed[self._token]
            return
        except StoreError:
            _confirmed.pop(self._token, None)
            raise
        self._confirmed_at = time.monotonic()
        _keep(self._token, self._confirmed_at)

    def check(self) -> None:
        """Ask again when it is time, without waiting; raise what the last answer was.

        Raises:
            StoreError: The viewer may no longer watch, or that could not be confirmed for
                `GRACE_SECONDS`.
        """
        age = time.monotonic() - self._confirmed_at
        if self._asking is not None and self._asking.done():
            asked, self._asking = self._asking, None
            refusal = asked.exception()
            is_unknown = isinstance(refusal, CannotTell)
            if refusal is not None and not (is_unknown and self.is_credible):
                raise refusal
        if self._asking is None and age >= RECHECK_SECONDS:
            self._asking = asyncio.create_task(self.ask())

    def close(self) -> None:
        """Stop asking."""
        asking, self._asking = self._asking, None
        if asking is not None and not asking.cancel():
            asking.exception()  # nobody else will look at it


def _keep(token: str | None, now: float) -> None:
    """Remember who was let in, and nobody for longer than it counts."""
    for old in [one for one, at in _confirmed.items() if now - at >= GRACE_SECONDS]:
        del _confirmed[old]
    _confirmed[token] = now
