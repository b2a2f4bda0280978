"""A fleet that is a model, for a shop without a cloud: real time, real load, modelled instances.

LiveScaling --set_desired, advance--> SimulatedFleet --read--> FleetState, source "simulated"
chaos --hurt--> SimulatedFleet --members--> healing --replace-->

Everything that is told of it says that it is simulated. Its instances serve nobody.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from threading import RLock
from typing import Any, Concatenate, ParamSpec, TypeVar

from cloudscale.ops.healing.model.ailments import (
    HELPED_BY_REBOOT,
    SILENT,
    Ailment,
    ailments_of,
    as_json,
    member_of,
)
from cloudscale.ops.healing.observed import Member
from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.ops.ports import FleetInstance, FleetState, Lifecycle
from cloudscale.ops.scaling.model import (
    Group,
    GroupSettings,
    Happened,
    ModelInstance,
    Spread,
    snapshot,
)
from cloudscale.ops.scaling.observed import Capacity
from cloudscale.settings import Settings

SEED = 1
"""Any number: the instances' boot times follow from it, the same in every shop."""
LAUNCH_SHARE, LAUNCH_P95_SHARE = 20 / 120, 35 / 120
BOOT_SHARE, BOOT_P95_SHARE = 84 / 120, 114 / 120
"""How a launch and the boot after it share the time; the health check takes the rest."""
MOST_DRAINING_SECONDS = 60


P = ParamSpec("P")
R = TypeVar("R")


def locked(method: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """Have one thread at a time in the fleet."""

    @wraps(method)
    def alone(self: Any, *arguments: P.args, **named: P.kwargs) -> R:
        with self._lock:
            return method(self, *arguments, **named)

    return alone


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
    """A `FleetSource` that can also be given another size, hurt and healed. Any thread may use it.

    Args:
        settings: What it is like.
    """

    def __init__(self, settings: GroupSettings) -> None:
        self._settings = settings
        self._group = Group(settings, SEED, 0.0)
        self._policy: ScalingPolicy | None = None
        self._now = 0.0
        self._ailments: dict[str, Ailment] = {}
        self._lost: dict[str, list[str]] = {}
        # Scaling and healing are two threads' work.
        self._lock = RLock()

    @locked
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
                self._ailments = ailments_of(kept.get("ailments", {}))
                self._lost = {zone: list(ids) for zone, ids in kept.get("lost", {}).items()}
                return True
        except ValueError:
            pass  # another version's, or in other zones: it cannot go on
        self._group, self._ailments, self._lost = Group(settings, SEED, now), {}, {}
        self._group.settle(policy.bounds.desired_instances, now)
        return False

    @locked
    def follow(self, policy: ScalingPolicy) -> None:
        """Another policy is in force; its bounds are told, its grace goes for who comes next."""
        self._policy = policy
        self._group.settings = self._group.settings.under(policy)

    @locked
    def set_desired(self, desired: int, now: float, cause: str) -> None:
        """Want another size from now on.

        Args:
            desired: How many instances.
            now: Seconds since 1970.
            cause: Why, in a sentence.
        """
        self._now = max(now, self._now)
        self._group.set_desired(desired, self._now, cause)

    @locked
    def advance(self, now: float) -> Sequence[Happened]:
        """What happened up to now and was not told yet, in order; a clock set back does nothing."""
        self._now = max(now, self._now)
        return self._group.advance(self._now)

    @locked
    def capacity(self, warm_up_seconds: float) -> Capacity:
        """How many instances there are."""
        return self._group.capacity(self._now, warm_up_seconds)

    @locked
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

    @locked
    def as_json(self) -> dict[str, Any]:
        """All of it, for `begin`."""
        hurt = {"ailments": as_json(self._ailments), "lost": self._lost}
        return {**snapshot.taken(self._group), **hurt}

    # What is done to it on purpose, and against that

    @locked
    def hurt(self, id_: str, ailment: Ailment) -> bool:
        """Have one of its instances ail; whether it was there and well."""
        if id_ in self._ailments or not any(one.id == id_ for one in self._serving()):
            return False
        self._ailments[id_] = ailment
        if ailment.kind in SILENT:
            self._group.fail(self._now, id_, f"It is {ailment.kind} on purpose.")
        return True

    @locked
    def lose_zone(self, zone: str) -> None:
        """Have a zone go dark."""
        there = [one.id for one in self._members() if one.zone == zone]
        if self._group.lose_zone(self._now, zone):
            self._lost[zone] = there

    @locked
    def regain_zone(self, zone: str) -> None:
        """Have a zone come back."""
        self._group.regain_zone(self._now, zone)

    @locked
    def lost_with(self, zone: str) -> Sequence[str]:
        """Who was in a zone when it went dark last; kept with the fleet."""
        return tuple(self._lost.get(zone, ()))

    @locked
    def replace(self, id_: str, cause: str) -> bool:
        """End an instance and have another in its place; whether it was there."""
        self._ailments.pop(id_, None)
        return self._group.replace(self._now, id_, cause)

    @locked
    def reboot(self, id_: str) -> bool:
        """Start an instance anew, which may help; whether it was there."""
        ailment = self._ailments.get(id_)
        if ailment is not None and ailment.kind in HELPED_BY_REBOOT:
            del self._ailments[id_]
            if ailment.kind in SILENT:
                return self._group.revive(self._now, id_)
        return any(one.id == id_ for one in self._group.instances(self._now))

    @locked
    def members(self) -> Sequence[Member]:
        """Its instances as healing sees them."""
        found = [member_of(one, self._ailments.get(one.id), self._now) for one in self._members()]
        self._ailments = {
            one.id: self._ailments[one.id] for one in found if one.id in self._ailments
        }
        return found

    def _members(self) -> Sequence[ModelInstance]:
        """Without those of the warm pool."""
        seen = self._group.instances(self._now)
        return [one for one in seen if one.lifecycle is not Lifecycle.OTHER]

    def _serving(self) -> Sequence[ModelInstance]:
        seen = self._group.instances(self._now)
        return [one for one in seen if one.lifecycle is Lifecycle.IN_SERVICE and one.is_healthy]
