"""The desired document and the switches, where Terraform writes them.

SSM /STACK/healing/desired    which document is the newest
    /STACK/healing/applying   an apply is under way        --> Switches
    /STACK/healing/switch     "on", or healing is off
S3  the document                                           --> Desired, its hash checked
"""

import json
from datetime import datetime, timedelta

from cloudscale.adapters.aws.faults import asking
from cloudscale.adapters.aws.healing import refusals
from cloudscale.adapters.aws.healing.calls import Calls, permission
from cloudscale.ops.healing.desired import (
    Desired,
    DesiredFault,
    Pointer,
    desired_of,
    hold_of,
    pointer_of,
)
from cloudscale.ops.healing.ports import Switches
from cloudscale.ops.ports import CloudFault

DESIRED, APPLYING, SWITCH = "desired", "applying", "switch"
LARGEST_BYTES = 8_000_000
"""A document of a thousand resources has about one; what is larger is none of ours."""


def parameter(stack: str, name: str) -> str:
    """The name of one of healing's own SSM parameters."""
    return f"/{stack}/healing/{name}"


class AwsSource:
    """A healing `Source` of one stack.

    Args:
        calls: Makes the calls.
        stack: The stack's name.
        region: Where it is; empty where that is not known.
    """

    def __init__(self, calls: Calls, stack: str, region: str = "") -> None:
        self._calls, self._stack, self._region = calls, stack, region

    def switches(self) -> Switches:
        """All three parameters, from one call.

        Raises:
            DesiredFault: One is missing or damaged; without the kill switch nothing may be done.
            CloudFault: They could not be read.
        """
        names = [parameter(self._stack, name) for name in (DESIRED, APPLYING, SWITCH)]
        rows = self._calls.ask("ssm", "get_parameters", Names=names)["Parameters"]
        found = {row["Name"].rpartition("/")[2]: row["Value"] for row in rows}
        for name, what in (
            (DESIRED, "says which desired document is the newest"),
            (SWITCH, "is the kill switch"),
        ):
            if name not in found:
                missing = parameter(self._stack, name)
                raise DesiredFault(
                    f"There is no parameter {missing}, which {what}: run terraform apply."
                )
        return Switches(
            is_on=found[SWITCH].strip().lower() == "on",
            pointer=pointer_of(found[DESIRED]),
            hold=hold_of(found.get(APPLYING)),
        )

    def desired(self, pointer: Pointer) -> Desired:
        """The document that a pointer names.

        Raises:
            DesiredFault: It is missing, damaged, or of another version.
            CloudFault: It could not be read.
        """
        try:
            found = self._calls.ask("s3", "get_object", Bucket=pointer.bucket, Key=pointer.key)
        except CloudFault as fault:
            if refusals.is_vanished(fault):
                words = f"The desired document {pointer.key} is not in {pointer.bucket}."
                raise DesiredFault(f"{words} Run terraform apply.") from fault
            raise
        with asking(permission("s3", "get_object")):
            body = found["Body"].read(LARGEST_BYTES + 1)
        if len(body) > LARGEST_BYTES:
            raise DesiredFault("The desired document is larger than any that Terraform writes.")
        return self._ours(desired_of(body, pointer))

    def _ours(self, desired: Desired) -> Desired:
        """The document, if it is about this stack: its names are called as they stand there.

        Raises:
            DesiredFault: It is about another one.
        """
        name, region = desired.stack.name, desired.stack.region
        if name != self._stack or region != (self._region or region):
            raise DesiredFault(
                f"The desired document is about {name} in {region}, not about {self._stack}"
                + (f" in {self._region}." if self._region else ".")
            )
        return desired


class Switchboard:
    """The switches, for people at the command line. The healer itself may not touch them.

    Args:
        calls: Makes the calls.
        stack: The stack's name.
    """

    def __init__(self, calls: Calls, stack: str) -> None:
        self._calls, self._stack = calls, stack

    def switch(self, position: str) -> None:
        """Turn the kill switch `on` or `off`.

        Raises:
            CloudFault: It was not turned.
        """
        self._put(SWITCH, position)

    def hold(self, minutes: float, now: datetime) -> datetime:
        """Have healing only look for so long, or as long as an apply has asked for; until when.

        Raises:
            CloudFault: It was not held.
        """
        until = max(now + timedelta(minutes=minutes), self._held_until(now))
        named = {"change": f"by-hand-{now:%Y%m%dT%H%M%S}", "hold_until": until.isoformat()}
        self._put(APPLYING, json.dumps(named))
        return until

    def release(self, now: datetime) -> None:
        """End a hold, whoever began it.

        Raises:
            CloudFault: It was not ended.
        """
        self._put(APPLYING, json.dumps({"change": "released", "hold_until": now.isoformat()}))

    def _held_until(self, now: datetime) -> datetime:
        names = [parameter(self._stack, APPLYING)]
        rows = self._calls.ask("ssm", "get_parameters", Names=names)["Parameters"]
        try:
            hold = hold_of(rows[0]["Value"] if rows else None)
        except DesiredFault:  # a damaged one is replaced by this one
            return now
        return hold.until if hold else now

    def _put(self, name: str, value: str) -> None:
        named = parameter(self._stack, name)
        self._calls.ask(
            "ssm", "put_parameter", Name=named, Value=value, Type="String", Overwrite=True
        )
