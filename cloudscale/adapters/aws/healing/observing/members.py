"""The members of the fleet, as the group, EC2, the load balancer and CloudWatch see each.

group --> machines --> their checks --> targets --> refreshes --> figures: six calls, one Fleet

The group must be read; of the rest, what is refused is a gap, and nobody acts on what is unknown.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import figures
from cloudscale.adapters.aws.healing.observing.figures import Figure, Values
from cloudscale.adapters.aws.healing.observing.rows import Row, by, tags
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.members import is_left_alone
from cloudscale.ops.healing.observed import Fleet, Member
from cloudscale.ops.ports import CloudFault

LOOK_BACK = timedelta(minutes=60)
MOST_IN_FILTER = 200
MOST_STATUSES = 100
MEMORY = "mem_used_percent"
"""As the CloudWatch agent calls it; terraform/modules/fleet/user_data.tf has it told."""

REFRESHING = frozenset({"Pending", "InProgress", "Cancelling", "RollbackInProgress", "Baking"})
TARGETS = {
    "healthy": "healthy",
    "unhealthy": "unhealthy",
    "unhealthy.draining": "draining",
    "draining": "draining",
    "initial": "initial",
    "unused": "unused",
}
"""What the load balancer says; what it says of itself, such as `unavailable`, is nothing known."""

BALANCERS_OWN = "Elb."
"""So begin the reasons that are the load balancer's fault, and not the member's."""

Rows = Mapping[str, Row]


def observe(calls: Calls, stack: StackFacts) -> Fleet:
    """The fleet now.

    Raises:
        CloudFault: The group could not be read, or AWS takes no question at all.
    """
    return _Look(calls, stack, datetime.now(UTC)).fleet()


class _Look:
    """One look; notes what is refused."""

    def __init__(self, calls: Calls, stack: StackFacts, now: datetime) -> None:
        self._calls, self._stack, self._now = calls, stack, now
        self._absent: dict[str, str] = {}

    def fleet(self) -> Fleet:
        group = self._group()
        rows = group["Instances"]
        ids = [row["InstanceId"] for row in rows]
        arn = self._stack.target_group or next(iter(group.get("TargetGroupARNs", [])), "")
        machines = self._part("machine", lambda: self._machines(ids)) if ids else {}
        alive = [name for name, row in (machines or {}).items() if _state(row) != "terminated"]
        checks = self._part("checks", lambda: self._checks(alive)) if alive else {}
        targets = self._part("target", lambda: self._targets(arn)) if arn and ids else None
        told = self._part("figures", lambda: self._figures(alive)) if alive else {}
        is_marked = is_left_alone(tags(group.get("Tags")), self._now)
        members = [
            _Facts(row, machines or {}, checks or {}, targets, told or {}).member(
                self._now, is_marked=is_marked
            )
            for row in rows
        ]
        return Fleet(
            group=self._stack.group,
            desired=group["DesiredCapacity"],
            smallest=group["MinSize"],
            largest=group["MaxSize"],
            members=members,
            target_group=arn,
            grace_seconds=group.get("HealthCheckGracePeriod") or 0,
            is_refreshing=self._is_refreshing(group),
            absent=self._absent,
            suspended=[row["ProcessName"] for row in group.get("SuspendedProcesses", ())],
        )

    def _part(self, name: str, read: Callable[[], Any]) -> Any:
        """Read one part; what is refused is noted under its name.

        Raises:
            CloudFault: Whatever else is asked would be refused too.
        """
        try:
            return read()
        except CloudFault as fault:
            if fault.is_total:
                raise
            self._absent[name] = fault.reason
            return None

    def _group(self) -> Row:
        name = self._stack.group
        asked = {"AutoScalingGroupNames": [name]}
        pages = self._calls.pages("autoscaling", "describe_auto_scaling_groups", **asked)
        found = [row for page in pages for row in page["AutoScalingGroups"]]
        groups = [row for row in found if not row.get("Status")]
        if not groups:
            raise CloudFault(f"There is no Auto Scaling group {name} in {self._stack.region}.")
        return groups[0]

    def _machines(self, ids: Sequence[str]) -> Rows:
        """By a filter: of names that are given as such, one that is gone would spoil all."""
        found: dict[str, Row] = {}
        for first in range(0, len(ids), MOST_IN_FILTER):
            named = {"Name": "instance-id", "Values": list(ids[first : first + MOST_IN_FILTER])}
            for page in self._calls.pages("ec2", "describe_instances", Filters=[named]):
                for reservation in page["Reservations"]:
                    found |= by(reservation["Instances"], "InstanceId")
        return found

    def _checks(self, ids: Sequence[str]) -> Rows:
        found: dict[str, Row] = {}
        for first in range(0, len(ids), MOST_STATUSES):
            asked = {"InstanceIds": list(ids[first : first + MOST_STATUSES])}
            answer = self._calls.ask(
                "ec2", "describe_instance_status", IncludeAllInstances=True, **asked
            )
            found |= by(answer["InstanceStatuses"], "InstanceId")
        return found

    def _targets(self, arn: str) -> Mapping[str, str | None]:
        """What is said of each by its id; of one with several ports, the worst."""
        answer = self._calls.ask("elbv2", "describe_target_health", TargetGroupArn=arn)
        found: dict[str, str | None] = {}
        for row in answer["TargetHealthDescriptions"]:
            name, health = row["Target"]["Id"], row["TargetHealth"]
            is_its_own = str(health.get("Reason", "")).startswith(BALANCERS_OWN)
            is_starting = health["State"] == "initial"
            state = TARGETS.get(health["State"])
            told = state if is_starting or not is_its_own else None
            if found.get(name, "healthy") == "healthy":
                found[name] = told
        return found

    def _figures(self, ids: Sequence[str]) -> dict[str, Values]:
        """CPU and memory of all of them, as `cpu0`, `memory0`, …; mapped back to their ids."""
        namespace, asked = self._stack.namespace, []
        for number, name in enumerate(ids):
            of = {"InstanceId": name}
            asked.append(Figure(f"cpu{number}", "AWS/EC2", "CPUUtilization", of))
            asked.append(Figure(f"memory{number}", namespace, MEMORY, of))
        since = (self._now - LOOK_BACK).replace(second=0, microsecond=0)
        found = figures.ask(self._calls, asked, since, self._now)
        numbers = {name: number for number, name in enumerate(ids)}
        return {
            f"{word} {name}": found[f"{word}{number}"]
            for name, number in numbers.items()
            for word in ("cpu", "memory")
        }

    def _is_refreshing(self, group: Row) -> bool:
        """Whether a deployment replaces members.

        Where AWS does not tell, a group at rest tells it: all in service, as many as wanted, and
        all of what it launches now. Otherwise it counts as being replaced.
        """
        asked = {"AutoScalingGroupName": self._stack.group, "MaxRecords": 5}
        answer = self._part(
            "refreshes",
            lambda: self._calls.ask("autoscaling", "describe_instance_refreshes", **asked),
        )
        if answer is not None:
            return any(row.get("Status") in REFRESHING for row in answer["InstanceRefreshes"])
        if not _is_at_rest(group):
            return True
        del self._absent["refreshes"]
        return False


class _Facts:
    """What all say of one member."""

    def __init__(
        self,
        row: Row,
        machines: Rows,
        checks: Rows,
        targets: Mapping[str, str | None] | None,
        told: Mapping[str, Values],
    ) -> None:
        self._row, self._id = row, row["InstanceId"]
        self._machine: Row = machines.get(self._id, {})
        self._checks: Row = checks.get(self._id, {})
        self._targets, self._told = targets, told

    def member(self, now: datetime, *, is_marked: bool) -> Member:
        """The member, marked to be left alone if its group, its tags or the group's word say so."""
        checks, since, is_host_sick = _judged(self._checks)
        is_marked = is_marked or is_left_alone(tags(self._machine.get("Tags")), now)
        targets = self._targets
        return Member(
            id=self._id,
            zone=self._row["AvailabilityZone"],
            lifecycle=self._row["LifecycleState"].partition(":")[0],
            launched_at=self._machine.get("LaunchTime"),
            is_healthy=self._row["HealthStatus"].lower() == "healthy",
            machine=_state(self._machine) if self._machine else None,
            checks=checks,
            impaired_since=since,
            target=None if targets is None else targets.get(self._id, "absent"),
            is_protected=is_marked or bool(self._row.get("ProtectedFromScaleIn")),
            cpu_percent=figures.by_minute(self._told.get(f"cpu {self._id}", {}), now),
            memory_percent=figures.by_minute(self._told.get(f"memory {self._id}", {}), now),
            is_host_sick=is_host_sick,
        )


