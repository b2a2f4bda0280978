"""Fleets to judge: members that are well, and what can be wrong with one."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudscale.ops.healing.desired import Desired, StackFacts
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.limits import Limits
from cloudscale.ops.healing.observed import Database, Fleet, Member, Observed
from cloudscale.ops.healing.resource import Ref, Resource

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TARGETS = "arn:aws:elasticloadbalancing:ap-south-1:123456789012:targetgroup/shop/73e2d6bc24d8a067"


def ago(seconds: float) -> datetime:
    """A moment before now."""
    return NOW - timedelta(seconds=seconds)


def member(name: str = "i-1", **facts: Any) -> Member:
    """One that is well and has served for an hour, but for these facts."""
    well = Member(
        name,
        "ap-south-1a",
        "InService",
        launched_at=ago(3_600),
        machine="running",
        checks="ok",
        target="healthy",
    )
    return replace(well, **facts)


def frozen(name: str = "i-1", **facts: Any) -> Member:
    """One whose machine runs and whose application answers nobody."""
    return member(name, **{"target": "unhealthy", "target_since": ago(60), **facts})


def fleet(*members: Member, **facts: Any) -> Fleet:
    """A group of exactly these."""
    bounds = {"desired": len(members), "smallest": 1, "largest": 16, "target_group": TARGETS}
    return Fleet("shop-fleet", members=members, **{**bounds, **facts})


def among_well(*sick: Member, well: int = 4, **facts: Any) -> Fleet:
    """These beside others that are well."""
    return fleet(*sick, *(member(f"i-well-{number}") for number in range(well)), **facts)


def database(**facts: Any) -> Database:
    """One that is well, with room to grow."""
    well = {"status": "available", "allocated_gb": 100, "largest_gb": 400, "free_gb": 60.0}
    return Database("shop-database", **{**well, **facts})


def desired(resources: Sequence[Resource] = (), **limits: Any) -> Desired:
    """A document for them."""
    return Desired("change", StackFacts("shop", "ap-south-1"), Limits(**limits), resources)


def past(rebooted: Collection[Ref] = ()) -> History:
    """A record in which these were rebooted a while ago."""
    return History(NOW, reboots={ref: ago(600) for ref in rebooted})


def seen(fleet: Fleet | None = None, database: Database | None = None) -> Observed:
    """A look at them."""
    return Observed(NOW, fleet=fleet, database=database)
