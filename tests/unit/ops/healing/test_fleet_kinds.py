"""What is particular about putting back each of the fleet's own resources."""

from typing import Any

import pytest

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds import KINDS
from cloudscale.ops.healing.kinds.kind import WHOLE, Broken, Drift, Remedy
from cloudscale.ops.healing.observed import Found, Sight
from cloudscale.ops.healing.resource import Ref, Resource


def mended(
    kind: str,
    wanted: dict[str, Any],
    found: dict[str, Any] | None,
    *,
    about: dict[str, Any] | None = None,
    others: dict[Ref, Sight] | None = None,
) -> Remedy:
    """What is done about all fields that differ."""
    ref = Ref(kind, "it")
    if found is None:
        drifts = [Drift(ref, WHOLE, wanted, None)]
    else:
        named = KINDS[kind].field
        drifts = [
            Drift(ref, name, value, found.get(name))
            for name, value in wanted.items()
            if not named(name).is_met(
                named(name).canonical(value), named(name).canonical(found.get(name))
            )
        ]
    resource = Resource(ref, "it", "aws_it.this", wanted, about or {"group": "shop"})
    sight = None if found is None else Found(found, about={"arn": "arn:it"})
    return KINDS[kind].mend(Broken(resource, sight, drifts, others or {}))


def operations(commands: tuple[Command, ...]) -> list[str]:
    return [one.operation for one in commands]


def rule(port: int, *cidrs: str, words: str = "") -> dict[str, Any]:
    ports = {"from_port": port, "to_port": port}
    return {"protocol": "tcp", **ports, "cidrs": list(cidrs), "description": words}


def test_what_is_open_is_closed_before_anything_is_opened_a_rule_a_call():
    wanted = {"ingress": [rule(443, "10.0.0.0/8", "10.1.0.0/16", words="HTTPS")]}
    remedy = mended(
        "security_group", wanted, {"ingress": [rule(22, "0.0.0.0/0"), rule(23, "::/0")]}
    )
    revoked, authorized = "revoke_security_group_ingress", "authorize_security_group_ingress"
    assert operations(remedy.commands) == [revoked] * 2 + [authorized] * 2
    assert operations(remedy.undo) == [revoked] * 2 + [authorized] * 2
    assert all(len(one.arguments["IpPermissions"]) == 1 for one in remedy.commands)
    told = remedy.commands[-1].arguments["IpPermissions"][0]["IpRanges"]
    assert told == [{"CidrIp": "10.1.0.0/16", "Description": "HTTPS"}]


def test_every_protocol_at_once_has_no_ports():
    everything = {"protocol": "-1", "from_port": 0, "to_port": 0, "cidrs": ["0.0.0.0/0"]}
    (call,) = mended("security_group", {"egress": [everything]}, {"egress": []}).commands
    assert call.operation == "authorize_security_group_egress"
    permission = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    assert call.arguments["IpPermissions"] == [permission]


