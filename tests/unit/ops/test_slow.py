"""What was slow, in words: hand-worked."""

from reflex.state import State

from cloudscale.ops.slow import OF_REFLEX, SlowGroup, _level_for, groups, milliseconds
from cloudscale.ops.telemetry.levels import DAY, HOUR
from cloudscale.ops.telemetry.served import Served
from cloudscale.ops.telemetry.serving import Kind, Tally


def shown(whole: Served) -> list[SlowGroup]:
    return groups(whole, lambda name: f"?name={name}")


def served(**seconds: list[float]) -> Served:
    whole = Served()
    for name, durations in seconds.items():
        tally = whole.tallies.setdefault((Kind.PAGE, name), Tally())
        for duration in durations:
            tally.add(duration, is_failure=duration > 1)
    return whole


def test_the_slowest_comes_first_with_its_counts():
    routes, handlers, statements = shown(served(quick=[0.01] * 20, slow=[0.5] * 3 + [2.0]))
    assert [row.name for row in routes.rows] == ["slow", "quick"]
    assert (routes.rows[0].count, routes.rows[0].failures) == ("4", "1 failed")
    assert routes.rows[1].failures == ""
    assert routes.rows[0].width_percent == 100
    assert handlers.rows == statements.rows == []


def test_handlers_of_the_framework_are_told_in_words_and_found_by_their_names():
    whole = Served({(Kind.EVENT, "OnLoadInternalState.on_load_internal"): Tally()})
    whole.tallies[Kind.EVENT, "OnLoadInternalState.on_load_internal"].add(0.1, is_failure=False)
    (row,) = shown(whole)[1].rows
    assert row.name == "Opening a page: what it loads first"
    assert row.href == "?name=OnLoadInternalState.on_load_internal"


def test_every_handler_of_the_framework_has_words():
    frameworks = [s for s in (State, *State.get_substates()) if s.__module__.startswith("reflex")]
    handlers = [one.fn.__qualname__ for s in frameworks for one in s.event_handlers.values()]
    assert {name for name in handlers if not name.endswith(".setvar")} == OF_REFLEX.keys()


def test_ten_are_shown():
    many = {f"route{number}": [0.01 * number] for number in range(1, 30)}
    assert [row.name for row in shown(served(**many))[0].rows][:2] == ["route29", "route28"]
    assert len(shown(served(**many))[0].rows) == 10


def test_a_statement_may_not_pass_for_a_route():
    whole = Served({(Kind.SQL, "SELECT 1"): Tally()})
    whole.tallies[Kind.SQL, "SELECT 1"].add(0.1, is_failure=False)
    assert [len(group.rows) for group in shown(whole)] == [0, 0, 1]


def test_times_have_the_digits_that_carry_meaning():
    assert [milliseconds(value) for value in (0.42, 9.96, 84.4, 2400, 12_340)] == [
        "0.4 ms",
        "10.0 ms",
        "84 ms",
        "2,400 ms",
        "12.3 s",
    ]


def test_every_range_is_read_from_a_level_that_keeps_it_in_few_rows():
    steps = [_level_for(length, length).step_seconds for length in (300, HOUR, 6 * HOUR, DAY)]
    assert steps == [60, 60, 1800, 1800]
    assert [_level_for(d * DAY, d * DAY).step_seconds for d in (7, 30)] == [21_600, 21_600]
    assert _level_for(300, 2 * DAY).step_seconds == 1800
