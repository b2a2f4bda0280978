"""The modelled stack and fleet: what is broken there is found and mended by the same healing."""

import pytest

from cloudscale.adapters.simulated import SimulatedFleet
from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.model import interpreting, stack
from cloudscale.ops.healing.model.ailments import Ailment, Kind
from cloudscale.ops.healing.ports import Refused
from cloudscale.ops.healing.record import Phase
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.policy import POLICY
from cloudscale.ops.scaling.model import GroupSettings
from tests.healing_shop import FAULTS, REGION, START, Shop, seeded_run


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_an_untouched_model_is_left_alone(shop: Shop):
    report = shop.heal()
    assert (report.outcome, shop.ledger.lines) == ("calm", [])
    assert report.plan is not None
    assert report.plan.comparison.unknown == ()


def test_a_port_that_was_opened_is_closed(shop: Shop):
    opened = {"protocol": "tcp", "from_port": 22, "to_port": 22, "cidrs": ["0.0.0.0/0"]}
    group = shop.kept.there["security_group/fleet"]
    group["ingress"] = [*group["ingress"], opened]
    assert shop.heal().outcome == "acted"
    assert len(shop.kept.there["security_group/fleet"]["ingress"]) == 1
    assert all(one.is_simulated for one in shop.ledger.lines)


def test_an_alarm_that_was_deleted_or_changed_is_put_back(shop: Shop):
    wanted = stack.as_wanted(shop.wanted)
    first, second, *_ = [ref for ref in wanted if ref.startswith("alarm/")]
    del shop.kept.there[first]
    shop.kept.there[second]["threshold"] = 99
    shop.heal()
    for ref in (first, second):
        assert shop.kept.there[ref]["threshold"] == wanted[ref]["threshold"]
    assert shop.heal().outcome == "calm"


def test_bounds_processes_and_health_checks_are_put_back(shop: Shop):
    group = shop.kept.there["auto_scaling_group/simulated-fleet"]
    group.update(min_size=0, max_size=99, suspended_processes=["Launch"])
    shop.kept.there["target_group/simulated-tg"]["health_check"]["path"] = "/"
    shop.heal()
    assert shop.kept.there == stack.as_wanted(shop.wanted)


@pytest.mark.parametrize("kind", [Kind.STOPPED, Kind.MEMORY, Kind.CPU])
def test_a_member_that_ails_is_replaced_and_the_fleet_is_whole_again(shop: Shop, kind: Kind):
    first = shop.fleet.members()[0].id
    assert shop.fleet.hurt(first, Ailment(kind, shop.clock.now().timestamp()))
    shop.wait(5)
    assert shop.heal().outcome == "acted"
    assert first not in {one.id for one in shop.fleet.members()}
    shop.wait(400)
    shop.heal()
    assert shop.phases()[-1] is Phase.HEALED
    healthy = [one for one in shop.fleet.members() if one.target == "healthy"]
    assert len(healthy) == POLICY.bounds.desired_instances


def test_a_member_whose_checks_fail_is_rebooted_and_well_again(shop: Shop):
    first = shop.fleet.members()[0].id
    shop.fleet.hurt(first, Ailment(Kind.IMPAIRED, shop.clock.now().timestamp()))
    shop.wait(12)
    shop.heal()
    shop.wait(10)
    shop.heal()
    assert shop.phases() == [Phase.SEEN, Phase.INTENT, Phase.ACTED, Phase.HEALED]
    assert {one.cause for one in shop.ledger.lines} == {"checks-failed"}
    assert shop.is_whole()
    assert first in {one.id for one in shop.fleet.members()}


