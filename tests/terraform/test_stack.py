"""The whole stack, built on a local AWS API server, looked at, planned again and taken away."""

import base64
import gzip
import hashlib
import json
import re
import subprocess
from urllib.parse import parse_qs

import pytest

from cloudscale.adapters.aws.cloudwatch import dimensions
from cloudscale.adapters.aws.fleet import AwsFleet
from cloudscale.adapters.aws.place import Place
from cloudscale.ops.policy import POLICY, ScalingPolicy
from cloudscale.ops.ports import Lifecycle
from tests.aws_server import CREDENTIALS, REGION, Aws
from tests.bootstrap import programs
from tests.bootstrap.machine import BOOT
from tests.terraform import inventory
from tests.terraform.conftest import Built
from tests.terraform.stack import CHANGES, NOTHING_TO_DO, Stack

ZONES = ["ap-south-1a", "ap-south-1b"]
OUTPUTS = (
    *("load_balancer_dns", "load_balancer_url", "auto_scaling_group_name", "vpc_id"),
    *("public_subnet_ids", "private_subnet_ids", "target_group_arn", "launch_template_id"),
    *("cloudwatch_dashboard_url", "sns_topic_arn", "availability_zones"),
)


@pytest.fixture
def aws(built: Built) -> Aws:
    return built.aws


@pytest.fixture
def stack(built: Built) -> Stack:
    return built.stack


@pytest.fixture(scope="module")
def outputs(built: Built) -> dict:
    return built.stack.outputs()


@pytest.fixture
def place(aws, outputs, monkeypatch) -> Place:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    balancers = aws.client("elbv2").describe_load_balancers()["LoadBalancers"]
    return Place(
        REGION,
        "production",
        aws.url,
        outputs["auto_scaling_group_name"],
        outputs["target_group_arn"],
        balancers[0]["LoadBalancerArn"],
    )


def test_a_second_plan_has_nothing_to_do(stack):
    planned = stack.plan()
    assert planned.returncode == NOTHING_TO_DO, planned.stdout


def test_it_tells_where_everything_is(outputs):
    assert [name for name in OUTPUTS if not outputs.get(name)] == []
    assert outputs["availability_zones"] == ZONES
    assert len(outputs["public_subnet_ids"]) == len(outputs["private_subnet_ids"]) == 2


def test_the_policy_that_is_stored_is_the_one_that_is_declared(aws, outputs):
    ssm = aws.client("ssm")
    stored = ssm.get_parameter(Name=outputs["scaling_policy_parameter"])["Parameter"]["Value"]
    assert ScalingPolicy.model_validate_json(stored) == POLICY


def test_each_rule_is_a_policy_of_the_group_that_its_alarm_runs(aws, outputs):
    group = outputs["auto_scaling_group_name"]
    answer = aws.client("autoscaling").describe_policies(AutoScalingGroupName=group)
    policies = {policy["PolicyARN"]: policy for policy in answer["ScalingPolicies"]}
    alarms = alarms_of(aws, policies)
    assert len(alarms) == len(policies) == len(POLICY.rules)
    for rule in POLICY.rules:
        arn = next(arn for arn in alarms if policies[arn]["PolicyName"].endswith(f"-{rule.name}"))
        steps = [step["ScalingAdjustment"] for step in policies[arn]["StepAdjustments"]]
        assert sorted(steps) == sorted(step.adjustment for step in rule.steps)
        first = rule.alarm.conditions[0]
        assert alarms[arn]["Threshold"] == POLICY.limit(first.threshold)
        assert alarms[arn]["EvaluationPeriods"] == rule.alarm.evaluation_periods
        assert alarms[arn]["TreatMissingData"] == "missing"


def alarms_of(aws: Aws, policies: dict) -> dict[str, dict]:
    """The alarms that run a policy, by the policy's ARN."""
    pages = aws.client("cloudwatch").get_paginator("describe_alarms").paginate()
    rows = [row for page in pages for row in page["MetricAlarms"]]
    return {arn: row for row in rows for arn in row["AlarmActions"] if arn in policies}


