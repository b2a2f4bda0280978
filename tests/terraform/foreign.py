"""The same requests about what is not ours: other names, accounts, regions, tags, services.

Request --foreign--> (in what it differs, Request), …    none of them may be allowed
"""

from collections.abc import Iterator
from dataclasses import replace

from tests.terraform import reference
from tests.terraform.judging import Request

NAME = "cloudscale-production"
NEIGHBOURS = (f"{NAME}-eu", "cloudscale-staging", "production")
"""Stacks beside ours; the first begins as ours does."""

OTHERWISE = {
    "aws:ResourceTag/aws:autoscaling:groupName": (f"{NAME}-eu-fleet",),
    "dynamodb:LeadingKeys": ("approval",),
    "ec2:CreateAction": ("CreateVolume",),
    "ec2:LaunchTemplate": ("arn:aws:ec2:ap-south-1:123456789012:launch-template/lt-other",),
    "iam:PassedToService": ("lambda.amazonaws.com",),
    "kms:ViaService": ("ec2.ap-south-1.amazonaws.com",),
}
"""By condition key, what it says of something else."""

BY_CONTEXT = {"ec2:RebootInstances", "ec2:RunInstances"}
"""What is ours by its tags or its template alone: AWS makes its ARN up, or lends it."""


def foreign(request: Request) -> Iterator[tuple[str, Request]]:
    """What the request would be about something else; nothing where it changes nothing."""
    if reference.action(request.action).is_reading:
        return
    yield from _by_context(request)
    if request.action not in BY_CONTEXT and "ec2:CreateAction" not in request.context:
        yield from _by_arn(request)


def _by_context(request: Request) -> Iterator[tuple[str, Request]]:
    for key, values in OTHERWISE.items():
        if key in request.context:
            yield f"another {key}", replace(request, context={**request.context, key: values})
            if key != "dynamodb:LeadingKeys":  # which a call on rows always has
                rest = {name: one for name, one in request.context.items() if name != key}
                yield f"no {key}", replace(request, context=rest)


def _by_arn(request: Request) -> Iterator[tuple[str, Request]]:
    start, partition, service, region, account, rest = request.arn.split(":", 5)
    head = [start, partition, service]
    if region:
        yield "another region", _at(request, *head, "us-east-1", account, rest)
    if account:
        yield "another account", _at(request, *head, region, "210987654321", rest)
    if not rest.endswith(":log-stream:"):
        yield "a longer name", _at(request, *head, region, account, f"{rest}-other")
    for neighbour in NEIGHBOURS if NAME in rest else ():
        other = _at(request, *head, region, account, rest.replace(NAME, neighbour))
        yield f"of {neighbour}", other


def _at(request: Request, *parts: str) -> Request:
    return replace(request, arn=":".join(parts))
