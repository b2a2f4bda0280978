"""What virtual shoppers see is counted as it was, and told the same on the other end of a pipe."""

from cloudscale.ops.load_lab.errand import Errand, Papers
from cloudscale.ops.load_lab.figures import Figures, Outcome, Tally
from cloudscale.ops.load_lab.plan import Plan


def test_before_the_first_request_nothing_is_claimed():
    assert Tally().figures(0) == Figures()


def test_every_request_is_counted_by_how_it_ended():
    tally = Tally()
    for outcome, fault in (
        (Outcome.ANSWERED, ""),
        (Outcome.REFUSED, ""),
        (Outcome.FAILED, "500 at GET /"),
        (Outcome.FAILED, "ReadTimeout at GET /"),
    ):
        tally.note(1, 0.01, outcome, fault)
    found = tally.figures(1)
    assert (found.requests, found.refusals, found.errors) == (4, 1, 2)
    assert found.fault == "ReadTimeout at GET /"


def test_percentiles_are_those_of_the_last_30_seconds():
    tally = Tally()
    tally.note(0, 9.0, Outcome.ANSWERED)
    for hundredths in range(1, 101):
        tally.note(40, hundredths / 100, Outcome.ANSWERED)
    found = tally.figures(41)
    assert (found.p50_ms, found.p95_ms, found.requests) == (500, 950, 101)


def test_the_rate_is_that_of_the_last_5_seconds():
    tally = Tally()
    for second in range(20):
        tally.note(second + 0.5, 0.01, Outcome.ANSWERED)
    assert tally.figures(20).requests_per_second == 1.0
    assert tally.figures(60).requests_per_second == 0


def test_figures_and_errands_come_out_of_a_line_as_they_went_in():
    figures = Figures(3, 10, 1, 2, 4, 5.5, 1.5, None, "x")
    assert Figures.of_json({**figures.as_json(), "of": "another version"}) == figures
    errand = Errand(Plan(2, 60, 1), ("x-name", "proof"), [Papers("a=b", 3), Papers("c=d")])
    assert Errand.of_line(errand.as_line()) == errand
    assert "\n" not in errand.as_line()
