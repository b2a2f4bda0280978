"""What holds for any history: of the shop's policy, and of policies of all kinds."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cloudscale.ops.policy import POLICY, Bounds, ScalingPolicy
from cloudscale.ops.policy.rules import Metric, OfferedLoad, Step, TargetTracking
from cloudscale.ops.scaling import Capacity, Decision, Memory, Observation, Scaler, decide
from tests.unit.ops.scaling.fleet import Fleet, Values, cpu_simple, cpu_step, policy_of

BOUNDS = Bounds(min_instances=2, max_instances=9, desired_instances=2)
CPU = st.one_of(st.none(), st.floats(0, 100))
USERS = st.one_of(st.none(), st.integers(0, 400))
REQUESTS = st.one_of(st.none(), st.floats(0, 500))


def slot(cpu: float | None, users: float | None, requests: float | None) -> Values:
    """What was measured of these."""
    named: dict[Metric, float | None] = {
        "cpu_percent": cpu,
        "active_users": users,
        "requests_per_second": requests,
    }
    return {metric: value for metric, value in named.items() if value is not None}


SLOTS = st.one_of(st.none(), st.builds(slot, CPU, USERS, REQUESTS))
"""One slot, or none at all."""


def runs(element: st.SearchStrategy[Any], most: int = 60) -> st.SearchStrategy[list[Any]]:
    """Values that stay for a while, so that alarms go off and end."""
    stretch = st.tuples(element, st.integers(1, most))
    return st.lists(stretch, min_size=1, max_size=8).map(
        lambda stretches: [one for one, times in stretches for _ in range(times)]
    )


def of_all_kinds(steps: list[int], kinds: set[str], warm_up: int | None) -> ScalingPolicy:
    """A policy with these kinds of rules."""
    rules = {
        "out": cpu_step(">=", 60, Step(lower=0, adjustment=steps[0]), warm_up_seconds=warm_up),
        "in": cpu_step("<", 30, Step(upper=0, adjustment=-steps[1])),
        "simple": cpu_simple(steps[2], cooldown_seconds=200),
        "target": TargetTracking(name="target", metric="cpu_percent", target=50),
        "requests": TargetTracking(name="requests", metric="requests_per_second", target=40),
        "load": OfferedLoad(name="load", scale_in_seconds=300),
        "users": POLICY.rules[1],
    }
    return policy_of(*(rules[kind] for kind in sorted(kinds)), bounds=BOUNDS)


KINDS = ("out", "in", "simple", "target", "requests", "load", "users")
POLICIES = st.builds(
    of_all_kinds,
    st.lists(st.integers(1, 5), min_size=3, max_size=3),
    st.sets(st.sampled_from(KINDS), min_size=1),
    st.sampled_from([None, 0, 45, 300]),
)
ANY = st.one_of(st.just(POLICY), POLICIES)


class Compared(Fleet):
    """A fleet that asks the pure function too, with a memory that went through JSON each time."""

    def __init__(self, policy: ScalingPolicy, **more: Any) -> None:
        super().__init__(policy, **more)
        self.history: list[Observation] = []
        self.memory = Memory()

    def see_both(self, measured: Values | None) -> None:
        """Measure a slot, and decide in both ways."""
        self.now += 10
        if measured is not None:
            self.history.append(Observation(self.now, measured))
            self.scaler.observe(self.history[-1])
        capacity = self.capacity()
        pure, memory = decide(self.policy, self.history, capacity, self.memory, self.now)
        fast = self.scaler.decide(capacity, self.now)
        assert pure == fast
        assert memory == self.scaler.memory
        self.memory = Memory.from_json(memory.to_json())
        self.obey(fast)


@settings(max_examples=60, deadline=None)
@given(ANY, runs(SLOTS, most=30), st.sampled_from([0, 60, 240]))
def test_the_pure_function_and_the_fast_object_decide_the_same(policy, slots, boot) -> None:
    fleet = Compared(policy, boot_seconds=boot, drain_seconds=30)
    for one in slots:
        fleet.see_both(one)


@settings(max_examples=150, deadline=None)
@given(ANY, runs(SLOTS), st.sampled_from([0, 60, 240]))
def test_it_is_never_outside_of_its_bounds_and_each_decision_changes_something(
    policy, slots, boot
) -> None:
    fleet = Fleet(policy, boot_seconds=boot)
    for one in fleet.see(slots):
        assert policy.bounds.min_instances <= one.desired <= policy.bounds.max_instances
        assert one.desired != one.before
        assert one.reason.endswith(".")


@settings(max_examples=100, deadline=None)
@given(ANY, runs(SLOTS), st.integers(20, 400))
def test_what_is_not_measured_moves_nothing(policy, slots, silent) -> None:
    fleet = Fleet(policy)
    fleet.see(slots)
    # A minute's period that was being measured may still end, and be a little late.
    fleet.see([None] * 8)
    assert fleet.see([None] * silent) == []


@settings(max_examples=100, deadline=None)
@given(ANY, runs(SLOTS), st.sampled_from([60, 240]))
def test_it_never_shrinks_while_instances_are_on_their_way(policy, slots, boot) -> None:
    fleet = Fleet(policy, boot_seconds=boot)
    for one in slots:
        fleet.now += 10
        if one is not None:
            fleet.scaler.observe(Observation(fleet.now, one))
        capacity = fleet.capacity()
        decision = fleet.scaler.decide(capacity, fleet.now)
        assert decision is None or decision.desired > decision.before or not capacity.arriving
        fleet.obey(decision)


@settings(max_examples=150, deadline=None)
@given(runs(st.tuples(st.floats(0, 100), st.integers(0, 12)), most=90))
def test_the_shop_shrinks_only_after_ten_minutes_of_little_cpu_and_few_users(pairs) -> None:
    fleet = Fleet(size=5, boot_seconds=0)
    slots = [slot(cpu, users, None) for cpu, users in pairs]
    for decision in fleet.see(slots):
        if decision.desired < decision.before:
            last = int(decision.at // 60) * 6
            seen = pairs[last - 60 : last]
            assert len(seen) == 60
            assert all(users < 4 for _, users in seen)
            for minute in range(10):
                assert sum(cpu for cpu, _ in seen[minute * 6 : minute * 6 + 6]) / 6 < 30


@settings(max_examples=100, deadline=None)
@given(st.integers(4, 53), runs(st.floats(0, 69), most=200))
def test_four_to_fifty_three_users_who_stay_are_one_more_instance_whatever_cpu_does(
    users, cpu
) -> None:
    fleet = Fleet()
    fleet.see([slot(one, users, None) for one in cpu])
    assert [one.desired for one in fleet.decisions] == [3]


@given(st.integers(0, 2_000), st.integers(0, 2_000), st.integers(2, 8))
def test_more_users_never_get_fewer_instances(some, others, desired) -> None:
    fewer, more = sorted((some, others))

    def size(users: int) -> int:
        scaler = Scaler(POLICY)
        scaler.observe(Observation(10, {"active_users": users}))
        decision = scaler.decide(Capacity(desired, desired), 10)
        return decision.desired if decision else desired

    assert size(fewer) <= size(more)


@settings(max_examples=60, deadline=None)
@given(runs(st.tuples(st.floats(0, 100), st.integers(0, 60)), most=40), st.integers(1, 200))
def test_a_fleet_with_more_users_all_along_is_never_the_smaller_one(pairs, extra) -> None:
    few, many = Fleet(boot_seconds=0), Fleet(boot_seconds=0)
    for cpu, users in pairs:
        few.see([slot(cpu / 3, users, None)])
        many.see([slot(cpu / 3, users + extra, None)])
        assert len(few.asked_at) <= len(many.asked_at)


def test_the_same_history_is_the_same_decision() -> None:
    history = [Observation(at, {"active_users": 7}) for at in (10, 20, 30)]
    results: list[tuple[Decision | None, Memory]] = [
        decide(POLICY, history, Capacity(2, 2), Memory(), 30) for _ in range(2)
    ]
    assert results[0] == results[1]
