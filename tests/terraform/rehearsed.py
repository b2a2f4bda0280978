"""Calls that the healer would make on the stack, where nothing in these tests has it make them."""

from collections.abc import Iterator

from tests.terraform.recording import Call
from tests.terraform.tampering.fleet import group_of
from tests.terraform.tampering.stage import GROUP, NAME, Stage

TAG = {"Project": "cloudscale"}
PAIRS = [{"Key": "Project", "Value": "cloudscale"}]
WHO = {"AutoScalingGroupName": GROUP}
ROLE = {"RoleName": f"{NAME}-server"}


def calls(stage: Stage) -> list[Call]:
    """Of everything that healing may call and these tests do not, one."""
    rows = (*_machines(stage), *_balancer(stage), *_told(stage), *_kept(stage), *_roles())
    return [Call.of(*row) for row in rows]


Row = tuple[str, str, dict]


def _machines(stage: Stage) -> Iterator[Row]:
    machine = group_of(stage)["Instances"][0]["InstanceId"]
    template = {"LaunchTemplateId": stage.outputs["launch_template_id"]}
    target = {**WHO, "TargetGroupARNs": [stage.outputs["target_group_arn"]]}
    fleet = {"GroupId": stage.sg("fleet"), "IpPermissions": []}
    yield "autoscaling", "attach_load_balancer_target_groups", target
    yield "autoscaling", "detach_load_balancer_target_groups", target
    yield "autoscaling", "disable_metrics_collection", {**WHO, "Metrics": ["GroupMinSize"]}
    yield "autoscaling", "enable_metrics_collection", {**WHO, "Granularity": "1Minute"}
    yield "autoscaling", "suspend_processes", {**WHO, "ScalingProcesses": ["AZRebalance"]}
    unhealthy = {"InstanceId": machine, "HealthStatus": "Unhealthy"}
    yield "autoscaling", "set_instance_health", unhealthy
    ended = {"InstanceId": machine, "ShouldDecrementDesiredCapacity": False}
    yield "autoscaling", "terminate_instance_in_auto_scaling_group", ended
    yield "ec2", "authorize_security_group_ingress", fleet
    yield "ec2", "revoke_security_group_egress", fleet
    ids = [fleet["GroupId"], template["LaunchTemplateId"]]
    yield "ec2", "create_tags", {"Resources": ids, "Tags": PAIRS}
    yield "ec2", "modify_launch_template", {**template, "DefaultVersion": "1"}
    yield "ec2", "reboot_instances", {"InstanceIds": [machine]}
    yield "ec2", "describe_launch_template_versions", {**template, "Versions": ["1"]}


def _balancer(stage: Stage) -> Iterator[Row]:
    target = {"TargetGroupArn": stage.outputs["target_group_arn"], "Targets": []}
    yield "elbv2", "deregister_targets", target
    yield "elbv2", "register_targets", target
    rules = stage.elbv2.describe_rules(ListenerArn=stage.listener()["ListenerArn"])["Rules"]
    places = [{"RuleArn": one["RuleArn"], "Priority": 1} for one in rules if not one["IsDefault"]]
    yield "elbv2", "set_rule_priorities", {"RulePriorities": places}
    yield "elbv2", "set_subnets", {"LoadBalancerArn": stage.balancer(), "Subnets": []}
    arns = [stage.balancer(), target["TargetGroupArn"], stage.listener()["ListenerArn"]]
    yield "elbv2", "add_tags", {"ResourceArns": [*arns, places[0]["RuleArn"]], "Tags": PAIRS}


def _told(stage: Stage) -> Iterator[Row]:
    alarm = f"arn:aws:cloudwatch:ap-south-1:123456789012:alarm:{NAME}-untold"
    yield "cloudwatch", "tag_resource", {"ResourceARN": alarm, "Tags": PAIRS}
    topic = stage.topic_arn()
    yield "sns", "create_topic", {"Name": topic.rpartition(":")[2], "Tags": PAIRS}
    yield "sns", "subscribe", {"TopicArn": topic, "Protocol": "email", "Endpoint": "a@example.com"}
    yield "sns", "tag_resource", {"ResourceArn": topic, "Tags": PAIRS}
    yield "sns", "list_tags_for_resource", {"ResourceArn": topic}
    for queue in ("untold", "healer-failed"):
        yield "sqs", "create_queue", {"QueueName": f"{NAME}-{queue}", "tags": TAG}


def _kept(stage: Stage) -> Iterator[Row]:
    key, log = {"KeyId": stage.key()}, f"/{NAME}/application"
    yield "kms", "cancel_key_deletion", key
    yield "kms", "tag_resource", {**key, "Tags": []}
    yield "kms", "list_resource_tags", key
    whole = stage.outputs["kms_key_arn"]
    yield "logs", "associate_kms_key", {"logGroupName": log, "kmsKeyId": whole}
    arn = f"arn:aws:logs:ap-south-1:123456789012:log-group:{log}"
    yield "logs", "tag_resource", {"resourceArn": arn, "tags": TAG}
    named = {"DBInstanceIdentifier": f"{NAME}-database"}
    yield "rds", "reboot_db_instance", named
    group = {"DBParameterGroupName": f"{NAME}-postgres17"}
    yield "rds", "modify_db_instance", {**named, **group}
    row = stage.rds.describe_db_instances(**named)["DBInstances"][0]
    yield "rds", "add_tags_to_resource", {"ResourceName": row["DBInstanceArn"], "Tags": PAIRS}
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    yield (
        "s3",
        "put_bucket_ownership_controls",
        {"Bucket": stage.bucket(), "OwnershipControls": controls},
    )
    yield "s3", "get_bucket_ownership_controls", {"Bucket": stage.bucket()}
    secret = {"SecretId": stage.secret()["ARN"], "KmsKeyId": whole}
    yield "secretsmanager", "update_secret", secret


def _roles() -> Iterator[Row]:
    profile = {"InstanceProfileName": f"{NAME}-server", **ROLE}
    yield "iam", "remove_role_from_instance_profile", profile
    yield "iam", "tag_role", {**ROLE, "Tags": PAIRS}
