"""A group written down, so that another process goes on with it where this one was. Pure.

Group --taken--> JSON --resumed--> a group in which the same happens from then on
"""

from collections.abc import Mapping, Sequence
from heapq import heapify
from math import inf, isfinite
from typing import Any

from cloudscale.ops.ports import Lifecycle
from cloudscale.ops.scaling.model.group import Group
from cloudscale.ops.scaling.model.instances import Machine, fate
from cloudscale.ops.scaling.model.settings import GroupSettings

VERSION = 1


def taken(group: Group) -> dict[str, Any]:
    """The group as it is, all of it told that has happened; JSON values."""
    return {
        "version": VERSION,
        "seed": group._seed,
        "desired": group.desired,
        "cause": group._cause,
        "launched": group.launched,
        "gone": group.gone,
        "pause": group._pause,
        "isPaused": group._is_paused,
        "looksAtBalance": group._looks_at_balance,
        "balancer": group._balancer.number if group._balancer else None,
        "failedZones": sorted(group._failed_zones),
        "darkZones": sorted(group._dark_zones),
        "machines": [_of_machine(one) for one in group._machines.values()],
        "agenda": [
            [at, what.__name__, [_of_argument(one) for one in about]]
            for at, _, what, about in sorted(group._agenda._events, key=lambda one: one[:2])
            if not any(_is_gone(group, one) for one in about)
        ],
    }


def _is_gone(group: Group, about: object) -> bool:
    """Nothing more happens to a machine that the group has forgotten."""
    return isinstance(about, Machine) and about.number not in group._machines


def _of_argument(about: object) -> Any:
    return {"machine": about.number} if isinstance(about, Machine) else about


def _of_machine(machine: Machine) -> list[Any]:
    return [
        machine.number,
        machine.zone,
        machine.launched_at,
        machine.lifecycle.value,
        machine.since,
        machine.attached_at if isfinite(machine.attached_at) else None,
        machine.is_pooled,
        machine.is_dead,
    ]


def resumed(kept: Mapping[str, Any], settings: GroupSettings, now: float) -> Group:
    """The group that was written down; what happened meanwhile is told when it advances.

    Args:
        kept: What `taken` wrote.
        settings: What the group is like from now on.
        now: The clock.

    Raises:
        ValueError: It was written by another version, or its zones are not those of the settings.
    """
    try:
        return _resumed(kept, settings, now)
    except (KeyError, TypeError, AttributeError, IndexError) as fault:
        raise ValueError(f"this is no group that was written down: {fault!r}") from fault


def _resumed(kept: Mapping[str, Any], settings: GroupSettings, now: float) -> Group:
    if kept["version"] != VERSION:
        raise ValueError("it was written by another version")
    if not {one[1] for one in kept["machines"]} <= set(settings.zones):
        raise ValueError("its instances are in other zones")
    group = Group(settings.model_copy(update={"outages": ()}), kept["seed"], now)
    group._machines = {
        one.number: one
        for one in (_machine(row, settings, kept["seed"]) for row in kept["machines"])
    }
    group.desired, group._cause = kept["desired"], kept["cause"]
    group.launched, group.gone = kept["launched"], kept["gone"]
    group._pause, group._is_paused = kept["pause"], kept["isPaused"]
    group._looks_at_balance = kept["looksAtBalance"]
    group._balancer = group._machines.get(kept["balancer"])
    group._failed_zones, group._dark_zones = set(kept["failedZones"]), set(kept["darkZones"])
    _plan(group, kept["agenda"])
    return group


def _machine(row: Sequence[Any], settings: GroupSettings, seed: int) -> Machine:
    number, zone, launched_at, lifecycle, since, attached_at, is_pooled, is_dead = row
    return Machine(
        number,
        zone,
        launched_at,
        fate(settings, seed, number),
        Lifecycle(lifecycle),
        since,
        inf if attached_at is None else attached_at,
        is_pooled,
        is_dead,
    )


def _plan(group: Group, agenda: Sequence[Any]) -> None:
    for number, (at, name, about) in enumerate(agenda, 1):
        arguments = (
            group._machines[one["machine"]] if isinstance(one, dict) else one for one in about
        )
        group._agenda._events.append((at, number, getattr(group, name), tuple(arguments)))
    group._agenda._planned = len(agenda)
    heapify(group._agenda._events)
