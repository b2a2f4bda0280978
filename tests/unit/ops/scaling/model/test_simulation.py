"""A demand on a modelled fleet that follows a policy."""

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudscale.ops.policy import POLICY, Bounds, ScalingPolicy
from cloudscale.ops.policy.rules import OfferedLoad
from cloudscale.ops.scaling.model import GroupSettings, ZoneOutage
from cloudscale.ops.scaling.model.happened import Kind
from cloudscale.ops.scaling.model.simulation import Demand, MinuteMetric, Run, simulate

STILL = ScalingPolicy(name="still", rules=())
EAGER = ScalingPolicy(name="eager", rules=(OfferedLoad(name="load", scale_in_seconds=60),))
MINUTE = 60


def steady(rate: float, minutes: int, users: float = 0, step: int = 10) -> Demand:
    steps = minutes * MINUTE // step
    return Demand(step, array("d", [rate] * steps), array("d", [users] * steps))


def joined(*parts: Demand) -> Demand:
    rates, users = array("d"), array("d")
    for part in parts:
        rates.extend(part.requests_per_second)
        users.extend(part.active_users)
    return Demand(parts[0].step_seconds, rates, users)


def test_each_slot_has_a_value_in_every_series():
    run = simulate(steady(100, 5), POLICY, GroupSettings(), seed=1)
    assert list(run.at) == [10.0 * n for n in range(1, 31)]
    for name in ("demand", "offered_load", "desired", "in_service", "cpu_percent"):
        assert len(getattr(run, name)) == 30
    assert set(run.demand) == {100}
    assert set(run.offered_load) == {0.5}  # 10 ms each, on two workers an instance
    assert run.instance_seconds == 2 * 300


def test_four_users_who_stay_get_one_instance_more_and_no_other():
    run = simulate(steady(5, 60, users=4), POLICY, GroupSettings(), seed=1)
    assert [(one.at, one.desired) for one in run.decisions] == [(10, 3)]
    assert run.in_service[-1] == 3


def test_a_rush_is_followed_after_two_minutes_of_cpu_and_the_start_of_an_instance():
    rush = joined(steady(100, 10), steady(700, 50))
    run = simulate(rush, POLICY, GroupSettings(), seed=1)
    first = run.decisions[0]
    # CPU is known after the minute; the alarm asks for two of them.
    assert 600 + 120 <= first.at <= 600 + 240
    assert first.rule == "cpu-out"
    assert max(run.in_service) * 0.7 >= max(run.offered_load)
    assert run.late > 0
    assert run.late_requests[-1] == pytest.approx(0, abs=1)


def test_ten_second_metrics_are_read_at_once_where_a_rule_can():
    rush = joined(steady(100, 30), steady(320, 10))
    slow = simulate(rush, POLICY, GroupSettings(), seed=1)
    fast = simulate(rush, EAGER, GroupSettings(), seed=1)
    assert next(one.at for one in fast.decisions if one.at > 1_800) <= 1_820
    assert next(one.at for one in slow.decisions if one.at > 1_800) >= 1_920


def test_calm_brings_the_fleet_back():
    rush = joined(steady(100, 5), steady(500, 30), steady(20, 120))
    run = simulate(rush, POLICY, GroupSettings(), seed=1)
    assert max(run.in_service) > 2
    assert run.desired[-1] == 2
    assert run.instance_seconds < len(run.at) * 10 * max(run.in_service)


def test_minutes_are_known_once_they_are_over():
    metric = MinuteMetric()
    told = [metric.read(at, float(at)) for at in range(10, 190, 10)]
    # 35 is the mean of 10 … 60, told from the slot after it; 95 that of 70 … 120
    assert told == [None] * 6 + [35.0] * 6 + [95.0] * 6


def test_a_minute_without_a_value_is_unknown_and_not_idle():
    metric = MinuteMetric()
    told = [metric.read(at, 50.0 if at <= 60 else None) for at in range(10, 190, 10)]
    assert told == [None] * 6 + [50.0] * 6 + [None] * 6


