"""A fleet that is a model, for a shop without a cloud: real time, real load, modelled instances.

LiveScaling --set_desired, advance--> SimulatedFleet --read--> FleetState, source "simulated"

Everything that is told of it says that it is simulated. Its instances serve nobody.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.ops.ports import FleetInstance, FleetState
from cloudscale.ops.scaling.model import Group, GroupSettings, Happened, Spread, snapshot
from cloudscale.ops.scaling.observed import Capacity
from cloudscale.settings import Settings

SEED = 1
"""Any number: the instances' boot times follow from it, the same in every shop."""
LAUNCH_SHARE, LAUNCH_P95_SHARE = 20 / 120, 35 / 120
BOOT_SHARE, BOOT_P95_SHARE = 84 / 120, 114 / 120
"""How a launch and the boot after it share the time; the health check takes the rest."""
MOST_DRAINING_SECONDS = 60


def group_settings(settings: Settings) -> GroupSettings:
    """What the modelled fleet is like: its zones are the region's first two."""
    seconds, region = settings.simulated_boot_seconds, settings.aws_region
    return GroupSettings(
        zones=(f"{region}a", f"{region}b"),
        launch=Spread(
            median_seconds=seconds * LAUNCH_SHARE, p95_seconds=seconds * LAUNCH_P95_SHARE
        ),
        boot=Spread(median_seconds=seconds * BOOT_SHARE, p95_seconds=seconds * BOOT_P95_SHARE),
        health_interval_seconds=min(max(seconds / 12, 5), 10),
        draining_seconds=min(seconds / 2, MOST_DRAINING_SECONDS),
    )


class SimulatedFleet:
    """A `FleetSource` that can also be given another size. For one thread at a time.

    Args:
        settings: What it is like.
    """

    def __init__(self, settings: GroupSettings) -> None:
        self._settings = settings
        self._group = Group(settings, SEED, 0.0)
        self._policy: ScalingPolicy | None = None
        self._now = 0.0

    def begin(self, policy: ScalingPolicy, now: float, kept: Mapping[str, Any] | None) -> bool:
        """Go on with what was kept, or start with a fleet that was there before.

        Args:
            policy: Of the bounds, and the grace of health checks.
            now: Seconds since 1970.
            kept: What `as_json` told, if anything.

        Returns:
            Whether it goes on with what was kept.
        """
        self._now, self._policy = now, policy
        settings = self._settings.under(policy)
        try:
            if kept is not None:
                self._group = snapshot.resumed(kept, settings, now)
                return True
        except ValueError:
            pass  # another version's, or in other zones: it cannot go on
        self._group = Group(settings, SEED, now)
        self._group.settle(policy.bounds.desired_instances, now)
        return False

    def follow(self, policy: ScalingPolicy) -> None:
        """Another policy is in force; its bounds are told, its grace goes for who comes next."""
        self._policy = policy
        self._group.settings = self._group.settings.under(policy)

    def set_desired(self, desired: int, now: float, cause: str) -> None:
        """Want another size from now on.

        Args:
            desired: How many instances.
            now: Seconds since 1970.
            cause: Why, in a sentence.
        """
        self._now = max(now, self._now)
        self._group.set_desired(desired, self._now, cause)

    def advance(self, now: float) -> Sequence[Happened]:
        """What happened up to now and was not told yet, in order; a clock set back does nothing."""
        self._now = max(now, self._now)
        return self._group.advance(self._now)

    def capacity(self, warm_up_seconds: float) -> Capacity:
        """How many instances there are."""
        return self._group.capacity(self._now, warm_up_seconds)

    def read(self) -> FleetState:
        """The fleet as it was when it advanced last."""
        bounds = self._policy.bounds if self._policy else None
        return FleetState(
            desired=self._group.desired,
            smallest=bounds.min_instances if bounds else None,
            largest=bounds.max_instances if bounds else None,
            instances=tuple(
                FleetInstance(one.id, one.zone, one.lifecycle, one.is_healthy)
                for one in self._group.instances(self._now)
            ),
            source="simulated",
        )

    def as_json(self) -> dict[str, Any]:
        """All of it, for `begin`."""
        return snapshot.taken(self._group)
