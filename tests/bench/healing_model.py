"""Healing on models: the corpus of drift, what is broken on purpose, and random steps.

All of it runs on clocks of its own; seconds are those of the model, but for the time that it took.
"""

from cloudscale.ops.healing.action import Verb
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.observed import Observed
from cloudscale.ops.healing.plan import plan
from tests.bench._row import Row
from tests.healing_fakes import START, desired
from tests.healing_machine import Outcome, random_steps
from tests.healing_shop import Trial, seeded_run
from tests.unit.ops.healing.corpus import Case, cases

RUNS = 1_000
SEEDS, STEPS = 20, 5_000


def run() -> list[Row]:
    """Measure; some five minutes, most of them random steps."""
    return [*_corpus(), *_trials(), *_steps()]


def _corpus() -> list[Row]:
    found = {True: [0, 0], False: [0, 0]}
    for case in cases():
        is_ours = case.expected != "untouched"
        found[is_ours][0] += 1
        found[is_ours][1] += _was_found(case)
    (ours, met), (others, touched) = found[True], found[False]
    return [
        Row("healing: drift cases of the corpus", ours + others, "", ">= 200"),
        Row("healing: of ours, found and put back or told", 100 * met / ours, "%", "100"),
        Row("healing: of others', or spelled otherwise, touched", 100 * touched / others, "%", "0"),
    ]


def _was_found(case: Case) -> bool:
    observed = Observed(START, {**case.others, case.resource.ref: case.sight})
    planned = plan(desired(case.resource), observed, History(START), START, diagnoses=())
    verbs = [one.action.verb for one in planned.planned]
    if case.expected == "untouched":
        return bool(verbs)
    return verbs == [Verb.REPAIR if case.expected == "reverted" else Verb.REPORT]


def _trials() -> list[Row]:
    trials = [seeded_run(seed) for seed in range(RUNS)]
    in_time = sum(one.seconds <= 60 + one.boot_seconds for one in trials)
    acted = [one.acted_seconds for one in trials if one.acted_seconds is not None]
    return [
        Row("healing: seeded runs well again in 60 s and a launch", in_time, f"of {RUNS}", "all"),
        Row("healing: of those, the longest beyond a launch", max(map(_beyond, trials)), "s", "60"),
        Row("healing: the longest from fault to action", max(acted), "s"),
    ]


def _beyond(trial: Trial) -> float:
    return trial.seconds - trial.boot_seconds


def _steps() -> list[Row]:
    outcomes: list[Outcome] = [random_steps(STEPS, seed) for seed in range(SEEDS)]
    return [
        Row("healing: random steps within the budget", SEEDS * STEPS, "steps", "100,000"),
        Row("healing: most away at once in them", max(o.most_at_once for o in outcomes), "", "2"),
        Row("healing: most in an hour", max(o.most_in_an_hour for o in outcomes), "", "6"),
        Row("healing: members disrupted in them", sum(o.disrupted for o in outcomes), ""),
    ]
