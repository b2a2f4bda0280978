"""What each trial does to a real stack, and what takes it back: targets are never typed."""

import shlex
import subprocess
import sys
from dataclasses import replace

import pytest

from cloudscale.adapters.aws.healing.chaos import ALLOWED
from cloudscale.ops.healing import scripts
from cloudscale.ops.healing.chaos import BY_SLUG, ON_AWS
from cloudscale.ops.healing.observed import Found
from cloudscale.ops.healing.staging import NOWHERE, STAGES, NothingToBreak, stage
from cloudscale.settings import ROOT
from tests import healing_trials
from tests.healing_trials import GROUP, LOUD, SCALING, SERVERS, fleet, member, scene

TAKING = {"kill-instance", "freeze-instance", "fill-memory", "lose-zone"}


def test_the_same_trials_are_told_and_done_on_the_model_and_on_aws():
    assert set(STAGES) == set(BY_SLUG) == set(ON_AWS)


@pytest.mark.parametrize("slug", STAGES)
def test_every_trial_has_its_undo_and_makes_no_call_that_the_hands_refuse(slug: str):
    staged = stage(slug, scene())
    assert staged.slug == slug
    assert staged.undo
    calls = {(one.service, one.operation) for one in (*staged.commands, *staged.undo)}
    assert calls <= ALLOWED
    assert staged.takes_away == (slug in TAKING)


@pytest.mark.parametrize("slug", ["kill-instance", "freeze-instance", "fill-memory"])
def test_a_server_is_hurt_that_serves_and_that_healing_may_touch(slug: str):
    there = fleet(
        member("i-1", target="unhealthy"),
        member("i-2", is_protected=True),
        member("i-3", machine="stopped"),
        member("i-4"),
    )
    observed = replace(scene().observed, fleet=there)
    staged = stage(slug, scene(observed=observed))
    assert (staged.member, str(staged.ref)) == ("i-4", "member/i-4")
    assert all(one.arguments["InstanceIds"] == ["i-4"] for one in staged.commands)


def test_no_server_is_hurt_where_none_serves_or_nobody_knows():
    for there in (fleet(member("i-1", target=None)), None):
        with pytest.raises(NothingToBreak):
            stage("kill-instance", scene(observed=replace(scene().observed, fleet=there)))


def test_a_port_is_opened_on_the_servers_group_to_nobody():
    staged = stage("open-port", scene())
    (command,) = staged.commands
    assert staged.ref == SERVERS
    assert command.arguments["GroupId"] == "sg-servers"
    (rule,) = command.arguments["IpPermissions"]
    assert (rule["FromPort"], rule["IpRanges"][0]["CidrIp"]) == (22, NOWHERE)
    assert staged.undo[0].arguments == command.arguments


def test_an_alarm_that_only_tells_people_is_deleted_before_one_that_scales():
    assert stage("delete-alarm", scene()).ref == LOUD
    assert stage("delete-alarm", scene(spared=["shop-errors"])).ref == SCALING


def test_a_deleted_alarm_is_put_again_as_it_was_read():
    undo = stage("delete-alarm", scene()).undo[0]
    assert undo.operation == "put_metric_alarm"
    assert undo.arguments["AlarmName"] == "shop-errors"
    assert undo.arguments["Threshold"] == 70


def test_an_alarm_that_ends_the_trial_is_never_its_target():
    with pytest.raises(NothingToBreak):
        stage("delete-alarm", scene(spared=["shop-errors", "shop-cpu-high"]))


@pytest.mark.parametrize(
    ("comparison", "threshold"), [("GreaterThanThreshold", 1070), ("LessThanThreshold", -930)]
)
def test_a_threshold_is_moved_away_from_where_the_alarm_goes_off(comparison: str, threshold: int):
    wanted = healing_trials.document(healing_trials.alarm(LOUD, comparison=comparison))
    seen = scene().observed
    found = Found({"comparison": comparison, "threshold": 70})
    staged = stage("change-threshold", scene(desired=wanted, observed=_with(seen, LOUD, found)))
    assert staged.commands[0].arguments["Threshold"] == threshold
    assert staged.undo[0].arguments["Threshold"] == 70


def test_one_zone_is_taken_and_the_last_one_never():
    staged = stage("lose-zone", scene())
    assert staged.commands[0].arguments["VPCZoneIdentifier"] == "subnet-a"
    assert staged.undo[0].arguments["VPCZoneIdentifier"] == "subnet-a,subnet-b"
    wanted = healing_trials.document(
        healing_trials.resource(GROUP, "shop-test-fleet", subnets=["subnet-a"])
    )
    alone = _with(scene().observed, GROUP, Found({"subnets": ["subnet-a"]}))
    with pytest.raises(NothingToBreak, match="one zone only"):
        stage("lose-zone", scene(desired=wanted, observed=alone))


def test_what_is_not_as_it_should_be_already_is_no_target():
    drifted = _with(scene().observed, SERVERS, Found({"ingress": [{"cidrs": ["10.0.0.0/8"]}]}))
    with pytest.raises(NothingToBreak, match="not as it should be"):
        stage("open-port", scene(observed=drifted))


def _with(observed, ref, sight):
    return replace(observed, resources={**observed.resources, ref: sight})


# Inside a server


def test_the_service_that_is_frozen_is_the_one_that_servers_run():
    unit = ROOT / "terraform" / "modules" / "fleet" / "files" / scripts.SERVICE
    assert "-m cloudscale serve" in unit.read_text()


def test_what_is_frozen_goes_on_by_itself_and_nothing_is_frozen_without_that():
    lines = scripts.freeze(1200)
    assert lines[0] == "set -e"
    assert "--on-active=1200" in lines[1]
    assert "SIGCONT" in lines[1]
    assert lines[2].endswith(f"SIGSTOP {scripts.SERVICE}")


def test_the_program_that_fills_memory_ends_by_itself():
    words = shlex.split(scripts.fill(1200)[1])
    assert "--property=RuntimeMaxSec=1260" in words
    assert words[-2] == "-c"
    compile(words[-1], "fill", "exec")
    nothing = scripts.filling(1, left=2.0)  # more than there is: it takes none
    assert subprocess.run([sys.executable, "-c", nothing], timeout=20, check=True).returncode == 0
