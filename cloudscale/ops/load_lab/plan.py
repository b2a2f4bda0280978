"""What virtual shoppers do, in which mix and at which pace. Pure, and the same for a seed.

Plan --moves(number)--> pause, browse, pause, search, …      Pace --wait_seconds--> not too many
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

MOST_SHOPPERS = 200
MOST_MINUTES = 30
MOST_REQUESTS_PER_SECOND = 100.0
"""Of all shoppers together. A process answers some 650 a second on two cores."""

RAMP_SECONDS = 30.0
"""Over how long the shoppers come, one after the other; a quarter of a run at most."""
MEAN_PAUSE_SECONDS = 4.0
LEAST_PAUSE_SECONDS, MOST_PAUSE_SECONDS = 0.5, 20.0
MEMBERS = 0.3
"""The share of shoppers that have an account, and so can order; at least one."""
WORDS = ("lamp", "headphones", "shirt", "speaker", "watch", "bag", "charger", "jacket", "phone")


class Step(StrEnum):
    """What a shopper does."""

    BROWSE = "browse"
    SEARCH = "search"
    PRODUCT = "look at a product"
    CART = "fill the cart"
    ORDER = "order"


MIX: Mapping[Step, int] = {
    Step.BROWSE: 35,
    Step.SEARCH: 20,
    Step.PRODUCT: 20,
    Step.CART: 15,
    Step.ORDER: 10,
}
"""Of 100 steps. Who has no account browses where others would order."""
OPENING = (Step.BROWSE, Step.PRODUCT, Step.CART, Step.ORDER)
"""What a member does first, so that orders are seen soon; a guest the first of it alone."""


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a shopper.

    Attributes:
        pause_seconds: How long the shopper thinks before.
        step: What it does then.
        chance: 0 to 1, for whatever is to be chosen.
        word: What it would search for.
    """

    pause_seconds: float
    step: Step
    chance: float
    word: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One run.

    Attributes:
        shoppers: How many, 1 to MOST_SHOPPERS.
        seconds: How long.
        seed: Two runs of one seed do the same.
    """

    shoppers: int
    seconds: int
    seed: int

    @property
    def members(self) -> int:
        """How many have an account; they have the lowest numbers."""
        return max(1, round(self.shoppers * MEMBERS))

    @property
    def guests(self) -> int:
        """How many have none."""
        return self.shoppers - self.members

    def joins_at(self, number: int) -> float:
        """Seconds from the start of the run to the coming of a shopper, from 0 on."""
        ramp = min(RAMP_SECONDS, self.seconds / 4)
        return ramp * number / self.shoppers

    def moves(self, number: int) -> Iterator[Move]:
        """What a shopper does, without an end; it comes to the first page at once."""
        random = Random(f"{self.seed}/{number}")  # noqa: S311
        pause = 0.0
        for step in self._steps(number, random):
            yield Move(pause, step, random.random(), random.choice(WORDS))
            thinking = random.expovariate(1 / MEAN_PAUSE_SECONDS)
            pause = min(max(thinking, LEAST_PAUSE_SECONDS), MOST_PAUSE_SECONDS)

    def _steps(self, number: int, random: Random) -> Iterator[Step]:
        is_member = number < self.members
        yield from OPENING if is_member else OPENING[:1]
        steps, weights = zip(*MIX.items(), strict=True)
        while True:
            [step] = random.choices(steps, weights)
            yield step if is_member or step is not Step.ORDER else Step.BROWSE


class Pace:
    """Spreads requests, so that no more come in a second than may.

    Args:
        most_per_second: Of all shoppers together.
    """

    def __init__(self, most_per_second: float = MOST_REQUESTS_PER_SECOND) -> None:
        self._apart = 1 / most_per_second
        self._free_at = 0.0

    def wait_seconds(self, now: float) -> float:
        """Take the next place; how long to wait for it.

        Args:
            now: Seconds of a steady clock.
        """
        place = max(now, self._free_at)
        self._free_at = place + self._apart
        return place - now