def test_tags_that_were_missing_are_taken_away_by_undoing_and_changed_ones_changed_back():
    wanted = {"tags": {"a": "1", "b": "2", "c": "3"}}
    remedy = mended("security_group", wanted, {"tags": {"b": "other", "c": "3", "d": "4"}})
    (call,) = remedy.commands
    assert call.arguments["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert operations(remedy.undo) == ["create_tags", "delete_tags"]
    assert remedy.undo[1].arguments["Tags"] == [{"Key": "a"}]


def test_tags_of_a_group_may_be_written_as_a_list():
    listed = [{"key": "a", "value": "1", "propagate": True}]
    assert mended("auto_scaling_group", {"tags": listed}, {"tags": {"a": "1"}}).commands == ()
    (call,) = mended("auto_scaling_group", {"tags": listed}, {"tags": {}}).commands
    assert call.arguments["Tags"][0]["Key"] == "a"


@pytest.mark.parametrize(
    ("kind", "name", "wanted", "found"),
    [
        ("auto_scaling_group", "max_lifetime_seconds", 0, None),
        ("auto_scaling_group", "health_check_grace_seconds", 0, None),
        ("alarm", "datapoints_to_alarm", 0, None),
        ("alarm", "period_seconds", 0, None),
        ("alarm", "missing_data", "", "missing"),
        ("alarm", "missing_data", "missing", None),
        ("scaling_policy", "min_adjustment", 0, None),
    ],
)
def test_what_aws_leaves_out_and_terraform_writes_as_nothing_is_the_same(
    kind: str, name: str, wanted: Any, found: Any
):
    assert KINDS[kind].field(name).canonical(wanted) == KINDS[kind].field(name).canonical(found)


def test_a_setting_of_a_group_that_should_not_be_there_is_unset_as_the_call_takes_it():
    wanted = {"default_warm_up_seconds": None, "max_lifetime_seconds": 0, "maintenance": None}
    percents = {"min_healthy_percent": 50, "max_healthy_percent": 100}
    found = {"default_warm_up_seconds": 9, "max_lifetime_seconds": 86400, "maintenance": percents}
    (call,) = mended("auto_scaling_group", wanted, found).commands
    assert call.arguments == {
        "AutoScalingGroupName": "it",
        "DefaultInstanceWarmup": -1,
        "MaxInstanceLifetime": 0,
        "InstanceMaintenancePolicy": {"MinHealthyPercentage": -1, "MaxHealthyPercentage": -1},
    }


@pytest.mark.parametrize(("size", "kept"), [(0, 2), (1, 2), (9, 6), (None, 2)])
def test_the_size_is_moved_to_the_nearest_bound_and_no_further(size: int | None, kept: int):
    wanted = {"min_size": 2, "max_size": 6, "desired_capacity": 3}
    remedy = mended(
        "auto_scaling_group", wanted, {"min_size": 2, "max_size": 6, "desired_capacity": size}
    )
    (call,) = remedy.commands
    assert call.arguments["DesiredCapacity"] == kept
    assert remedy.undo == ()


def test_numbers_that_terraform_holds_as_texts_are_numbers_in_calls():
    steps = [{"lower": "0", "upper": "", "adjustment": "2"}]
    wanted = {"type": "StepScaling", "warm_up_seconds": "120", "steps": steps}
    (call,) = mended("scaling_policy", wanted, None).commands
    assert call.arguments["EstimatedInstanceWarmup"] == 120
    assert call.arguments["StepAdjustments"] == [
        {"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 2}
    ]


def test_an_alarm_follows_the_policy_that_aws_made_anew():
    others: dict[Ref, Sight] = {Ref("scaling_policy", "out"): Found({}, about={"arn": "arn:new"})}
    wanted = {"alarm_actions": ["policy:out", "arn:topic"], "threshold": 0, "is_enabled": False}
    (call,) = mended("alarm", wanted, None, others=others).commands
    assert call.arguments["AlarmActions"] == ["arn:new", "arn:topic"]
    assert (call.arguments["Threshold"], call.arguments["ActionsEnabled"]) == (0, False)


def test_an_alarm_of_which_only_a_tag_is_missing_is_not_put_again():
    remedy = mended("alarm", {"threshold": 1, "tags": {"a": "1"}}, {"threshold": 1, "tags": {}})
    assert operations(remedy.commands) == ["tag_resource"]
    assert operations(remedy.undo) == ["untag_resource"]


def test_a_default_version_that_is_gone_cannot_be_made_the_default_again():
    wanted = {"default_version": 3, "content": {"image_id": "ami-1"}}
    remedy = mended("launch_template", wanted, {"default_version": 2, "content": None})
    assert remedy.commands == ()
    assert remedy.not_by_call.keys() == {"default_version", "content"}


def test_a_profile_that_holds_a_strange_role_lets_it_go_before_it_takes_the_right_one():
    remedy = mended("instance_profile", {"role": "server"}, {"role": "stranger"})
    assert [one.arguments["RoleName"] for one in remedy.commands] == ["stranger", "server"]
    assert [one.arguments["RoleName"] for one in remedy.undo] == ["server", "stranger"]
