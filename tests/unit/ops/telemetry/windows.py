"""Windows for tests: by hand, and any by hypothesis."""

from hypothesis import strategies as st

from cloudscale.ops.telemetry.histogram import LatencyHistogram, bucket_of
from cloudscale.ops.telemetry.window import Gauge, InstanceWindow, Window

SLUGS = st.sampled_from(["requests", "failures", "orders"])
# Whole numbers, which floats add up exactly in any order.
READINGS = st.lists(st.integers(-1000, 1000), min_size=1, max_size=4)


def gauge_of(readings: list[int]) -> Gauge:
    whole = Gauge()
    for reading in readings:
        whole.merge(Gauge.of(float(reading)))
    return whole


def histogram_of(*durations: float) -> LatencyHistogram:
    histogram = LatencyHistogram()
    for duration in durations:
        histogram.record(duration)
    return histogram


def _counted(counts: dict[int, int]) -> LatencyHistogram:
    histogram = LatencyHistogram()
    histogram.counts, histogram.count = counts, sum(counts.values())
    return histogram


GAUGES = st.dictionaries(st.sampled_from(["cpu_percent", "threads"]), st.builds(gauge_of, READINGS))
COUNTS = st.dictionaries(SLUGS, st.integers(1, 10**6))
HISTOGRAMS = st.dictionaries(
    st.sampled_from(["responses", "queries"]),
    st.builds(
        _counted,
        st.dictionaries(
            st.integers(bucket_of(0), bucket_of(600)), st.integers(1, 1000), min_size=1
        ),
    ),
)


def _instances(found: dict[str, tuple]) -> dict[str, InstanceWindow]:
    """An instance is always on the same machine, in the same zone."""
    return {
        name: InstanceWindow(f"zone of {name}", f"host of {name}", *measured)
        for name, measured in found.items()
    }


INSTANCES = st.dictionaries(
    st.sampled_from(["one", "two", "three"]),
    st.tuples(st.integers(1, 60), COUNTS, GAUGES),
).map(_instances)
WINDOWS = st.builds(Window, st.integers(0, 7200), COUNTS, GAUGES, HISTOGRAMS, INSTANCES)

KEYS = [
    *("seconds", "counts", "gauges", "histograms", "instances", "zone", "host", "one"),
    *("requests", "responses", "0", "-16", "16:0:1", "16:x"),
]
JSON = st.recursive(
    st.none()
    | st.sampled_from(["16:0:1", "16:-5:2,,3", "8:0:1", "16:0:-1"])
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from(KEYS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
