"""Policies and patterns that samples hold, spoiled and written otherwise."""

import json
from typing import Any

TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
ROLE_POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["ssm:GetParameter", "ssm:GetParameters"],
            "Resource": ["arn:one", "arn:two"],
        },
        {"Sid": "Tell", "Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*"},
    ],
}
TOPIC_POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "RulesTell",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": "arn:topic",
            "Condition": {"ArnEquals": {"aws:SourceArn": ["arn:rule-1", "arn:rule-2"]}},
        }
    ],
}
BUCKET_POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:bucket", "arn:bucket/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ],
}
KEY_POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}
PATTERN: dict[str, Any] = {
    "source": ["aws.autoscaling"],
    "detail-type": ["EC2 Instance Launch Successful", "EC2 Instance Terminate Successful"],
    "detail": {"AutoScalingGroupName": ["shop-fleet"]},
}


def spoiled(policy: dict[str, Any]) -> list[Any]:
    """The policy with a statement more, one less, another effect, more actions, more resources."""
    first, *rest = policy["Statement"]
    everything = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    other = "Deny" if first["Effect"] == "Allow" else "Allow"
    return [
        {**policy, "Statement": [first, *rest, everything]},
        {**policy, "Statement": [{**first, "Effect": other}, *rest]},
        {**policy, "Statement": [{**first, "Action": "iam:*"}, *rest]},
        {**policy, "Statement": [{**first, "Resource": "arn:aws:s3:::*"}, *rest]},
        {**policy, "Statement": rest or [{**everything, "Effect": "Deny"}]},
    ]


def respelled(policy: dict[str, Any]) -> list[Any]:
    """The same policy as text, in another order, with lists of one, and with other names."""
    statements = policy["Statement"]
    return [
        json.dumps(policy),
        json.dumps(policy, indent=2, sort_keys=True),
        {**policy, "Statement": list(reversed(statements))},
        {**policy, "Statement": [{**one, "Sid": f"Other{n}"} for n, one in enumerate(statements)]},
        {**policy, "Statement": [{**one, "Action": _listed(one)} for one in statements]},
    ]


def _listed(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(reversed(actions))
