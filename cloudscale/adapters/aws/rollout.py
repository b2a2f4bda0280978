"""How far the replacement of a fleet's servers is: EC2 Auto Scaling's instance refresh."""

from dataclasses import dataclass
from enum import StrEnum

from cloudscale.adapters.aws.faults import asking
from cloudscale.adapters.aws.place import Place


class Outcome(StrEnum):
    """What became of a refresh."""

    UNDER_WAY = "under way"
    DONE = "done"
    TURNED_BACK = "turned back"
    FAILED = "failed"


OUTCOMES = {
    "Pending": Outcome.UNDER_WAY,
    "InProgress": Outcome.UNDER_WAY,
    "Baking": Outcome.UNDER_WAY,
    "Cancelling": Outcome.UNDER_WAY,
    "RollbackInProgress": Outcome.UNDER_WAY,
    "Successful": Outcome.DONE,
    "RollbackSuccessful": Outcome.TURNED_BACK,
    "Failed": Outcome.FAILED,
    "Cancelled": Outcome.FAILED,
    "RollbackFailed": Outcome.FAILED,
}
"""By AWS's own word. Source: EC2 Auto Scaling API Reference, InstanceRefresh, Status."""


@dataclass(frozen=True)
class Refresh:
    """One refresh of a group, as AWS tells it.

    Attributes:
        id: AWS's name of it.
        status: AWS's word for where it is.
        percent: How much of the fleet is replaced.
        reason: Why it is where it is; empty when AWS says nothing.
    """

    id: str
    status: str
    percent: int
    reason: str

    @property
    def outcome(self) -> Outcome:
        """What became of it; a word that is new is no end yet."""
        return OUTCOMES.get(self.status, Outcome.UNDER_WAY)

    @property
    def words(self) -> str:
        """Where it is, in words."""
        why = f": {self.reason}" if self.reason else ""
        return f"{self.status}, {self.percent} % replaced{why}"


def latest(place: Place) -> Refresh | None:
    """The newest refresh of a place's group; `None` when there never was one.

    Raises:
        CloudFault: AWS could not be asked, or refused.
    """
    with asking("autoscaling:DescribeInstanceRefreshes"):
        answer = place.client("autoscaling").describe_instance_refreshes(
            AutoScalingGroupName=place.auto_scaling_group, MaxRecords=1
        )
    rows = answer["InstanceRefreshes"]
    if not rows:
        return None
    row = rows[0]
    return Refresh(
        id=row["InstanceRefreshId"],
        status=row["Status"],
        percent=row.get("PercentageComplete", 0),
        reason=row.get("StatusReason", ""),
    )
