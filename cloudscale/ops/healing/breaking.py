"""Breaking the model on purpose, as trials ask. For whoever has the modelled fleet: the leader.

slug --BREAKS--> the fleet or the stack is hurt --> the name of what healing must find
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from cloudscale.ops.healing.model.ailments import Ailment, Kind
from cloudscale.ops.healing.model.world import ModelFleet, StackKeeper

SSH = {
    "protocol": "tcp",
    "from_port": 22,
    "to_port": 22,
    "cidrs": ["0.0.0.0/0"],
    "description": "Opened on purpose",
}


class FragileFleet(ModelFleet, Protocol):
    """A modelled fleet that can be hurt."""

    def hurt(self, id_: str, ailment: Ailment) -> bool:
        """Have one of its instances ail; whether it was there and well."""
        ...

    def lose_zone(self, zone: str) -> None:
        """Have a zone go dark."""
        ...

    def regain_zone(self, zone: str) -> None:
        """Have a zone come back."""
        ...

    def lost_with(self, zone: str) -> Sequence[str]:
        """Who was in a zone when it went dark last."""
        ...


Break = Callable[[FragileFleet, StackKeeper, float], str]
"""Breaks something at a moment (seconds since 1970); its ref, or nothing if it cannot be broken."""


def hurting(kind: Kind) -> Break:
    """What has one of those that serve ail like this."""

    def hurt(fleet: FragileFleet, keeper: StackKeeper, now: float) -> str:
        for member in fleet.members():
            if member.target == "healthy" and fleet.hurt(member.id, Ailment(kind, now)):
                return f"member/{member.id}"
        return ""

    return hurt


def _open_port(fleet: FragileFleet, keeper: StackKeeper, now: float) -> str:
    ref = "security_group/fleet"

    def opened(stack: dict[str, Any]) -> dict[str, Any]:
        group = stack[ref]
        return {**stack, ref: {**group, "ingress": [*group["ingress"], SSH]}}

    keeper.change(opened)
    return ref


def _alarms(stack: Mapping[str, Any]) -> list[str]:
    return sorted(ref for ref in stack if ref.startswith("alarm/"))


def _delete_alarm(fleet: FragileFleet, keeper: StackKeeper, now: float) -> str:
    ref = next(iter(_alarms(keeper.load())), "")
    keeper.change(lambda stack: {name: one for name, one in stack.items() if name != ref})
    return ref


def _change_threshold(fleet: FragileFleet, keeper: StackKeeper, now: float) -> str:
    # Not the one that is deleted: what was just put back waits before it is put back again.
    ref = next(reversed(_alarms(keeper.load())), "")
    if ref:
        keeper.change(lambda stack: {**stack, ref: {**stack[ref], "threshold": 1_000}})
    return ref


def _lose_zone(fleet: FragileFleet, keeper: StackKeeper, now: float) -> str:
    zone = next((one.zone for one in fleet.members() if one.target == "healthy"), "")
    if zone:
        fleet.lose_zone(zone)
    return f"zone/{zone}" if zone else ""


BREAKS: Mapping[str, Break] = {
    "kill-instance": hurting(Kind.STOPPED),
    "freeze-instance": hurting(Kind.FROZEN),
    "fill-memory": hurting(Kind.MEMORY),
    "open-port": _open_port,
    "delete-alarm": _delete_alarm,
    "change-threshold": _change_threshold,
    "lose-zone": _lose_zone,
}
"""What each trial does, by its slug."""

OF_FLEET = frozenset({"kill-instance", "freeze-instance", "fill-memory", "lose-zone"})
"""Those that take a server away, or may."""

ZONE_SECONDS = 60
"""So long a zone that was taken away on purpose stays away."""
