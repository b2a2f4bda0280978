"""What the what-if page shows, and what its form asks."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cloudscale.errors import InvalidInput
from cloudscale.ops.policy import POLICY, in_force
from cloudscale.ops.policy.choices import PLAIN, THRIFT
from cloudscale.ops.policy.in_force import InForce
from cloudscale.ops.policy.offers import IN_FORCE
from cloudscale.ops.scaling import whatif
from cloudscale.ops.scaling.whatif import Answer, Question
from cloudscale.services.scaling_traces import TraceView
from cloudscale.state.what_if_rows import Report, marked, question_of, report_of, upload_of

TRACE = TraceView(7, "friday.csv", 60, 1_440, 0, datetime(2026, 11, 26, 12, tzinfo=UTC))
FORM: dict[str, Any] = {
    "scenario": "step",
    "policy-mission": "on",
    "policy-thrift": "on",
    "boot_seconds": "90",
    "seed": "3",
    "peak_requests_per_second": "",
}


@pytest.fixture(scope="module")
def answer() -> Answer:
    return whatif.answer(Question(counts=(600.0,) * 5, policies=(PLAIN, THRIFT)))


def test_a_form_is_a_question():
    question = question_of(FORM, (), None)
    assert [policy.name for policy in question.policies] == ["mission", "thrift"]
    assert (question.scenario, question.boot_seconds, question.seed) == ("step", 90, 3)
    assert question.peak_requests_per_second is None


def test_a_trace_takes_the_scenarios_place():
    question = question_of({**FORM, "peak_requests_per_second": "50.5"}, (1.0, 2.0, 3.0), TRACE)
    assert (question.scenario, question.counts, question.title) == (None, (1, 2, 3), "friday.csv")
    assert question.peak_requests_per_second == 50.5


def test_the_policy_in_force_can_be_asked_for_where_it_is_no_choice():
    other = POLICY.model_copy(update={"users_per_instance": 20})
    in_force.hold(InForce(1, other, "terraform", "Terraform", datetime(2026, 11, 26, tzinfo=UTC)))
    question = question_of({**FORM, f"policy-{IN_FORCE}": "on"}, (), None)
    assert [policy.name for policy in question.policies] == [IN_FORCE, "mission", "thrift"]
    assert question.policies[0].users_per_instance == 20


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"policy-thrift": ""}, "policies"),
        ({"scenario": "flood"}, "scenario"),
        ({"scenario": None}, "question"),
        ({"boot_seconds": "soon"}, "boot_seconds"),
        ({"seed": "-1"}, "seed"),
        ({"seed": {"a": []}}, "seed"),
        ({"peak_requests_per_second": "nan"}, "peak_requests_per_second"),
    ],
)
def test_nonsense_in_the_form_is_refused_with_the_field_named(change, field):
    with pytest.raises(InvalidInput) as refused:
        question_of({**FORM, **change}, (), None)
    assert [error.field for error in refused.value.errors] == [field]


def test_a_report_has_a_row_for_each_and_marks_the_one_in_force(answer):
    report = report_of(answer, "thrift")
    assert [row.name for row in report.rows] == ["plain-70-30", "thrift", "oracle"]
    assert [row.is_in_force for row in report.rows] == [False, True, False]
    assert [row.is_choice for row in report.rows] == [True, True, False]
    assert "thrift (in force)" in report.pareto
    assert json.loads(report.capacity)["data"]


def test_numbers_are_told_with_their_units(answer):
    row = report_of(answer, "").rows[0]
    assert row.late.endswith(" %")
    assert row.cost.startswith("$")
    assert (row.reaction, row.flaps) == ("none", "0")
    assert row.accuracy.count("/") == row.timeshare.count("/") == 1


def test_another_one_in_force_is_marked_without_another_run(answer):
    report = report_of(answer, "thrift")
    assert marked(report, "plain-70-30") == report_of(answer, "plain-70-30")
    assert marked(Report(), "thrift") == Report()


def test_the_verdict_names_those_that_nobody_beats(answer):
    best = [row.name for row in report_of(answer, "").rows if row.is_best]
    assert all(name in report_of(answer, "").verdict for name in best)


@pytest.mark.parametrize(
    ("hours", "words"), [(1.0, "1 hour"), (24, "24 hours"), (1044.1667, "1,044.2 hours")]
)
def test_its_length_is_told_in_hours(answer, hours, words):
    assert report_of(replace(answer, hours=hours), "").title == f"Your trace, {words}"


def test_an_upload_is_told_in_words():
    assert upload_of(TRACE).words == ("friday.csv: 1,440 steps of 60 s, from 2026-11-26 12:00 UTC")
    filled = TraceView(7, "f.csv", 60, 10, 2, TRACE.began_at)
    assert "10 steps of 60 s, 2 of them filled" in upload_of(filled).words
