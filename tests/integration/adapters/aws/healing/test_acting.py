"""What may be called to change something, and what refusals mean."""

import ast
import json
import socket
from pathlib import Path

import pytest
from boto3.session import Session
from botocore.config import Config
from botocore.stub import Stubber

from cloudscale.adapters.aws.healing import permissions
from cloudscale.adapters.aws.healing.acting import ALLOWED, BY_SERVICE
from cloudscale.adapters.aws.healing.calls import Calls, permission
from cloudscale.adapters.aws.healing.world import AwsWorld
from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.ports import Refused
from tests.integration.adapters.aws.healing.conftest import STACK, Stack

REBOOT = Command("ec2", "reboot_instances", {"InstanceIds": ["i-1"]})
ROOT = Path(__file__).parents[5]
PERMISSIONS = ROOT / "terraform" / "modules" / "healing" / "permissions.json"


def act(stack: Stack, service: str, operation: str, **arguments: object) -> None:
    AwsWorld(stack.calls()).act(Command(service, operation, arguments))


def opened(stack: Stack) -> dict:
    """Arguments that open a port of a new security group."""
    ec2 = stack.aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    ranges = [{"CidrIp": "0.0.0.0/0"}]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": ranges}
    return {"GroupId": group, "IpPermissions": [rule]}


def rules(stack: Stack, group: str) -> list:
    found = stack.aws.client("ec2").describe_security_groups(GroupIds=[group])
    return found["SecurityGroups"][0]["IpPermissions"]


def test_a_call_that_is_allowed_is_made_and_may_be_made_twice(stack: Stack):
    arguments = opened(stack)
    for _ in range(2):
        act(stack, "ec2", "authorize_security_group_ingress", **arguments)
    assert len(rules(stack, arguments["GroupId"])) == 1
    for _ in range(2):
        act(stack, "ec2", "revoke_security_group_ingress", **arguments)
    assert rules(stack, arguments["GroupId"]) == []


@pytest.mark.parametrize(
    "service, operation",
    [("ec2", "terminate_instances"), ("s3", "delete_bucket"), ("iam", "create_user"), ("x", "y")],
)
def test_a_call_that_is_not_on_the_list_is_never_made(stack: Stack, service, operation):
    calls = stack.calls()
    with pytest.raises(Refused, match="never calls"):
        AwsWorld(calls).act(Command(service, operation, {}))
    assert calls.made == 0


@pytest.mark.parametrize(
    "command",
    [
        Command("ssm", "put_parameter", {"Name": f"/{STACK}/healing/switch", "Value": "on"}),
        Command(
            "autoscaling",
            "terminate_instance_in_auto_scaling_group",
            {"InstanceId": "i-1", "ShouldDecrementDesiredCapacity": True},
        ),
        Command("autoscaling", "update_auto_scaling_group", {"MaxSize": 0}),
    ],
)
def test_its_own_switches_and_the_fleets_size_are_out_of_reach(stack: Stack, command: Command):
    calls = stack.calls()
    with pytest.raises(Refused, match="Healing never"):
        AwsWorld(calls).act(command)
    assert calls.made == 0


@pytest.mark.parametrize(
    "service, operation, arguments",
    [
        ("ec2", "reboot_instances", {"InstanceIds": ["i-0123456789abcdef0"]}),
        ("autoscaling", "update_auto_scaling_group", {"AutoScalingGroupName": "x", "MinSize": 1}),
        ("iam", "put_role_policy", {"RoleName": "x", "PolicyName": "x", "PolicyDocument": "{}"}),
        ("logs", "put_retention_policy", {"logGroupName": "x", "retentionInDays": 30}),
        ("sqs", "set_queue_attributes", {"QueueUrl": "http://x/1/x", "Attributes": {}}),
        ("sns", "set_topic_attributes", {"TopicArn": "arn:aws:sns:ap-south-1:1:x"}),
        ("rds", "reboot_db_instance", {"DBInstanceIdentifier": "x"}),
        ("s3", "put_bucket_versioning", {"Bucket": "not-there-at-all"}),
    ],
)
def test_what_went_away_meanwhile_is_told_as_gone(stack: Stack, service, operation, arguments):
    if service == "s3":
        arguments = {**arguments, "VersioningConfiguration": {"Status": "Enabled"}}
    if operation == "set_topic_attributes":
        arguments = {**arguments, "AttributeName": "DisplayName", "AttributeValue": "x"}
    with pytest.raises(Refused) as refused:
        act(stack, service, operation, **arguments)
    assert refused.value.is_vanished, refused.value.reason


