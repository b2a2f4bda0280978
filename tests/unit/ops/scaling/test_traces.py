import itertools
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.errors import InvalidInput
from cloudscale.ops.scaling import traces


def refusal(lines: list[str], **asked) -> str:
    with pytest.raises(InvalidInput) as refused:
        traces.read(lines, **asked)
    (error,) = refused.value.errors
    assert error.field == "trace"
    return error.message


def minutes(*counts: object) -> list[str]:
    return [f"2026-11-26T12:{minute:02}:00Z,{count}" for minute, count in enumerate(counts)]


def test_a_trace_is_read_with_its_step_and_its_beginning():
    trace = traces.read(["time,requests", *minutes(60, 120, 30)])
    assert trace.step_seconds == 60
    assert list(trace.requests) == [60, 120, 30]
    assert trace.began_at == 1_795_694_400


@pytest.mark.parametrize("first", [[], ["time,requests"], ["period,count"], ["\ufeffTIME,Hits"]])
def test_the_first_line_may_name_the_columns(first):
    assert list(traces.read([*first, *minutes(1, 2, 3)]).requests) == [1, 2, 3]


def test_columns_are_found_by_their_names():
    lines = ["host,requests,note,timestamp", "a,5,x,0", "a,6,x,10", "a,7,x,20"]
    trace = traces.read(lines)
    assert (trace.step_seconds, list(trace.requests)) == (10, [5, 6, 7])


def test_times_may_be_seconds_and_lines_may_be_empty():
    assert traces.read(["0,1", "", "1,2", "2,3", "   "]).step_seconds == 1


def test_demand_is_requests_a_second():
    demand = traces.read(minutes(60, 120, 30)).demand()
    assert list(demand.requests_per_second) == [1, 2, 0.5]
    assert demand.step_seconds == 60


def test_demand_can_be_scaled_to_a_peak():
    demand = traces.read(minutes(60, 120, 30)).demand(peak_requests_per_second=400)
    assert list(demand.requests_per_second) == [200, 400, 100]


def test_a_trace_of_nothing_but_zeros_stays_so_at_any_peak():
    assert max(traces.read(minutes(0, 0, 0)).demand(400).requests_per_second) == 0


def test_a_part_begins_where_it_begins():
    trace = traces.read([f"{second},{second}" for second in range(10)])
    part = trace.part(0.5, 0.8)
    assert (list(part.requests), part.began_at) == ([5, 6, 7], 5)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "0 rows"),
        (["time,requests"], "0 rows"),
        (minutes(1, 2), "2 rows"),
        (minutes(1, -2, 3), "Line 2 has -2 requests"),
        (minutes(1, "many", 3), "Line 2 has no number of requests in “many”"),
        (minutes(1, "nan", 3), "Line 2 has no number"),
        (minutes(1, "inf", 3), "Line 2 has no number"),
        (minutes(1, "", 3), "Line 2 has no number"),
        (["tomorrow,1", "0,2", "1,3"], "Line 1 has no time in “tomorrow”"),
        (["nan,1", "0,2", "1,3"], "Line 1 has no time"),
        (["0,1", "2,1", "1,1"], "Line 3 comes before"),
        (["0,1", "0,1", "1,1"], "Line 2 comes before"),
        (["0,1", "10,1", "20,1", "50,1"], "Line 4 comes after a gap: 2 steps of 10 s lack"),
        (["0,1", "10,1", "20,1", "25,1"], "Line 4 is 5 s after the one above it"),
        (["0,1", "0.5,1", "1,1"], "0.5 s long"),
        (["0,1", "7200,1", "14400,1"], "7200 s long"),
        (["0", "1", "2"], "Line 1 has fewer than two columns"),
        (["\0\0PNG"], "Line 1 is no text"),
        (["x" * 1_001], "Line 1 is longer than"),
        (["1e400,1", "0,2", "1,3"], "Line 1 has no time"),
    ],
)
def test_what_cannot_be_believed_is_refused_with_the_line_and_the_reason(lines, words):
    assert words in refusal(lines)


def test_short_gaps_are_filled_when_asked_and_counted():
    trace = traces.read(["0,1", "10,1", "20,1", "50,4"], fill_gaps=True)
    assert (list(trace.requests), trace.filled_steps) == ([1, 1, 1, 2, 3, 4], 2)


def test_a_gap_too_long_to_guess_is_refused_though_asked():
    assert "at most 900 s" in refusal(["0,1", "10,1", "20,1", "2000,4"], fill_gaps=True)


def test_ten_million_rows_are_refused_without_reading_them_all():
    read = itertools.count()

    def lines():
        for second in range(10_000_000):
            next(read)
            yield f"{second},1"

    assert "more than 700,000 rows" in refusal(lines())
    assert next(read) <= traces.LARGEST_ROWS + 1


def test_a_far_end_does_not_fill_the_memory():
    lines = ["0,1", "1,1", "2,1", f"{sys.maxsize},1"]
    assert "900 s" in refusal(lines, fill_gaps=True)


@given(st.lists(st.text(max_size=40), max_size=8))
def test_any_text_is_read_or_refused_in_words(lines):
    try:
        traces.read(lines)
    except InvalidInput as refused:
        assert refused.errors[0].field == "trace"
