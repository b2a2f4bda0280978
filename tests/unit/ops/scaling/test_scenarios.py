"""Traffic made by rule: the same seed, the same traffic, and each has what its name says."""

from statistics import fmean

import pytest

from cloudscale.ops.scaling.model.demand import Demand
from cloudscale.ops.scaling.scenarios import (
    BY_NAME,
    HOUR,
    REQUESTS_PER_USER,
    SCENARIOS,
    STEP_SECONDS,
    Scenario,
    demand_of,
)

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)


def mean(demand: Demand, first: float, last: float) -> float:
    """Requests a second between two moments, in seconds after the start."""
    return fmean(demand.requests_per_second[int(first) // 10 : int(last) // 10])


@each_scenario
def test_a_seed_tells_one_story_and_another_seed_another(scenario: Scenario):
    first, again, other = (list(scenario.demand(n).requests_per_second) for n in (3, 3, 4))
    assert first == again
    assert first != other


@each_scenario
def test_each_lasts_as_long_as_it_says_and_never_falls_below_nothing(scenario: Scenario):
    demand = scenario.demand()
    assert demand.seconds == scenario.hours * HOUR
    assert demand.step_seconds == STEP_SECONDS
    assert min(demand.requests_per_second) >= 0


@each_scenario
def test_users_are_as_many_as_make_the_requests(scenario: Scenario):
    demand = scenario.demand()
    assert demand.active_users[77] * REQUESTS_PER_USER == demand.requests_per_second[77]


@pytest.mark.parametrize("seed", range(5))
def test_a_flash_sale_is_twenty_times_the_traffic_within_a_minute(seed: int):
    demand, begins = BY_NAME["flash-sale"].demand(seed), 1.5 * HOUR
    before = mean(demand, 0, begins)
    assert mean(demand, begins + 60, begins + 180) / before == pytest.approx(20, rel=0.15)
    half_gone = begins + 60 + 20 * 60
    assert mean(demand, half_gone - 60, half_gone + 60) / before == pytest.approx(10.5, rel=0.15)


def test_a_steady_day_is_quiet_at_four_and_busiest_in_the_evening():
    demand = BY_NAME["steady"].demand()
    hours = [mean(demand, hour * HOUR, (hour + 1) * HOUR) for hour in range(24)]
    assert hours.index(min(hours)) in (3, 4)
    assert hours.index(max(hours)) in (18, 19, 20)


def test_noise_has_no_trend():
    demand = BY_NAME["noisy"].demand()
    halves = mean(demand, 0, 12 * HOUR), mean(demand, 12 * HOUR, 24 * HOUR)
    assert halves[0] == pytest.approx(halves[1], rel=0.1)
    assert max(demand.requests_per_second) > 1.5 * fmean(halves)


def test_a_step_goes_up_four_times_and_comes_back():
    demand = BY_NAME["step"].demand()
    before, top, after = (mean(demand, *of) for of in ((0, 3600), (3600, 10800), (10800, 18000)))
    assert top / before == pytest.approx(4, rel=0.05)
    assert after == pytest.approx(before, rel=0.05)


def test_in_an_outage_hardly_anybody_comes_and_then_everybody_at_once():
    demand, begins = BY_NAME["retry-storm"].demand(), 2.0 * HOUR
    before = mean(demand, 0, begins)
    assert mean(demand, begins, begins + 600) / before == pytest.approx(0.05, rel=0.1)
    assert mean(demand, begins + 600, begins + 660) / before > 3
    assert mean(demand, begins + 3_000, begins + 3_600) / before == pytest.approx(1, rel=0.05)


def test_names_are_slugs_that_are_there_once():
    assert len(BY_NAME) == len(SCENARIOS) == 5


def test_demand_has_no_users_where_nobody_asks():
    assert list(demand_of([0, 1], 60).active_users) == [0, 2]