def test_alarms_look_where_the_shop_publishes(aws, place):
    pages = aws.client("cloudwatch").get_paginator("describe_alarms").paginate()
    looked_at = [
        metric
        for page in pages
        for row in page["MetricAlarms"]
        for metric in [
            row,
            *(one["MetricStat"]["Metric"] for one in row["Metrics"] if "MetricStat" in one),
        ]
        if metric.get("Namespace") == place.namespace
    ]
    assert {metric["MetricName"] for metric in looked_at} >= {"ActiveUsers", "UsersGap"}
    published = sorted(map(str, dimensions(place)))
    assert [m for m in looked_at if sorted(map(str, m["Dimensions"])) != published] == []


def test_the_shop_reads_the_fleet(place):
    fleet = AwsFleet(place).read()
    bounds = POLICY.bounds
    assert (fleet.smallest, fleet.desired, fleet.largest) == (
        bounds.min_instances,
        bounds.desired_instances,
        bounds.max_instances,
    )
    assert fleet.absent.keys() <= {"activities"}  # moto has none
    assert fleet.count(Lifecycle.IN_SERVICE) == bounds.desired_instances
    # moto launches all of them in the first subnet.
    assert {instance.zone for instance in fleet.instances} <= set(ZONES)
    assert {targets.zone for targets in fleet.targets} <= set(ZONES)


def test_the_group_may_launch_in_both_zones(aws, outputs):
    name = outputs["auto_scaling_group_name"]
    answer = aws.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    subnets = answer["AutoScalingGroups"][0]["VPCZoneIdentifier"].split(",")
    assert sorted(subnets) == sorted(outputs["private_subnet_ids"])
    found = aws.client("ec2").describe_subnets(SubnetIds=subnets)["Subnets"]
    assert sorted(subnet["AvailabilityZone"] for subnet in found) == ZONES


def test_a_policy_is_put_on_a_group_that_is_there(aws):
    made = [
        action
        for call in aws.calls()
        for action in parse_qs(base64.b64decode(call["body"] or "").decode("latin-1")).get(
            "Action", []
        )
    ]
    assert made.index("CreateAutoScalingGroup") < made.index("PutScalingPolicy")  # moto needs none


@pytest.fixture
def user_data(aws, outputs) -> str:
    template = {"LaunchTemplateId": outputs["launch_template_id"], "Versions": ["$Latest"]}
    (newest,) = aws.client("ec2").describe_launch_template_versions(**template)[
        "LaunchTemplateVersions"
    ]
    return base64.b64decode(newest["LaunchTemplateData"]["UserData"]).decode()


