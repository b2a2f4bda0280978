"""Percentiles are within the promised error, merged or not."""

import json
import math
import random

import pytest

from cloudscale.ops.telemetry.histogram import (
    LONGEST_SECONDS,
    RELATIVE_ERROR,
    SHORTEST_SECONDS,
    LatencyHistogram,
    bucket_of,
    merged,
)

SHARES = (0.01, 0.5, 0.9, 0.95, 0.99, 1.0)


def exact(durations: list[float], share: float) -> float:
    """Nearest rank, by sorting."""
    return sorted(durations)[math.ceil(share * len(durations)) - 1]


def histogram_of(durations: list[float]) -> LatencyHistogram:
    histogram = LatencyHistogram()
    for duration in durations:
        histogram.record(duration)
    return histogram


def is_close(found: float | None, wanted: float) -> bool:
    return found is not None and abs(found / wanted - 1) <= RELATIVE_ERROR + 1e-9


def test_the_promised_error_is_under_two_and_a_half_percent():
    assert RELATIVE_ERROR < 0.025


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("seed", range(5))
def test_a_percentile_is_within_the_promised_error(share: float, seed: int):
    chance = random.Random(seed)
    durations = [chance.lognormvariate(-4, 1.5) for _ in range(chance.randint(1, 3000))]
    assert is_close(histogram_of(durations).percentile(share), exact(durations, share))


@pytest.mark.parametrize("share", SHARES)
def test_merged_histograms_tell_the_percentiles_of_all_that_was_seen(share: float):
    chance = random.Random(7)
    fast = [chance.uniform(0.001, 0.01) for _ in range(900)]
    slow = [chance.uniform(0.5, 2.0) for _ in range(100)]
    whole = merged([histogram_of(fast), LatencyHistogram(), histogram_of(slow)])
    assert whole.count == 1000
    assert is_close(whole.percentile(share), exact(fast + slow, share))


def test_merging_gives_the_same_as_recording_everything_in_one():
    left, right = [0.001, 0.002, 0.5], [0.002, 30.0]
    assert (
        merged([histogram_of(left), histogram_of(right)]).counts
        == histogram_of(left + right).counts
    )


def test_merging_leaves_the_merged_ones_as_they_were():
    part = histogram_of([0.1])
    merged([part, part])
    assert part.count == 1


def test_nothing_seen_has_no_percentile():
    assert LatencyHistogram().percentile(0.5) is None


def test_a_duration_on_a_bound_belongs_to_the_bucket_below_it():
    assert bucket_of(1.0) == 0
    assert bucket_of(math.nextafter(1.0, 2)) == 1


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e-12])
def test_what_is_too_short_counts_as_the_shortest(seconds: float):
    assert bucket_of(seconds) == bucket_of(SHORTEST_SECONDS)


def test_what_is_too_long_counts_as_the_longest():
    assert bucket_of(1e9) == bucket_of(LONGEST_SECONDS)


def test_a_histogram_survives_its_way_through_json():
    histogram = histogram_of([0.001, 0.2, 0.2, 1e9])
    read = LatencyHistogram.of_json(json.loads(json.dumps(histogram.as_json())))
    assert (read.counts, read.count) == (histogram.counts, 4)


def test_it_is_written_briefly():
    histogram = histogram_of([0.5, 0.5, 1.0])
    assert histogram.as_json() == "16:-16:2,,,,,,,,,,,,,,,,1"
    assert LatencyHistogram().as_json() == "16:0:"
    assert LatencyHistogram.of_json("16:0:").count == 0


@pytest.mark.parametrize(
    "value",
    [
        *(None, 5, "x", [], {}, {"counts": {}}, "", "16", "16:0", "16:0:1:1", "8:0:1", "x:0:1"),
        *("16:x:1", "16::1", "16:0:x", "16:0:-1", "16:0:0", "16:0:1.5", "16:0:inf", "16:0:1e3"),
        *("16:99999:1", "16:-99999:1", "16:-266:" + "1," * 500, "16:149:1", "16:148:1,1"),
        *(f"16:0:{10**400}", f"16:0:{'9' * 9999}", f"16:{'9' * 9999}:1", "16:0:1000000000000001"),
    ],
)
def test_what_is_no_histogram_of_ours_is_refused(value):
    with pytest.raises(ValueError, match=r"."):
        LatencyHistogram.of_json(value)
