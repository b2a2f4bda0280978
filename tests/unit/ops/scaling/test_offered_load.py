"""Sizing by the work that arrives."""

import math

import pytest

from cloudscale.ops.policy.rules import OfferedLoad
from cloudscale.ops.scaling import Capacity, Memory, Observation, Scaler
from cloudscale.ops.scaling.memory import Load
from cloudscale.ops.scaling.offered_load import Forecast
from tests.unit.ops.scaling.fleet import Fleet, Values, policy_of, sizes

RULE = OfferedLoad(name="load")


def forecast_of(*busy: float, **changes: object) -> Forecast:
    """A forecast after slots with so many busy instances of ten."""
    forecast = Forecast(RULE.model_copy(update=changes), Load())
    for number, one in enumerate(busy, 1):
        forecast.take(number * 10, one * 10, None, 10)
    return forecast


def follow(fleet: Fleet, busy: list[float]) -> list[int]:
    """Give a fleet so many busy instances of work, slot by slot; its CPU ends at 100 %."""
    for one in busy:
        serving = max(fleet.capacity().in_service, 1)
        cpu = min(one / serving * 100, 100)
        values: Values = {"cpu_percent": cpu, "requests_per_second": one * 50}
        fleet.see([values])
    return sizes(fleet.decisions)


def test_steady_work_gets_instances_at_the_target() -> None:
    fleet = Fleet(policy_of(RULE), size=2)
    assert follow(fleet, [1.8] * 400) == [3], "1.8 busy instances at 60 % each are 3"


def test_a_jump_is_answered_with_the_slot_that_shows_it() -> None:
    fleet = Fleet(policy_of(RULE), size=4)
    follow(fleet, [2.0] * 60)
    assert follow(fleet, [3.5])[-1] == 6


def test_a_rise_is_met_before_it_comes() -> None:
    rise = [2 + 0.01 * slot for slot in range(30)]  # 0.001 busy instances a second
    seen = forecast_of(*rise, head_room=0).foreseen()
    assert seen.ahead == pytest.approx(seen.level + 0.12, rel=0.02)


@pytest.mark.parametrize("slots", range(3, 31))
def test_a_step_that_stays_is_no_trend_however_long_ago_it_was(slots: int) -> None:
    seen = forecast_of(*[2.0] * (40 - slots), *[4.0] * slots).foreseen()
    assert seen.ahead == pytest.approx(4.0)


def test_work_is_not_counted_for_instances_that_came_at_the_end_of_a_slot() -> None:
    forecast = forecast_of(*[2.0] * 5)
    assert forecast.take(60, 20, None, 20) == 4
    assert forecast.take(70, 10, None, 20) == 4


def test_a_fall_is_not_run_ahead_of() -> None:
    seen = forecast_of(*[5 - 0.1 * slot for slot in range(30)]).foreseen()
    assert seen.ahead == seen.level


def test_one_slot_that_stands_out_bends_no_trend() -> None:
    assert forecast_of(*[2.0] * 20, 9.0, *[2.0] * 9).foreseen().ahead == pytest.approx(2.0)


def test_head_room_follows_what_the_load_does_by_chance() -> None:
    noisy = [3 + 0.3 * math.sin(slot * 2.4) for slot in range(30)]
    room = forecast_of(*noisy).foreseen().head_room
    assert 2 * 0.15 < room < 2 * 0.45
    assert forecast_of(*[3.0] * 30).foreseen().head_room == 0


def test_it_shrinks_to_the_most_of_fifteen_minutes_and_not_before() -> None:
    fleet = Fleet(policy_of(RULE), size=9)
    follow(fleet, [5.0] * 100)
    begin = fleet.now
    follow(fleet, [1.0] * 120)
    assert sizes(fleet.decisions)[-1] == 2
    assert fleet.decisions[0].at == begin + RULE.scale_in_seconds


