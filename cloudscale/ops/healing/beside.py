"""A thread beside the leader's: for work that may take longer than the leader's second.

leader --live, once a second--> a sign of life     thread: --every second--> turn
"""

import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
SILENT_SECONDS = 5
"""A leader that has said nothing for so long is none any more: its thread ends."""


class Beside:
    """One leader's thread.

    Args:
        name: The thread's.
        turn: What it does about once a second; whatever fails, the next second tries again.
        failing: What is logged, once, when it fails.
    """

    def __init__(self, name: str, turn: Callable[[], None], failing: str) -> None:
        self._name, self._turn, self._failing = name, turn, failing
        self._seen_at = 0.0
        self.thread: threading.Thread | None = None

    def live(self) -> None:
        """Say that the leader is there."""
        self._seen_at = time.monotonic()
        if self.thread is None or not self.thread.is_alive():
            self.thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self.thread.start()

    def _run(self) -> None:
        is_failing = False
        while time.monotonic() - self._seen_at < SILENT_SECONDS:
            try:
                self._turn()
                is_failing = False
            except Exception:  # the database may be away: the next second finds it again
                if not is_failing:
                    logger.exception(self._failing)
                is_failing = True
            time.sleep(TICK_SECONDS)
