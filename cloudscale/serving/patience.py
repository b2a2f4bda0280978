"""A database that is not up yet, or has no connection to spare: waited for, in words."""

import time
from collections.abc import Callable

from sqlalchemy.exc import OperationalError

from cloudscale.serving.terminal import say

PAUSE_SECONDS = 2.0
# Source: PostgreSQL, appendix A. Too many connections, starting or shutting down, connection lost,
# and a lock that another server's migration holds.
PASSING = ("53300", "57P01", "57P02", "57P03", "08", "55P03")
# What a server says to who may not come in at all, and libpq to who asks for the impossible.
LASTING = (
    "authentication failed",
    "does not exist",
    "no pg_hba.conf entry",
    "certificate",
    "does not support SSL",
    "invalid",
)


def reason_of(error: Exception) -> str:
    """What the database refused, as one line."""
    return str(error.__cause__ or error).strip().splitlines()[0]


def passes(error: OperationalError) -> bool:
    """Whether the same may well be answered a little later."""
    state = getattr(error.orig, "sqlstate", None)
    if state:
        return state.startswith(PASSING)
    return not any(words in str(error.orig) for words in LASTING)


def persist(work: Callable[[], None], seconds: float) -> None:
    """Do some work on the database, again and again while it cannot be reached.

    Args:
        work: What is done whole or not at all.
        seconds: For so long; 0 tries once.

    Raises:
        OperationalError: It was in vain, or would be.
    """
    deadline = time.monotonic() + seconds
    told = ""
    while True:
        try:
            return work()
        except OperationalError as error:
            left = deadline - time.monotonic()
            if left <= 0 or not passes(error):
                raise
            if (reason := reason_of(error)) != told:
                told = reason
                say(f"Waiting up to {left:.0f} s for the database: {reason}")
        time.sleep(min(PAUSE_SECONDS, left))
