"""What an instance of the modelled fleet can have, and how healing sees it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from cloudscale.ops.healing.observed import Member
from cloudscale.ops.ports import Lifecycle
from cloudscale.ops.scaling.model import ModelInstance

MINUTES = 10
WELL_MEMORY_PERCENT, FULL_MEMORY_PERCENT = 45.0, 97.0
WELL_CPU_PERCENT, BUSY_CPU_PERCENT = 30.0, 97.0
"""What an instance of the model uses: by assumption, since it runs nothing."""

LIFECYCLES = {
    Lifecycle.PENDING: "Pending",
    Lifecycle.IN_SERVICE: "InService",
    Lifecycle.TERMINATING: "Terminating",
    Lifecycle.STANDBY: "Standby",
}


class Kind(StrEnum):
    """What it has."""

    STOPPED = "stopped"  # its machine is off
    FROZEN = "frozen"  # its machine runs, and the application does not answer
    MEMORY = "memory"  # it answers, and its memory is full
    CPU = "cpu"  # it answers, and is far busier than its peers
    IMPAIRED = "impaired"  # it answers, and its status check fails until it is rebooted
    BROKEN = "broken"  # the same, and a reboot does not help


SILENT = frozenset({Kind.STOPPED, Kind.FROZEN})
"""With these it does not answer, and its group notices by itself."""
IMPAIRING = frozenset({Kind.IMPAIRED, Kind.BROKEN})
"""With these its status check fails."""
HELPED_BY_REBOOT = frozenset({Kind.FROZEN, Kind.IMPAIRED})


@dataclass(frozen=True, slots=True)
class Ailment:
    """What an instance has.

    Attributes:
        kind: What.
        since: Since when, in seconds since 1970.
    """

    kind: Kind
    since: float


def as_json(ailments: Mapping[str, Ailment]) -> dict[str, Any]:
    """Ailments by instance, to be kept."""
    return {id_: [one.kind.value, one.since] for id_, one in ailments.items()}


def ailments_of(kept: Mapping[str, Any]) -> dict[str, Ailment]:
    """What `as_json` wrote.

    Raises:
        ValueError: It did not write this.
    """
    try:
        return {id_: Ailment(Kind(kind), float(since)) for id_, (kind, since) in kept.items()}
    except TypeError as wrong:
        raise ValueError("these are no ailments") from wrong


def member_of(instance: ModelInstance, ailment: Ailment | None, now: float) -> Member:
    """An instance as its group, EC2 and the load balancer would tell of it.

    Args:
        instance: As the model has it.
        ailment: What it has, if anything.
        now: Seconds since 1970.
    """
    kind = ailment.kind if ailment else None
    since = datetime.fromtimestamp(ailment.since, UTC) if ailment else None
    is_serving = instance.lifecycle is Lifecycle.IN_SERVICE
    is_failing = is_serving and not instance.is_healthy
    return Member(
        id=instance.id,
        zone=instance.zone,
        lifecycle=LIFECYCLES.get(instance.lifecycle, "Pending"),
        launched_at=datetime.fromtimestamp(instance.launched_at, UTC),
        machine="stopped" if kind is Kind.STOPPED else "running",
        checks=_checks(kind),
        impaired_since=since if kind in IMPAIRING else None,
        target=_target(is_serving, is_failing),
        target_since=since,
        cpu_percent=_by_minute(
            BUSY_CPU_PERCENT if _has(ailment, Kind.CPU, now) else WELL_CPU_PERCENT
        ),
        memory_percent=_by_minute(
            FULL_MEMORY_PERCENT if _has(ailment, Kind.MEMORY, now) else WELL_MEMORY_PERCENT
        ),
    )


def _target(is_serving: bool, is_failing: bool) -> str:
    if is_failing:
        return "unhealthy"
    return "healthy" if is_serving else "initial"


def _checks(kind: Kind | None) -> str | None:
    if kind is Kind.STOPPED:
        return None
    return "impaired" if kind in IMPAIRING else "ok"


def _has(ailment: Ailment | None, kind: Kind, now: float) -> bool:
    return ailment is not None and ailment.kind is kind and now >= ailment.since


def _by_minute(percent: float) -> list[float]:
    """Oldest first. A chaos trial says so: it was like this for minutes before it began."""
    return [percent] * MINUTES
