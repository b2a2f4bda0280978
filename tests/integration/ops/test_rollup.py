"""The leader's work on samples, level by level, on a real database; times are made up."""

import json
import math
import random
from collections import Counter
from collections.abc import Iterable

import pytest
from sqlalchemy import Connection, text
from sqlmodel import Session

from cloudscale.ops import processes
from cloudscale.ops.processes import Presence
from cloudscale.ops.telemetry import store
from cloudscale.ops.telemetry.clock import moment
from cloudscale.ops.telemetry.hub import drawn
from cloudscale.ops.telemetry.levels import FLEET, LEVELS, SERVED, bucket
from cloudscale.ops.telemetry.rollup import NAMES, WINDOW, RollUp
from cloudscale.ops.telemetry.sampler import Instance, Sampler
from cloudscale.ops.telemetry.served import Served
from cloudscale.ops.telemetry.serving import Kind, Serving, Tally
from cloudscale.ops.telemetry.store import Letter
from cloudscale.ops.telemetry.window import Gauge, InstanceWindow, Window
from tests.unit.ops.telemetry.windows import histogram_of

NOON = 1_772_366_400  # a whole multiple of two hours
SHOP = Window(gauges={"active_users": Gauge.of(7.0)})


@pytest.fixture
def connection(session: Session) -> Connection:
    """A transaction that is rolled back, in a fleet of two processes."""
    connection = session.connection()
    for name in ("one", "two"):
        processes.beat(connection, Presence(Instance(name, f"host-{name}", "a")))
    return connection


def letter(name: str, second: int, requests: int = 1, cpu_percent: float = 50.0) -> Letter:
    """What a process told of a second in which each request took 100 ms."""
    mine = InstanceWindow("a", f"host-{name}", 1, {"requests": requests})
    mine.gauges["cpu_percent"] = Gauge.of(cpu_percent)
    window = Window(1, {"requests": requests}, instances={name: mine})
    window.histograms["responses"] = histogram_of(*[0.1] * requests)
    return Letter(second, name, {WINDOW: window.as_json()})


def rows(connection: Connection, step: int, series: str = FLEET) -> dict[int, Window]:
    found = store.read(connection, series, step, 0, NOON + 10**7)
    return {second: Window.of_json(document) for second, document in found.items()}


def requests(connection: Connection, step: int) -> dict[int, int]:
    return {second: w.counts.get("requests", 0) for second, w in rows(connection, step).items()}


def lead(connection: Connection, rollup: RollUp, now: float, letters: Iterable[Letter]) -> None:
    store.put(connection, list(letters))
    rollup.merge(connection, SHOP, now)
    rollup.roll(connection, now)


def test_a_history_is_the_same_at_every_level(connection: Connection):
    """Five hours, of which the second was quiet and of which one minute is missing."""
    rollup, told = RollUp(), Counter()
    for start in range(NOON, NOON + 5 * 3600, 500):
        letters = []
        for second in range(start, start + 500, 7):
            hour = (second - NOON) // 3600
            if not NOON + 6000 <= second < NOON + 6060:
                letters.append(letter("one", second, 0 if hour == 1 else 3, 10.0 * hour))
                letters.append(letter("two", second, 1, 50.0))
        for one in letters:
            told[one.second] += Window.of_json(one.document[WINDOW]).counts.get("requests", 0)
        lead(connection, rollup, start + 500, letters)
    end = NOON + 5 * 3600
    for level in LEVELS[FLEET]:
        step, wanted = level.step_seconds, Counter()
        since = end - level.kept_seconds
        for second, count in told.items():
            wanted[bucket(second, step)] += count
        found = requests(connection, step)
        assert found == {start: count for start, count in wanted.items() if start >= since}
        for window in rows(connection, step).values():
            assert window.histograms["responses"].count == window.counts["requests"]
            assert window.seconds == window.instances["one"].seconds
    first, _, third = rows(connection, 7200).values()
    assert third.seconds == len([second for second in told if second >= NOON + 14_400])
    assert first.instances["two"].gauges["cpu_percent"].mean == 50
    cpu = first.instances["one"].gauges["cpu_percent"]
    hours = [second < NOON + 3600 for second in told if second < NOON + 7200]
    assert cpu.mean == pytest.approx(10 * hours.count(False) / len(hours))
    assert cpu.highest == 10


