"""What the cloud tells of the fleet, as gauges of the shop's samples. Pure.

FleetState, CloudFigures --gauges--> values by slug, kept and shown like what we measured ourselves
"""

from datetime import datetime

from cloudscale.ops.cloud import Read
from cloudscale.ops.ports import (
    CloudFigures,
    FleetState,
    Lifecycle,
    Origin,
    Reading,
    ZoneTargets,
)
from cloudscale.ops.telemetry.point import of_zone

FIGURES = {
    "cpu_percent": "aws_cpu_percent",
    "response_p95_ms": "aws_response_p95_ms",
    "healthy_hosts": "aws_healthy_hosts",
    "unhealthy_hosts": "aws_unhealthy_hosts",
}
"""Slugs of our metrics by the names of the cloud's figures."""

SIMULATED = "fleet_simulated"
"""Kept beside the sizes of a fleet that is only a model, so that nobody takes it for a real one."""


def gauges(
    fleet: Read[FleetState] | None, figures: Read[CloudFigures] | None, now: datetime
) -> dict[str, float]:
    """Values by slug; what is stale or was not told is missing.

    Args:
        fleet: The fleet as it was read last.
        figures: The cloud's figures as they were read last.
        now: This moment.
    """
    values: dict[str, float] = {}
    if fleet is not None and not fleet.is_stale(now):
        values |= _of_instances(fleet.value) | _of_targets(fleet.value.targets)
        if fleet.value.source == "simulated":
            values[SIMULATED] = 1.0
    if figures is not None and not figures.is_stale(now):
        told = figures.value.values
        values |= {slug: told[name] for name, slug in FIGURES.items() if name in told}
    return values


def source_of(values: Reading) -> Origin:
    """Where what a sample says of the fleet's size comes from."""
    if "instances_desired" not in values:
        return "measured"
    return "simulated" if values.get(SIMULATED) else "aws"


def in_service(values: Reading) -> float | None:
    """Instances in service; live server processes until there is a fleet."""
    return values.get("instances_in_service", values.get("instances"))


def is_changing(values: Reading) -> bool:
    """Whether the fleet changes its size: something is pending or terminating."""
    return bool(values.get("instances_pending") or values.get("instances_terminating"))


def _of_instances(fleet: FleetState) -> dict[str, float]:
    counts = {
        "instances_desired": fleet.desired,
        "instances_pending": fleet.count(Lifecycle.PENDING),
        "instances_terminating": fleet.count(Lifecycle.TERMINATING),
        "instances_in_service": fleet.count(Lifecycle.IN_SERVICE),
    }
    return {slug: float(count) for slug, count in counts.items() if count is not None}


def _of_targets(targets: tuple[ZoneTargets, ...] | None) -> dict[str, float]:
    values: dict[str, float] = {}
    for zone in targets or ():
        counts = {"targets_healthy": zone.healthy, "targets_unhealthy": zone.unhealthy}
        for slug, count in counts.items():
            values[slug] = values.get(slug, 0.0) + count
            values[of_zone(slug, zone.zone)] = float(count)
    return values
