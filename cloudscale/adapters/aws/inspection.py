"""What AWS tells of one stack, for those who ask whether it is well. Only reads.

Inspection(calls, "cloudscale-production").group() .targets() .alarms() … --> what was found

Everything is named after its stack by Terraform (terraform/locals.tf and the modules' main.tf).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloudscale.adapters.aws.healing import refusals
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.ops.ports import CloudFault

SECRETS = ("secret-key", "metrics-token", "database-password", "cache-token")
"""Each but the first two is missing where the stack takes somebody else's server."""
SCALING_POLICY = "scaling-policy"
GROUP, TEMPLATE, TOPIC, DATABASE = "fleet", "server", "notices", "database"


@dataclass(frozen=True, slots=True)
class Member:
    """One server of the group.

    Attributes:
        id: Its id.
        state: Its lifecycle state, as AWS writes it.
        version: Of the launch template that it was made from; `None` where AWS does not tell.
    """

    id: str
    state: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """The Auto Scaling group.

    Attributes:
        name: Its name.
        smallest: The fewest servers that it may have.
        largest: The most.
        desired: How many it wants.
        version: Of the launch template that new servers are made from.
        members: Its servers.
        target_groups: ARNs of what the load balancer sends to.
        suspended: Processes of the group's that somebody stopped.
    """

    name: str
    smallest: int
    largest: int
    desired: int
    version: int | None
    members: Sequence[Member]
    target_groups: Sequence[str]
    suspended: Sequence[str]

    def in_service(self) -> list[Member]:
        """Those that serve."""
        return [one for one in self.members if one.state == "InService"]


@dataclass(frozen=True, slots=True)
class Target:
    """How the load balancer finds one server; the reason is AWS's own words."""

    id: str
    state: str
    reason: str


class Inspection:
    """Asks about one stack.

    Args:
        calls: Makes the calls.
        stack: The stack's name.
    """

    def __init__(self, calls: Calls, stack: str) -> None:
        self._calls, self.stack = calls, stack

    def account(self) -> str:
        """The account that answers; its last four digits, which tell it from others."""
        return self._calls.ask("sts", "get_caller_identity")["Account"][-4:]

    def group(self) -> Group:
        """The fleet.

        Raises:
            CloudFault: There is none, or AWS does not tell.
        """
        name = f"{self.stack}-{GROUP}"
        asked = {"AutoScalingGroupNames": [name]}
        rows = self._calls.ask("autoscaling", "describe_auto_scaling_groups", **asked)
        if not (found := rows["AutoScalingGroups"]):
            raise CloudFault(f"There is no Auto Scaling group {name} here.")
        row = found[0]
        return Group(
            name=name,
            smallest=row["MinSize"],
            largest=row["MaxSize"],
            desired=row["DesiredCapacity"],
            version=_version(row.get("LaunchTemplate")),
            members=[
                Member(
                    one["InstanceId"], one["LifecycleState"], _version(one.get("LaunchTemplate"))
                )
                for one in row["Instances"]
            ],
            target_groups=row.get("TargetGroupARNs", []),
            suspended=[one["ProcessName"] for one in row.get("SuspendedProcesses", [])],
        )

    def targets(self, group: Group) -> list[Target]:
        """Each server in each target group."""
        rows = [
            row
            for arn in group.target_groups
            for row in self._calls.ask("elbv2", "describe_target_health", TargetGroupArn=arn)[
                "TargetHealthDescriptions"
            ]
        ]
        return [
            Target(
                row["Target"]["Id"],
                row["TargetHealth"]["State"],
                row["TargetHealth"].get("Description") or row["TargetHealth"].get("Reason", ""),
            )
            for row in rows
        ]

    def newest_template(self) -> int:
        """The number of the newest version of what servers are made of.

        Raises:
            CloudFault: There is none, or AWS does not tell.
        """
        name = f"{self.stack}-{TEMPLATE}"
        asked = {"LaunchTemplateNames": [name]}
        rows = self._calls.ask("ec2", "describe_launch_templates", **asked)["LaunchTemplates"]
        return int(rows[0]["LatestVersionNumber"])

    def refreshes(self) -> list[Mapping[str, Any]]:
        """The instance refreshes, the newest first."""
        asked = {"AutoScalingGroupName": f"{self.stack}-{GROUP}", "MaxRecords": 1}
        return self._calls.ask("autoscaling", "describe_instance_refreshes", **asked)[
            "InstanceRefreshes"
        ]

    def alarms(self) -> list[Mapping[str, Any]]:
        """Every alarm of the stack."""
        asked = {"AlarmNamePrefix": f"{self.stack}-", "AlarmTypes": ["MetricAlarm"]}
        pages = self._calls.pages("cloudwatch", "describe_alarms", **asked)
        return [row for page in pages for row in page["MetricAlarms"]]

    def secrets(self) -> set[str]:
        """Which of its secrets are there and have a value; no value is asked for."""
        there = set()
        for name in SECRETS:
            try:
                row = self._calls.ask(
                    "secretsmanager", "describe_secret", SecretId=f"{self.stack}/{name}"
                )
            except CloudFault as fault:
                if refusals.is_vanished(fault):
                    continue
                raise
            if row.get("VersionIdsToStages") and not row.get("DeletedDate"):
                there.add(name)
        return there

    def has_policy(self) -> bool:
        """Whether the parameter with the scaling policy is there."""
        asked = {"Names": [f"/{self.stack}/{SCALING_POLICY}"]}
        return bool(self._calls.ask("ssm", "get_parameters", **asked)["Parameters"])

    def subscribers(self) -> list[Mapping[str, Any]]:
        """Who is told by the stack's topic.

        Raises:
            CloudFault: There is no topic, or AWS does not tell.
        """
        arn = next((one for one in self._topics() if one.endswith(f":{self.stack}-{TOPIC}")), None)
        if arn is None:
            raise CloudFault(f"There is no topic {self.stack}-{TOPIC}.")
        pages = self._calls.pages("sns", "list_subscriptions_by_topic", TopicArn=arn)
        return [row for page in pages for row in page["Subscriptions"]]

    def _topics(self) -> Iterator[str]:
        for page in self._calls.pages("sns", "list_topics"):
            yield from (row["TopicArn"] for row in page["Topics"])

    def database(self) -> Mapping[str, Any] | None:
        """The stack's own database; `None` where it has none."""
        name = f"{self.stack}-{DATABASE}"
        try:
            rows = self._calls.ask("rds", "describe_db_instances", DBInstanceIdentifier=name)
        except CloudFault as fault:
            if refusals.is_vanished(fault):
                return None
            raise
        return rows["DBInstances"][0]


def _version(template: Mapping[str, Any] | None) -> int | None:
    told = str((template or {}).get("Version", ""))
    return int(told) if told.isdigit() else None
