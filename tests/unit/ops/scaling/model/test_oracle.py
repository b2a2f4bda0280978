"""The least fleet, for whoever knew everything before."""

from array import array

import pytest

from cloudscale.ops.policy import POLICY, Bounds
from cloudscale.ops.scaling.model import GroupSettings
from cloudscale.ops.scaling.model.oracle import LATE, bearable, held, needed, oracle, start_seconds
from cloudscale.ops.scaling.model.simulation import Demand, simulate
from cloudscale.ops.scaling.model.work import Responses

WIDE = Bounds(min_instances=1, max_instances=20, desired_instances=1)
USUAL = GroupSettings()


def demand(*stretches: tuple[float, int]) -> Demand:
    rates = array("d", [rate for rate, slots in stretches for _ in range(slots)])
    return Demand(10, rates, array("d", bytes(8 * len(rates))))


def test_an_instance_bears_what_makes_hardly_anybody_late():
    limit, responses = bearable(USUAL), Responses(USUAL.server)
    most = USUAL.server.requests_per_second
    assert responses.at(2, limit / most).late <= LATE < responses.at(2, limit / most + 0.001).late
    assert 0.7 * most < limit < most


def test_it_needs_as_many_as_the_busiest_step_asks_for():
    each = bearable(USUAL)
    rates = [each * 0.5] * 9 + [each * 2.5] + [0.0] * 10 + [each * 99] * 5
    ticks = Demand(1, array("d", rates), array("d", bytes(8 * len(rates))))
    assert list(needed(ticks, USUAL, WIDE)) == [3, 1, 20]


def test_a_minute_needs_the_same_in_each_of_its_slots():
    minutes = Demand(60, array("d", [0, 500]), array("d", [0, 0]))
    assert list(needed(minutes, USUAL, WIDE)) == [1] * 6 + [3] * 6


def test_a_short_lull_is_kept_through_and_a_long_one_is_not():
    assert list(held([3, 1, 1, 3, 1, 1, 1, 3, 1], 2)) == [3, 3, 3, 3, 1, 1, 1, 3, 1]


def test_hardly_anybody_is_late_at_less_than_any_policy_pays():
    day = demand((100, 60), (900, 90), (200, 120), (1_500, 30), (100, 200))
    best = oracle(day, USUAL, WIDE)
    assert best.late <= LATE * best.requests
    assert best.failed == 0
    followed = simulate(day, POLICY.model_copy(update={"bounds": WIDE}), USUAL, seed=1)
    assert best.instance_seconds < followed.instance_seconds


def test_each_start_is_paid_for():
    flat, step = (
        oracle(demand((100, 60)), USUAL, WIDE),
        oracle(demand((100, 60), (900, 60)), USUAL, WIDE),
    )
    more = max(step.in_service) - 1
    starts = more * (start_seconds(USUAL) - USUAL.launch.median_seconds)
    assert flat.instance_seconds == 600
    assert step.instance_seconds == pytest.approx(600 + 600 * (more + 1) + starts)
