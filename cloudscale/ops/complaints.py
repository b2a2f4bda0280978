"""What a loop logs of its failures: the first in words, and that it is over; never one a round.

round --failed--> logged once        round --worked--> logged if it had failed before
"""

import logging
import time

from sqlalchemy.exc import SQLAlchemyError

from cloudscale.errors import StoreError
from cloudscale.ops.words import duration

OUTSIDE = (SQLAlchemyError, StoreError, OSError)
"""What comes of a database or a network that is away: where in our code it struck says nothing."""


class Complaint:
    """One loop's failures in a row.

    Args:
        logger: The loop's.
        failing: What does not happen meanwhile: "Slow requests are not kept".
        working: What happens again: "Slow requests are kept again".
    """

    def __init__(self, logger: logging.Logger, failing: str, working: str) -> None:
        self._logger, self._failing, self._working = logger, failing, working
        self._since: float | None = None

    def failed(self, failure: BaseException) -> None:
        """A round failed; what nobody foresaw is logged with its place."""
        if self._since is not None:
            return
        self._since = time.monotonic()
        trace = None if isinstance(failure, OUTSIDE) else failure
        name = type(failure).__name__
        self._logger.warning("%s: %s", self._failing, name, exc_info=trace)

    def worked(self) -> None:
        """A round did what it should."""
        if self._since is None:
            return
        seconds = time.monotonic() - self._since
        self._logger.info("%s, after %s", self._working, duration(seconds))
        self._since = None
