"""`python -m cloudscale simulate`: what it answers, and what it refuses in words."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cloudscale.cli import app
from cloudscale.ops.policy import POLICY, document

TRACE = "time,requests\n" + "".join(f"{60 * n},{6_000 + 600 * (n % 7)}\n" for n in range(30))
QUICK = ("--policy", "plain-70-30", "--policy", "thrift")


@pytest.fixture
def trace(tmp_path: Path) -> str:
    file = tmp_path / "friday.csv"
    file.write_text(TRACE)
    return str(file)


def simulate(*arguments: str, typed: str = ""):
    return CliRunner().invoke(app, ["simulate", *arguments], input=typed)


def refusal(*arguments: str, typed: str = "") -> str:
    told = simulate(*arguments, typed=typed)
    assert (told.exit_code, told.stdout) == (1, ""), told.output
    return told.stderr


def test_people_get_a_table_with_the_oracle_and_who_is_unbeaten(trace):
    told = simulate(trace, *QUICK)
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("friday.csv, 0.5 h, seed 1. SIMULATED")
    lines = [line.split()[0] for line in told.stdout.splitlines() if line]
    assert lines[1:5] == ["policy", "plain-70-30", "thrift", "oracle"]
    assert "Nobody beats" in told.stdout


def test_programs_get_json_alone_and_how_far_it_is_beside_it(trace):
    told = simulate(trace, *QUICK, "--json")
    answer = json.loads(told.stdout)
    assert [one["name"] for one in answer["results"]] == ["plain-70-30", "thrift", "oracle"]
    shares = [int(line.removesuffix(" %")) for line in told.stderr.split("\n") if line]
    assert shares == sorted(set(shares))
    assert shares[-1] == 100
    assert len(shares) > 50, "a long run is seen to move"


def test_the_same_input_gives_the_same_output(trace):
    first, again, other = (
        simulate(trace, *QUICK, "--json", "--seed", seed).stdout for seed in ("5", "5", "6")
    )
    assert first == again
    assert first != other


def test_without_policies_all_are_compared(trace):
    answer = json.loads(simulate(trace, "--json").stdout)
    assert len(answer["results"]) == 6


def test_a_scenario_is_asked_by_its_name():
    told = simulate("--scenario", "step", "--policy", "thrift", "--boot-seconds", "60")
    assert "Sudden step, 5 h" in told.stdout


def test_a_policy_may_be_a_file(trace, tmp_path):
    mine = tmp_path / "mine.json"
    mine.write_text(document.as_text(POLICY.model_copy(update={"name": "mine"})))
    told = simulate(trace, "--policy", str(mine), "--policy", "thrift")
    assert "\nmine " in told.stdout


def test_a_program_may_ask_a_whole_question(trace):
    asked = {"counts": [1, 2, 3], "policies": [json.loads(document.as_text(POLICY))], "seed": 3}
    answer = json.loads(simulate("--question", "-", "--json", typed=json.dumps(asked)).stdout)
    assert (answer["seed"], answer["results"][0]["name"]) == (3, "mission")


def test_gaps_are_refused_unless_lines_are_asked_for(tmp_path):
    file = tmp_path / "gap.csv"
    file.write_text("0,5\n60,5\n120,5\n300,5\n360,5\n")
    assert "Line 4 comes after a gap: 2 steps" in refusal(str(file))
    assert simulate(str(file), *QUICK, "--fill-gaps").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--scenario", "flood"), "There is no scenario flood. There are: steady, flash-sale"),
        (("no-such.csv",), "no-such.csv cannot be read: No such file"),
        (("--question", "no-such.json"), "no-such.json cannot be read: No such file"),
        (("--scenario", "step", "--policy", "no-such"), "no-such: cannot be read"),
        (("--scenario", "step", "--policy", "thrift", "--policy", "thrift"), "name of its own"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(arguments, words):
    assert words in refusal(*arguments)


@pytest.mark.parametrize("arguments", [(), ("x.csv", "--scenario", "step")])
def test_one_thing_to_run_must_be_named(arguments):
    told = CliRunner().invoke(app, ["simulate", *arguments])
    assert told.exit_code == 2
    assert "a trace" in told.stderr


def test_a_policy_file_whose_thresholds_cross_is_refused_with_the_field(tmp_path):
    mine = tmp_path / "mine.json"
    mine.write_text(document.as_text(POLICY).replace("30.0", "80.0"))
    told = refusal("--scenario", "step", "--policy", str(mine))
    assert "thresholds.cpu_scale_in_percent" in told
    assert "must be below" in told


def test_a_file_that_is_no_trace_is_refused_with_the_line(tmp_path):
    file = tmp_path / "picture.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    assert "Line " in refusal(str(file))
    file.write_text("time,requests\n0,1\n60,-2\n120,3\n")
    assert "Line 3 has -2 requests" in refusal(str(file))


def test_a_question_that_is_none_is_refused():
    assert "JSON" in refusal("--question", "-", typed="{")
    assert "policies" in refusal("--question", "-", typed="{}")


@pytest.mark.parametrize("option", [("--seed", "-1"), ("--boot-seconds", "4"), ("--peak", "many")])
def test_bad_usage_is_told_from_a_refusal(option):
    assert simulate("--scenario", "step", *option).exit_code == 2
