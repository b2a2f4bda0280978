"""The fleet's own resources on an AWS on loopback: spoiled through boto3, seen, and put back.

What is judged is what boto3 reads afterwards, whole: as it was before anybody touched it.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.ops.healing.action import Verb
from cloudscale.ops.healing.kinds.kind import WHOLE
from cloudscale.ops.healing.observed import Gone
from cloudscale.ops.healing.resource import Ref
from tests import aws_server
from tests.integration.healing import fleet_stage
from tests.integration.healing.fleet_scaling_spoils import ASG
from tests.integration.healing.fleet_spoils import FLEET, SERVER, TEMPLATE
from tests.integration.healing.spoiling import SPOILED
from tests.integration.healing.stage import GROUP, Stage

ZONES = "VPCZoneIdentifier"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One fleet for all: each test leaves it as it was, and proves that."""
    folder = tmp_path_factory.mktemp("aws")
    with aws_server.running(folder, {"MOTO_EC2_LOAD_DEFAULT_AMIS": "true"}) as aws:
        yield fleet_stage.build(aws)


@pytest.fixture(scope="module")
def before(stage: Stage) -> dict[str, Any]:
    """All of it as it was built."""
    return spelled(as_boto3_reads_it(stage))


def as_boto3_reads_it(stage: Stage) -> dict[str, Any]:
    """All of it, read by other calls than healing's where there are others."""
    ec2, scaling, iam = (stage.client(name) for name in ("ec2", "autoscaling", "iam"))
    cloudwatch, role = stage.client("cloudwatch"), {"RoleName": stage.ids["role"]}
    profile = {"InstanceProfileName": stage.ids["role"]}
    (group,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    inline = iam.list_role_policies(**role)["PolicyNames"]
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    return {
        "rules": ec2.describe_security_group_rules()["SecurityGroupRules"],
        "tags": [one for one in ec2.describe_tags()["Tags"] if one["ResourceType"] != "instance"],
        "group": {name: group[name] for name in group if name not in ("Instances", ZONES)},
        "zones": set(group[ZONES].split(",")),
        "hooks": scaling.describe_lifecycle_hooks(AutoScalingGroupName=GROUP)["LifecycleHooks"],
        "policies": scaling.describe_policies()["ScalingPolicies"],
        "alarms": alarms,
        "alarm tags": {one["AlarmName"]: _tags(stage, one["AlarmArn"]) for one in alarms},
        "role": iam.get_role(**role)["Role"],
        "attached": iam.list_attached_role_policies(**role)["AttachedPolicies"],
        "inline": [iam.get_role_policy(**role, PolicyName=name) for name in inline],
        "profile": iam.get_instance_profile(**profile)["InstanceProfile"]["Roles"],
        "template": ec2.describe_launch_templates()["LaunchTemplates"][0]["DefaultVersionNumber"],
    }


def _tags(stage: Stage, arn: str) -> Any:
    return stage.client("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"]


MADE_UP = {
    *("ResponseMetadata", "SecurityGroupRuleId", "SecurityGroupRuleArn", "RoleLastUsed"),
    *("StateUpdatedTimestamp", "AlarmConfigurationUpdatedTimestamp"),
    "StateTransitionedTimestamp",
}
DEFAULTS = {"ReturnData": True, "TreatMissingData": "missing"}


def spelled(value: Any) -> Any:
    """Without order, times, names that AWS makes up anew, and what AWS takes for granted."""
    if isinstance(value, dict):
        said = {
            name: one for name, one in value.items() if one is None or DEFAULTS.get(name) != one
        }
        return {name: spelled(one) for name, one in said.items() if name not in MADE_UP}
    if isinstance(value, list):
        return sorted(map(spelled, value), key=lambda one: json.dumps(one, default=str))
    return value


def test_nothing_differs_where_nobody_has_touched_anything_and_it_takes_few_calls(stage: Stage):
    calls = Calls(stage.client)
    observed = stage.observe(calls)
    assert len(observed.resources) == len(stage.resources) == 13
    assert calls.made <= 12
    assert stage.planned() == ()


@pytest.mark.parametrize("name", SPOILED)
def test_what_was_spoiled_is_put_back_as_it_was_and_undone_and_put_back_again(
    stage: Stage, before: dict[str, Any], name: str
):
    ref, fields, spoil = SPOILED[name]
    spoil(stage)
    tampered = spelled(as_boto3_reads_it(stage))
    assert tampered != before
    (action,) = stage.planned()
    assert (action.ref, set(action.before)) == (ref, fields)
    assert set(action.after) == fields
    stage.make(action)
    assert spelled(as_boto3_reads_it(stage)) == before
    assert stage.planned() == ()
    # Size is scaling's, so that it is not undone; and moto knows no disable_metrics_collection.
    if action.undo and not fields & {"desired_capacity", "metrics"}:
        stage.make(action, undo=True)
        assert spelled(as_boto3_reads_it(stage)) == tampered
        (again,) = stage.planned(ref.kind, "scaling_policy")
        assert again.id == action.id
        stage.make(again)
        assert spelled(as_boto3_reads_it(stage)) == before


def test_a_template_version_that_is_gone_is_told_and_left_to_terraform(stage: Stage):
    template = {"LaunchTemplateId": stage.ids["template"]}
    gone = stage.resources[TEMPLATE]
    stage.resources[TEMPLATE] = replace(gone, about={"version": 999})
    try:
        (action,) = stage.planned("launch_template")
    finally:
        stage.resources[TEMPLATE] = gone
    assert (action.verb, set(action.before)) == (Verb.REPORT, {"content"})
    assert stage.client("ec2").describe_launch_templates(LaunchTemplateIds=[*template.values()])


@pytest.mark.parametrize(
    ("ref", "id_"),
    [
        (FLEET, "sg-00000000000000000"),
        (ASG, "nowhere"),
        (SERVER, "nobody"),
        (Ref("instance_profile", "server"), "nobody"),
        (TEMPLATE, "lt-00000000000000000"),
    ],
    ids=str,
)
def test_what_cannot_be_made_again_by_a_call_is_told(stage: Stage, ref: Ref, id_: str):
    wanted = stage.resources[ref]
    stage.resources[ref] = replace(wanted, id=id_)
    try:
        (action,) = stage.planned(ref.kind)
    finally:
        stage.resources[ref] = wanted
    assert (action.verb, set(action.before)) == (Verb.REPORT, {WHOLE})
    assert action.by_hand == f"terraform apply -target='{wanted.address}'"


def test_policies_and_hooks_of_a_group_that_is_gone_are_gone_too(stage: Stage):
    stage = replace(stage, resources=dict(stage.resources))
    for kind, name in (("scaling_policy", "out"), ("lifecycle_hook", "launching")):
        ref = Ref(kind, name)
        stage.resources[ref] = replace(stage.resources[ref], about={"group": "nowhere"})
        assert stage.observe(None, kind).resources[ref] == Gone()
