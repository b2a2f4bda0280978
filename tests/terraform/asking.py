"""What AWS asks IAM when the healer makes a call: the call's own action, and what it needs besides.

Call --asked, by its arguments--> Request, Request, …    all of them must be allowed
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cloudscale.adapters.aws.healing.calls import permission
from tests.terraform import reference
from tests.terraform.judging import Request, Words
from tests.terraform.recording import Call

Row = Mapping[str, Any]
SOME_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Place:
    """Where the stack is, as far as a call does not say it.

    Attributes:
        region: AWS's name of it.
        account: The number.
        key: The ARN of the key that encrypts table, document, secrets and notices.
        role: The ARN of the servers' role.
        tags: The tags of a machine by its id.
    """

    region: str
    account: str
    key: str
    role: str
    tags: Callable[[str], Mapping[str, str]]

    def arn(self, service: str, rest: str) -> str:
        """The ARN of something here."""
        region = "" if service in ("iam", "s3") else self.region
        account = "" if service == "s3" else self.account
        return f"arn:aws:{service}:{region}:{account}:{rest}"


GROUP = f"autoScalingGroup:{SOME_ID}:autoScalingGroupName/{{}}"
NAMED: Mapping[str, Mapping[str, str]] = {
    "autoscaling": {"AutoScalingGroupName": GROUP, "ResourceId": GROUP},
    "cloudwatch": {"AlarmName": "alarm:{}", "ResourceARN": "{}"},
    "dynamodb": {"TableName": "table/{}"},
    "ec2": {
        "GroupId": "security-group/{}",
        "InstanceIds": "instance/{}",
        "LaunchTemplateId": "launch-template/{}",
    },
    "elasticloadbalancing": dict.fromkeys(
        ("LoadBalancerArn", "TargetGroupArn", "ListenerArn", "RuleArn", "ResourceArns"), "{}"
    ),
    "events": {"Name": "rule/{}", "Rule": "rule/{}"},
    "iam": {"InstanceProfileName": "instance-profile/{}", "RoleName": "role/{}"},
    "kms": {"KeyId": "key/{}"},
    "logs": {"logGroupName": "log-group:{}", "resourceArn": "{}"},
    "rds": {
        "DBInstanceIdentifier": "db:{}",
        "DBParameterGroupName": "pg:{}",
        "ResourceName": "{}",
    },
    "s3": {"Bucket": "{}"},
    "secretsmanager": {"SecretId": "{}"},
    "sns": {"TopicArn": "{}", "ResourceArn": "{}", "Name": "{}"},
    "sqs": {"QueueUrl": "{}", "QueueName": "{}"},
    "ssm": {"Name": "parameter{}", "Names": "parameter{}"},
}
"""By service, as IAM calls it: which argument names what a call is about, and the ARN's end."""

OF_EC2 = {"sg-": "security-group/{}", "lt-": "launch-template/{}", "i-": "instance/{}"}
LAUNCHED = ("instance", "volume", "network-interface")
TAGS_OF_NEW = {
    "cloudwatch:PutMetricAlarm": "cloudwatch:TagResource",
    "events:PutRule": "events:TagResource",
    "logs:CreateLogGroup": "logs:TagResource",
    "sns:CreateTopic": "sns:TagResource",
    "sqs:CreateQueue": "sqs:TagQueue",
    "ssm:PutParameter": "ssm:AddTagsToResource",
}
"""What is asked besides where something is made with tags. Source: AWS, each call's reference."""

BY_KEY = {
    "dynamodb:": ("kms:Decrypt",),
    "s3:GetObject": ("kms:Decrypt",),
    "secretsmanager:UpdateSecret": ("kms:Decrypt", "kms:GenerateDataKey"),
    "sns:Publish": ("kms:Decrypt", "kms:GenerateDataKey"),
}
"""What a service asks of the key in its caller's name."""


def asked(call: Call, place: Place) -> list[Request]:
    """All that AWS asks IAM for one call.

    Raises:
        AssertionError: Nobody knows what the call is about, or AWS knows no such action.
    """
    arguments = call.arguments
    if call.operation == "transact_write_items":
        own = [one for item in arguments["TransactItems"] for one in _of_item(item, place)]
    else:
        own = list(_own(permission(call.service, call.operation), arguments, place))
    return [*own, *_besides(own[0], arguments, place)]


def _of_item(item: Row, place: Place) -> Iterator[Request]:
    """One part of a transaction: each is asked for by itself."""
    for word, action in (("ConditionCheck", "ConditionCheckItem"), ("Put", "PutItem")):
        if word in item:
            yield from _own(f"dynamodb:{action}", item[word], place)


def _own(name: str, arguments: Row, place: Place) -> Iterator[Request]:
    action = reference.action(name)
    arns = _arns(name, arguments, place) if action.formats else []
    if not arns:
        assert not action.is_on_one, f"nobody knows what {name} is about: {sorted(arguments)}"
        yield Request(name, "*")
    for arn in arns:
        assert action.knows(arn), f"AWS knows no {arn} for {name}"
        yield Request(name, arn, _context(name, arn, arguments, place))


