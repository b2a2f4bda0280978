"""The hands that break a real stack on purpose, and put it back: these calls, and no other.

Command --is it one of a trial's?--> one call --> done, or Refused
a command inside a server --Systems Manager--> waited for until it has run there

Healing itself has no right to any of this; whoever runs a trial brings their own credentials.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from cloudscale.adapters.aws.healing import refusals
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.ports import Refused
from cloudscale.ops.ports import CloudFault

ALLOWED = frozenset(
    {
        ("autoscaling", "update_auto_scaling_group"),
        ("cloudwatch", "delete_alarms"),
        ("cloudwatch", "put_metric_alarm"),
        ("ec2", "authorize_security_group_ingress"),
        ("ec2", "revoke_security_group_ingress"),
        ("ec2", "start_instances"),
        ("ec2", "stop_instances"),
        ("ssm", "send_command"),
    }
)
CLOSED_ALREADY = "InvalidPermission.NotFound"
"""The healer was faster than whoever puts back."""

RUN_FOR_SECONDS = 120
ASK_SECONDS = 2
UNDER_WAY = {"Pending", "InProgress", "Delayed"}


class AwsHands:
    """`Hands` that reach into AWS.

    Args:
        calls: Makes the calls.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def do(self, command: Command) -> None:
        """Make one call, and see it done.

        Raises:
            Refused: It is none of a trial's, was refused, or nobody knows.
        """
        named = (command.service, command.operation)
        if named not in ALLOWED:
            raise Refused(f"No trial calls {command.operation} of {command.service}.")
        try:
            answer = self._calls.ask(*named, **command.arguments)
        except CloudFault as fault:
            is_revoking = command.operation == "revoke_security_group_ingress"
            if is_revoking and refusals.code(fault) == CLOSED_ALREADY:
                return
            raise _refused(fault) from fault
        if command.operation == "send_command":
            self._await(answer["Command"]["CommandId"], command.arguments["InstanceIds"][0])

    def alarms(self, names: Sequence[str]) -> Mapping[str, str]:
        """The state of each of these alarms, metric or composite.

        Raises:
            CloudFault: They could not be read.
        """
        asked = {"AlarmNames": list(names), "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
        answer = self._calls.ask("cloudwatch", "describe_alarms", **asked)
        rows = [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
        return {row["AlarmName"]: row["StateValue"] for row in rows}

    def _await(self, id_: str, member: str) -> None:
        """Wait until a command has run inside a server.

        Raises:
            Refused: It did not, or nobody knows; it may run yet.
        """
        end = time.monotonic() + RUN_FOR_SECONDS
        while time.monotonic() < end:
            status = self._status(id_, member)
            if status == "Success":
                return
            if status not in UNDER_WAY:
                words = f"Systems Manager says {status} of the command on {member}."
                raise Refused(words, is_unsure=True)
            time.sleep(ASK_SECONDS)
        words = f"The command on {member} did not run in time: is its Systems Manager agent there?"
        raise Refused(words, is_unsure=True)

    def _status(self, id_: str, member: str) -> str:
        asked: dict[str, Any] = {"CommandId": id_, "InstanceId": member}
        try:
            return self._calls.ask("ssm", "get_command_invocation", **asked)["Status"]
        except CloudFault as fault:
            if refusals.code(fault) == "InvocationDoesNotExist":  # not yet
                return "Pending"
            raise Refused(fault.reason, is_unsure=True) from fault


def _refused(fault: CloudFault) -> Refused:
    return Refused(
        fault.reason,
        is_vanished=refusals.is_vanished(fault),
        is_unsure=refusals.is_unsure(fault),
    )
