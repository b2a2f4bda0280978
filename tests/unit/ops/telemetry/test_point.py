"""Points say what their windows hold, worked out by hand."""

from datetime import UTC, datetime

import pytest

from cloudscale.ops.telemetry.histogram import LatencyHistogram
from cloudscale.ops.telemetry.point import BANDS, band_edges_ms, latency_bands, point_of
from cloudscale.ops.telemetry.window import Gauge, InstanceWindow, Window
from tests.unit.ops.telemetry.windows import histogram_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def instance(host: str, seconds: int = 1, zone: str = "a", **gauges: float) -> InstanceWindow:
    """One that read the same in each second."""
    read = {slug: Gauge(value * seconds, seconds, value) for slug, value in gauges.items()}
    return InstanceWindow(zone, host, seconds, {"requests": 10 * seconds}, read)


def values_of(window: Window, recent: Window | None = None) -> dict[str, float]:
    return dict(point_of(AT, max(window.seconds, 1), window, recent or window).values)


def test_rates_are_of_the_seconds_that_were_measured_and_not_of_the_step():
    """Of a step of ten seconds four were measured; the rest is a gap, not zero."""
    window = Window(4, {"requests": 8, "failures": 2, "events": 4, "queries": 24})
    point = point_of(AT, 10, window, window)
    assert (point.step_seconds, point.second) == (10, int(AT.timestamp()))
    assert point.values["requests_per_second"] == 2
    assert point.values["failures_per_second"] == 0.5
    assert point.values["events_per_second"] == 1
    assert point.values["queries_per_second"] == 6


def test_what_is_rare_is_told_by_the_minute():
    counts = {"failures": 3, "orders": 6, "revenue_cents": 12_345, "sign_ins": 9}
    recent = Window(30, counts | {"refused_sign_ins": 1, "query_errors": 2})
    values = values_of(Window(1), recent)
    assert values["failures_per_minute"] == 6
    assert values["orders_per_minute"] == 12
    assert values["revenue_per_minute"] == pytest.approx(246.90)
    assert values["sign_ins_per_minute"] == 18
    assert values["refused_sign_ins_per_minute"] == 2
    assert values["query_errors_per_minute"] == 4


def test_percentiles_come_from_all_requests_of_all_processes():
    """The mean of both p95 would be 1,005 ms; 95 of 100 requests took 10 ms."""
    whole = LatencyHistogram()
    whole.merge(histogram_of(*[0.01] * 96))
    whole.merge(histogram_of(*[2.0] * 4))
    values = values_of(Window(1), Window(60, histograms={"responses": whole}))
    assert values["response_p50_ms"] == pytest.approx(10, rel=0.025)
    assert values["response_p95_ms"] == pytest.approx(10, rel=0.025)
    assert values["response_p99_ms"] == pytest.approx(2000, rel=0.025)
    assert "query_p95_ms" not in values


def test_without_requests_there_are_no_percentiles():
    assert not [slug for slug in values_of(Window(1)) if slug.startswith(("response", "query_p"))]


def test_a_machine_with_several_processes_has_one_cpu():
    instances = {
        "one": instance("big", cpu_percent=20.0),
        "two": instance("big", cpu_percent=40.0),
        "three": instance("small", cpu_percent=90.0),
    }
    assert values_of(Window(1, instances=instances))["cpu_percent"] == 60


def test_a_machine_that_was_there_for_a_tenth_of_a_span_counts_a_tenth():
    instances = {
        "old": instance("old", 100, cpu_percent=20.0),
        "new": instance("new", 10, cpu_percent=75.0),
    }
    assert values_of(Window(100, instances=instances))["cpu_percent"] == 25


def test_what_processes_hold_is_added_up_and_lag_is_the_worst():
    instances = {
        "one": instance("a", threads=10.0, process_memory_mb=200.0, sockets=3.0, loop_lag_ms=5.0),
        "two": instance("b", threads=12.0, process_memory_mb=100.0, sockets=1.0, loop_lag_ms=80.0),
    }
    values = values_of(Window(1, instances=instances))
    assert (values["instances"], values["threads"], values["sockets"]) == (2, 22, 4)
    assert (values["process_memory_mb"], values["loop_lag_ms"]) == (300, 80)


def test_a_process_that_came_in_the_middle_of_a_step_is_half_of_one():
    instances = {"one": instance("a", 60, threads=10.0), "two": instance("b", 30, threads=10.0)}
    values = values_of(Window(60, instances=instances))
    assert (values["instances"], values["threads"]) == (1.5, 15)


def test_what_nobody_read_is_not_told():
    values = values_of(Window(1, instances={"one": InstanceWindow("a", "h", 1)}))
    assert values["instances"] == 1
    assert values.keys().isdisjoint({"cpu_percent", "memory_percent", "threads", "active_users"})


def test_instances_and_zones_have_their_own_figures():
    instances = {
        "two": instance("b", zone="b", cpu_percent=90.0),
        "one": instance("a", zone="a", cpu_percent=10.0, memory_percent=30.0),
        "three": instance("c", zone="a"),
    }
    point = point_of(AT, 1, Window(1, instances=instances), Window(1))
    assert [*point.instances] == ["one", "three", "two"]
    one, three = point.instances["one"], point.instances["three"]
    assert (one.cpu_percent, one.memory_percent, one.requests_per_second) == (10, 30, 10)
    assert (three.cpu_percent, three.memory_percent) == (None, None)
    assert point.requests_by_zone() == {"a": 20, "b": 10}


def test_what_is_known_of_the_shop_is_told_as_its_mean():
    gauge = Gauge.of(10.0)
    gauge.merge(Gauge.of(20.0))
    assert values_of(Window(2, gauges={"active_users": gauge}))["active_users"] == 15


def test_a_request_lies_in_the_band_of_the_heatmap_that_holds_its_time():
    edges = band_edges_ms()
    assert (len(edges), edges[0], edges[2]) == (BANDS - 1, 4.0, 8.0)
    for milliseconds in (0.1, 3.9, 5.0, 7.0, 100.0, 1500.0, 60_000.0):
        bands = latency_bands(histogram_of(milliseconds / 1000))
        band = bands.index(1)
        assert sum(bands) == 1
        assert band == BANDS - 1 or milliseconds <= edges[band]
        assert band == 0 or milliseconds > edges[band - 1]


def test_the_bands_hold_every_request():
    durations = [0.0005 * 1.3**step for step in range(60)]
    assert sum(latency_bands(histogram_of(*durations))) == 60