@pytest.mark.parametrize("code", ["Throttling", "AccessDenied", "ValidationError", "ServerBusy"])
def test_another_refusal_is_told_in_words_and_is_not_gone(stack: Stack, code: str):
    client = stack.calls().client("cloudwatch")
    with Stubber(client) as stubber:
        stubber.add_client_error("tag_resource", code)
        world = AwsWorld(Calls(lambda service: client))
        with pytest.raises(Refused) as refused:
            world.act(Command("cloudwatch", "tag_resource", {"ResourceARN": "x", "Tags": []}))
    assert not refused.value.is_vanished
    assert "cloudwatch:TagResource" in refused.value.reason


@pytest.mark.parametrize(
    ("status", "is_unsure"), [(400, False), (403, False), (429, False), (500, True), (503, True)]
)
def test_a_service_that_failed_itself_may_have_made_the_call(
    stack: Stack, status: int, is_unsure: bool
):
    client = stack.calls().client("ec2")
    with Stubber(client) as stubber:
        stubber.add_client_error("reboot_instances", "Code", http_status_code=status)
        with pytest.raises(Refused) as refused:
            AwsWorld(Calls(lambda service: client)).act(REBOOT)
    assert refused.value.is_unsure is is_unsure


def test_of_a_call_that_nobody_answered_nobody_knows():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        impatient = Config(read_timeout=0.2, retries={"total_max_attempts": 1})
        session = Session("stage", "hand", region_name="ap-south-1")
        client = session.client("ec2", endpoint_url=url, config=impatient)
        with pytest.raises(Refused) as refused:
            AwsWorld(Calls(lambda service: client)).act(REBOOT)
    assert refused.value.is_unsure


def test_every_operation_on_the_lists_is_one_that_boto3_has(stack: Stack):
    calls = stack.calls()
    for service, names in (*BY_SERVICE.items(), *permissions.OBSERVING.items()):
        model = calls.client(service).meta.method_to_api_mapping
        assert set(names) <= set(model), service


def test_every_operation_has_its_permission_in_the_table_that_terraform_reads():
    table = json.loads(PERMISSIONS.read_text())
    assert {permission(*pair) for pair in ALLOWED} <= set(table["act"])
    assert PERMISSIONS.read_text() == permissions.as_text(), (
        f"Run: python -m cloudscale package-healer FILE --permissions {PERMISSIONS.name}"
    )


def test_looking_needs_no_permission_that_changes_anything_or_tells_a_secret():
    reading = ("Describe", "Get", "List")
    assert all(one.partition(":")[2].startswith(reading) for one in permissions.to_observe())
    assert "secretsmanager:GetSecretValue" not in permissions.to_observe()


FOR_PEOPLE = {
    *(("kms", "disable_key"), ("ec2", "delete_tags"), ("autoscaling", "delete_tags")),
    *(("iam", "untag_role"), ("cloudwatch", "untag_resource")),
    *(("logs", "delete_retention_policy"), ("kms", "disable_key_rotation")),
    *(("logs", "disassociate_kms_key"), ("kms", "schedule_key_deletion")),
    ("secretsmanager", "delete_secret"),
    *(("elbv2", "describe_target_health"), ("autoscaling", "describe_scaling_activities")),
}
"""What only people call, to look or to take something back."""
CHAOS = {"scripts.py", "staging.py"}
"""What breaks a stack on purpose has a list of its own, which the healer does not know."""


def calls_in(folder: Path, *names: str) -> set[tuple[str, str]]:
    """Every (service, operation) that files name in calls of these functions, chaos aside."""
    found = set()
    for path in (one for one in folder.rglob("*.py") if one.name not in CHAOS):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            texts = [one.value for one in node.args if isinstance(one, ast.Constant)]
            if name in names and len(texts) >= 2:
                found.add((texts[0], texts[1]))
    return found


def test_whatever_kinds_and_diagnoses_would_call_is_allowed():
    told = calls_in(ROOT / "cloudscale" / "ops" / "healing", "Command")
    assert told
    assert told - FOR_PEOPLE <= ALLOWED


def test_whatever_observers_ask_is_in_the_table():
    folder = ROOT / "cloudscale" / "adapters" / "aws" / "healing" / "observing"
    table = {(service, name) for service, names in permissions.OBSERVING.items() for name in names}
    assert calls_in(folder, "ask", "pages") <= table


def test_nothing_is_allowed_that_nothing_calls():
    code = "".join(
        path.read_text() for path in (ROOT / "cloudscale" / "ops" / "healing").rglob("*.py")
    )
    # Made up of parts in the code: authorize and revoke, attach and detach, add and remove.
    parts = ("_security_group_", "_load_balancer_target_groups", "_metrics_collection", "_role")
    named = {name for _, name in ALLOWED if not any(part in name for part in parts)}
    assert {name for name in named if f'"{name}"' not in code} == set()
