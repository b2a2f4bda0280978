"""The scaling policy that is in force, in memory: whoever draws, judges or scales asks here.

database --keeping.refresh, about once a second--> hold --> in_force(), without any I/O

Until something was read it is the shop's own policy.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from cloudscale.ops.policy.declared import POLICY
from cloudscale.ops.policy.scaling import ScalingPolicy, Thresholds

Origin = Literal["declared", "terraform", "operator"]


@dataclass(frozen=True, slots=True)
class InForce:
    """A policy that is in force.

    Attributes:
        id: Of its row; 0 for none.
        policy: What it says.
        origin: Who decides: the shop's own declaration, Terraform, or an operator.
        put_in_force_by: Who it was, in words.
        since: From when on, aware UTC.
    """

    id: int
    policy: ScalingPolicy
    origin: Origin
    put_in_force_by: str
    since: datetime


DECLARED = InForce(
    0, POLICY, "declared", "the shop's declaration", datetime(1970, 1, 1, tzinfo=UTC)
)

_held: list[InForce] = [DECLARED]


def in_force() -> ScalingPolicy:
    """The policy that is in force, as this process knows it."""
    return _held[0].policy


def thresholds() -> Thresholds:
    """Its thresholds."""
    return _held[0].policy.thresholds


def held() -> InForce:
    """The same, with who put it in force and when."""
    return _held[0]


def hold(newest: InForce) -> None:
    """Take another; any thread may."""
    _held[0] = newest