def _state(machine: Row) -> str:
    return machine["State"]["Name"]


def _judged(row: Row) -> tuple[str | None, datetime | None, bool]:
    """What both checks come to, since when one fails, and whether it is the host's."""
    own, host = row.get("InstanceStatus", {}), row.get("SystemStatus", {})
    words = [one["Status"] for one in (own, host) if one.get("Status")]
    since = [
        detail["ImpairedSince"]
        for one in (own, host)
        for detail in one.get("Details", ())
        if detail.get("ImpairedSince")
    ]
    word = next((one for one in words if one == "impaired"), None) or next(
        (one for one in words if one != "ok"), words[0] if words else None
    )
    is_host_sick = host.get("Status") == "impaired"
    return word, min(since, default=None), is_host_sick


def _is_at_rest(group: Row) -> bool:
    rows = group["Instances"]
    launched = {_version(row) for row in rows}
    now = (group.get("LaunchTemplate") or {}).get("Version", "")
    is_one = len(launched) <= 1 and (not now.isdigit() or not launched or launched == {now})
    are_serving = all(row["LifecycleState"] == "InService" for row in rows)
    return is_one and are_serving and len(rows) == group["DesiredCapacity"]


def _version(row: Row) -> str:
    template = row.get("LaunchTemplate") or {}
    return str(template.get("Version") or row.get("LaunchConfigurationName", ""))