def test_percentiles_of_two_hours_are_those_of_all_its_requests(connection: Connection):
    """Ninety-nine quick seconds and one slow one: averaged p95s would say 129 ms."""
    rollup = RollUp()
    letters = [letter("one", NOON + second) for second in range(99)]
    slow = Window(1, {"requests": 1}, histograms={"responses": histogram_of(3.0)})
    letters.append(Letter(NOON + 99, "one", {WINDOW: slow.as_json()}))
    lead(connection, rollup, NOON + 100, letters)
    for step in (60, 300, 1800, 7200):
        *_, point = drawn(store.read(connection, FLEET, step, 0, NOON + 10_000), step)
        assert point.values["response_p50_ms"] == pytest.approx(100, rel=0.025)
    assert point.values["response_p95_ms"] == pytest.approx(100, rel=0.025)
    assert sum(point.latencies) == 100


def test_percentiles_of_ten_thousand_known_durations_are_within_five_percent_or_two_ms(
    connection: Connection, record_property
):
    """Served by two processes in a minute: one quick, and one that is slow at times."""
    chance, durations, rollup = random.Random(1), [], RollUp()
    passing = {"now": float(NOON)}
    servings = {name: Serving(lambda: passing["now"]) for name in ("one", "two")}
    samplers = {
        name: Sampler(Instance(name, name), serving, steady=lambda: passing["now"])
        for name, serving in servings.items()
    }
    for second in range(60):
        passing["now"] = NOON + second + 0.5
        for number in range(10_000 // 60 + (second < 10_000 % 60)):
            name = "two" if number % 4 == 0 else "one"
            median = -5.5 if name == "one" or chance.random() < 0.7 else -1
            durations.append(chance.lognormvariate(median, 0.8))
            servings[name].record(Kind.EVENT, "x", durations[-1])
        letters = [
            Letter(told, name, {WINDOW: window.as_json()})
            for name, sampler in samplers.items()
            for told, window in sampler.take(NOON + second + 1).items()
        ]
        lead(connection, rollup, NOON + second + 1, letters)
    *_, point = drawn(store.read(connection, FLEET, 1, 0, NOON + 60), 1)
    assert len(durations) == 10_000
    durations.sort()
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        exact = durations[math.ceil(share * 10_000) - 1] * 1000
        said = point.values[f"response_{name}_ms"]
        record_property(f"{name}_ms", (exact, said))
        assert abs(said - exact) <= max(0.05 * exact, 2.0)


def test_a_late_letter_is_added_and_rolled_up_again(connection: Connection):
    rollup = RollUp()
    lead(connection, rollup, NOON + 400, [letter("one", NOON + s) for s in range(400)])
    before = {level.step_seconds: rows(connection, level.step_seconds) for level in LEVELS[FLEET]}
    lead(connection, rollup, NOON + 410, [letter("two", NOON + 35, 5)])
    for level in LEVELS[FLEET]:
        step, found = level.step_seconds, rows(connection, level.step_seconds)
        changed = {start for start, window in found.items() if window != before[step][start]}
        changed = {s for s in found if found[s].as_json() != before[step][s].as_json()}
        assert changed == {bucket(NOON + 35, step)}
        (start,) = changed
        was, now = before[step][start].counts["requests"], found[start].counts["requests"]
        assert now == was + 5
        assert found[start].seconds == before[step][start].seconds
        assert found[start].instances["two"].seconds == 1


@pytest.mark.parametrize("second", [NOON - store.LATE_SECONDS - 1, NOON + 60, NOON + 10**9])
def test_a_letter_of_long_ago_or_of_a_time_to_come_is_thrown_away(
    connection: Connection, second: int
):
    rollup = RollUp()
    lead(connection, rollup, NOON, [letter("one", NOON - 1), letter("two", second, 99)])
    lead(connection, rollup, NOON + 1, [letter("one", NOON)])
    assert requests(connection, 1) == {NOON - 1: 1, NOON: 1}
    assert connection.scalar(text("SELECT count(*) FROM telemetry_inbox")) == 0


def test_what_the_leader_knows_goes_with_the_newest_second_once(connection: Connection):
    rollup = RollUp()
    lead(connection, rollup, NOON + 2, [letter("one", NOON), letter("one", NOON + 1)])
    lead(connection, rollup, NOON + 2.5, [letter("two", NOON + 1)])
    found = {second: window.gauges for second, window in rows(connection, 1).items()}
    assert found == {NOON: {}, NOON + 1: {"active_users": Gauge(7, 1, 7)}}


def test_each_level_is_pruned_at_its_age_and_nothing_else_is(connection: Connection):
    kept = {}
    for series, levels in LEVELS.items():
        for level in levels:
            oldest = bucket(NOON - level.kept_seconds, level.step_seconds) + level.step_seconds
            old, new = (
                range(oldest - 3 * level.step_seconds, oldest, level.step_seconds),
                [oldest],
            )
            documents = {second: {"seconds": 1} for second in (*old, *new, NOON)}
            store.write(connection, series, level.step_seconds, documents)
            there = {s for s in documents if s >= NOON - level.kept_seconds}
            kept[series, level.step_seconds] = there
    RollUp().roll(connection, NOON)
    for (series, step), seconds in kept.items():
        assert set(store.read(connection, series, step, 0, NOON + 1)) == seconds


def test_pruning_a_long_time_of_neglect_goes_in_parts(connection: Connection):
    connection.execute(
        text(
            "INSERT INTO telemetry_sample SELECT 'fleet', 1, to_timestamp(:noon - 4000 - s), '{}' "
            "FROM generate_series(1, 12000) s"
        ),
        {"noon": NOON},
    )
    rollup, left = RollUp(), []
    for minute in range(4):
        rollup.roll(connection, NOON + 60 * minute)
        left.append(connection.scalar(text("SELECT count(*) FROM telemetry_sample")))
    assert left == [12_000 - store.PRUNED_AT_ONCE, 12_000 - 2 * store.PRUNED_AT_ONCE, 0, 0]


def test_who_takes_over_catches_up_with_what_the_dead_leader_left(connection: Connection):
    dead = RollUp()
    lead(connection, dead, NOON + 300, [letter("one", NOON + s) for s in range(300)])
    store.put(connection, [letter("one", NOON + s) for s in range(300, 325)])
    store.put(connection, [letter("two", NOON + 100, 7)])  # late, and not rolled up any more
    dead.merge(connection, SHOP, NOON + 325)
    heir = RollUp()
    heir.take_over(connection, NOON + 330)
    lead(connection, heir, NOON + 330, [letter("one", NOON + 329)])
    for level in LEVELS[FLEET]:
        found = requests(connection, level.step_seconds)
        assert sum(found.values()) == 300 + 25 + 7 + 1
        assert found[bucket(NOON + 100, level.step_seconds)] >= 8


def test_a_store_that_was_off_for_a_week_finds_its_last_seconds_rolled_up(connection: Connection):
    night = RollUp()
    lead(connection, night, NOON + 60, [letter("one", NOON + s) for s in range(60)])
    store.put(connection, [letter("one", NOON + 60), letter("one", NOON + 61)])
    night.merge(connection, SHOP, NOON + 62)
    later = NOON + 7 * 86_400
    morning = RollUp()
    morning.take_over(connection, later)
    lead(connection, morning, later, [letter("one", later - 1)])
    assert requests(connection, 1) == {later - 1: 1}
    for step in (60, 300, 1800, 7200):
        assert sum(requests(connection, step).values()) == 63


def test_a_step_is_never_made_anew_of_what_is_left_after_pruning(connection: Connection):
    long_ago = NOON - 4000
    start = bucket(long_ago, 10)
    whole = {start: Window(10, {"requests": 10}).as_json()}
    store.write(connection, FLEET, 10, whole)
    rest = {start + s: Window(1, {"requests": 1}).as_json() for s in range(6, 10)}
    store.write(connection, FLEET, 1, rest)
    heir = RollUp()
    heir.take_over(connection, NOON)
    lead(connection, heir, NOON, [])
    assert requests(connection, 10) == {start: 10}


@pytest.mark.parametrize("seconds_back", [2, 30, 4000])
def test_where_the_databases_clock_was_set_back_nothing_counts_twice(
    connection: Connection, seconds_back: int
):
    rollup = RollUp()
    for now in range(NOON - 90, NOON + 1, 10):
        lead(connection, rollup, now, [letter("one", now - s) for s in range(10, 0, -1)])
    back = NOON - seconds_back
    lead(connection, rollup, back, [])
    for level in LEVELS[FLEET]:
        assert all(start < back for start in rows(connection, level.step_seconds))
    lead(connection, rollup, back + 10, [letter("one", back + s) for s in range(1, 10)])
    found = rows(connection, 1)
    assert all(window.counts["requests"] == 1 for window in found.values())
    assert all(window.instances["one"].seconds == 1 for window in found.values())
    assert found[back + 9].gauges["active_users"].count == 1
    for step in (10, 7200):
        assert sum(requests(connection, step).values()) == len(found)


def test_what_was_served_by_name_is_rolled_up_too(connection: Connection):
    rollup = RollUp()
    for number in range(60):
        second = NOON + 10 * number + 9
        served = Served({(Kind.API, "GET /x"): Tally(1, 0.2, histogram_of(0.1, 0.1))})
        named = Letter(second, "one", {**letter("one", second).document, NAMES: served.as_json()})
        lead(connection, rollup, second + 1, [named])
    for level in LEVELS[SERVED]:
        found = store.read(connection, SERVED, level.step_seconds, 0, NOON + 10**6).values()
        tallies = [Served.of_json(one).tallies[Kind.API, "GET /x"] for one in found]
        assert sum(tally.durations.count for tally in tallies) == 120
        assert sum(tally.failures for tally in tallies) == 60
        assert sum(tally.seconds for tally in tallies) == pytest.approx(12)
        assert len(tallies) == max(600 // level.step_seconds, 1)


def test_counts_of_a_long_time_are_added_up_by_the_database(connection: Connection):
    lead(connection, RollUp(), NOON + 100, [letter("one", NOON + s, s % 3) for s in range(100)])
    summed = store.summed(connection, FLEET, 60, ["requests", "never"], NOON)
    assert summed == {"requests": 99, "never": 0}


GARBAGE = (
    *("null", "true", "5", '"x"', "[]", "[[1]]", "{}", '{"window": 5}', '{"window": []}'),
    *('{"names": [1]}', '{"names": {"page /": [0, "NaN", {}]}}', '{"window": {"seconds": "x"}}'),
    '{"window": {"counts": {"requests": "NaN", "orders": -5, "events": 1e300}}}',
    '{"window": {"gauges": {"active_users": [1e300, 1, 1e300]}}}',
    '{"window": {"instances": {"one": 7, "two": {"seconds": 1e9, "gauges": "x"}}}}',
    '{"window": {"instances": {"stranger": {"seconds": 1, "counts": {"requests": 99}}}}}',
    json.dumps({"window": {"histograms": {"responses": f"16:0:{10**99}", "queries": "16:0:-5"}}}),
    '{"window": {"counts": {"requests": 1e6000}}}',
    "[" * 900 + "]" * 900,
    json.dumps({"window": {"counts": {str(n): "x" for n in range(20_000)}}}),
)
STRANGE_TIMES = ("infinity", "-infinity", "4000-01-01 BC", "20000-01-01", "1970-01-01")


def pollute_the_inbox(connection: Connection) -> None:
    """Rows of a process that is known and of one that is not, at good times and bad ones."""
    statement = text(
        "INSERT INTO telemetry_inbox (at, instance, document) "
        "VALUES (CAST(:at AS timestamptz), :name, CAST(:document AS jsonb))"
    )
    good = json.dumps(letter("one", NOON, 99).document)
    for at in STRANGE_TIMES:
        connection.execute(statement, {"at": at, "name": "one", "document": good})
    for document in (*GARBAGE, good):
        at = moment(NOON).isoformat()
        connection.execute(statement, {"at": at, "name": "stranger", "document": document})
    for document in GARBAGE:
        connection.execute(statement, {"at": at, "name": "two", "document": document})


def test_garbage_in_the_inbox_changes_no_number(connection: Connection):
    pollute_the_inbox(connection)
    rollup = RollUp()
    lead(connection, rollup, NOON + 10, [letter("one", NOON + s, 2) for s in range(10)])
    assert connection.scalar(text("SELECT count(*) FROM telemetry_inbox")) == 0
    for level in LEVELS[FLEET]:
        found = rows(connection, level.step_seconds)
        assert sum(window.counts["requests"] for window in found.values()) == 20
        for window in found.values():
            assert set(window.counts) == {"requests"}
            assert window.instances["one"].seconds == window.seconds
            assert "stranger" not in window.instances
        (_, *_), points = (
            found,
            drawn(
                store.read(connection, FLEET, level.step_seconds, 0, NOON + 10**5),
                level.step_seconds,
            ),
        )
        assert points[-1].values["response_p99_ms"] == pytest.approx(100, rel=0.025)
        assert points[-1].values["cpu_percent"] == 50


def pollute_the_samples(connection: Connection) -> None:
    statement = text(
        "INSERT INTO telemetry_sample (series, step_seconds, at, document) "
        "VALUES (:series, :step, CAST(:at AS timestamptz), CAST(:document AS jsonb))"
    )
    good = json.dumps(Window(1, {"requests": 99}).as_json())
    for at in STRANGE_TIMES:
        for step in (1, 10, 60):
            row = {"series": FLEET, "step": step, "at": at, "document": good}
            connection.execute(statement, row)
    foreign = [("fleet", 7, NOON, good), ("strange", 1, NOON, good), ("fleet", 10, NOON + 3, good)]
    foreign += [("fleet", 1, NOON + 0.5, good), ("fleet", -1, NOON, good)]
    foreign += [("fleet", 1, NOON - 100 - n, one) for n, one in enumerate(GARBAGE)]
    foreign += [("served", 60, NOON - 6000 - 60 * n, one) for n, one in enumerate(GARBAGE)]
    for series, step, second, document in foreign:
        row = {"series": series, "step": step, "document": document}
        connection.execute(statement, row | {"at": moment(second).isoformat()})


def test_garbage_among_the_samples_changes_no_number(connection: Connection):
    pollute_the_samples(connection)
    rollup = RollUp()
    rollup.take_over(connection, NOON + 10)
    lead(connection, rollup, NOON + 10, [letter("one", NOON + s, 2) for s in range(10)])
    assert requests(connection, 10)[NOON] == 20
    for step in (60, 300, 1800, 7200):
        assert requests(connection, step)[NOON] == 20
        summed = store.summed(connection, FLEET, step, ["requests"], NOON - 10_000)
        assert summed["requests"] == 20
    recent = {s: w for s, w in rows(connection, 1).items() if s >= NOON}
    assert all(window.counts == {"requests": 2} for window in recent.values())
    assert store.summed(connection, FLEET, 1, ["requests", "orders"], NOON - 10_000)


def test_garbage_among_the_processes_is_no_process(connection: Connection):
    statement = text(
        "INSERT INTO server_process "
        "(id, instance, host, zone, version, pid, started_at, seen_at) VALUES "
        "(:id, :id, '', '', '', -1, CAST(:started AS timestamptz), CAST(:seen AS timestamptz))"
    )
    for number, at in enumerate(STRANGE_TIMES):
        connection.execute(statement, {"id": f"s{number}", "started": "now", "seen": at})
        connection.execute(statement, {"id": f"t{number}", "started": at, "seen": "now"})
    connection.execute(statement, {"id": "u", "started": "now", "seen": "now"})
    me = Presence(Instance("three", "host"))
    processes.beat(connection, me)
    found = {one.instance.name: one.is_live for one in processes.beat(connection, me)}
    assert found == {"one": True, "two": True, "u": True}
