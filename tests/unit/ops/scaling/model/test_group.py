"""An Auto Scaling group: its instances come, serve, fail and go, each with a cause."""

from collections import Counter
from statistics import median

import pytest

from cloudscale.ops.ports import Lifecycle
from cloudscale.ops.scaling.model import Group, GroupSettings, Spread, ZoneOutage
from cloudscale.ops.scaling.model.happened import Kind

A, B = "ap-south-1a", "ap-south-1b"
ALWAYS_20, ALWAYS_80 = (
    Spread(median_seconds=20, p95_seconds=20),
    Spread(median_seconds=80, p95_seconds=80),
)
EXACT = {"launch": ALWAYS_20, "boot": ALWAYS_80}


def group(desired: int, **settings) -> Group:
    """A group that was there before, at 0 s, without chance in its times."""
    made = Group(GroupSettings(**{**EXACT, **settings}), seed=7, now=0)
    made.settle(desired, 0)
    return made


def zones(of: Group, now: float) -> Counter[str]:
    return Counter(
        one.zone
        for one in of.instances(now)
        if one.lifecycle in (Lifecycle.PENDING, Lifecycle.IN_SERVICE)
    )


def told(of: Group, now: float, *kinds: Kind) -> list[tuple[str, str]]:
    return [(one.instance, one.cause) for one in of.advance(now) if one.kind in kinds]


def test_a_settled_group_serves_at_once_and_nothing_is_to_come():
    settled = group(4)
    assert settled.capacity(0, 120).in_service == 4
    assert settled.capacity(0, 120).warming == 0
    assert settled.next_event_at() is None
    assert zones(settled, 0) == {A: 2, B: 2}


def test_an_instance_is_pending_until_it_passes_its_health_check():
    one = group(1)
    one.set_desired(2, 100, "There are 4 users.")
    assert one.capacity(100, 120).pending == 1
    assert one.capacity(199, 120).in_service == 1
    # 20 s of launch, 80 s of boot, at most 10 s until it is checked, and one more check.
    assert one.capacity(220, 120).in_service == 2


def test_half_of_all_instances_serve_within_two_minutes():
    took = []
    for seed in range(1_000):
        one = Group(GroupSettings(), seed, 0)
        one.set_desired(1, 0, "A new fleet.")
        while (at := one.next_event_at()) is not None:
            one.advance(at)
        took.append(one.instances(1_000)[0].since)
    assert median(took) == pytest.approx(120, abs=3)


def test_it_warms_for_so_long_after_it_was_attached():
    one = group(1)
    one.set_desired(2, 0, "There are 4 users.")
    assert one.capacity(10, 120).warming == 1  # not even attached
    assert one.capacity(139, 120).warming == 1
    assert one.capacity(140, 120).warming == 0


def test_what_happened_is_told_once_in_order_with_its_cause():
    one = group(1)
    one.set_desired(2, 5, "CPU was 82 %.")
    happened = one.advance(300)
    assert [each.kind for each in happened] == [
        *(Kind.WANTED, Kind.LAUNCHED, Kind.ATTACHED, Kind.IN_SERVICE)
    ]
    assert happened[1].cause == "CPU was 82 %."
    assert [each.at for each in happened] == sorted(each.at for each in happened)
    assert one.advance(300) == []


def test_instances_are_launched_where_there_are_fewest():
    one = group(1)
    one.set_desired(5, 0, "More.")
    assert zones(one, 0) == {A: 3, B: 2}


def test_the_zone_with_most_instances_gives_one_up_first():
    one = group(3)
    one.set_desired(2, 0, "Less.")
    assert zones(one, 0) == {A: 1, B: 1}


def test_of_a_zone_the_one_closest_to_its_next_billing_hour_leaves():
    one = group(2)
    one.set_desired(4, 300, "More.")  # 3 and 4 are launched 300 s into the hour of 1 and 2
    one.advance(3_500)
    one.set_desired(2, 3_500, "Less.")
    assert [name for name, _ in told(one, 3_500, Kind.TERMINATING)] == ["sim-00001", "sim-00002"]
    other = group(2)
    other.set_desired(4, 300, "More.")
    other.advance(3_700)
    other.set_desired(2, 3_700, "Less.")  # 1 and 2 have begun a new hour
    assert [name for name, _ in told(other, 3_700, Kind.TERMINATING)] == ["sim-00003", "sim-00004"]


