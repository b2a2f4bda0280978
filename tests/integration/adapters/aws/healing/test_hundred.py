"""A stack of a hundred resources that nobody touched: no false alarm, and few calls.

How long it takes is measured by the bench, which has the machine for itself. What is wanted is what
the observers themselves read first: so whatever differs at the second read has no steady value.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from cloudscale.adapters.aws.healing.assembly import parts_of
from cloudscale.adapters.aws.healing.observing import OBSERVERS
from cloudscale.adapters.aws.healing.world import AwsWorld
from cloudscale.ops.healing import run
from cloudscale.ops.healing.desired import Desired, StackFacts
from cloudscale.ops.healing.kinds import KINDS
from cloudscale.ops.healing.limits import Limits
from cloudscale.ops.healing.observed import Found
from cloudscale.ops.healing.resource import Ref, Resource
from tests.aws_server import REGION
from tests.integration.adapters.aws.conftest import build_fleet
from tests.integration.adapters.aws.healing.conftest import STACK, Stack

MOST_CALLS = 60
FACTS = StackFacts(STACK, REGION)
PLACES = {"group": "shop", "database": f"{STACK}-database"}
"""What is looked at besides: the members, and how the database does."""

Made = Iterator[tuple[str, str, dict[str, Any]]]
Maker = Callable[[Stack], Made]


def alarms(stack: Stack) -> Made:
    for number in range(32):
        name = f"{STACK}-alarm-{number:02d}"
        stack.aws.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/EC2",
            MetricName="CPUUtilization",
            Statistic="Average",
            Period=60,
            EvaluationPeriods=3,
            Threshold=70.0 + number,
            ComparisonOperator="GreaterThanThreshold",
            Dimensions=[{"Name": "AutoScalingGroupName", "Value": "shop"}],
        )
        yield "alarm", name, {}


def groups(stack: Stack) -> Made:
    ec2 = stack.aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    for number in range(12):
        named = {"GroupName": f"{STACK}-{number}", "Description": "x", "VpcId": vpc}
        group = ec2.create_security_group(**named)["GroupId"]
        rule = {"IpProtocol": "tcp", "FromPort": number, "ToPort": number}
        ranges = {"IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**rule, **ranges}])
        yield "security_group", group, {}


def logs_and_parameters(stack: Stack) -> Made:
    for number in range(14):
        name = f"/{STACK}/logs-{number}"
        stack.aws.client("logs").create_log_group(logGroupName=name)
        yield "log_group", name, {}
    for number in range(14):
        name = f"/{STACK}/setting-{number}"
        stack.aws.client("ssm").put_parameter(Name=name, Value=str(number), Type="String")
        yield "parameter", name, {}


def told(stack: Stack) -> Made:
    sns, sqs, events = (stack.aws.client(name) for name in ("sns", "sqs", "events"))
    topic = sns.create_topic(Name=f"{STACK}-told")["TopicArn"]
    yield "topic", topic, {}
    for number in range(6):
        url = sqs.create_queue(QueueName=f"{STACK}-{number}")["QueueUrl"]
        asked = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
        arn = sqs.get_queue_attributes(**asked)["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        about = {"topic": topic, "protocol": "sqs", "endpoint": arn}
        yield "subscription", f"{topic}|sqs|{arn}", about
        if number < 2:
            yield "queue", url, {}
    for number in range(4):
        name = f"{STACK}-rule-{number}"
        events.put_rule(Name=name, ScheduleExpression="rate(1 minute)", State="ENABLED")
        events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
        yield "event_rule", name, {}


def kept(stack: Stack) -> Made:
    secrets, kms, s3 = (stack.aws.client(name) for name in ("secretsmanager", "kms", "s3"))
    for number in range(3):
        named = {"Name": f"{STACK}/secret-{number}", "SecretString": "x"}
        yield "secret", secrets.create_secret(**named)["ARN"], {}
    yield "key", kms.create_key()["KeyMetadata"]["KeyId"], {}
    place = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket=f"{STACK}-files", CreateBucketConfiguration=place)
    yield "bucket", f"{STACK}-files", {}


def fleet(stack: Stack) -> Made:
    target_group, balancer = build_fleet(stack.aws)
    elb, scaling = stack.aws.client("elbv2"), stack.aws.client("autoscaling")
    actions = [{"Type": "forward", "TargetGroupArn": target_group}]
    named = {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80}
    listener = elb.create_listener(**named, DefaultActions=actions)["Listeners"][0]
    yield "load_balancer", balancer, {}
    yield "target_group", target_group, {}
    yield "listener", listener["ListenerArn"], {}
    yield "auto_scaling_group", "shop", {}
    for number in range(3):
        scaling.put_scaling_policy(
            AutoScalingGroupName="shop",
            PolicyName=f"policy-{number}",
            AdjustmentType="ChangeInCapacity",
            ScalingAdjustment=number + 1,
        )
        yield "scaling_policy", f"policy-{number}", {"group": "shop"}
    named = {"AutoScalingGroupName": "shop", "LifecycleHookName": "leaving"}
    scaling.put_lifecycle_hook(**named, LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING")
    yield "lifecycle_hook", "leaving", {"group": "shop"}


def roles(stack: Stack) -> Made:
    iam = stack.aws.client("iam")
    principal = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}
    trust = {"Version": "2012-10-17", "Statement": [{**principal, "Action": "sts:AssumeRole"}]}
    name = f"{STACK}-server"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    yield "role", name, {}
    yield "instance_profile", name, {}


def database(stack: Stack) -> Made:
    stack.aws.client("rds").create_db_instance(
        DBInstanceIdentifier=PLACES["database"],
        Engine="postgres",
        DBInstanceClass="db.t4g.small",
        AllocatedStorage=20,
        MasterUsername="cloudscale",
        MasterUserPassword="a-long-password",
    )
    yield "database", PLACES["database"], {}


MAKERS = (alarms, groups, logs_and_parameters, told, kept, fleet, roles, database)


def as_read(stack: Stack, makers: Sequence[Maker] = MAKERS) -> list[dict[str, Any]]:
    """Make all of it, or some; the rows of a document that wants it as it is."""
    blank: list[Resource] = []
    for make in makers:
        for number, (kind, id, about) in enumerate(make(stack)):
            fields = {field.name: None for field in KINDS[kind].fields}
            ref = Ref(kind, f"{kind}-{number}")
            blank.append(Resource(ref, id, f"aws_{kind}.x[{number}]", fields, about))
    seen = AwsWorld(stack.calls()).observe(Desired("c", FACTS, Limits(), blank))
    assert not seen.gaps
    return [_row(one, seen.resources[one.ref]) for one in blank]


def _row(one: Resource, sight: object) -> dict[str, Any]:
    assert isinstance(sight, Found), (one.ref, sight)
    fields = {name: sight.fields[name] for name in one.fields if name in sight.fields}
    named = {"kind": one.ref.kind, "name": one.ref.name, "id": one.id, "address": one.address}
    return json.loads(json.dumps({**named, "fields": fields, "about": one.about}, default=str))


def test_a_hundred_resources_are_calm_with_few_calls(stack: Stack):
    assert set(KINDS) >= set(OBSERVERS)
    rows = as_read(stack)
    assert len(rows) >= 100
    stack.want(*rows, **PLACES)
    calls = stack.calls()
    report = run.heal(parts_of(stack.where, calls), "function")
    assert report.plan and not report.plan.planned, [one.action for one in report.plan.planned]
    assert report.outcome == "calm", report.words
    assert not report.gaps
    assert calls.made < MOST_CALLS, f"{len(rows)} resources took {calls.made} calls"
    assert not list(parts_of(stack.where, calls).ledger.entries(datetime.now(UTC)))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_its_observer(kind: str):
    assert kind in OBSERVERS
