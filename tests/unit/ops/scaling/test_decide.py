"""All rules together: the shop's own policy, target tracking, several at once, bounds, reasons."""

import pytest

from cloudscale.ops.policy import POLICY, Bounds
from cloudscale.ops.policy.rules import Alarm, Condition, Step, TargetTracking
from cloudscale.ops.scaling import Capacity, Memory, Observation, Scaler, decide
from cloudscale.ops.scaling.decide import look_back_seconds
from tests.unit.ops.scaling.fleet import Fleet, Values, cpu_step, policy_of, sizes

TARGET = TargetTracking(name="target", metric="cpu_percent", target=50)


def test_four_users_who_stay_lead_to_one_more_instance_and_never_to_another() -> None:
    fleet = Fleet()
    [decision] = fleet.see_minutes(24 * 60, active_users=4, cpu_percent=12)
    assert (decision.before, decision.desired, decision.rule) == (2, 3, "users-out")


def test_users_are_answered_with_the_slot_that_shows_them() -> None:
    fleet = Fleet()
    fleet.see_minutes(10, active_users=3, cpu_percent=12)
    [decision] = fleet.see([{"active_users": 4, "cpu_percent": 12}])
    assert decision.at == fleet.now


def test_a_rush_is_answered_at_once_and_whole_even_while_others_start() -> None:
    fleet = Fleet(boot_seconds=600)
    assert sizes(fleet.see([{"active_users": 4}])) == [3]
    assert sizes(fleet.see([{"active_users": 4}, {"active_users": 160}])) == [6]
    assert fleet.see_minutes(5, active_users=160) == []


def test_it_grows_at_70_percent_for_two_minutes_and_by_two_from_85_on() -> None:
    fleet = Fleet()
    fleet.see_minutes(1, cpu_percent=69.9, active_users=1)
    fleet.see_minutes(1, cpu_percent=70, active_users=1)
    [decision] = fleet.see_minutes(1, cpu_percent=70, active_users=1)
    assert decision.desired == 3
    assert decision.reason == "CPU was 70 % (70 % or more) for 2 of 2 minutes: 2 -> 3 instances."
    assert sizes(Fleet().see_minutes(2, cpu_percent=85, active_users=1)) == [4]


@pytest.mark.parametrize(
    ("cpu", "users", "shrinks"), [(29, 3, True), (30, 3, False), (29, 4, False), (10, 0, True)]
)
def test_it_shrinks_only_when_cpu_and_users_are_both_low(cpu, users, shrinks) -> None:
    fleet = Fleet(size=3)
    assert bool(fleet.see_minutes(10, cpu_percent=cpu, active_users=users)) == shrinks


def test_both_must_be_low_in_the_same_minutes_and_at_each_moment() -> None:
    fleet = Fleet(size=3)
    calm: Values = {"cpu_percent": 10, "active_users": 0}
    busy: Values = {"cpu_percent": 10, "active_users": 9}
    for _ in range(20):
        assert fleet.see([calm] * 59 + [busy]) == []


def test_a_fleet_that_measures_nothing_stays_as_it_is() -> None:
    fleet = Fleet(size=5)
    assert fleet.see([None] * 1_000) == []
    fleet.see_minutes(5, cpu_percent=50, active_users=60)
    assert fleet.see([None] * 1_000) == []


def test_users_without_cpu_or_cpu_without_users_never_shrink_it() -> None:
    assert Fleet(size=5).see_minutes(60, active_users=0) == []
    assert Fleet(size=5).see_minutes(60, cpu_percent=0) == []


def test_reasons_name_values_thresholds_and_counts() -> None:
    fleet = Fleet()
    [grown] = fleet.see([{"active_users": 54, "cpu_percent": 12}])
    assert grown.reason == (
        "Active users were 54, which takes 4 instances, 2 more than were asked for, "
        "for 1 of 1 period of 10 s: 2 -> 4 instances."
    )
    fleet.wait(lambda one: len(one.decisions) == 2, {"active_users": 1, "cpu_percent": 12.5})
    assert fleet.decisions[1].reason == (
        "CPU was 12.5 % (below 30 %) and active users were 1 (below 4) for 10 of 10 minutes: "
        "4 -> 3 instances."
    )


def test_the_bounds_win_and_the_reason_says_so() -> None:
    rule = cpu_step(">=", 70, Step(lower=0, adjustment=10))
    narrow = Bounds(min_instances=1, max_instances=4, desired_instances=2)
    fleet = Fleet(policy_of(rule, bounds=narrow))
    [decision] = fleet.see_minutes(20, cpu_percent=99)
    assert decision.desired == 4
    assert "2 -> 4 instances, as 12 would be outside of the bounds." in decision.reason


@pytest.mark.parametrize(("desired", "inside"), [(1, 2), (12, 8)])
def test_a_fleet_outside_of_its_bounds_is_brought_back(desired: int, inside: int) -> None:
    decision, _ = decide(POLICY, [], Capacity(desired, desired), Memory(), 10)
    assert decision is not None
    assert (decision.desired, decision.rule) == (inside, "bounds")
    assert decision.reason.startswith("The bounds are 2 to 8: ")


