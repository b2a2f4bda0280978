"""What the healer's role must be allowed: one table, for Terraform's policy and the tests.

terraform/modules/healing/permissions.json is this table (`package-healer --permissions` writes it).
"""

import json
from collections.abc import Iterable, Mapping

from cloudscale.adapters.aws.healing.acting import ALLOWED
from cloudscale.adapters.aws.healing.calls import permission

OBSERVING: Mapping[str, tuple[str, ...]] = {
    "autoscaling": (
        *("describe_auto_scaling_groups", "describe_instance_refreshes"),
        *("describe_lifecycle_hooks", "describe_policies"),
    ),
    "cloudwatch": ("describe_alarms", "get_metric_data"),
    "ec2": (
        *("describe_instance_status", "describe_instances", "describe_launch_template_versions"),
        *("describe_launch_templates", "describe_security_groups"),
    ),
    "elbv2": (
        *("describe_listeners", "describe_load_balancer_attributes", "describe_load_balancers"),
        *("describe_rules", "describe_tags", "describe_target_group_attributes"),
        *("describe_target_groups", "describe_target_health"),
    ),
    "events": ("list_rules", "list_targets_by_rule"),
    "iam": ("get_account_authorization_details", "get_instance_profile"),
    "kms": ("describe_key", "get_key_policy", "get_key_rotation_status", "list_resource_tags"),
    "logs": ("describe_log_groups",),
    "rds": ("describe_db_instances", "describe_db_parameters"),
    "resourcegroupstaggingapi": ("get_resources",),
    "s3": (
        *("get_bucket_encryption", "get_bucket_ownership_controls", "get_bucket_policy"),
        *("get_bucket_versioning", "get_public_access_block"),
    ),
    "secretsmanager": ("list_secrets",),
    "sns": ("get_topic_attributes", "list_subscriptions_by_topic", "list_tags_for_resource"),
    "sqs": ("get_queue_attributes",),
    "ssm": ("get_parameters",),
}
"""What observers ask; nothing of it changes anything or tells a secret."""

RECORDING = (
    *("dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:Query"),
    *("dynamodb:UpdateItem", "s3:GetObject", "s3:ListBucket", "sns:Publish", "ssm:GetParameters"),
)
"""Its own table, document, topic and switches; the switches only to read.

Without `s3:ListBucket`, AWS says of a document that is not there that reading it is refused.
"""

NEEDED_BESIDES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("autoscaling", "update_auto_scaling_group"): (
        *("ec2:CreateTags", "ec2:RunInstances", "iam:PassRole"),
    ),
    ("cloudwatch", "put_metric_alarm"): ("cloudwatch:TagResource",),
    ("events", "put_rule"): ("events:TagResource",),
    ("iam", "add_role_to_instance_profile"): ("iam:PassRole",),
    ("logs", "create_log_group"): ("logs:TagResource",),
    ("sns", "create_topic"): ("sns:TagResource",),
    ("sqs", "create_queue"): ("sqs:TagQueue",),
    ("ssm", "put_parameter"): ("ssm:AddTagsToResource",),
}
"""What AWS checks besides an operation's own action, such as that what is made may be tagged.

Source: AWS, Amazon EC2 Auto Scaling User Guide, "Control launch template usage with IAM", and each
call's reference.
"""


def to_observe() -> list[str]:
    """The actions that looking needs."""
    pairs = ((service, name) for service, names in OBSERVING.items() for name in names)
    return _named(pairs)


def to_act() -> list[str]:
    """The actions that changing something needs."""
    besides = (action for needed in NEEDED_BESIDES.values() for action in needed)
    return sorted({*_named(ALLOWED), *besides})


def as_text() -> str:
    """The whole table as the JSON file that Terraform's side reads."""
    table = {"observe": to_observe(), "act": to_act(), "record": sorted(RECORDING)}
    return json.dumps(table, indent=2) + "\n"


def _named(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return sorted({permission(*pair) for pair in pairs})