def test_a_zone_that_is_lost_costs_requests_until_it_is_noticed():
    outage = ZoneOutage(zone="ap-south-1b", after_seconds=300, seconds=1_200)
    model = GroupSettings(outages=(outage,))
    run = simulate(steady(100, 60), STILL, model, seed=1)
    assert run.refused == pytest.approx(100 * 0.5 * 30, rel=0.5)  # half of them, for three checks
    assert {one.kind for one in run.happenings} >= {Kind.OUTAGE, Kind.UNHEALTHY, Kind.RECOVERED}
    assert run.in_service[-1] == 2


def test_the_policys_grace_is_that_of_the_fleet():
    impatient = POLICY.model_copy(update={"health_grace_seconds": 40})
    run = simulate(steady(5, 20, users=4), impatient, GroupSettings(), seed=1)
    assert run.in_service[-1] == 2  # each new one is replaced before it answers
    assert sum(one.kind is Kind.UNHEALTHY for one in run.happenings) > 5


def test_progress_goes_from_nothing_to_all():
    told: list[float] = []
    simulate(steady(5, 60), POLICY, GroupSettings(), 1, told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)
    assert len(told) <= 130


@pytest.mark.parametrize(
    ("step", "rates", "users", "named"),
    [
        (5, [1.0], [1.0], "step_seconds"),
        (10, [], [], "empty"),
        (10, [1.0, 2.0], [1.0], "same length"),
        (10, [1.0, -1.0], [1.0, 1.0], "requests_per_second"),
        (10, [1.0, 1.0], [1.0, float("nan")], "active_users"),
        (10, [float("inf")], [1.0], "requests_per_second"),
    ],
)
def test_a_demand_that_makes_no_sense_is_refused(step, rates, users, named):
    with pytest.raises(ValueError, match=named):
        Demand(step, rates, users)


demands = st.builds(
    lambda step, pairs: Demand(
        step, array("d", [rate for rate, _ in pairs]), array("d", [users for _, users in pairs])
    ),
    st.sampled_from((1, 10, 60)),
    st.lists(st.tuples(st.floats(0, 3_000), st.floats(0, 500)), min_size=1, max_size=60),
)
fleets = st.builds(
    GroupSettings,
    launch_failure_probability=st.sampled_from((0.0, 0.3)),
    failures_per_day=st.sampled_from((0.0, 100.0)),
    warm_pool_size=st.integers(0, 2),
)
policies = st.sampled_from((POLICY, EAGER))


def told(run: Run) -> tuple:
    series = (run.desired, run.in_service, run.response_p95_ms, run.late_requests)
    return (*map(list, series), run.decisions, run.happenings, run.instance_seconds)


@given(demands, policies, fleets, st.integers(0, 100))
@settings(deadline=None, max_examples=40)
def test_whatever_comes_bounds_hold_and_no_request_is_lost_sight_of(demand, policy, fleet, seed):
    run = simulate(demand, policy, fleet, seed)
    bounds = policy.bounds
    assert all(bounds.min_instances <= one <= bounds.max_instances for one in run.desired)
    assert max(run.in_service) <= bounds.max_instances + 1  # one more while zones are balanced
    came = run.answered + run.failed + run.waiting
    assert run.requests == pytest.approx(came, rel=1e-9, abs=1e-6)
    assert run.requests == pytest.approx(
        sum(demand.requests_per_second) * demand.step_seconds, rel=1e-9, abs=1e-6
    )
    assert run.late <= run.answered + 1e-6
    assert told(run) == told(simulate(demand, policy, fleet, seed))


@given(demands, fleets, st.integers(0, 100), st.integers(2, 8))
@settings(deadline=None, max_examples=20)
def test_a_policy_that_never_acts_keeps_what_there_was(demand, fleet, seed, desired):
    still = STILL.model_copy(update={"bounds": Bounds(desired_instances=desired)})
    run = simulate(demand, still, fleet, seed)
    assert set(run.desired) == {desired}
    assert run.decisions == ()
