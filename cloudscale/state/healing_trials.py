"""What the healing page shows of what was broken on purpose, as text. Pure.

TrialView --running--> the one under way, step by step     --trial_rows--> the scorecard
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cloudscale.ops.healing.chaos import BY_SLUG
from cloudscale.ops.healing.letters import name_of
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.trials import TrialView
from cloudscale.ops.words import duration
from cloudscale.state.healing_words import Fact, clock


@dataclass(frozen=True)
class TrialRow:
    """One trial of the scorecard."""

    title: str = ""
    when: str = ""
    who: str = ""
    seen: str = ""
    acted: str = ""
    healthy: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class Running:
    """The trial that is under way; no words where there is none."""

    words: str = ""
    expects: str = ""
    steps: list[Fact] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """The trial that the dialog asks about."""

    slug: str = ""
    title: str = ""
    does: str = ""
    expects: str = ""


def trial_rows(trials: Sequence[TrialView]) -> list[TrialRow]:
    """The scorecard: the trials that are over."""
    return [_trial(one) for one in trials if not one.is_under_way]


def running(trials: Sequence[TrialView], now: datetime) -> Running:
    """The trial that is under way at a moment."""
    trial = next((one for one in trials if one.is_under_way), None)
    if trial is None:
        return Running()
    age = duration(max((now - trial.started_at).total_seconds(), 0))
    what = f", {name_of(Ref.of_text(trial.ref))}" if trial.ref else ""
    chaos = BY_SLUG.get(trial.slug)
    return Running(
        f"{_title(trial)}{what}: under way for {age}, started by {trial.started_by}.",
        chaos.expects if chaos else "",
        [
            Fact("Broken", clock(trial.started_at) if trial.ref else "in a moment"),
            *(
                Fact(label, _step(trial, moment, "waiting"))
                for label, moment in (
                    ("Seen", trial.seen_at),
                    ("Acted", trial.acted_at),
                    ("Healthy", trial.healthy_at),
                )
            ),
        ],
    )


def _trial(trial: TrialView) -> TrialRow:
    return TrialRow(
        title=_title(trial),
        when=trial.started_at.strftime("%Y-%m-%d %H:%M UTC"),
        who=trial.started_by,
        seen=_step(trial, trial.seen_at, "not reached"),
        acted=_step(trial, trial.acted_at, "not needed" if trial.healthy_at else "not reached"),
        healthy=_step(trial, trial.healthy_at, "not reached"),
        outcome=trial.outcome,
    )


def _step(trial: TrialView, moment: datetime | None, not_yet: str) -> str:
    seconds = trial.seconds_to(moment)
    return not_yet if seconds is None else f"{seconds:.0f} s"


def _title(trial: TrialView) -> str:
    chaos = BY_SLUG.get(trial.slug)
    return chaos.title if chaos else trial.slug
