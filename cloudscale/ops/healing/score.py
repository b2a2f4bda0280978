"""How a trial went: when it was broken, seen, acted on and healthy again. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from cloudscale.ops.healing.record import Entry, Phase

STEPS = {"seen_at": "seen", "acted_at": "acted", "healthy_at": "healthy"}


@dataclass(frozen=True, slots=True)
class Score:
    """One trial's line of the scorecard. Times are aware; a step not reached is `None`.

    Attributes:
        slug: Which trial.
        ref: What was broken; empty until it was.
        started_at: When it was broken.
        seen_at: When healing saw it.
        acted_at: When healing acted.
        healthy_at: When all was well again.
        outcome: What it came to, in a sentence; empty while it goes on.
    """

    slug: str
    ref: str
    started_at: datetime
    seen_at: datetime | None = None
    acted_at: datetime | None = None
    healthy_at: datetime | None = None
    outcome: str = ""

    @property
    def is_healed(self) -> bool:
        """Whether all is well again, and nobody had to put it back."""
        return self.healthy_at is not None

    def seconds_to(self, moment: datetime) -> float:
        """From the break until a moment; never less than nothing, whoever's clock is behind."""
        return max((moment - self.started_at).total_seconds(), 0)

    def followed(self, entries: Iterable[Entry]) -> "Score":
        """With the steps that lines of the record tell of, oldest first."""
        told = [one for one in entries if str(one.ref) == self.ref]
        return replace(
            self,
            seen_at=self.seen_at or _first(told, Phase.SEEN),
            acted_at=self.acted_at or _first(told, Phase.ACTED),
            healthy_at=self.healthy_at or _first(told, Phase.HEALED, Phase.PASSED),
        )

    def steps(self) -> dict[str, float]:
        """Seconds to each step that was reached, by its word."""
        moments = {word: getattr(self, name) for name, word in STEPS.items()}
        return {word: self.seconds_to(at) for word, at in moments.items() if at is not None}

    def line(self) -> str:
        """All of it in a line."""
        found = self.steps()
        steps = [
            f"{word} after {found[word]:.1f} s" if word in found else f"not {word}"
            for word in STEPS.values()
        ]
        head = f"{self.slug} ({self.ref})" if self.ref else self.slug
        return f"{head}: {', '.join(steps)}. {self.outcome}".rstrip()


def _first(entries: Iterable[Entry], *phases: Phase) -> datetime | None:
    return next((one.at for one in entries if one.phase in phases), None)