def test_a_member_that_a_reboot_does_not_help_is_replaced_by_the_next_run(shop: Shop):
    first = shop.fleet.members()[0].id
    shop.fleet.hurt(first, Ailment(Kind.BROKEN, shop.clock.now().timestamp()))
    shop.wait(12)
    shop.heal()
    assert first in {one.id for one in shop.fleet.members()}
    shop.wait(10)
    shop.heal()
    assert first not in {one.id for one in shop.fleet.members()}
    shop.wait(400)
    shop.heal()
    assert shop.phases() == [
        *(Phase.SEEN, Phase.INTENT, Phase.ACTED, Phase.FAILED),
        *(Phase.INTENT, Phase.ACTED, Phase.HEALED),
    ]
    assert [one.verb for one in shop.ledger.lines if one.phase is Phase.ACTED] == [
        *("reboot", "replace")
    ]
    assert shop.is_whole()


@pytest.mark.parametrize("kind", [Kind.CPU, Kind.MEMORY, Kind.BROKEN, Kind.STOPPED])
def test_a_reboot_helps_against_nothing_else(shop: Shop, kind: Kind):
    first = shop.fleet.members()[0].id
    shop.fleet.hurt(first, Ailment(kind, START))
    assert shop.fleet.reboot(first)
    assert not shop.is_whole()


def test_a_zone_that_is_dark_or_back_already_is_so_once(shop: Shop):
    zone = shop.fleet.members()[0].zone
    lost = [one.id for one in shop.fleet.members() if one.zone == zone]
    for do in (shop.fleet.lose_zone, shop.fleet.regain_zone):
        do(zone)
        assert [one.zone for one in shop.fleet.advance(START + 1) if not one.instance] == [zone]
        do(zone)
        assert [one for one in shop.fleet.advance(START + 1) if not one.instance] == []
    assert list(shop.fleet.lost_with(zone)) == lost


def test_when_every_member_ails_people_are_called_and_nobody_is_touched(shop: Shop):
    for member in shop.fleet.members():
        shop.fleet.hurt(member.id, Ailment(Kind.STOPPED, shop.clock.now().timestamp()))
    shop.wait(5)
    shop.heal()
    assert Phase.PAGED in shop.phases()
    assert Phase.INTENT not in shop.phases()


def test_what_ails_is_kept_and_goes_on_after_a_takeover(shop: Shop):
    first = shop.fleet.members()[0].id
    shop.fleet.hurt(first, Ailment(Kind.MEMORY, START))
    other = SimulatedFleet(GroupSettings(zones=(f"{REGION}a", f"{REGION}b")))
    assert other.begin(POLICY, START + 1, shop.fleet.as_json())
    seen = {one.id: one for one in other.members()}
    assert seen[first].memory_percent[-1] > 90


def test_a_call_that_the_model_does_not_know_is_refused():
    with pytest.raises(Refused):
        interpreting.apply({}, Command("iam", "delete_role", {}))
    with pytest.raises(Refused) as gone:
        arguments = {"AutoScalingGroupName": "x", "MinSize": 1}
        interpreting.apply({}, Command("autoscaling", "update_auto_scaling_group", arguments))
    assert gone.value.is_vanished


def test_a_new_policy_moves_what_it_wants_otherwise_and_mends_nothing(shop: Shop):
    thresholds = POLICY.thresholds.model_copy(update={"active_users_scale_out": 9})
    wanted = stack.desired(POLICY.model_copy(update={"thresholds": thresholds}), REGION, Mode.PLAN)
    shop.kept.there["alarm/simulated-cpu-scale-in-percent"]["is_enabled"] = False
    moved = stack.followed(shop.kept.there, stack.as_wanted(shop.wanted), stack.as_wanted(wanted))
    assert moved["alarm/simulated-active-users-scale-out"]["threshold"] == 9
    assert moved["alarm/simulated-cpu-scale-in-percent"]["is_enabled"] is False


def test_refs_of_the_model_are_names(shop: Shop):
    assert Ref.of_text("security_group/fleet") in shop.wanted.by_ref()


def test_seeded_runs_draw_from_all_that_can_break():
    assert {seeded_run(seed).slug for seed in range(60)} == set(FAULTS)


@pytest.mark.parametrize("seed", range(14))
def test_whatever_is_broken_is_well_again_within_a_minute_and_a_launch(seed: int):
    trial = seeded_run(seed)
    assert trial.seconds <= 60 + trial.boot_seconds, trial