def test_of_several_rules_the_largest_capacity_wins() -> None:
    """Source: EC2 Auto Scaling User Guide, "Dynamic scaling", multiple policies: the larger."""
    small = cpu_step(">=", 70, Step(lower=0, adjustment=1))
    large = small.model_copy(update={"name": "more", "steps": (Step(lower=0, adjustment=3),)})
    for rules in ((small, large), (large, small)):
        [decision] = Fleet(policy_of(*rules)).see_minutes(1, cpu_percent=80)
        assert (decision.desired, decision.rule) == (5, "more")


def test_of_several_rules_that_shrink_the_one_that_keeps_most_wins() -> None:
    little = cpu_step("<", 30, Step(upper=0, adjustment=-1))
    much = little.model_copy(update={"name": "much", "steps": (Step(upper=0, adjustment=-5),)})
    [decision] = Fleet(policy_of(much, little), size=10).see_minutes(1, cpu_percent=10)
    assert decision.desired == 9


def test_it_does_not_shrink_while_target_tracking_wants_to_keep_it() -> None:
    shrink = cpu_step("<", 49, Step(upper=0, adjustment=-1))
    assert Fleet(policy_of(shrink, TARGET), size=10).see_minutes(30, cpu_percent=47) == []


def test_target_tracking_grows_in_proportion_after_three_minutes() -> None:
    """Source: EC2 Auto Scaling User Guide, "Target tracking scaling policies"; facts of its alarms
    (3 of 3 minutes above, 15 of 15 below 90 % of the target)."""
    fleet = Fleet(policy_of(TARGET), size=4)
    assert fleet.see_minutes(2, cpu_percent=75) == []
    [decision] = fleet.see_minutes(1, cpu_percent=75)
    assert decision.desired == 6
    assert decision.reason == "CPU was 75 % (above 50 %) for 3 of 3 minutes: 4 -> 6 instances."


def test_target_tracking_counts_what_is_on_its_way() -> None:
    fleet = Fleet(policy_of(TARGET), size=4, boot_seconds=300)
    fleet.see_minutes(3, cpu_percent=75)
    assert fleet.see_minutes(3, cpu_percent=75) == []
    assert sizes(fleet.see_minutes(1, cpu_percent=100)) == [8]


def test_target_tracking_shrinks_after_fifteen_minutes_and_stays_below_its_target() -> None:
    fleet = Fleet(policy_of(TARGET), size=10)
    assert fleet.see_minutes(14, cpu_percent=30) == []
    [decision] = fleet.see_minutes(1, cpu_percent=30)
    assert decision.desired == 7, "10 * 30 / 45 are 6.7"


def test_target_tracking_leaves_well_alone_between_90_percent_and_the_target() -> None:
    assert Fleet(policy_of(TARGET), size=10).see_minutes(60, cpu_percent=45) == []


def test_target_tracking_that_may_not_shrink_does_not_and_holds_up_nobody() -> None:
    out_only = TARGET.model_copy(update={"is_scale_in_disabled": True})
    assert Fleet(policy_of(out_only), size=10).see_minutes(60, cpu_percent=5) == []
    shrink = cpu_step("<", 30, Step(upper=0, adjustment=-1))
    assert Fleet(policy_of(out_only, shrink), size=10).see_minutes(1, cpu_percent=5) != []


def test_requests_are_tracked_by_instance() -> None:
    rule = TargetTracking(name="requests", metric="requests_per_second", target=100)
    [decision] = Fleet(policy_of(rule), size=4).see_minutes(3, requests_per_second=950)
    assert decision.desired == 10


def test_m_of_n_minutes_need_not_be_the_newest() -> None:
    rule = cpu_step(">=", 70, Step(lower=0, adjustment=1)).model_copy(
        update={
            "alarm": Alarm(
                conditions=(Condition(metric="cpu_percent", comparison=">=", threshold=70),),
                period_seconds=60,
                evaluation_periods=3,
                datapoints_to_alarm=2,
            )
        }
    )
    fleet = Fleet(policy_of(rule))
    fleet.see_minutes(1, cpu_percent=90)
    fleet.see_minutes(1, cpu_percent=10)
    [decision] = fleet.see_minutes(1, cpu_percent=90)
    assert "for 2 of 3 minutes" in decision.reason


def test_a_slot_that_comes_a_little_late_still_counts() -> None:
    scaler = Scaler(POLICY)
    scaler.observe(Observation(100, {"active_users": 4}))
    decision = scaler.decide(Capacity(2, 2), 113)
    assert decision is not None and decision.desired == 3


def test_a_slot_that_is_no_news_is_passed_over() -> None:
    scaler = Scaler(POLICY)
    scaler.observe(Observation(100, {"active_users": 1}))
    scaler.observe(Observation(100, {"active_users": 90}))
    scaler.observe(Observation(90, {"active_users": 90}))
    assert scaler.decide(Capacity(2, 2), 100) is None


def test_a_new_leader_goes_on_where_the_old_one_was() -> None:
    fleet = Fleet(size=4)
    fleet.see_minutes(10, cpu_percent=10, active_users=1)
    memory = Memory.from_json(fleet.scaler.memory.to_json())
    assert memory == fleet.scaler.memory
    assert memory.acted == {"calm-in": 600.0}
    assert Scaler(POLICY, memory).alarms["calm-in"].since == 600.0


def test_what_is_no_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="no memory"):
        Memory.from_json('{"alarms": 3}')


def test_a_decision_depends_on_thirteen_minutes_of_history() -> None:
    assert look_back_seconds(POLICY) == 13 * 60
    assert look_back_seconds(policy_of(TARGET)) == 18 * 60
