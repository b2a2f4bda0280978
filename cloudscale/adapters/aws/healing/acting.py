"""The calls that healing may make to change something: these, and no other.

Command --is it allowed?--> one call --> done, or Refused

The role's policy says the same once more (`permissions`); neither trusts the other.
"""

from collections.abc import Mapping
from typing import Any

from cloudscale.adapters.aws.healing import refusals
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.ports import Refused
from cloudscale.ops.ports import CloudFault

BY_SERVICE: Mapping[str, tuple[str, ...]] = {
    "autoscaling": (
        *("attach_load_balancer_target_groups", "detach_load_balancer_target_groups"),
        *("create_or_update_tags", "disable_metrics_collection", "enable_metrics_collection"),
        *("put_lifecycle_hook", "put_scaling_policy", "resume_processes", "suspend_processes"),
        *("set_instance_health", "update_auto_scaling_group"),
        "terminate_instance_in_auto_scaling_group",
    ),
    "cloudwatch": ("put_metric_alarm", "tag_resource"),
    "ec2": (
        *("authorize_security_group_egress", "authorize_security_group_ingress"),
        *("revoke_security_group_egress", "revoke_security_group_ingress"),
        *("create_tags", "modify_launch_template", "reboot_instances"),
    ),
    "elbv2": (
        *("add_tags", "deregister_targets", "modify_listener", "modify_load_balancer_attributes"),
        *("modify_rule", "modify_target_group", "modify_target_group_attributes"),
        *("register_targets", "set_rule_priorities", "set_security_groups", "set_subnets"),
    ),
    "events": ("put_rule", "put_targets", "remove_targets"),
    "iam": (
        *("add_role_to_instance_profile", "remove_role_from_instance_profile"),
        *("attach_role_policy", "detach_role_policy", "put_role_policy", "delete_role_policy"),
        *("tag_role", "update_assume_role_policy"),
    ),
    "kms": (
        *("cancel_key_deletion", "enable_key", "enable_key_rotation", "put_key_policy"),
        "tag_resource",
    ),
    "logs": ("associate_kms_key", "create_log_group", "put_retention_policy", "tag_resource"),
    "rds": (
        *("add_tags_to_resource", "modify_db_instance", "modify_db_parameter_group"),
        "reboot_db_instance",
    ),
    "s3": (
        *("put_bucket_encryption", "put_bucket_ownership_controls", "put_bucket_policy"),
        *("put_bucket_versioning", "put_public_access_block"),
    ),
    "secretsmanager": ("restore_secret", "tag_resource", "update_secret"),
    "sns": ("create_topic", "set_topic_attributes", "subscribe", "tag_resource"),
    "sqs": ("create_queue", "set_queue_attributes"),
    "ssm": ("put_parameter",),
}
ALLOWED = frozenset((service, name) for service, names in BY_SERVICE.items() for name in names)
"""All of them. None deletes anything but a member that its group replaces."""

DONE_ALREADY = {
    ("ec2", "authorize_security_group_ingress"): "InvalidPermission.Duplicate",
    ("ec2", "authorize_security_group_egress"): "InvalidPermission.Duplicate",
    ("ec2", "revoke_security_group_ingress"): "InvalidPermission.NotFound",
    ("ec2", "revoke_security_group_egress"): "InvalidPermission.NotFound",
    ("kms", "cancel_key_deletion"): "KMSInvalidStateException",
    ("logs", "create_log_group"): "ResourceAlreadyExistsException",
    ("ssm", "put_parameter"): "ParameterAlreadyExists",
}
"""Refusals that say that it is as it should be: the call was made before, or by somebody else."""


def act(calls: Calls, command: Command) -> None:
    """Make one call that changes something.

    Raises:
        Refused: It is not allowed, was refused, or nobody knows whether it was made.
    """
    named = (command.service, command.operation)
    if named not in ALLOWED:
        raise Refused(f"Healing never calls {command.operation} of {command.service}.")
    _check(command.operation, command.arguments)
    try:
        calls.ask(*named, **command.arguments)
    except CloudFault as fault:
        if DONE_ALREADY.get(named) == refusals.code(fault):
            return
        raise Refused(
            fault.reason,
            is_vanished=refusals.is_vanished(fault),
            is_unsure=refusals.is_unsure(fault),
        ) from fault


def _check(operation: str, arguments: Mapping[str, Any]) -> None:
    """What is not to be done by calls that are allowed otherwise.

    Raises:
        Refused: It is that.
    """
    if operation == "put_parameter" and "/healing/" in str(arguments.get("Name", "")):
        raise Refused("Healing never touches its own switches.")
    shrinks = arguments.get("ShouldDecrementDesiredCapacity", True)
    if operation == "terminate_instance_in_auto_scaling_group" and shrinks is not False:
        raise Refused("Healing never shrinks the fleet.")
    if operation == "update_auto_scaling_group" and arguments.get("MaxSize") == 0:
        raise Refused("Healing never empties the fleet.")
