"""Several policies on the same traffic: scored alike, with an oracle that nobody beats."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from cloudscale.ops.policy import POLICY, Bounds
from cloudscale.ops.policy.choices import FORESIGHT, PLAIN
from cloudscale.ops.scaling import compare as comparing
from cloudscale.ops.scaling.compare import DRAWN_POINTS, ORACLE, Result, compare
from cloudscale.ops.scaling.model.settings import GroupSettings
from cloudscale.ops.scaling.scenarios import demand_of

STEP = demand_of([60.0] * 180 + [1_000.0] * 180, 10)  # half an hour of little, and one of much
SETTINGS = GroupSettings()


@pytest.fixture(scope="module")
def results() -> tuple[Result, ...]:
    return compare(STEP, (POLICY, PLAIN, FORESIGHT), SETTINGS, seed=1)


def test_each_policy_has_its_result_in_order_and_the_oracle_comes_last(results):
    assert [one.name for one in results] == ["mission", "plain-70-30", "foresight", ORACLE]


def test_all_had_the_same_requests(results):
    assert {one.requests for one in results} == {sum(STEP.requests_per_second) * 10}


def test_cost_is_instance_hours_at_their_price(results):
    for one in results:
        assert one.cost == pytest.approx(one.instance_hours * SETTINGS.server.price_per_hour)


def test_late_are_those_that_came_too_late_and_those_that_were_given_up(results):
    plain = results[1]
    assert 0 < plain.failed_percent < plain.late_percent < 100


def test_nobody_beats_the_oracle_on_late_requests_for_its_cost(results):
    *policies, oracle = results
    assert all(
        one.cost >= oracle.cost or one.late_percent > oracle.late_percent for one in policies
    )
    assert not oracle.is_best
    assert oracle.late_percent <= 0.1


def test_whoever_is_beaten_on_both_is_not_on_the_front(results):
    points = [(0.1, 5.0), (0.2, 6.0), (0.3, 4.0)]
    told = [replace(results[0], late_percent=late, cost=cost) for late, cost in points]
    judged = comparing._judged([*told, results[-1]])
    assert [one.is_best for one in judged] == [True, False, True, False]


def test_differences_that_nobody_is_shown_beat_nobody(results):
    plain, oracle = results[1], results[-1]
    hair = replace(plain, late_percent=plain.late_percent + 1e-7)
    assert [one.is_best for one in comparing._judged([hair, plain, oracle])] == [True, True, False]


def test_series_are_thinned_and_keep_what_matters(results):
    long = demand_of([50.0] * 1_000 + [400.0] + [50.0] * 2_000, 10)
    (one, _oracle) = compare(long, (PLAIN,), SETTINGS, seed=1)
    assert len(one.series.seconds) <= DRAWN_POINTS
    assert (
        len({len(getattr(one.series, name)) for name in ("needed", "in_service", "seconds")}) == 1
    )
    assert max(one.series.needed) > min(one.series.needed), "one busy slot is still seen"


def test_progress_goes_from_nothing_to_all_and_never_back():
    told: list[float] = []
    compare(STEP, (POLICY, PLAIN), SETTINGS, 1, told.append)
    assert all(before <= after for before, after in pairwise(told))
    assert (min(told) <= 0.02, told[-1]) == (True, 1.0)


def test_the_same_comparison_gives_the_same_result(results):
    again = compare(STEP, (POLICY, PLAIN, FORESIGHT), SETTINGS, seed=1)
    assert json.dumps([one.as_json() for one in again]) == json.dumps(
        [one.as_json() for one in results]
    )


def test_the_oracle_may_do_whatever_one_of_the_policies_may():
    large = PLAIN.model_copy(
        update={
            "name": "large",
            "bounds": Bounds(min_instances=6, max_instances=12, desired_instances=6),
        }
    )
    for order in ((large, PLAIN), (PLAIN, large)):
        *_, oracle = compare(STEP, order, SETTINGS, seed=1)
        assert min(oracle.series.in_service) == 2