def test_cloud_init_takes_the_user_data(user_data, tmp_path):
    cloud_init = programs.find("cloud-init") or programs.install("cloud-init")
    if not cloud_init:
        pytest.skip("no cloud-init here, and it cannot be installed")
    file = tmp_path / "user-data"
    file.write_text(user_data)
    command = [cloud_init, "schema", "--config-file", str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(user_data) < 16384 - 1024  # for longer names than here


def written(user_data: str) -> dict[str, str]:
    """The files that user data writes."""
    told = json.loads(user_data.removeprefix("#cloud-config\n"))
    return {
        file["path"]: gzip.decompress(base64.b64decode(file["content"])).decode()
        for file in told["write_files"]
    }


def test_servers_are_told_all_that_their_scripts_begin_with(user_data, outputs):
    files = written(user_data)
    assert json.loads(user_data.removeprefix("#cloud-config\n"))["runcmd"] == [
        ["/usr/local/lib/cloudscale/bootstrap.sh"]
    ]
    assert "/etc/systemd/system/cloudscale.service" in files
    assert files["/usr/local/lib/cloudscale/bootstrap.sh"].startswith("#!/bin/bash\n")
    told = dict(line.split("=") for line in files["/etc/cloudscale/boot.env"].splitlines())
    assert set(told) == set(BOOT)  # as the tests of bootstrap.sh have them
    assert told["SETTINGS_PARAMETER"] == f"'{outputs['settings_parameter']}'"


def test_settings_are_in_a_parameter_that_user_data_names_by_its_hash(aws, outputs, user_data):
    named = outputs["settings_parameter"]
    settings = aws.client("ssm").get_parameter(Name=named)["Parameter"]["Value"]
    sha = hashlib.sha256(f"{settings}\n".encode()).hexdigest()
    assert f"SETTINGS_SHA256='{sha}'" in written(user_data)["/etc/cloudscale/boot.env"]
    told = dict(line.split("=", 1) for line in settings.splitlines())
    assert told["PUBLIC_URL"] == f"'{outputs['load_balancer_url']}'"
    assert set(told) >= {
        *("PORT", "AWS_REGION", "AUTO_SCALING_GROUP", "SCALING_POLICY_PARAMETER", "DRAIN_SECONDS"),
        *("HEALING_TABLE", "TRUSTED_PROXY_HOPS"),
    }


def test_another_setting_is_another_launch_template_which_rollout_brings(stack):
    """Terraform leaves the group alone, so that AWS has a version to go back to."""
    planned = stack.plan('-var=application_settings={MAIL_FROM="shop@example.com"}')
    assert planned.returncode == CHANGES, planned.stderr
    updated = re.findall(r"# (\S+) will be updated in-place", planned.stdout)
    assert "module.fleet.aws_ssm_parameter.settings" in updated
    assert "module.fleet.aws_launch_template.this" in updated
    assert "module.fleet.aws_autoscaling_group.this" not in updated


def test_no_secret_is_printed_or_kept_that_need_not_be(aws, built, stack):
    manager = aws.client("secretsmanager")
    secrets = {
        row["Name"].rpartition("/")[2]: manager.get_secret_value(SecretId=row["ARN"])[
            "SecretString"
        ]
        for row in manager.list_secrets()["SecretList"]
    }
    assert len(set(secrets.values())) == len(secrets) >= 3
    assert min(map(len, secrets.values())) >= 32
    assert [name for name, value in secrets.items() if value in built.log] == []
    state = (stack.root / "terraform.tfstate").read_text()
    # The database reads its password back, which the state then knows.
    assert {name for name, value in secrets.items() if value in state} <= {"database-password"}


def test_what_scaling_does_to_the_fleet_is_not_undone(aws, stack, outputs):
    scaling, group = aws.client("autoscaling"), outputs["auto_scaling_group_name"]
    scaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=4)
    planned = stack.plan()
    assert planned.returncode == NOTHING_TO_DO, planned.stdout


def test_a_shell_that_somebody_opened_is_closed_again(aws, stack, outputs):
    ec2 = aws.client("ec2")
    groups = security_groups(aws, outputs["vpc_id"])
    assert [
        rule for group in groups for rule in group["IpPermissions"] if is_for_shells(rule)
    ] == []
    fleets = next(group["GroupId"] for group in groups if group["GroupName"].endswith("-fleet"))
    ec2.authorize_security_group_ingress(
        GroupId=fleets, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    planned = stack.plan()
    assert planned.returncode == CHANGES, planned.stdout + planned.stderr
    assert "0 to add, 1 to change, 0 to destroy" in planned.stdout
    stack.apply()
    opened = [
        rule for group in security_groups(aws, outputs["vpc_id"]) for rule in group["IpPermissions"]
    ]
    assert [rule for rule in opened if is_for_shells(rule)] == []


def security_groups(aws: Aws, vpc: str) -> list[dict]:
    question = [{"Name": "vpc-id", "Values": [vpc]}]
    return aws.client("ec2").describe_security_groups(Filters=question)["SecurityGroups"]


def is_for_shells(rule: dict) -> bool:
    return rule.get("FromPort", 0) <= 22 <= rule.get("ToPort", 65535)


def test_what_is_destroyed_leaves_nothing(built, aws, stack):
    made = inventory.everything(aws) - built.before
    assert len({name.split()[0] for name in made}) >= 20, made
    stack.destroy()
    assert stack.resources() == []
    assert inventory.everything(aws) == built.before