def test_one_that_leaves_drains_first():
    one = group(2, draining_seconds=45)
    one.set_desired(1, 100, "Less.")
    assert one.capacity(100, 0).terminating == 1
    assert one.capacity(144, 0).terminating == 1
    assert one.capacity(145, 0).terminating == 0


def test_one_that_does_not_serve_yet_has_nothing_to_drain():
    one = group(1)
    one.set_desired(3, 3_590, "More.")
    one.set_desired(2, 3_605, "Less.")
    assert one.capacity(3_605, 0).terminating == 0
    assert one.capacity(3_605, 0).pending == 1


def test_an_instance_that_boots_longer_than_its_grace_is_replaced_for_ever():
    slow = Spread(median_seconds=400, p95_seconds=400)
    one = group(1, boot=slow, health_grace_seconds=180)
    one.set_desired(2, 0, "More.")
    replaced = told(one, 1_000, Kind.UNHEALTHY)
    assert [cause for _, cause in replaced] == ["It did not answer within 180 s of grace."] * 5
    assert one.capacity(1_000, 0).in_service == 1


def test_one_that_dies_serves_until_its_checks_fail_and_is_replaced():
    one = group(2, failures_per_day=24)
    happened = one.advance(86_400)
    dead = next(each for each in happened if each.kind is Kind.FAILED)
    noticed = next(each for each in happened if each.kind is Kind.UNHEALTHY)
    new = next(each for each in happened if each.kind is Kind.LAUNCHED)
    assert noticed.at == dead.at + 30  # three checks, 10 s apart
    assert (new.at, new.zone) == (noticed.at, noticed.zone)
    assert new.cause == f"It replaces {dead.instance}, which was unhealthy."


def test_a_launch_that_fails_is_tried_in_another_zone_and_then_after_longer_and_longer_pauses():
    one = group(2, launch_failure_probability=1)
    one.set_desired(3, 0, "More.")
    launched = [each for each in one.advance(400) if each.kind is Kind.LAUNCHED]
    assert [each.zone for each in launched[:4]] == [A, B, A, B]
    # 5 s until a failure is known; pauses of 15, 30, 60 … s after both zones have failed
    assert [each.at for each in launched] == [0, 5, 25, 30, 65, 70, 135, 140, 265, 270]
    assert one.capacity(400, 0).desired == 3
    assert one.capacity(400, 0).in_service == 2


def test_when_a_zone_is_gone_the_other_takes_its_place_and_balance_returns_afterwards():
    outage = ZoneOutage(zone=B, after_seconds=100, seconds=900)
    one = group(4, outages=(outage,))
    one.advance(99)
    assert one.capacity(131, 0).in_service == 2  # noticed after three checks
    one.advance(900)
    assert zones(one, 900) == {A: 4}
    counts = [one.capacity(at, 0) for at in range(1_000, 2_000, 10)]
    assert zones(one, 2_000) == {A: 2, B: 2}
    assert min(each.in_service for each in counts) == 4  # one is launched before one leaves
    assert max(each.in_service + each.pending for each in counts) == 5


def test_the_warm_pool_starts_faster_and_is_filled_again():
    settings = {"warm_start": ALWAYS_20, "warm_pool_size": 2}
    one = group(2, **settings)
    one.set_desired(4, 0, "More.")
    assert one.capacity(0, 0).pending == 2
    assert one.capacity(40, 0).in_service == 4
    pool = [each for each in one.instances(300) if each.lifecycle is Lifecycle.OTHER]
    assert len(pool) == 2
    assert one.capacity(300, 0).in_service == 4


def test_who_wants_more_than_the_warm_pool_has_waits_for_the_rest():
    one = group(2, warm_start=ALWAYS_20, warm_pool_size=1)
    one.set_desired(5, 0, "More.")
    assert one.capacity(60, 0).in_service == 3
    assert one.capacity(200, 0).in_service == 5


def test_the_same_launch_takes_as_long_whatever_was_wanted_before():
    first, second = (Group(GroupSettings(), seed=3, now=0) for _ in range(2))
    first.set_desired(3, 0, "All at once.")
    second.set_desired(2, 0, "One by one.")
    second.set_desired(3, 500, "One by one.")

    def took(of: Group) -> list[float]:
        return [one.since - one.launched_at for one in of.instances(2_000)]

    assert took(first) == pytest.approx(took(second))
