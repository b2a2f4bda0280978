"""A trial on a real stack: begin only where it would be healed, break, watch, and put back.

prepare --> Staged, told with its undo --> somebody says yes --> run --> watching --> Score
"""

from dataclasses import dataclass
from datetime import timedelta

from cloudscale.ops.healing import conditions
from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.score import Score
from cloudscale.ops.healing.staging import NothingToBreak, Scene, Staged, stage
from cloudscale.ops.healing.trial_ports import LONGER, Means, NotNow
from cloudscale.ops.healing.watching import BEFORE, Watch


@dataclass(frozen=True)
class Trying:
    """One trial, from its first question to its last line.

    Attributes:
        means: What it is made with.
    """

    means: Means

    def prepare(self, slug: str) -> Staged:
        """Find what would be broken, and whether it would be healed; nothing is touched.

        Raises:
            NotNow: It cannot be done now.
            CloudFault, DesiredFault: The stack cannot be read.
        """
        means = self.means
        desired = self._healed()
        observed = means.parts.world.observe(desired)
        scene = Scene(desired, observed, self._seconds(), means.terms.stop_at)
        try:
            staged = stage(slug, scene)
        except NothingToBreak as nothing:
            raise NotNow(nothing.reason) from nothing
        board = means.parts.ledger.board() or {}
        _require(conditions.why_not_away(staged, observed.fleet, board))
        _require(conditions.why_alarmed(means.alarms(), means.terms.stop_at))
        return staged

    def run(self, staged: Staged) -> Score:
        """Break it and watch it heal; what does not heal is put back.

        All that was asked when it was prepared is asked once more: meanwhile somebody typed a name.

        Raises:
            NotNow: Nothing was broken: it cannot be done any more, or another trial is under way.
            CloudFault, DesiredFault: The stack cannot be read; nothing was broken.
        """
        means = self.means
        if self.prepare(staged.slug) != staged:
            raise NotNow("The stack has changed meanwhile: begin again.")
        now = means.now()
        known = {one.id for one in means.parts.ledger.entries(now - BEFORE)}
        until = now + timedelta(seconds=self._seconds())
        _require(means.book.begin(staged, means.terms.by, now, until))
        return Watch(means, staged, Score(staged.slug, str(staged.ref), now), known).whole()

    def _seconds(self) -> int:
        lasting = timedelta(minutes=self.means.terms.minutes) + LONGER
        return int(lasting.total_seconds())

    def _healed(self) -> Desired:
        """What there should be, if the healer would see to it.

        Raises:
            NotNow: It would not.
        """
        parts = self.means.parts
        switches = parts.source.switches()
        _require(conditions.why_not_on(switches, self.means.now()))
        desired = parts.source.desired(switches.pointer)
        mode, board = desired.limits.mode, parts.ledger.board()
        _require(conditions.why_not_healed(mode, board, self.means.now()))
        return desired


def _require(why_not: str) -> None:
    """Go on only where nothing is against it.

    Raises:
        NotNow: Something is.
    """
    if why_not:
        raise NotNow(why_not)
