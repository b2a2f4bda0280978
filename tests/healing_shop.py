"""A modelled shop in memory: a stack and a fleet on a clock of their own, healed as the real one.

seeded_run(seed) --> Trial: something is broken at a random moment, and timed until all is well
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cloudscale.adapters.simulated import SimulatedFleet
from cloudscale.ops.healing.breaking import BREAKS, ZONE_SECONDS, hurting
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.model import stack
from cloudscale.ops.healing.model.ailments import Kind as Ailing
from cloudscale.ops.healing.model.world import ModelWorld
from cloudscale.ops.healing.observed import Member
from cloudscale.ops.healing.ports import Parts
from cloudscale.ops.healing.record import Phase
from cloudscale.ops.healing.report import Report
from cloudscale.ops.healing.run import heal
from cloudscale.ops.policy import POLICY
from cloudscale.ops.scaling.model import GroupSettings
from cloudscale.ops.scaling.model.happened import Kind
from tests.healing_fakes import FakeClock, FakeLedger, FakeMessenger, FakeSource

REGION = "ap-south-1"
START = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()


class Kept:
    def __init__(self, there: Mapping[str, Any]) -> None:
        self.there = dict(there)

    def load(self) -> Mapping[str, Any]:
        return self.there

    def change(self, how: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self.there = how(self.there)


class Shop:
    """A modelled shop: its fleet lives on while healing waits."""

    def __init__(self, mode: Mode = Mode.APPLY) -> None:
        self.wanted = stack.desired(POLICY, REGION, mode)
        self.kept = Kept(stack.as_wanted(self.wanted))
        self.fleet = SimulatedFleet(GroupSettings(zones=(f"{REGION}a", f"{REGION}b")))
        self.fleet.begin(POLICY, START, None)
        self.clock, self.ledger = FakeClock(datetime.fromtimestamp(START, UTC)), FakeLedger()
        self.clock.while_asleep = self.live
        self.launched_at: dict[str, float] = {}
        self.boots: list[float] = []
        world = ModelWorld(self.fleet, self.kept, self.clock.now)
        source = FakeSource(self.wanted)
        self.parts = Parts(source, world, self.ledger, FakeMessenger(), self.clock)

    def live(self) -> None:
        happened = self.fleet.advance(self.clock.now().timestamp())
        self.launched_at |= {one.instance: one.at for one in happened if one.kind is Kind.LAUNCHED}
        self.boots += [
            one.at - self.launched_at[one.instance]
            for one in happened
            if one.kind is Kind.IN_SERVICE and one.instance in self.launched_at
        ]

    def wait(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self.clock.go_on(1)
            self.live()

    def heal(self) -> Report:
        return heal(self.parts, "loop", is_simulated=True)

    def phases(self) -> list[Phase]:
        return [one.phase for one in self.ledger.lines]

    def is_whole(self) -> bool:
        """Whether everything is as wanted, and as many serve as there should be."""
        healthy = [one for one in self.fleet.members() if one.target == "healthy"]
        is_fleet_whole = len(healthy) >= (self.fleet.read().desired or 0)
        is_ailing = any(map(_ails, self.fleet.members()))
        return is_fleet_whole and not is_ailing and self.kept.there == stack.as_wanted(self.wanted)


def _ails(member: Member) -> bool:
    figures = (*member.cpu_percent, *member.memory_percent)
    return max(figures) > 90 or member.checks == "impaired"


@dataclass(frozen=True)
class Trial:
    """One seeded run.

    Attributes:
        slug: What was broken.
        seconds: From the fault until all was well.
        boot_seconds: Of that, how long the longest launch took.
        acted_seconds: From the fault until healing acted; `None` where the group was faster.
    """

    slug: str
    seconds: float
    boot_seconds: float
    acted_seconds: float | None


FAULTS = {
    **BREAKS,
    "use-up-cpu": hurting(Ailing.CPU),
    "fail-checks": hurting(Ailing.IMPAIRED),
    "fail-checks-for-good": hurting(Ailing.BROKEN),
}
"""What the page breaks, and what can befall a machine besides."""

RUN_SECONDS = 10
LONGEST_SECONDS = 900


def seeded_run(seed: int) -> Trial:
    """Break something, chosen by the seed at a moment chosen by it, and heal until all is well.

    Raises:
        AssertionError: It was not well within a quarter of an hour.
    """
    chance = random.Random(seed)
    slug = chance.choice(sorted(FAULTS))
    shop = Shop()
    shop.wait(chance.randrange(1, 40))
    began = shop.clock.now()
    ref = FAULTS[slug](shop.fleet, shop.kept, began.timestamp())
    assert ref, slug
    next_run = chance.uniform(0, RUN_SECONDS)
    while not shop.is_whole() or (shop.clock.now() - began).total_seconds() < 1:
        waited = (shop.clock.now() - began).total_seconds()
        assert waited < LONGEST_SECONDS, f"{slug} of seed {seed} was not well in time"
        if ref.startswith("zone/") and waited >= ZONE_SECONDS:
            shop.fleet.regain_zone(ref.removeprefix("zone/"))
        shop.wait(1)
        if (shop.clock.now() - began).total_seconds() >= next_run:
            shop.heal()
            next_run = (shop.clock.now() - began).total_seconds() + RUN_SECONDS
    acted = [one.at for one in shop.ledger.lines if one.phase is Phase.ACTED]
    return Trial(
        slug,
        (shop.clock.now() - began).total_seconds(),
        max(shop.boots, default=0.0),
        (acted[0] - began).total_seconds() if acted else None,
    )
