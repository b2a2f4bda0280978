"""Windows merge in any order and grouping, survive JSON, and understand or ignore anything."""

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.ops.telemetry.window import (
    LARGEST,
    MOST_INSTANCES,
    MOST_SLUGS,
    Gauge,
    InstanceWindow,
    Window,
    appended,
    is_number,
    joined,
)
from tests.unit.ops.telemetry.windows import JSON, WINDOWS, histogram_of


def second(name: str, requests: int, cpu_percent: float, *durations: float) -> Window:
    """What one process measured in one second."""
    mine = InstanceWindow("a", f"host of {name}", 1, {"requests": requests})
    mine.gauges["cpu_percent"] = Gauge.of(cpu_percent)
    return Window(
        1, {"requests": requests}, {}, {"responses": histogram_of(*durations)}, {name: mine}
    )


def plain(window: Window) -> dict:
    """Everything that a window says, to be compared; a count of nothing is none."""
    return window.as_json()


def test_processes_of_one_second_are_one_second_of_the_fleet():
    whole = joined([second("one", 3, 40, 0.1, 0.1, 0.1), second("two", 1, 80, 2.0)])
    assert (whole.seconds, whole.counts) == (1, {"requests": 4})
    assert whole.histograms["responses"].count == 4
    assert whole.histograms["responses"].percentile(0.75) == pytest.approx(0.1, rel=0.025)
    assert whole.histograms["responses"].percentile(1.0) == pytest.approx(2.0, rel=0.025)
    assert {name: one.seconds for name, one in whole.instances.items()} == {"one": 1, "two": 1}


def test_seconds_of_one_process_are_a_longer_span_of_it():
    whole = appended([second("one", 3, 40), second("one", 0, 10), second("one", 1, 10)])
    mine = whole.instances["one"]
    assert (whole.seconds, mine.seconds) == (3, 3)
    assert (whole.counts, mine.counts) == ({"requests": 4}, {"requests": 4})
    cpu = mine.gauges["cpu_percent"]
    assert (cpu.mean, cpu.highest, cpu.count) == (20, 40, 3)


def test_a_mean_weighs_what_it_is_the_mean_of():
    """The mean of means would be 55: ninety seconds of 10 %, ten of 100 %."""
    gauge = Gauge(total=90 * 10, count=90, highest=10)
    gauge.merge(Gauge(total=10 * 100, count=10, highest=100))
    assert (gauge.mean, gauge.highest) == (19, 100)


def test_readings_below_zero_keep_their_highest():
    gauge = Gauge()
    for reading in (-5.0, -3.0, -9.0):
        gauge.merge(Gauge.of(reading))
    gauge.merge(Gauge())
    assert (gauge.highest, gauge.count) == (-3, 3)


@given(WINDOWS, WINDOWS, WINDOWS, st.sampled_from(["join", "append"]))
def test_merging_is_associative(a: Window, b: Window, c: Window, merge: str):
    left, right, tail = deepcopy(a), deepcopy(a), deepcopy(b)
    getattr(left, merge)(b)
    getattr(left, merge)(c)
    getattr(tail, merge)(c)
    getattr(right, merge)(tail)
    assert plain(left) == plain(right)


@given(WINDOWS, WINDOWS, st.sampled_from(["join", "append"]))
def test_merging_is_commutative(a: Window, b: Window, merge: str):
    left, right = deepcopy(a), deepcopy(b)
    getattr(left, merge)(b)
    getattr(right, merge)(a)
    assert plain(left) == plain(right)


@given(WINDOWS, WINDOWS)
def test_merging_leaves_the_merged_one_as_it_was(a: Window, b: Window):
    before = plain(b)
    a.join(b)
    a.join(b)
    a.append(a)
    assert plain(b) == before


@given(WINDOWS)
def test_a_window_survives_its_way_through_json(window: Window):
    read = Window.of_json(json.loads(json.dumps(window.as_json())))
    assert plain(read) == plain(window)


@given(JSON)
def test_any_json_is_read_without_a_fault_and_can_be_written(value: object):
    read = Window.of_json(value)
    read.append(Window.of_json(value))
    json.dumps(read.as_json(), allow_nan=False)


@pytest.mark.parametrize(
    "value",
    [
        {"counts": {"requests": count}}
        for count in (-1, "5", None, True, [1], float("nan"), 10**400, LARGEST * 10)
    ]
    + [
        {"gauges": {"cpu_percent": gauge}}
        for gauge in (True, "x", [], [1, 1], [1, 0, 1], [1, -1, 1], [1, 1, "1"], [1e300, 1, 1])
    ]
    + [{"histograms": {"responses": written}} for written in ("8:0:1", f"16:0:{10**400}", {}, 5)]
    + [{"seconds": "x"}, {"seconds": -1}, {"instances": [1]}, {"unknown": {"a": 1}}, [], "x", None],
)
def test_what_cannot_be_understood_was_not_measured(value: object):
    assert Window.of_json(value).as_json() == {}


def test_a_document_of_another_version_is_understood_as_far_as_it_goes():
    read = Window.of_json({"seconds": 1, "counts": {"requests": 2, "new": 3}, "shape": [1, 2]})
    assert (read.seconds, read.counts) == (1, {"requests": 2, "new": 3})


def test_what_a_document_can_bring_has_bounds():
    many = {str(number): 1 for number in range(10_000)}
    instances = {name: {"counts": many} for name in many}
    read = Window.of_json({"counts": many, "instances": instances})
    assert (len(read.counts), len(read.instances)) == (MOST_SLUGS, MOST_INSTANCES)
    assert all(len(one.counts) == MOST_SLUGS for one in read.instances.values())


def test_a_number_is_one_that_can_be_added_up():
    assert all(map(is_number, (0, -5, 1.5, LARGEST)))
    assert not any(map(is_number, (True, None, "1", float("nan"), float("inf"), 10**16)))
