"""The last minute slides along, and is what its seconds come to."""

from hypothesis import given
from hypothesis import strategies as st

from cloudscale.ops.telemetry.recent import MINUTE, LastMinute, points
from cloudscale.ops.telemetry.window import Window, appended
from tests.unit.ops.telemetry.windows import WINDOWS, histogram_of

HISTORIES = st.lists(st.tuples(st.integers(1, 90), WINDOWS), max_size=25)


def counted(window: Window) -> tuple:
    counts = {slug: count for slug, count in window.counts.items() if count}
    seen = {slug: h.counts for slug, h in window.histograms.items() if h.count}
    return (
        window.seconds,
        counts,
        seen,
        {s: h.count for s, h in window.histograms.items() if h.count},
    )


@given(HISTORIES)
def test_it_is_the_same_as_merging_its_seconds_anew(history: list[tuple[int, Window]]):
    lately, second, before = LastMinute(), 1000, []
    for step, window in history:
        second += step
        before.append((second, window))
        lately.add(second, window)
        anew = appended(one for at, one in before if at > second - MINUTE)
        assert counted(lately.window) == counted(anew)


def test_a_request_counts_for_a_minute_and_no_longer():
    busy = Window(1, {"failures": 6}, histograms={"responses": histogram_of(0.1)})
    quiet = [(second, Window(1)) for second in range(1001, 1070)]
    drawn = {p.second: p.values for p in points([(1000, busy), *quiet], 1)}
    assert drawn[1000]["failures_per_minute"] == 360  # of one second that was measured
    assert drawn[1059]["failures_per_minute"] == 6
    assert drawn[1060]["failures_per_minute"] == 0
    assert "response_p95_ms" in drawn[1059]
    assert "response_p95_ms" not in drawn[1060]


def test_a_gap_is_a_gap_and_what_lies_before_it_is_forgotten_in_time():
    busy = Window(1, {"failures": 1})
    drawn = list(points([(1000, busy), (1030, busy), (1061, busy)], 1))
    assert [p.second for p in drawn] == [1000, 1030, 1061]
    assert [p.values["failures_per_minute"] for p in drawn] == [60, 60, 60]


def test_what_lies_before_the_start_only_counts_for_what_follows():
    windows = [(second, Window(1, {"failures": 1})) for second in range(1000, 1060)]
    assert [p.second for p in points(windows, 1, since=1058)] == [1058, 1059]
    (last,) = points(windows, 1, since=1059)
    assert last.values["failures_per_minute"] == 60


def test_of_a_step_that_is_longer_than_a_minute_the_step_itself_counts():
    windows = [(second, Window(300, {"failures": 50})) for second in (0, 300)]
    assert [p.values["failures_per_minute"] for p in points(windows, 300)] == [10, 10]
