"""`python -m cloudscale chaos` where the store heals a model: asked in the database, then followed.

run --> the trial is asked for, as the page does --> the store breaks, heals, and notes it --> told
"""

import time
from collections.abc import Sequence

from cloudscale import db
from cloudscale.ops.healing import operating, trials
from cloudscale.ops.healing.score import Score
from cloudscale.ops.healing.trials import TrialView
from cloudscale.serving.terminal import say

POLL_SECONDS = 1.0
TAKEN_UP_WITHIN_SECONDS = 60.0
"""A store that heals at the moment takes a trial up when that run is over."""
GRACE_SECONDS = 60.0
NOT_TAKEN_UP = "Nobody broke it: the store has stopped."


def run(slug: str, by: str) -> Score:
    """Have something broken, tell each step when it is reached, and how it went.

    Raises:
        NotFound, RuleRefused: It was not begun.
    """
    with db.unit_of_work() as session:
        id_ = operating.start_by_hand(session, slug, by)
    say(f"{slug}: asked for. The store breaks it in a moment.")
    begun = time.monotonic()
    told: list[str] = []
    while True:
        trial = _now(id_)
        _tell(trial, told)
        waited = time.monotonic() - begun
        if not trial.is_under_way or waited > trials.LIMIT.total_seconds() + GRACE_SECONDS:
            return score_of(trial)
        if not trial.ref and waited > TAKEN_UP_WITHIN_SECONDS:
            with db.unit_of_work() as session:
                trials.withdraw(session, id_, NOT_TAKEN_UP)
        time.sleep(POLL_SECONDS)


def done() -> Sequence[Score]:
    """The newest trials that are over."""
    with db.unit_of_work() as session:
        found = trials.listed(session)
    return [score_of(one) for one in found if not one.is_under_way]


def score_of(trial: TrialView) -> Score:
    """A trial of the database as a line of the scorecard."""
    return Score(
        trial.slug,
        trial.ref,
        trial.started_at,
        trial.seen_at,
        trial.acted_at,
        trial.healthy_at,
        trial.outcome or "The store has not noted its end.",
    )


def _now(id_: int) -> TrialView:
    with db.unit_of_work() as session:
        return trials.one(session, id_)


def _tell(trial: TrialView, told: list[str]) -> None:
    """Say which steps are new."""
    steps = [f"broken: {trial.ref}"] if trial.ref else []
    steps += [f"{word} after {seconds:.1f} s" for word, seconds in score_of(trial).steps().items()]
    for one in steps:
        if one not in told:
            told.append(one)
            say(one)
