"""Step and simple scaling, by the worked examples of AWS's guide.

Source: Amazon EC2 Auto Scaling User Guide, "Step and simple scaling policies for Amazon EC2 Auto
Scaling": a group of 10, out by 10 % from 60 on and by 30 % from 70 on, in by 10 % at 40 and by 30 %
at 30.
"""

from cloudscale.ops.policy.rules import Step
from cloudscale.ops.scaling import Scaler
from tests.unit.ops.scaling.fleet import Fleet, cpu_simple, cpu_step, policy_of, sizes

PERCENT = "PercentChangeInCapacity"
OUT = cpu_step(
    ">=",
    50,
    Step(lower=0, upper=10, adjustment=0),
    Step(lower=10, upper=20, adjustment=10),
    Step(lower=20, adjustment=30),
    adjustment_type=PERCENT,
)
IN = cpu_step(
    "<=",
    50,
    Step(upper=-20, adjustment=-30),
    Step(lower=-20, upper=-10, adjustment=-10),
    Step(lower=-10, upper=0, adjustment=0),
    adjustment_type=PERCENT,
)
GUIDE = policy_of(OUT, IN)


def warmed_up(fleet: Fleet) -> bool:
    return fleet.capacity().arriving == 0


def test_the_guides_group_goes_from_10_to_11_to_14_to_13_to_10() -> None:
    fleet = Fleet(GUIDE, size=10)
    assert sizes(fleet.see_minutes(1, cpu_percent=60)) == [11]
    fleet.wait(warmed_up, {"cpu_percent": 55})
    assert sizes(fleet.see_minutes(1, cpu_percent=70)) == [14], "30 % of 11 are 3.3: 3"
    fleet.wait(warmed_up, {"cpu_percent": 55})
    assert sizes(fleet.see_minutes(1, cpu_percent=40)) == [13], "10 % of 14 are 1.4: 1"
    fleet.see_minutes(1, cpu_percent=50)
    assert sizes(fleet.see_minutes(1, cpu_percent=30)) == [10], "30 % of 13 are 3.9: 3"


def test_during_warm_up_the_same_step_adds_nothing_and_a_larger_one_the_difference() -> None:
    """The guide: 60, then 62 and 70 while the new instance warms up: 11, 11 and 13."""
    fleet = Fleet(GUIDE, size=10)
    assert sizes(fleet.see_minutes(1, cpu_percent=60)) == [11]
    assert fleet.see_minutes(1, cpu_percent=62) == []
    assert sizes(fleet.see_minutes(1, cpu_percent=70)) == [13]


def test_nothing_is_taken_away_while_instances_are_on_their_way() -> None:
    fleet = Fleet(GUIDE, size=10, boot_seconds=300)
    fleet.see_minutes(1, cpu_percent=60)
    assert fleet.see_minutes(4, cpu_percent=30) == []


def test_what_is_still_leaving_is_not_given_up_a_second_time() -> None:
    """The guide: instances that end are part of the capacity while a group scales in."""
    fleet = Fleet(GUIDE, size=10, drain_seconds=150)
    decided = fleet.see_minutes(3, cpu_percent=40)
    assert sizes(decided) == [9], "10 % of 10, and of the 10 that are still there"
    assert sizes(fleet.see_minutes(2, cpu_percent=40)) == [8]


def test_a_step_goes_on_once_a_minute_while_its_alarm_lasts() -> None:
    rule = cpu_step(">=", 70, Step(lower=0, adjustment=1), warm_up_seconds=0)
    fleet = Fleet(policy_of(rule, warm_up_seconds=0), size=2, boot_seconds=0)
    decided = fleet.see_minutes(4, cpu_percent=90)
    assert [(one.at, one.desired) for one in decided] == [(60, 3), (120, 4), (180, 5), (240, 6)]


def test_a_warm_up_of_its_own_counts_from_when_it_asked() -> None:
    rule = cpu_step(">=", 70, Step(lower=0, adjustment=1), warm_up_seconds=150)
    fleet = Fleet(policy_of(rule, warm_up_seconds=0), size=2, boot_seconds=0)
    decided = fleet.see_minutes(5, cpu_percent=90)
    assert [(one.at, one.desired) for one in decided] == [(60, 3), (240, 4)]


def test_an_exact_size_is_asked_for_once() -> None:
    rule = cpu_step(">=", 70, Step(lower=0, adjustment=6), adjustment_type="ExactCapacity")
    fleet = Fleet(policy_of(rule), size=2)
    assert sizes(fleet.see_minutes(5, cpu_percent=90)) == [6]


def test_simple_scaling_waits_for_its_change_and_then_for_its_cooldown() -> None:
    fleet = Fleet(policy_of(cpu_simple(1, cooldown_seconds=120)), size=2, boot_seconds=90)
    decided = fleet.see_minutes(8, cpu_percent=90)
    assert decided[0].at == 60
    # In service at 150; the cooldown ends at 270; the alarm calls once a minute.
    assert decided[1].at == 300
    assert sizes(decided)[:2] == [3, 4]


def test_a_cooldown_outlives_a_change_of_leader() -> None:
    policy = policy_of(cpu_simple(1, cooldown_seconds=600))
    fleet = Fleet(policy, size=2, boot_seconds=0)
    fleet.see_minutes(2, cpu_percent=90)
    text = fleet.scaler.memory.to_json()
    fleet.scaler = Scaler(policy, type(fleet.scaler.memory).from_json(text))
    assert fleet.see_minutes(5, cpu_percent=90) == []


def test_a_cooldown_of_a_simple_rule_holds_up_no_other_rule() -> None:
    step = cpu_step(">=", 80, Step(lower=0, adjustment=4))
    fleet = Fleet(policy_of(cpu_simple(1), step), size=2)
    assert sizes(fleet.see_minutes(1, cpu_percent=65)) == [3]
    assert sizes(fleet.see_minutes(1, cpu_percent=85)) == [6], "4 from the 2 that are there"


def test_a_simple_rule_that_waits_still_wants_to_keep_what_is_there() -> None:
    shrink = cpu_step("<=", 95, Step(upper=0, adjustment=-1))
    fleet = Fleet(policy_of(cpu_simple(1), shrink, warm_up_seconds=0), size=2, boot_seconds=0)
    assert sizes(fleet.see_minutes(4, cpu_percent=90)) == [3]
