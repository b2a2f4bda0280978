"""What virtual shoppers see of the shop, counted as they see it. Pure.

answer --Tally.note--> Tally --figures--> Figures, once a second
"""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from math import ceil
from typing import Any

RATE_SECONDS = 5.0
TIMES_SECONDS = 30.0
MOST_FAULT = 120


class Outcome(StrEnum):
    """How a request ended."""

    ANSWERED = "answered"
    REFUSED = "refused"  # a rule of the shop: sold out, say
    FAILED = "failed"  # a server error, too fast, or no answer


@dataclass(frozen=True, slots=True)
class Figures:
    """How a run does.

    Attributes:
        shoppers: Those that are in the shop now.
        requests: Sent and answered, or failed, since the start.
        refusals: Of those, refused by a rule of the shop.
        errors: Of those, failed.
        orders: Test orders placed.
        requests_per_second: Over the last RATE_SECONDS.
        p50_ms: Half were answered in this time, over the last TIMES_SECONDS; None without any.
        p95_ms: 19 of 20 were.
        fault: How the last one that failed did, in words; empty if none.
    """

    shoppers: int = 0
    requests: int = 0
    refusals: int = 0
    errors: int = 0
    orders: int = 0
    requests_per_second: float = 0.0
    p50_ms: float | None = None
    p95_ms: float | None = None
    fault: str = ""

    def as_json(self) -> dict[str, Any]:
        """Itself for a row, or a pipe."""
        return asdict(self)

    @classmethod
    def of_json(cls, written: Mapping[str, Any]) -> "Figures":
        """What `as_json` wrote; what another version wrote besides is left out."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in written.items() if name in names})


class Tally:
    """Counts what shoppers see.

    Attributes:
        shoppers: How many are in the shop now.
        orders: How many orders were placed.
    """

    def __init__(self) -> None:
        self.shoppers, self.orders = 0, 0
        self._outcomes: Counter[Outcome] = Counter()
        self._times: deque[tuple[float, float]] = deque()
        self._fault = ""

    def note(self, now: float, seconds: float, outcome: Outcome, fault: str = "") -> None:
        """Count a request.

        Args:
            now: When it ended, by a steady clock.
            seconds: How long it took, from sending it to the last byte.
            outcome: How it ended.
            fault: Of one that failed, how, in words.
        """
        self._outcomes[outcome] += 1
        self._times.append((now, seconds))
        if fault:
            self._fault = fault[:MOST_FAULT]

    def figures(self, now: float) -> Figures:
        """How the run does at a moment of the same clock."""
        while self._times and self._times[0][0] < now - TIMES_SECONDS:
            self._times.popleft()
        lately = sum(at > now - RATE_SECONDS for at, _ in self._times)
        taken = sorted(seconds for _, seconds in self._times)
        return Figures(
            shoppers=self.shoppers,
            requests=self._outcomes.total(),
            refusals=self._outcomes[Outcome.REFUSED],
            errors=self._outcomes[Outcome.FAILED],
            orders=self.orders,
            requests_per_second=round(lately / RATE_SECONDS, 1),
            p50_ms=_percentile_ms(taken, 0.5),
            p95_ms=_percentile_ms(taken, 0.95),
            fault=self._fault,
        )


def _percentile_ms(ordered: list[float], share: float) -> float | None:
    """The smallest time that so large a share did not exceed."""
    if not ordered:
        return None
    return round(ordered[max(ceil(share * len(ordered)) - 1, 0)] * 1000, 1)
