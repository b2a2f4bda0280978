"""The fleet from what each process says, against numbers worked by hand."""

import json

import pytest

from cloudscale.ops.metrics import METRICS
from cloudscale.ops.telemetry.fleet import FLEET_METRICS, ProcessReading, values
from cloudscale.ops.telemetry.histogram import LatencyHistogram


def served(*seconds: float) -> LatencyHistogram:
    histogram = LatencyHistogram()
    for duration in seconds:
        histogram.record(duration)
    return histogram


def test_every_value_of_the_fleet_is_a_declared_metric():
    whole = values([ProcessReading("a", 10.0, served(0.1), 1)])
    assert whole.keys() == set(FLEET_METRICS) <= METRICS.keys()


def test_the_median_is_that_of_all_requests_and_no_mean_of_medians():
    busy = ProcessReading("a", 10.0, served(*[0.010] * 90))
    slow = ProcessReading("b", 10.0, served(*[1.0] * 10))
    whole = values([busy, slow])
    assert whole["fleet_response_p50_ms"] == pytest.approx(10, rel=0.025)
    assert whole["fleet_requests_per_minute"] == 100


def test_a_machine_with_several_processes_has_one_cpu():
    readings = [
        *(ProcessReading("a", cpu_percent) for cpu_percent in (80.0, 90.0, 85.0)),
        ProcessReading("b", 15.0),
        ProcessReading("c", None),
    ]
    whole = values(readings)
    assert whole["instances"] == 5
    assert whole["fleet_cpu_percent"] == pytest.approx(50.0)


def test_what_nobody_could_tell_is_missing():
    whole = values([ProcessReading("a"), ProcessReading("b")])
    assert whole == {
        "instances": 2,
        "fleet_requests_per_minute": 0,
        "fleet_failures_per_minute": 0,
    }


def test_a_reading_survives_its_way_through_the_database():
    reading = ProcessReading("a", 12.5, served(0.1, 0.2, 0.2), 2)
    told = json.loads(json.dumps(reading.as_json()))
    assert told["requests"] == 3
    read = ProcessReading.of_json("a", told)
    assert (read.cpu_percent, read.failures) == (12.5, 2)
    assert read.durations.counts == reading.durations.counts


@pytest.mark.parametrize(
    "value",
    [
        *(None, 5, "x", [], {}),
        {"cpuPercent": "60", "durations": {"counts": {"0": 5}}, "failures": -1},
        {"cpuPercent": 1e9, "durations": "x", "failures": 10**400},
        {"cpuPercent": True, "failures": False},
    ],
)
def test_a_process_that_is_not_understood_is_there_and_adds_no_figure(value):
    ours = ProcessReading("a", 20.0, served(0.1), 1)
    whole = values([ours, ProcessReading.of_json("b", value)])
    assert whole == {**values([ours]), "instances": 2}
