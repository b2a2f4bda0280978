"""The modelled stack and fleet, as healing's World.

StackKeeper, ModelFleet --observe--> Observed      Command --act--> one of the two
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.model import interpreting, stack
from cloudscale.ops.healing.observed import Fleet, Found, Gone, Member, Observed, Sight
from cloudscale.ops.healing.ports import Refused
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.ports import FleetState

OF_FLEET = frozenset({"member", "fleet"})
REPLACING = frozenset(
    {
        ("autoscaling", "set_instance_health"),
        ("autoscaling", "terminate_instance_in_auto_scaling_group"),
    }
)
"""Calls that the modelled group answers alike: it has another one in the place of this one."""


class ModelFleet(Protocol):
    """The modelled fleet, as healing sees and changes it."""

    def read(self) -> FleetState:
        """How many there should be."""
        ...

    def members(self) -> Sequence[Member]:
        """Its instances."""
        ...

    def replace(self, id_: str, cause: str) -> bool:
        """End an instance and have another in its place; whether it was there."""
        ...

    def reboot(self, id_: str) -> bool:
        """Start an instance anew; whether it was there."""
        ...


class StackKeeper(Protocol):
    """Where the modelled stack is kept."""

    def load(self) -> Mapping[str, Any]:
        """The stack as it is: fields by ref."""
        ...

    def change(self, how: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Change it, alone."""
        ...


class ModelWorld:
    """A healing `World` that is a model.

    Args:
        fleet: The modelled fleet.
        keeper: Where the stack is kept.
        now: The time, aware UTC.
    """

    def __init__(self, fleet: ModelFleet, keeper: StackKeeper, now: Callable[[], datetime]) -> None:
        self._fleet, self._keeper, self._now = fleet, keeper, now

    def observe(self, desired: Desired, only: Collection[Ref] | None = None) -> Observed:
        """Look at all of it, or at some."""
        there = self._keeper.load()
        seen: dict[Ref, Sight] = {}
        for one in desired.resources:
            if only is None or one.ref in only:
                fields = there.get(str(one.ref))
                seen[one.ref] = Gone() if fields is None else Found(fields)
        is_of_fleet = only is None or any(ref.kind in OF_FLEET for ref in only)
        fleet = self._seen_fleet(desired) if is_of_fleet else None
        return Observed(self._now(), seen, fleet)

    def _seen_fleet(self, desired: Desired) -> Fleet:
        state, members = self._fleet.read(), self._fleet.members()
        return Fleet(
            group=desired.stack.group,
            desired=state.desired or 0,
            smallest=state.smallest or 0,
            largest=state.largest or 0,
            members=members,
            target_group=stack.TARGET_GROUP,
        )

    def act(self, command: Command) -> None:
        """Make one call, as the model takes it.

        Raises:
            Refused: The model knows no such call, or what it names is not there.
        """
        if (command.service, command.operation) in REPLACING:
            id_ = command.arguments["InstanceId"]
            if not self._fleet.replace(id_, "Healing had it replaced."):
                raise Refused(f"{id_} is not there.", is_vanished=True)
        elif (command.service, command.operation) == ("ec2", "reboot_instances"):
            for id_ in command.arguments["InstanceIds"]:
                if not self._fleet.reboot(id_):
                    raise Refused(f"{id_} is not there.", is_vanished=True)
        else:
            self._keeper.change(lambda there: interpreting.apply(there, command))
