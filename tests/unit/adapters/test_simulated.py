"""The simulated fleet: how long its instances take, where they are, and that it says what it is."""

from statistics import median

import pytest

from cloudscale.adapters.simulated import SimulatedFleet, group_settings
from cloudscale.ops.policy import POLICY, Bounds
from cloudscale.ops.ports import Lifecycle
from cloudscale.settings import Settings


@pytest.mark.parametrize("seconds", [30, 120, 150])
def test_half_of_the_instances_serve_after_about_the_boot_seconds(seconds: int):
    fleet = SimulatedFleet(group_settings(Settings(simulated_boot_seconds=seconds)))
    fleet.begin(POLICY, 0.0, None)
    fleet.set_desired(60, 0.0, "many")
    happened = fleet.advance(10 * seconds)
    took = [one.at for one in happened if one.kind == "in_service"]
    assert median(took) == pytest.approx(seconds, rel=0.15)


def test_it_stands_in_the_first_two_zones_of_the_region_and_says_that_it_is_simulated():
    fleet = SimulatedFleet(group_settings(Settings(aws_region="eu-west-1")))
    fleet.begin(POLICY, 0.0, None)
    state = fleet.read()
    assert [one.zone for one in state.instances or ()] == ["eu-west-1a", "eu-west-1b"]
    assert (state.source, state.desired, state.smallest, state.largest) == ("simulated", 2, 2, 8)
    assert state.count(Lifecycle.IN_SERVICE) == 2


def test_a_clock_that_is_set_back_does_nothing():
    fleet = SimulatedFleet(group_settings(Settings(simulated_boot_seconds=30)))
    fleet.begin(POLICY, 1_000.0, None)
    fleet.set_desired(3, 1_010.0, "more")
    fleet.advance(1_020.0)
    assert fleet.advance(500.0) == []
    assert fleet.read().count(Lifecycle.PENDING) == 1


def test_another_policy_s_bounds_are_told():
    fleet = SimulatedFleet(group_settings(Settings()))
    fleet.begin(POLICY, 0.0, None)
    fleet.follow(POLICY.model_copy(update={"bounds": Bounds(min_instances=3, desired_instances=3)}))
    assert fleet.read().smallest == 3
