"""One resource of each kind, and what is particular about spoiling it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.unit.ops.healing.corpus.documents import (
    BUCKET_POLICY,
    KEY_POLICY,
    PATTERN,
    ROLE_POLICY,
    TOPIC_POLICY,
    TRUST,
    respelled,
    spoiled,
)

Expectation = Literal["reverted", "by hand", "untouched"]
MANAGED, SESSIONS = "arn:aws:iam::aws:policy/{}", "AmazonSSMManagedInstanceCore"
TAGS = {"Project": "shop", "Environment": "test"}


@dataclass(frozen=True)
class Sample:
    """A resource as it is wanted.

    Attributes:
        id: As AWS names it.
        fields: All that is wanted.
        about: Facts beside.
        when_gone: What is done when it is gone.
        spoiled: Of a field, values that are not the wanted one.
        spellings: Of a field, other ways to write the wanted one.
        kept: Of a field, other values that may stay.
        outcomes: Of a field, what is done about it where it is not the usual thing.
        may_be_nothing: Fields whose wanted value is nothing, so that nothing can be removed.
    """

    id: str
    fields: Mapping[str, Any]
    about: Mapping[str, Any] = field(default_factory=dict)
    when_gone: Expectation = "reverted"
    spoiled: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    spellings: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    kept: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    outcomes: Mapping[str, Expectation] = field(default_factory=dict)
    may_be_nothing: frozenset[str] = frozenset()


def rule(**changes: Any) -> dict[str, Any]:
    """A rule of a security group."""
    return {
        "protocol": "tcp",
        "from_port": 8000,
        "to_port": 8000,
        "cidrs": [],
        "groups": ["sg-alb"],
        "description": "From the balancer",
        **changes,
    }


FROM_OFFICES = rule(cidrs=["10.0.0.0/16", "192.168.7.0/24"], groups=[], from_port=443, to_port=443)
TO_ANYWHERE = {"protocol": "-1", "from_port": 0, "to_port": 0, "cidrs": ["0.0.0.0/0"]}
SSH = rule(cidrs=["0.0.0.0/0"], groups=[], from_port=22, to_port=22, description="just for now")
FORWARD = {"type": "forward", "target_group": "arn:tg"}
NOT_FOUND = {
    "type": "fixed-response",
    "fixed_response": {"status_code": "404", "content_type": "text/plain", "message_body": "no"},
}
QUERY = {
    "id": "m1",
    "return_data": False,
    "metric": {
        "namespace": "AWS/EC2",
        "metric": "CPUUtilization",
        "dimensions": {"AutoScalingGroupName": "shop-fleet"},
        "stat": "Average",
        "period_seconds": 60,
    },
}
EXPRESSION = {"id": "all", "expression": "m1 + 1", "label": "cpu", "return_data": True}
TARGET = {
    "id": "notices",
    "arn": "arn:topic",
    "input_paths": {"what": "$.detail-type", "time": "$.time"},
    "input_template": '"<what>, <time>"',
    "dead_letter_arn": "arn:queue",
    "max_age_seconds": 3600,
    "max_attempts": 20,
}

SAMPLES: dict[str, Sample] = {
    "security_group": Sample(
        "sg-1",
        {"ingress": [rule(), FROM_OFFICES], "egress": [TO_ANYWHERE], "tags": TAGS},
        when_gone="by hand",
        spoiled={
            "ingress": [
                [rule()],
                [],
                [rule(), FROM_OFFICES, SSH],
                [rule(), FROM_OFFICES, rule(cidrs=[], groups=[], ipv6_cidrs=["::/0"])],
                [rule(), {**FROM_OFFICES, "cidrs": ["10.0.0.0/16"]}],
                [rule(), {**FROM_OFFICES, "cidrs": ["10.0.0.0/8", "192.168.7.0/24"]}],
                [rule(from_port=7999), FROM_OFFICES],
                [rule(protocol="udp"), FROM_OFFICES],
                [rule(groups=["sg-other"]), FROM_OFFICES],
                [rule(groups=["sg-alb", "sg-other"]), FROM_OFFICES],
                [rule(prefix_lists=["pl-1"]), FROM_OFFICES],
            ],
            "egress": [[], [TO_ANYWHERE, SSH], [{**TO_ANYWHERE, "cidrs": ["10.0.0.0/8"]}]],
        },
        spellings={
            "ingress": [
                [FROM_OFFICES, rule()],
                [rule(protocol=6), FROM_OFFICES],
                [rule(protocol="TCP", from_port="8000"), FROM_OFFICES],
                [rule(description="Said otherwise"), FROM_OFFICES],
                [rule(), {**FROM_OFFICES, "cidrs": ["192.168.7.9/24", "10.0.3.4/16"]}],
                [
                    rule(),
                    {**FROM_OFFICES, "cidrs": ["10.0.0.0/16"]},
                    {**FROM_OFFICES, "cidrs": ["192.168.7.0/24"]},
                ],
                [rule(), rule(), FROM_OFFICES],
            ],
            "egress": [
                [{**TO_ANYWHERE, "protocol": "all"}],
                [{"protocol": -1, "cidrs": ["0.0.0.0/0"]}],
            ],
        },
    ),
    "auto_scaling_group": Sample(
        "shop-fleet",
        {
            "min_size": 2,
            "max_size": 8,
            "desired_capacity": 2,
            "subnets": ["subnet-a", "subnet-b"],
            "health_check_type": "ELB",
            "health_check_grace_seconds": 300,
            "suspended_processes": [],
            "launch_template": {"id": "lt-1", "version": "3"},
            "target_groups": ["arn:tg"],
            "default_warm_up_seconds": 120,
            "max_lifetime_seconds": 2592000,
            "maintenance": {"min_healthy_percent": 100, "max_healthy_percent": 150},
            "metrics": ["GroupMinSize", "GroupMaxSize"],
            "protects_new_instances": False,
            "termination_policies": ["OldestInstance", "Default"],
            "tags": TAGS,
        },
        when_gone="by hand",
        spoiled={
            "desired_capacity": [0, 1, 9, 40],
            "launch_template": [
                *({"id": "lt-1", "version": wrong} for wrong in ("4", "0", "$Latest", "", 4)),
                *({"id": wrong, "version": "3"} for wrong in ("lt-2", "", None)),
                {"id": "lt-1"},
                {"version": "2"},
            ],
            "suspended_processes": [["Launch"], ["HealthCheck", "ReplaceUnhealthy"]],
        },
        spellings={
            "subnets": [["subnet-b", "subnet-a"]],
            "metrics": [["GroupMaxSize", "GroupMinSize"]],
            "protects_new_instances": ["false"],
            "min_size": ["2"],
        },
        kept={
            "desired_capacity": [3, 5, 8],
            "launch_template": [
                {"id": "lt-1", "version": "3"},
                {"id": "lt-1", "version": 3},
                {"id": "lt-1", "version": "2"},  # what AWS went back to
            ],
        },
        may_be_nothing=frozenset({"suspended_processes", "desired_capacity"}),
    ),
    "launch_template": Sample(
        "lt-1",
        {
            "default_version": 3,
            "latest_version": 3,
            "content": {
                "image_id": "ami-1",
                "instance_type": "t3.small",
                "user_data_sha256": "abc",
                "security_groups": ["sg-1"],
                "instance_profile": "arn:profile",
                "metadata": {"http_tokens": "required", "hop_limit": 1},
                "monitoring": True,
                "ebs_optimized": True,
                "disks": [{"device": "/dev/xvda", "type": "gp3", "gb": 20, "encrypted": True}],
            },
            "tags": TAGS,
        },
        when_gone="by hand",
        outcomes={"content": "by hand"},
        spellings={"default_version": ["3"]},
    ),
    "lifecycle_hook": Sample(
        "launching",
        {
            "transition": "autoscaling:EC2_INSTANCE_LAUNCHING",
            "default_result": "ABANDON",
            "timeout_seconds": 900,
        },
        {"group": "shop-fleet"},
    ),
    "scaling_policy": Sample(
        "users",
        {
            "type": "StepScaling",
            "adjustment_type": "ChangeInCapacity",
            "min_adjustment": 1,
            "aggregation": "Average",
            "warm_up_seconds": 120,
            "adjustment": 1,
            "cooldown_seconds": 60,
            "steps": [
                {"lower": 0, "upper": 10, "adjustment": 1},
                {"lower": 10, "upper": None, "adjustment": 2},
            ],
            "target": {
                "value": 50,
                "metric": "ASGAverageCPUUtilization",
                "label": "app/x",
                "is_scale_in_disabled": False,
            },
            "is_enabled": True,
        },
        {"group": "shop-fleet"},
        spoiled={
            "steps": [
                [],
                [{"lower": 0, "upper": None, "adjustment": 1}],
                [
                    {"lower": 0, "upper": 10, "adjustment": 1},
                    {"lower": 10, "upper": None, "adjustment": 5},
                ],
            ],
            "target": [
                {"value": 90, "metric": "ASGAverageCPUUtilization", "label": "app/x"},
                {"value": 50, "metric": "ALBRequestCountPerTarget", "label": "app/x"},
                {
                    "value": 50,
                    "metric": "ASGAverageCPUUtilization",
                    "label": "app/x",
                    "is_scale_in_disabled": True,
                },
            ],
        },
        spellings={
            "steps": [
                [
                    {"lower": "10.0", "adjustment": 2},
                    {"lower": 0.0, "upper": 10.0, "adjustment": "1"},
                ]
            ],
            "target": [{"value": 50.0, "metric": "ASGAverageCPUUtilization", "label": "app/x"}],
        },
    ),
    "alarm": Sample(
        "shop-cpu-high",
        {
            "description": "CPU is high.",
            "namespace": "AWS/EC2",
            "metric": "CPUUtilization",
            "dimensions": {"AutoScalingGroupName": "shop-fleet", "Environment": "test"},
            "statistic": "Average",
            "extended_statistic": "p95",
            "period_seconds": 60,
            "evaluation_periods": 2,
            "datapoints_to_alarm": 2,
            "threshold": 70,
            "comparison": "GreaterThanOrEqualToThreshold",
            "missing_data": "notBreaching",
            "few_samples": "ignore",
            "unit": "Percent",
            "queries": [QUERY, EXPRESSION],
            "is_enabled": True,
            "alarm_actions": ["policy:sample", "arn:topic"],
            "ok_actions": ["arn:topic"],
            "no_data_actions": ["arn:topic"],
            "tags": TAGS,
        },
        spoiled={
            "queries": [
                [QUERY],
                [EXPRESSION],
                [QUERY, {**EXPRESSION, "expression": "m1"}],
                [{**QUERY, "metric": {**QUERY["metric"], "stat": "Maximum"}}, EXPRESSION],
                [{**QUERY, "metric": {**QUERY["metric"], "period_seconds": 300}}, EXPRESSION],
                [{**QUERY, "return_data": True}, EXPRESSION],
            ]
        },
        spellings={
            "queries": [[EXPRESSION, QUERY]],
            "threshold": ["70.0", 70.0],
            "alarm_actions": [["arn:topic", "policy:sample"]],
            "is_enabled": ["true"],
        },
    ),
    "role": Sample(
        "shop-server",
        {
            "trust": TRUST,
            "inline": {"server": ROLE_POLICY},
            "attached": [MANAGED.format(SESSIONS)],
            "tags": TAGS,
        },
        when_gone="by hand",
        spoiled={
            "trust": spoiled(TRUST),
            "inline": [
                {},
                {"server": ROLE_POLICY, "more": ROLE_POLICY},
                *({"server": one} for one in spoiled(ROLE_POLICY)),
            ],
            "attached": [
                [],
                [MANAGED.format("AdministratorAccess")],
                [MANAGED.format(one) for one in ("AdministratorAccess", SESSIONS)],
            ],
        },
        spellings={
            "trust": respelled(TRUST),
            "inline": [{"server": one} for one in respelled(ROLE_POLICY)],
        },
    ),
    "instance_profile": Sample("shop-server", {"role": "shop-server"}, when_gone="by hand"),
    "load_balancer": Sample(
        "arn:lb",
        {
            "attributes": {
                "idle_timeout.timeout_seconds": "300",
                "deletion_protection.enabled": "true",
            },
            "security_groups": ["sg-alb"],
            "subnets": ["subnet-a", "subnet-b"],
            "tags": TAGS,
        },
        when_gone="by hand",
        spellings={
            "attributes": [
                {
                    "idle_timeout.timeout_seconds": 300,
                    "deletion_protection.enabled": "true",
                    "routing.http2.enabled": "true",
                }
            ],
            "subnets": [["subnet-b", "subnet-a"]],
        },
    ),
    "listener": Sample(
        "arn:listener",
        {
            "port": 443,
            "protocol": "HTTPS",
            "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "certificates": ["arn:certificate"],
            "actions": [FORWARD],
            "tags": TAGS,
        },
        when_gone="by hand",
        spoiled={"actions": [[], [NOT_FOUND], [{**FORWARD, "target_group": "arn:other"}]]},
        spellings={"port": ["443"]},
    ),
    "listener_rule": Sample(
        "arn:rule",
        {
            "priority": 1,
            "conditions": [{"field": "path-pattern", "values": ["/metrics", "/metrics/*"]}],
            "actions": [NOT_FOUND],
            "tags": TAGS,
        },
        when_gone="by hand",
        spoiled={
            "actions": [[], [FORWARD]],
            "conditions": [
                [],
                [{"field": "path-pattern", "values": ["/metrics"]}],
                [{"field": "host-header", "values": ["/metrics", "/metrics/*"]}],
            ],
        },
        spellings={
            "conditions": [[{"field": "path-pattern", "values": ["/metrics/*", "/metrics"]}]],
            "priority": ["1"],
        },
    ),
    "target_group": Sample(
        "arn:tg",
        {
            "health_check": {
                "path": "/health",
                "protocol": "HTTP",
                "port": "traffic-port",
                "interval_seconds": 10,
                "timeout_seconds": 5,
                "healthy_count": 2,
                "unhealthy_count": 3,
                "matcher": "200",
            },
            "attributes": {"deregistration_delay.timeout_seconds": "60"},
            "tags": TAGS,
        },
        when_gone="by hand",
    ),
    "topic": Sample(
        "arn:aws:sns:ap-south-1:123456789012:shop-notices",
        {"policy": TOPIC_POLICY, "key": "arn:key", "display_name": "CloudScale", "tags": TAGS},
        spoiled={"policy": spoiled(TOPIC_POLICY)},
        spellings={"policy": respelled(TOPIC_POLICY)},
    ),
    "subscription": Sample(
        "arn:topic|email|ops@example.com",
        {"is_there": True},
        {"topic": "arn:topic", "protocol": "email", "endpoint": "ops@example.com"},
    ),
    "queue": Sample(
        "https://sqs.example.com/123456789012/shop-untold",
        {"policy": BUCKET_POLICY, "retention_seconds": 1209600},
        spoiled={"policy": spoiled(BUCKET_POLICY)},
        spellings={"policy": respelled(BUCKET_POLICY), "retention_seconds": ["1209600"]},
    ),
    "event_rule": Sample(
        "shop-scaling",
        {
            "pattern": PATTERN,
            "schedule": "rate(1 minute)",
            "state": "ENABLED",
            "description": "A server came or went",
            "targets": [TARGET],
        },
        spoiled={
            "pattern": [
                {"source": ["aws.autoscaling"]},
                {**PATTERN, "source": ["aws.ec2"]},
                {**PATTERN, "detail-type": [*PATTERN["detail-type"], "More"]},
            ],
            "targets": [
                [],
                [TARGET, {"id": "mine", "arn": "arn:other"}],
                *([{**TARGET, name: "other"}] for name in ("arn", "input_template")),
                [{**TARGET, "input_paths": {}}],
                [{name: one for name, one in TARGET.items() if name != "dead_letter_arn"}],
                [{**TARGET, "max_attempts": 0}],
            ],
        },
        spellings={
            "pattern": [
                {**PATTERN, "detail-type": list(reversed(PATTERN["detail-type"]))},
            ],
            "targets": [[{**TARGET, "max_attempts": "20"}]],
        },
    ),
    "log_group": Sample("/shop/server", {"retention_days": 30, "key": "arn:key", "tags": TAGS}),
    "parameter": Sample(
        "/shop/scaling-policy", {"value": "{}", "type": "String", "tier": "Standard"}
    ),
    "secret": Sample(
        "arn:secret",
        {"is_there": True, "key": "arn:key", "tags": TAGS},
        when_gone="by hand",
    ),
    "key": Sample(
        "key-1",
        {"state": "Enabled", "is_rotated": True, "policy": KEY_POLICY, "tags": TAGS},
        when_gone="by hand",
        spoiled={"state": ["Disabled", "PendingDeletion"], "policy": spoiled(KEY_POLICY)},
        spellings={"policy": respelled(KEY_POLICY)},
    ),
    "database": Sample(
        "shop-database",
        {
            "instance_class": "db.t4g.small",
            "allocated_gb": 20,
            "max_storage_gb": 100,
            "backup_retention_days": 7,
            "backup_window": "20:00-21:00",
            "maintenance_window": "sun:21:30-sun:22:30",
            "is_public": False,
            "parameter_group": "shop-database",
            "is_multi_az": True,
            "is_deletion_protected": True,
            "security_groups": ["sg-database"],
            "is_auto_minor": True,
            "engine_version": "17.2",
            "is_encrypted": True,
            "copies_tags": True,
            "tags": TAGS,
        },
        when_gone="by hand",
        spoiled={"allocated_gb": [10, 19]},
        kept={"allocated_gb": [30, 100]},
        outcomes={"is_encrypted": "by hand", "allocated_gb": "by hand"},
        spellings={"is_public": ["False"], "backup_retention_days": ["7"]},
    ),
    "parameter_group": Sample(
        "shop-database",
        {"parameters": {"rds.force_ssl": "1", "log_min_duration_statement": "500"}},
        when_gone="by hand",
        spellings={
            "parameters": [
                {"log_min_duration_statement": 500, "rds.force_ssl": 1, "max_connections": "100"}
            ]
        },
    ),
    "bucket": Sample(
        "shop-logs",
        {
            "policy": BUCKET_POLICY,
            "public_access_block": {
                "block_acls": True,
                "ignore_acls": True,
                "block_policy": True,
                "restrict_buckets": True,
            },
            "encryption": {"algorithm": "aws:kms", "key": "arn:key"},
            "versioning": "Enabled",
            "ownership": "BucketOwnerEnforced",
        },
        when_gone="by hand",
        spoiled={"policy": spoiled(BUCKET_POLICY), "versioning": ["Suspended"]},
        spellings={"policy": respelled(BUCKET_POLICY)},
    ),
}
