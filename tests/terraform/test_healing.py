"""The healer on the applied stack: tampered with through AWS's API, healed by the function.

What is healed is judged by reading the resource, and by a plan of Terraform's own.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloudscale import healer
from cloudscale.adapters.aws.healing.assembly import Whereabouts, parts_of
from cloudscale.ops.healing import doing, run
from cloudscale.ops.healing.clock import SystemClock
from cloudscale.ops.healing.limits import Mode
from tests.aws_server import CREDENTIALS, REGION, Aws
from tests.healing_events import EVENTS
from tests.terraform.conftest import Built
from tests.terraform.stack import NOTHING_TO_DO, Stack

NAME = "cloudscale-production"
GROUP = f"{NAME}-fleet"
CALLS_OF_A_HUNDRED = 60
"""So many calls a look at a hundred of Terraform's resources may take."""


@pytest.fixture
def aws(built: Built) -> Aws:
    return built.aws


@pytest.fixture
def stack(built: Built) -> Stack:
    return built.stack


@pytest.fixture(autouse=True)
def environment(built: Built, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What Terraform gave the function; the pause between two looks is short here."""
    outputs = built.stack.outputs()
    told = {
        **CREDENTIALS,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": built.aws.url,
        "HEALING_STACK": NAME,
        "HEALING_TABLE": outputs["healing_table"],
        "HEALING_TOPIC_ARN": outputs["sns_topic_arn"],
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(SystemClock, "sleep", lambda self, seconds: time.sleep(min(seconds, 0.05)))
    healer._calls.cache_clear()
    yield


@pytest.fixture
def heal() -> Callable[..., dict[str, Any]]:
    """The function itself, called as EventBridge calls it."""

    def call(event: str = "schedule") -> dict[str, Any]:
        return healer.handler(EVENTS[event])

    return call


def planned(stack: Stack, module: str) -> str:
    """What Terraform would do to one family of resources."""
    done = stack.plan(f"-target={module}")
    assert done.returncode == NOTHING_TO_DO, done.stdout[-3000:]
    return done.stdout


def test_an_untouched_stack_is_read_whole_with_few_calls_and_left_alone(aws, stack, capsys):
    where = Whereabouts(NAME, stack.outputs()["healing_table"], region=REGION, endpoint_url=aws.url)
    calls = where.calls()
    report = run.heal(parts_of(where, calls), "command-line", Mode.PLAN)
    assert report.plan is not None
    assert report.observed is not None
    assert [str(one.action.ref) for one in report.plan.planned] == []
    assert (report.gaps, report.plan.comparison.unknown) == ({}, ())
    assert [str(one.ref) for one in report.plan.comparison.let_be] == []
    assert len(report.observed.resources) >= 55
    with capsys.disabled():
        resources = len(report.observed.resources)
        words = f"{resources} resources, {calls.made} calls, {report.seconds:.1f} s"
        sys.stdout.write(f"\nuntouched: {words}\n")
    assert calls.made < CALLS_OF_A_HUNDRED * stack.hundreds()


def test_the_function_finds_nothing_to_do_on_it(heal):
    assert heal()["outcome"] == "calm"


def test_a_rule_added_by_hand_goes_and_a_missing_one_comes_back(aws, stack, heal):
    ec2 = aws.client("ec2")
    fleet = group(aws, f"{NAME}-fleet")
    opened = {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 22,
        "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "just for now"}],
    }
    ec2.authorize_security_group_ingress(GroupId=fleet["GroupId"], IpPermissions=[opened])
    balancer = group(aws, f"{NAME}-alb")
    ec2.revoke_security_group_ingress(
        GroupId=balancer["GroupId"], IpPermissions=balancer["IpPermissions"]
    )
    assert heal("alarm")["outcome"] == "acted"
    assert ports(group(aws, f"{NAME}-fleet")) == [8000]
    assert ports(group(aws, f"{NAME}-alb")) == [80]
    planned(stack, "module.fleet.aws_security_group.this")
    planned(stack, "module.alb.aws_security_group.this")


def group(aws: Aws, name: str) -> dict[str, Any]:
    filters = [{"Name": "group-name", "Values": [name]}]
    return aws.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"][0]


def ports(row: dict[str, Any]) -> list[int]:
    return [one["FromPort"] for one in row["IpPermissions"]]


def test_the_group_gets_its_bounds_zones_checks_and_hooks_back(aws, stack, heal):
    autoscaling = aws.client("autoscaling")
    before = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])
    subnets = before["AutoScalingGroups"][0]["VPCZoneIdentifier"]
    autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        MinSize=1,
        MaxSize=40,
        HealthCheckType="EC2",
        HealthCheckGracePeriod=7,
        VPCZoneIdentifier=subnets.split(",")[0],
    )
    autoscaling.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    autoscaling.delete_lifecycle_hook(
        AutoScalingGroupName=GROUP, LifecycleHookName=f"{NAME}-terminating"
    )
    assert heal("terminated")["outcome"] == "acted"
    (row,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])[
        "AutoScalingGroups"
    ]
    assert (row["MinSize"], row["MaxSize"], row["HealthCheckType"]) == (2, 8, "ELB")
    assert sorted(row["VPCZoneIdentifier"].split(",")) == sorted(subnets.split(","))
    assert row["SuspendedProcesses"] == []
    hooks = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=GROUP)["LifecycleHooks"]
    assert len(hooks) == 2
    planned(stack, "module.fleet")


def test_alarms_and_the_policies_that_they_run_come_back(aws, stack, heal):
    cloudwatch, autoscaling = aws.client("cloudwatch"), aws.client("autoscaling")
    cloudwatch.delete_alarms(AlarmNames=[f"{NAME}-unhealthy-hosts"])
    cloudwatch.disable_alarm_actions(AlarmNames=[f"{NAME}-untold"])
    (high,) = alarms(aws, f"{NAME}-cpu-out")
    changed = {
        name: high[name]
        for name in (
            *("AlarmName", "MetricName", "Namespace", "Dimensions", "Statistic", "Period"),
            *("EvaluationPeriods", "ComparisonOperator"),
        )
    }
    cloudwatch.put_metric_alarm(**changed, Threshold=99.0, AlarmActions=[])
    autoscaling.delete_policy(AutoScalingGroupName=GROUP, PolicyName=f"{NAME}-users-out")
    heal("alarm")
    heal()  # the policy is another one now, and its alarm runs that one
    assert len(alarms(aws, f"{NAME}-unhealthy-hosts")) == 1
    assert alarms(aws, f"{NAME}-untold")[0]["ActionsEnabled"] is True
    assert alarms(aws, f"{NAME}-cpu-out")[0]["Threshold"] == 70
    policies = autoscaling.describe_policies(AutoScalingGroupName=GROUP)["ScalingPolicies"]
    arns = {row["PolicyName"]: row["PolicyARN"] for row in policies}
    assert alarms(aws, f"{NAME}-users-out")[0]["AlarmActions"] == [arns[f"{NAME}-users-out"]]
    planned(stack, "module.scaling")
    planned(stack, "module.monitoring")


def alarms(aws: Aws, name: str) -> list[dict[str, Any]]:
    return aws.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]


def test_a_role_loses_what_it_was_given_and_gets_back_what_was_taken(aws, stack, heal):
    iam = aws.client("iam")
    role = f"{NAME}-server"
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam.put_role_policy(RoleName=role, PolicyName="mine", PolicyDocument=document)
    iam.put_role_policy(RoleName=role, PolicyName="server", PolicyDocument=document)
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_role_policy(RoleName=role, PolicyArn=admin)
    iam.remove_role_from_instance_profile(InstanceProfileName=role, RoleName=role)
    heal()
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["server"]
    text = json.dumps(iam.get_role_policy(RoleName=role, PolicyName="server")["PolicyDocument"])
    assert "SessionManager" in text
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    profile = iam.get_instance_profile(InstanceProfileName=role)["InstanceProfile"]
    assert [one["RoleName"] for one in profile["Roles"]] == [role]
    planned(stack, "module.fleet.aws_iam_role_policy.this")


def test_the_balancer_and_its_target_group_are_put_back(aws, stack, heal):
    elb = aws.client("elbv2")
    (target,) = elb.describe_target_groups()["TargetGroups"]
    arn = target["TargetGroupArn"]
    elb.modify_target_group(TargetGroupArn=arn, HealthCheckPath="/", HealthyThresholdCount=9)
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "3000"}
    elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[delay])
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    timeout = {"Key": "idle_timeout.timeout_seconds", "Value": "10"}
    named = {"LoadBalancerArn": balancer["LoadBalancerArn"]}
    elb.modify_load_balancer_attributes(**named, Attributes=[timeout])
    heal()
    (target,) = elb.describe_target_groups()["TargetGroups"]
    assert (target["HealthCheckPath"], target["HealthyThresholdCount"]) == ("/health", 2)
    told = elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    assert {**delay, "Value": "60"} in told
    assert {**timeout, "Value": "300"} in elb.describe_load_balancer_attributes(**named)[
        "Attributes"
    ]
    planned(stack, "module.alb")


def test_logs_notices_rules_secrets_and_parameters_are_put_back(aws, stack, heal):
    logs, sns = aws.client("logs"), aws.client("sns")
    log = f"/{NAME}/application"
    logs.put_retention_policy(logGroupName=log, retentionInDays=1)
    topic = stack.outputs()["sns_topic_arn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="x")
    events = aws.client("events")
    events.disable_rule(Name=f"{NAME}-scaling")
    events.remove_targets(Rule=f"{NAME}-refresh", Ids=["notices"])
    aws.client("ssm").delete_parameter(Name=f"/{NAME}/scaling-policy")
    aws.client("secretsmanager").delete_secret(SecretId=f"{NAME}/metrics-token")
    heal()
    (row,) = logs.describe_log_groups(logGroupNamePrefix=log)["logGroups"]
    assert row["retentionInDays"] == 30
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"] == "CloudScale"
    assert events.describe_rule(Name=f"{NAME}-scaling")["State"] == "ENABLED"
    (target,) = events.list_targets_by_rule(Rule=f"{NAME}-refresh")["Targets"]
    assert target["InputTransformer"]["InputTemplate"]
    assert aws.client("ssm").get_parameter(Name=f"/{NAME}/scaling-policy")["Parameter"]["Value"]
    secret = aws.client("secretsmanager").describe_secret(SecretId=f"{NAME}/metrics-token")
    assert "DeletedDate" not in secret
    planned(stack, "module.monitoring")
    planned(stack, "module.metrics_token")


def test_the_database_and_the_bucket_are_put_back(aws, stack, heal):
    rds, s3 = aws.client("rds"), aws.client("s3")
    rds.modify_db_instance(
        DBInstanceIdentifier=f"{NAME}-database",
        BackupRetentionPeriod=0,
        PubliclyAccessible=True,
        ApplyImmediately=True,
    )
    bucket = f"{NAME}-alb-logs-123456789012-{REGION}"
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    heal()
    (row,) = rds.describe_db_instances(DBInstanceIdentifier=f"{NAME}-database")["DBInstances"]
    assert (row["BackupRetentionPeriod"], row["PubliclyAccessible"]) == (7, False)
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(blocked.values())
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    planned(stack, "module.database")
    planned(stack, "module.alb")


def test_people_are_told_what_was_put_back_and_how_to_undo_it(aws, stack, heal):
    sqs, sns = aws.client("sqs"), aws.client("sns")
    url = sqs.create_queue(QueueName="somebody")["QueueUrl"]
    topic = stack.outputs()["sns_topic_arn"]
    told = sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:123456789012:somebody"
    )
    logs = aws.client("logs")
    logs.put_retention_policy(logGroupName=f"/{NAME}/bootstrap", retentionInDays=3)
    heal()
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    letters = [json.loads(one["Body"]) for one in messages]
    letter = next(one for one in letters if "bootstrap" in one["Subject"])
    assert "well again" in letter["Subject"]
    assert "before: 3" in letter["Message"]
    assert "after:  30" in letter["Message"]
    assert "To undo it:" in letter["Message"]
    sns.unsubscribe(SubscriptionArn=told["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


def test_in_the_end_terraform_finds_nothing_to_do(stack):
    done = stack.plan()
    assert done.returncode == NOTHING_TO_DO, done.stdout[-3000:]


def test_a_repair_is_read_again_for_less_time_than_the_function_may_take():
    assert sum(doing.PAUSES_SECONDS) < doing.LONGEST_SECONDS < 120
