"""What AWS answers and an AWS on loopback does not: parts refused, ARNs made up anew, warm-up."""

from collections.abc import Mapping
from typing import Any

from boto3.session import Session
from botocore.stub import Stubber

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import OBSERVERS
from cloudscale.ops.healing.compare import compare
from cloudscale.ops.healing.desired import Desired, StackFacts
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.limits import Limits, Mode
from cloudscale.ops.healing.observed import Found, Gone, Observed, Sight
from cloudscale.ops.healing.plan import plan
from cloudscale.ops.healing.resource import Ref, Resource
from tests.aws_server import REGION
from tests.integration.healing.stage import GROUP, NAME, NOW

STACK = StackFacts(NAME, REGION, "123456789012", group=GROUP)
ARN = "arn:aws:autoscaling:{}:1:scalingPolicy:{}:autoScalingGroupName/shop:policyName/out"
OLD, NEW = ARN.format(REGION, "0000"), ARN.format(REGION, "1111")
ALARM = f"arn:aws:cloudwatch:{REGION}:123456789012:alarm:high"
HIGH, OUT = Ref("alarm", "high"), Ref("scaling_policy", "out")
RULES: dict[str, Any] = {
    "EvaluationPeriods": 1,
    "Threshold": 70.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
WANTED = {
    HIGH: Resource(
        HIGH,
        "high",
        "aws_cloudwatch_metric_alarm.high",
        {
            "evaluation_periods": 1,
            "threshold": 70,
            "comparison": "GreaterThanThreshold",
            "is_enabled": True,
            "alarm_actions": ["policy:out"],
            "tags": {"Project": "CloudScale"},
        },
    ),
    OUT: Resource(
        OUT,
        "out",
        "aws_autoscaling_policy.out",
        {"type": "SimpleScaling", "adjustment_type": "ChangeInCapacity", "adjustment": 1},
        {"group": GROUP},
    ),
}
TAGGED = [{"ResourceARN": ALARM, "Tags": [{"Key": "Project", "Value": "CloudScale"}]}]


def stubbed(service: str) -> tuple[Any, Stubber]:
    keys = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nothing"}
    client = Session(region_name=REGION, **keys).client(service)
    stubber = Stubber(client)
    stubber.activate()
    return client, stubber


class Aws:
    """Answers as told, service by service and in order."""

    def __init__(self) -> None:
        self._clients: dict[str, tuple[Any, Stubber]] = {}
        self.calls = Calls(lambda service: self._of(service)[0])

    def _of(self, service: str) -> tuple[Any, Stubber]:
        if service not in self._clients:
            self._clients[service] = stubbed(service)
        return self._clients[service]

    def tells(self, service: str, operation: str, **answer: Any) -> None:
        self._of(service)[1].add_response(operation, answer)

    def refuses(self, service: str, operation: str, code: str = "AccessDenied") -> None:
        self._of(service)[1].add_client_error(operation, code, "no")

    def tells_alarm(self, action: str) -> None:
        row = {"AlarmName": "high", "AlarmArn": ALARM, "ActionsEnabled": True, **RULES}
        told = {**row, "AlarmActions": [action], "MetricName": "CPUUtilization"}
        self.tells("cloudwatch", "describe_alarms", MetricAlarms=[told])

    def tells_policies(self, *arns: str) -> None:
        rows = [{"PolicyName": "out", "PolicyARN": arn, "ScalingAdjustment": 1} for arn in arns]
        told = [{**row, "AdjustmentType": "ChangeInCapacity"} for row in rows]
        self.tells("autoscaling", "describe_policies", ScalingPolicies=told)

    def tells_tags(self) -> None:
        self.tells("resourcegroupstaggingapi", "get_resources", ResourceTagMappingList=TAGGED)

    def seen(self, *refs: Ref) -> dict[Ref, Sight]:
        sights: dict[Ref, Sight] = {}
        for ref in refs:
            sights |= OBSERVERS[ref.kind](self.calls, [WANTED[ref]], STACK)
        return sights


def document(*refs: Ref) -> Desired:
    return Desired("change", STACK, Limits(Mode.APPLY), [WANTED[ref] for ref in refs])


def commands(sights: Mapping[Ref, Sight]) -> dict[Ref, list[tuple[str, Mapping[str, Any]]]]:
    wanted, observed = document(*sights), Observed(NOW, sights)
    found = plan(wanted, observed, History(NOW), NOW, diagnoses=()).planned
    return {
        one.action.ref: [(call.operation, call.arguments) for call in one.action.commands]
        for one in found
    }


def test_an_alarm_that_runs_the_policy_that_there_is_names_it_as_documents_do():
    aws = Aws()
    aws.tells_alarm(NEW)
    aws.tells_policies(NEW)
    aws.tells_tags()
    seen = aws.seen(HIGH)
    assert compare(document(HIGH), Observed(NOW, seen)).broken == ()
    assert aws.calls.made == 3


def test_an_alarm_that_runs_a_policy_of_old_is_led_to_the_one_that_aws_made_anew():
    aws = Aws()
    aws.tells_alarm(OLD)
    aws.tells_policies(NEW)
    aws.tells_tags()
    aws.tells_policies(NEW)
    calls = commands(aws.seen(HIGH, OUT))
    assert calls.keys() == {HIGH}
    ((operation, arguments),) = calls[HIGH]
    assert (operation, arguments["AlarmActions"]) == ("put_metric_alarm", [NEW])


def test_a_policy_that_is_gone_comes_first_and_its_alarm_is_left_until_it_is_there():
    aws = Aws()
    aws.tells_alarm(OLD)
    aws.tells_policies()
    aws.tells_tags()
    aws.tells_policies()
    seen = aws.seen(HIGH, OUT)
    assert seen[OUT] == Gone()
    calls = commands(seen)
    assert [operation for operation, _ in calls[OUT]] == ["put_scaling_policy"]
    assert calls[HIGH] == []


def test_where_policies_cannot_be_read_only_the_actions_of_alarms_are_unknown():
    aws = Aws()
    aws.tells_alarm(NEW)
    aws.refuses("autoscaling", "describe_policies")
    aws.tells_tags()
    found = compare(document(HIGH), Observed(NOW, aws.seen(HIGH)))
    assert found.broken == ()
    assert found.unreadable.keys() == {"alarm/high.alarm_actions"}
    assert "autoscaling:DescribePolicies" in found.unreadable["alarm/high.alarm_actions"]


def test_where_tags_cannot_be_read_only_the_tags_of_alarms_are_unknown():
    aws = Aws()
    aws.tells_alarm(NEW)
    aws.tells_policies(NEW)
    aws.refuses("resourcegroupstaggingapi", "get_resources")
    found = compare(document(HIGH), Observed(NOW, aws.seen(HIGH)))
    assert (found.broken, found.unreadable.keys()) == ((), {"alarm/high.tags"})


def test_what_an_aws_on_loopback_forgets_of_a_group_is_read_as_documents_write_it():
    ref = Ref("auto_scaling_group", "fleet")
    wanted = Resource(
        ref,
        GROUP,
        "aws_autoscaling_group.this",
        {
            "default_warm_up_seconds": 180,
            "max_lifetime_seconds": 604800,
            "maintenance": {"min_healthy_percent": 100, "max_healthy_percent": 150},
            "termination_policies": ["OldestLaunchTemplate", "Default"],
        },
    )
    row = {
        "AutoScalingGroupName": GROUP,
        **{"MinSize": 2, "MaxSize": 4, "DesiredCapacity": 2, "DefaultCooldown": 300},
        **{"AvailabilityZones": [], "HealthCheckType": "ELB", "CreatedTime": NOW},
        **{"DefaultInstanceWarmup": 180, "MaxInstanceLifetime": 604800},
        "InstanceMaintenancePolicy": {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 150},
        "TerminationPolicies": ["OldestLaunchTemplate", "Default"],
    }
    aws = Aws()
    aws.tells("autoscaling", "describe_auto_scaling_groups", AutoScalingGroups=[row])
    seen = OBSERVERS[ref.kind](aws.calls, [wanted], STACK)
    told = Desired("change", STACK, Limits(), [wanted])
    assert compare(told, Observed(NOW, seen)).broken == ()
    aws.tells(
        "autoscaling",
        "describe_auto_scaling_groups",
        AutoScalingGroups=[{**row, "Status": "Delete in progress"}],
    )
    assert OBSERVERS[ref.kind](aws.calls, [wanted], STACK) == {ref: Gone()}


def test_a_source_in_another_account_is_named_with_the_account():
    ref = Ref("security_group", "fleet")
    pair = {"GroupId": "sg-1", "UserId": "999999999999"}
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [pair]}
    row = {"GroupId": "sg-0", "OwnerId": "123456789012", "IpPermissions": [rule]}
    aws = Aws()
    aws.tells("ec2", "describe_security_groups", SecurityGroups=[row])
    wanted = Resource(ref, "sg-0", "aws_security_group.this", {"ingress": []})
    seen = OBSERVERS[ref.kind](aws.calls, [wanted], STACK)
    sight = seen[ref]
    assert isinstance(sight, Found)
    assert sight.fields["ingress"][0]["groups"] == ["999999999999/sg-1"]
    told = Desired("change", STACK, Limits(Mode.APPLY), [wanted])
    (one,) = plan(told, Observed(NOW, seen), History(NOW), NOW, diagnoses=()).planned
    (call,) = one.action.commands
    assert call.arguments["IpPermissions"][0]["UserIdGroupPairs"] == [pair]


def test_roles_are_looked_for_page_by_page_and_no_further_than_needed():
    ref = Ref("role", "server")
    wanted = Resource(ref, "server", "aws_iam_role.this", {"attached": []})
    aws = Aws()
    for number, name in enumerate(("stranger", "server", "never asked for")):
        row = {
            "RoleName": name,
            "AssumeRolePolicyDocument": "{}",
            "Arn": f"arn:aws:iam::1:role/{name}",
        }
        page = {"RoleDetailList": [row], "IsTruncated": True, "Marker": f"{number}"}
        aws.tells("iam", "get_account_authorization_details", **page)
    seen = OBSERVERS[ref.kind](aws.calls, [wanted], STACK)
    assert isinstance(seen[ref], Found)
    assert aws.calls.made == 2
