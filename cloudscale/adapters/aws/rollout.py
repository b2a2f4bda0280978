"""The replacement of a fleet's servers, a few at a time: EC2 Auto Scaling's instance refresh.

standing --start--> Refresh --latest--> Refresh, until it has an outcome

AWS goes back to what the group was set to before, so nobody sets the group to the new version: the
refresh is told it, and AWS sets the group to it once all went well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cloudscale.adapters.aws.faults import asking
from cloudscale.adapters.aws.place import Place
from cloudscale.ops.ports import CloudFault


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

HALF_SECONDS, WHOLE_SECONDS = 300, 300
"""For which half of a fleet is of the new version, then all of it, and AWS may still go back."""

COUNTED = {"InService", "Pending", "Pending:Wait", "Pending:Proceed"}
"""What a refresh replaces: neither what leaves anyway, nor what somebody took out to look at."""


@dataclass(frozen=True)
class Standing:
    """Which version of its launch template a group is of.

    Attributes:
        template: AWS's name of the launch template.
        wanted: The version that Terraform wrote last.
        is_whole: Whether the group and all its servers are of it.
    """

    template: str
    wanted: str
    is_whole: bool


@dataclass(frozen=True)
class Refresh:
    """One refresh of a group, as AWS tells it.

    Attributes:
        id: AWS's name of it.
        status: AWS's word for where it is.
        percent: How much of the fleet is replaced.
        reason: Why it is where it is; empty when AWS says nothing.
        version: Of the launch template that it brings; empty where it brings none.
    """

    id: str
    status: str
    percent: int
    reason: str
    version: str = ""

    @property
    def outcome(self) -> Outcome:
        """What became of it; a word that is new is no end yet."""
        return OUTCOMES.get(self.status, Outcome.UNDER_WAY)

    @property
    def is_whole(self) -> bool:
        """Whether every server is replaced, and it can still be taken back."""
        return self.status == "Baking"

    @property
    def words(self) -> str:
        """Where it is, in words."""
        why = f": {self.reason}" if self.reason else ""
        return f"{self.status}, {self.percent} % replaced{why}"


def latest(place: Place, refresh_id: str | None = None) -> Refresh | None:
    """The newest refresh of a place's group, or the one that is named; `None` when there is none.

    Raises:
        CloudFault: AWS could not be asked, or refused.
    """
    which = {"InstanceRefreshIds": [refresh_id]} if refresh_id else {"MaxRecords": 1}
    with asking("autoscaling:DescribeInstanceRefreshes"):
        answer = place.client("autoscaling").describe_instance_refreshes(
            AutoScalingGroupName=place.auto_scaling_group, **which
        )
    rows = answer["InstanceRefreshes"]
    if not rows:
        return None
    row = rows[0]
    brought = row.get("DesiredConfiguration", {}).get("LaunchTemplate", {})
    return Refresh(
        id=row["InstanceRefreshId"],
        status=row["Status"],
        percent=row.get("PercentageComplete", 0),
        reason=row.get("StatusReason", ""),
        version=brought.get("Version", ""),
    )


def standing(place: Place) -> Standing | None:
    """Which version a place's group is of; `None` when there is no such group.

    Raises:
        CloudFault: AWS could not be asked, or refused.
    """
    with asking("autoscaling:DescribeAutoScalingGroups"):
        answer = place.client("autoscaling").describe_auto_scaling_groups(
            AutoScalingGroupNames=[place.auto_scaling_group]
        )
    if not answer["AutoScalingGroups"]:
        return None
    group = answer["AutoScalingGroups"][0]
    if "LaunchTemplate" not in group:
        raise CloudFault("The group launches no launch template of its own: terraform apply.")
    template = group["LaunchTemplate"]["LaunchTemplateId"]
    with asking("ec2:DescribeLaunchTemplates"):
        answer = place.client("ec2").describe_launch_templates(LaunchTemplateIds=[template])
    wanted = str(answer["LaunchTemplates"][0]["DefaultVersionNumber"])
    made_of = {_version(row) for row in group["Instances"] if row["LifecycleState"] in COUNTED}
    return Standing(template, wanted, made_of | {_version(group)} == {wanted})


def _version(row: Mapping[str, Any]) -> str:
    return str(row.get("LaunchTemplate", {}).get("Version", ""))


def start(place: Place, to: Standing, alarms: Sequence[str]) -> str:
    """Begin to replace a place's servers by the wanted version; each new one serves first.

    Args:
        place: Whose group it is.
        to: What the group is to be of.
        alarms: Any of them takes the version back.

    Returns:
        AWS's name of the refresh.

    Raises:
        CloudFault: AWS could not be asked, or refused.
    """
    template = {"LaunchTemplateId": to.template, "Version": to.wanted}
    with asking("autoscaling:StartInstanceRefresh"):
        answer = place.client("autoscaling").start_instance_refresh(
            AutoScalingGroupName=place.auto_scaling_group,
            Strategy="Rolling",
            DesiredConfiguration={"LaunchTemplate": template},
            Preferences={
                "MinHealthyPercentage": 100,
                "MaxHealthyPercentage": 150,
                "AutoRollback": True,
                "SkipMatching": True,
                "CheckpointPercentages": [50, 100],
                "CheckpointDelay": HALF_SECONDS,
                "BakeTime": WHOLE_SECONDS,
                "ScaleInProtectedInstances": "Ignore",
                "StandbyInstances": "Ignore",
                "AlarmSpecification": {"Alarms": list(alarms)},
            },
        )
    return answer["InstanceRefreshId"]


def take_back(place: Place) -> None:
    """Have AWS bring the older version back to every server.

    Raises:
        CloudFault: AWS could not be asked, or refused: it has ended, say.
    """
    with asking("autoscaling:RollbackInstanceRefresh"):
        place.client("autoscaling").rollback_instance_refresh(
            AutoScalingGroupName=place.auto_scaling_group
        )
