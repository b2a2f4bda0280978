"""A question is refused with its field named, and the same one gets the same answer."""

import json
from typing import Any

import pytest

from cloudscale.errors import InvalidInput
from cloudscale.ops.policy import POLICY
from cloudscale.ops.policy.choices import PLAIN
from cloudscale.ops.scaling import traces, whatif
from cloudscale.ops.scaling.whatif import Answer, Question

COUNTS = (60.0, 120.0, 6_000.0, 60.0)
ASKED: dict[str, Any] = {"counts": COUNTS, "policies": (PLAIN,)}


def faults(**fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        whatif.checked(fields)
    return {error.field: error.message for error in refused.value.errors}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"counts": (1.0, 2.0)}, "counts"),
        ({"counts": (1.0, -2.0, 3.0)}, "counts.1"),
        ({"counts": (1.0, float("nan"), 3.0)}, "counts.1"),
        ({"counts": (1.0, "many", 3.0)}, "counts.1"),
        ({"step_seconds": 0}, "step_seconds"),
        ({"step_seconds": traces.LONGEST_STEP_SECONDS + 1}, "step_seconds"),
        ({"title": "x" * 81}, "title"),
        ({"peak_requests_per_second": 0}, "peak_requests_per_second"),
        ({"peak_requests_per_second": float("inf")}, "peak_requests_per_second"),
        ({"policies": ()}, "policies"),
        ({"boot_seconds": 4}, "boot_seconds"),
        ({"boot_seconds": 1_801}, "boot_seconds"),
        ({"boot_seconds": "soon"}, "boot_seconds"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"colour": "red"}, "colour"),
        ({"counts": None, "scenario": "flood"}, "scenario"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_field_named(change, field):
    assert field in faults(**(ASKED | change))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scenario": "step"}, "needs either a scenario or counts"),
        ({"counts": None}, "needs either a scenario or counts"),
        ({"policies": (PLAIN, PLAIN)}, "policies: each must have a name of its own"),
        (
            {"policies": (PLAIN.model_copy(update={"name": "oracle"}),)},
            "policies: oracle is what they are compared with",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_in_words(change, words):
    assert faults(**(ASKED | change)) == {"question": words}


def test_a_policy_whose_thresholds_cross_is_refused_with_its_path():
    document = json.loads(Question(**ASKED).model_dump_json())
    document["policies"][0]["thresholds"]["cpu_scale_in_percent"] = 80
    with pytest.raises(InvalidInput) as refused:
        Question.parse(json.dumps(document))
    (error,) = refused.value.errors
    assert error.field == "policies.0.thresholds.cpu_scale_in_percent"
    assert "must be below" in error.message


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "null", "\udcff"])
def test_what_is_no_question_at_all_is_refused(text):
    with pytest.raises(InvalidInput):
        Question.parse(text.encode(errors="surrogatepass"))


def test_a_question_outlives_being_written():
    question = Question(**ASKED)
    assert Question.parse(question.model_dump_json()) == question


def test_the_same_question_gets_the_same_answer_and_an_answer_outlives_being_written():
    answers = [whatif.answer(Question(**ASKED)) for _ in range(2)]
    assert answers[0] == answers[1]
    written = json.loads(json.dumps(answers[0].as_json()))
    assert Answer.of_json(written) == answers[0]


def test_an_answer_says_what_was_asked():
    answer = whatif.answer(Question(**ASKED, title="Friday", seed=7))
    assert (answer.title, answer.seed, answer.hours) == ("Friday", 7, 4 / 60)
    assert [one.name for one in answer.results] == ["plain-70-30", "oracle"]


def test_a_scenario_is_asked_by_its_name():
    answer = whatif.answer(Question(scenario="step", policies=(POLICY,)))
    assert (answer.title, answer.hours) == ("Sudden step", 5)


def test_the_peak_scales_a_trace():
    few, many = (
        whatif.answer(Question(**ASKED, peak_requests_per_second=peak)).results[0].requests
        for peak in (10, 100)
    )
    assert many == pytest.approx(10 * few)


def test_boot_time_is_that_from_launch_to_the_first_answer():
    usual, slow = whatif.booting_in(120), whatif.booting_in(240)
    assert usual == whatif.GroupSettings()
    for name in ("launch", "boot"):
        before, after = getattr(usual, name), getattr(slow, name)
        assert after.median_seconds == pytest.approx(2 * before.median_seconds)
        assert after.p95_seconds == pytest.approx(2 * before.p95_seconds)
