"""What was served by name: merged, kept as JSON, and the slowest first."""

import json

import pytest
from hypothesis import given

from cloudscale.ops.telemetry.served import NAME_LENGTH, Served, slowest
from cloudscale.ops.telemetry.serving import NAMES_LIMIT, SHOPPING, Kind, Tally
from tests.unit.ops.telemetry.windows import JSON, histogram_of


def served(kind: Kind, name: str, *durations: float, failures: int = 0) -> Served:
    return Served({(kind, name): Tally(failures, sum(durations), histogram_of(*durations))})


def through_json(value: Served) -> Served:
    return Served.of_json(json.loads(json.dumps(value.as_json(), allow_nan=False)))


def test_the_same_name_in_two_processes_is_one():
    whole = served(Kind.API, "GET /x", 0.1, 0.2, failures=1)
    whole.merge(served(Kind.API, "GET /x", 0.3, failures=1))
    whole.merge(served(Kind.PAGE, "GET /x", 9.0))
    tally = whole.tallies[Kind.API, "GET /x"]
    assert (tally.failures, tally.durations.count) == (2, 3)
    assert tally.seconds == pytest.approx(0.6)
    assert len(whole.tallies) == 2


def test_merging_leaves_the_merged_one_as_it_was():
    part, whole = served(Kind.API, "x", 0.1), Served()
    whole.merge(part)
    whole.merge(part)
    assert part.tallies[Kind.API, "x"].durations.count == 1


def test_it_survives_its_way_through_json():
    whole = served(Kind.SQL, "SELECT a FROM b WHERE c = ?", 0.001, 0.5, failures=1)
    assert through_json(whole).as_json() == whole.as_json()


def test_names_past_the_limit_are_left_out():
    whole = Served()
    for number in range(NAMES_LIMIT + 10):
        whole.merge(served(Kind.PAGE, f"/{number}", 0.1))
    assert len(whole.tallies) == len(through_json(whole).tallies) == NAMES_LIMIT


def test_names_that_begin_alike_and_are_cut_lose_nothing():
    whole = served(Kind.SQL, "x" * NAME_LENGTH + "a", 0.1)
    whole.merge(served(Kind.SQL, "x" * NAME_LENGTH + "b", 0.1))
    (tally,) = through_json(whole).tallies.values()
    assert tally.durations.count == 2


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "é\n'\""])
def test_a_name_can_be_stored_whatever_is_in_it(name: str):
    (written,) = served(Kind.PAGE, name, 0.1).as_json()
    written.encode()
    assert "\0" not in written


@given(JSON)
def test_any_json_is_read_without_a_fault_and_can_be_written(value: object):
    for document in (value, {"page /": value}, {"page /": [value, value, value]}):
        through_json(Served.of_json(document))


@pytest.mark.parametrize(
    "written",
    [
        *(None, 5, "abc", [], [1, 2], {"a": 1, "b": 2, "c": 3}),
        *([failures, 1.0, {}] for failures in (None, "x", -1)),
        *(
            [failures, seconds, "16:0:1"]
            for failures, seconds in ((-1, 1), ("1", 1), (0, "nan"), (0, -1), (0, 10**400))
        ),
    ],
)
def test_what_is_no_tally_counts_as_not_served(written: object):
    assert Served.of_json({"page /": written}).tallies == {}


@pytest.mark.parametrize("key", ["", "page", "page ", "unknown /", " /"])
def test_what_is_no_name_counts_as_not_served(key: str):
    tally = [0, 1.0, histogram_of(0.1).as_json()]
    assert Served.of_json({key: tally}).tallies == {}


def test_the_slowest_come_first_and_say_how_slow_they_are():
    whole = served(Kind.PAGE, "/quick", *[0.01] * 100)
    whole.merge(served(Kind.API, "GET /slow", *[0.1] * 90, *[3.0] * 10, failures=2))
    whole.merge(served(Kind.SQL, "SELECT pg_sleep(9)", 9.0))
    whole.merge(Served({(Kind.PAGE, "/never"): Tally()}))
    slow, quick = slowest(whole, SHOPPING)
    assert (slow.name, quick.name) == ("GET /slow", "/quick")
    assert (slow.kind, slow.count, slow.failures) == (Kind.API, 100, 2)
    assert slow.total_seconds == pytest.approx(39)
    assert slow.p50_ms == pytest.approx(100, rel=0.025)
    assert slow.p95_ms == slow.p99_ms == pytest.approx(3000, rel=0.025)
    assert [one.kind for one in slowest(whole, frozenset({Kind.SQL}))] == [Kind.SQL]
    assert len(slowest(whole, SHOPPING, limit=1)) == 1