def _arns(name: str, arguments: Row, place: Place) -> list[str]:
    service = name.partition(":")[0]
    if name == "cloudwatch:DescribeAlarms":
        return [place.arn(service, "alarm:*")]  # so AWS asks, whichever alarms are named
    if name in ("autoscaling:SetInstanceHealth", "autoscaling:TerminateInstanceInAutoScalingGroup"):
        group = place.tags(arguments["InstanceId"])["aws:autoscaling:groupName"]
        return [place.arn(service, GROUP.format(group))]
    if name == "s3:GetObject":
        return [place.arn(service, f"{arguments['Bucket']}/{arguments['Key']}")]
    if name == "ec2:CreateTags":
        ids = arguments["Resources"]
        kinds = [next(one for start, one in OF_EC2.items() if id_.startswith(start)) for id_ in ids]
        return [place.arn(service, one.format(id_)) for one, id_ in zip(kinds, ids, strict=True)]
    rows = [arguments, *arguments.get("RulePriorities", ())]
    if name == "autoscaling:CreateOrUpdateTags":
        rows = arguments["Tags"]
    found = [one for row in rows for one in _named(service, row, place)]
    if name.startswith("iam:"):
        found = found[:1]  # of a profile and a role, it is about the profile
    if name.startswith("logs:") and name != "logs:TagResource":
        found += [f"{one}:log-stream:" for one in found]  # AWS asks by this name as well
    return list(dict.fromkeys(found))


def _named(service: str, row: Row, place: Place) -> Iterator[str]:
    for argument, rest in NAMED[service].items():
        told = row.get(argument, ())
        for one in (told,) if isinstance(told, str) else told:
            name = one.rpartition("/")[2] if argument == "QueueUrl" else one
            yield name if name.startswith("arn:") else place.arn(service, rest.format(name))


def _context(name: str, arn: str, arguments: Row, place: Place) -> dict[str, Words]:
    """The keys by which our policies limit an action, as its service would tell them."""
    found: dict[str, Words] = {}
    if ":instance/" in arn:
        tags = place.tags(arn.rpartition("/")[2])
        found |= {f"aws:ResourceTag/{key}": (value,) for key, value in tags.items()}
    if "PolicyArn" in arguments:
        found["iam:PolicyARN"] = (arguments["PolicyArn"],)
    if keys := _leading_keys(name, arguments):
        found["dynamodb:LeadingKeys"] = keys
    return found


def _leading_keys(name: str, arguments: Row) -> Words:
    if not name.startswith("dynamodb:"):
        return ()
    if name == "dynamodb:Query":
        placeholder = re.match(r"pk = (:\w+)", arguments["KeyConditionExpression"])
        assert placeholder, arguments
        return (arguments["ExpressionAttributeValues"][placeholder[1]]["S"],)
    return ((arguments.get("Key") or arguments["Item"])["pk"]["S"],)


def _besides(own: Request, arguments: Row, place: Place) -> Iterator[Request]:
    if own.action in TAGS_OF_NEW and (arguments.get("Tags") or arguments.get("tags")):
        yield Request(TAGS_OF_NEW[own.action], own.arn)
    if own.action == "s3:GetObject":  # else AWS says that what is not there is refused
        yield Request("s3:ListBucket", place.arn("s3", arguments["Bucket"]))
    if own.action == "autoscaling:UpdateAutoScalingGroup" and "LaunchTemplate" in arguments:
        yield from _launch(arguments["LaunchTemplate"]["LaunchTemplateId"], place)
    if own.action == "iam:AddRoleToInstanceProfile":
        yield _passing(place.arn("iam", f"role/{arguments['RoleName']}"))
    for start, actions in BY_KEY.items():
        if own.action.startswith(start):
            service = own.action.partition(":")[0]
            via = {"kms:ViaService": (f"{service}.{place.region}.amazonaws.com",)}
            yield from (Request(one, place.key, via) for one in actions)


def _launch(template: str, place: Place) -> Iterator[Request]:
    """What the group's template will do is asked as it is set, of whoever sets it."""
    arn = place.arn("ec2", f"launch-template/{template}")
    kinds = (*LAUNCHED, "security-group", "subnet", "launch-template")
    arns = [arn if kind in arn else place.arn("ec2", f"{kind}/{kind}-1") for kind in kinds]
    for one in (*arns, f"arn:aws:ec2:{place.region}::image/ami-1"):
        yield Request("ec2:RunInstances", one, {"ec2:LaunchTemplate": (arn,)})
    for kind in LAUNCHED:
        made = {"ec2:CreateAction": ("RunInstances",)}
        yield Request("ec2:CreateTags", place.arn("ec2", f"{kind}/{kind}-1"), made)
    yield _passing(place.role)


def _passing(role: str) -> Request:
    return Request("iam:PassRole", role, {"iam:PassedToService": ("ec2.amazonaws.com",)})
