"""The history keeps one sample a second and shows gaps as gaps."""

from datetime import UTC, datetime, timedelta

from cloudscale.ops.telemetry.sample import History, Sample

START = datetime(2026, 3, 1, 12, 0, 0, 40_000, tzinfo=UTC)


def sample(second: float, value: float | None = None) -> Sample:
    values = {} if value is None else {"cpu_percent": value}
    return Sample(START + timedelta(seconds=second), values, {})


def history_of(*samples: Sample, seconds: int = 5) -> History:
    history = History(seconds)
    for each in samples:
        history.add(each)
    return history


def test_a_series_ends_with_the_newest_value():
    history = history_of(sample(0, 1), sample(1, 2), sample(2, 3))
    assert history.series("cpu_percent") == [None, None, 1, 2, 3]


def test_a_second_without_a_sample_is_a_gap():
    history = history_of(sample(0, 1), sample(3, 4))
    assert history.series("cpu_percent") == [None, 1, None, None, 4]


def test_a_value_that_was_not_measured_is_a_gap():
    history = history_of(sample(0, 1), sample(1), sample(2, 3))
    assert history.series("cpu_percent") == [None, None, 1, None, 3]


def test_what_is_older_than_the_window_is_dropped():
    history = history_of(*(sample(second, second) for second in range(20)))
    assert history.series("cpu_percent") == [15, 16, 17, 18, 19]
    assert len(history) == 5


def test_two_samples_in_one_second_keep_the_later_one():
    history = history_of(sample(0.1, 1), sample(0.9, 2))
    assert history.series("cpu_percent") == [None, None, None, None, 2]
    assert len(history) == 1


def test_a_clock_that_was_set_back_starts_the_history_anew():
    history = history_of(sample(100, 1), sample(101, 2), sample(40, 3))
    assert history.series("cpu_percent") == [None, None, None, None, 3]


def test_an_empty_history_has_no_latest_sample_and_only_gaps():
    assert History(3).latest is None
    assert History(3).series("cpu_percent") == [None, None, None]