def test_a_new_leader_without_memory_shrinks_nothing_for_fifteen_minutes() -> None:
    fleet = Fleet(policy_of(RULE), size=10)
    follow(fleet, [1.0] * 90)
    assert fleet.decisions == []
    follow(fleet, [1.0] * 2)
    assert sizes(fleet.decisions) == [2]


def test_a_gap_in_what_is_measured_begins_those_fifteen_minutes_anew() -> None:
    fleet = Fleet(policy_of(RULE), size=10)
    follow(fleet, [1.0] * 80)
    fleet.see([None] * 10)
    follow(fleet, [1.0] * 80)
    assert fleet.decisions == []


def test_at_the_end_of_cpu_requests_tell_the_load() -> None:
    forecast = Forecast(RULE, Load())
    for number in range(1, 31):
        forecast.take(number * 10, 50, 50, 2)  # a request is 20 ms of an instance
    assert forecast.take(310, 100, 300, 2) == 10, "300 a second are 6 busy instances"


def test_without_requests_a_fleet_at_its_end_is_taken_as_full() -> None:
    assert Forecast(RULE, Load()).take(10, 100, None, 3) == 5


def test_work_is_not_lost_in_instances_that_only_start() -> None:
    fleet = Fleet(policy_of(RULE), size=2, boot_seconds=120)
    follow(fleet, [1.2] * 30)
    assert follow(fleet, [4.0] * 60)[-1] == 7
    assert len(fleet.decisions) == 1, "it is sized by the work, so it is asked for once"


def test_its_reason_names_load_foresight_and_room() -> None:
    fleet = Fleet(policy_of(RULE), size=2)
    follow(fleet, [1.8])
    assert fleet.decisions[0].reason == (
        "The load was 1.8 busy instances and is foreseen at 1.8 in 120 s; with 0 for chance and "
        "60 % CPU each; down to the most of 900 s only: 2 -> 3 instances."
    )


def test_a_long_trend_is_kept_in_thirty_stretches() -> None:
    forecast = forecast_of(*[2.0] * 800, trend_seconds=7_200)
    assert len(forecast.memory().stretches) == 30


def test_what_it_learned_goes_on_with_a_new_leader() -> None:
    policy = policy_of(RULE)
    fleet = Fleet(policy, size=4)
    follow(fleet, [2.0 + 0.01 * slot for slot in range(40)])
    memory = fleet.scaler.memory
    assert Memory.from_json(memory.to_json()) == memory
    news = Observation(fleet.now + 10, {"cpu_percent": 95, "requests_per_second": 400})
    sized = []
    for scaler in (fleet.scaler, Scaler(policy, memory)):
        scaler.observe(news)
        sized.append(scaler.decide(Capacity(4, 4), news.at))
    assert sized[0] is not None
    assert sized[0] == sized[1]


def test_growth_leaves_the_margin_of_shrinking_alone() -> None:
    assert forecast_of(*[1.8] * 40, scale_in_margin_percent=100).take(410, 18, None, 10) == 3


@pytest.mark.parametrize(("margin", "kept"), [(0, 3), (10, 4), (60, 5), (200, 9)])
def test_what_it_shrinks_to_has_room_for_the_margin(margin: float, kept: int) -> None:
    slots = RULE.scale_in_seconds // 10 + 2
    forecast = forecast_of(*[1.8] * slots, scale_in_margin_percent=margin)
    assert forecast.most_wanted() == kept  # 1.8 busy instances, more of them, at 60 % each


def test_a_load_around_a_border_keeps_its_instance_with_a_margin_and_flaps_without() -> None:
    calm_for = 120
    rule = RULE.model_copy(update={"head_room": 0, "scale_in_seconds": calm_for})
    border = [*[1.75] * 60, *[1.85] * 60] * 4  # 2.9 and 3.1 instances at 60 %, ten minutes each
    sized = {}
    for margin in (0, 20):
        with_margin = rule.model_copy(update={"scale_in_margin_percent": margin})
        sized[margin] = follow(Fleet(policy_of(with_margin), size=4), border)
    assert sized[20] == [], "four instances have room for it all, and stay"
    assert len(sized[0]) > 4
