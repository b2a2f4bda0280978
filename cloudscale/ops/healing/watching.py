"""A trial that is under way: broken, followed step by step, and put back unless it heals.

break --> every few seconds: record, members, conditions --> healed, or put back --> noted
"""

from dataclasses import replace
from datetime import datetime, timedelta

from cloudscale.ops.healing import conditions, putting_back
from cloudscale.ops.healing.chaos import how_it_healed
from cloudscale.ops.healing.conditions import Watched
from cloudscale.ops.healing.desired import DesiredFault
from cloudscale.ops.healing.observed import Fleet
from cloudscale.ops.healing.ports import Refused
from cloudscale.ops.healing.record import Entry
from cloudscale.ops.healing.score import Score
from cloudscale.ops.healing.staging import Staged, serving
from cloudscale.ops.healing.trial_ports import Means, NotNow
from cloudscale.ops.ports import CloudFault

MOST_MISSES = 3
"""After so many looks in a row that AWS did not answer, nobody watches."""
BEFORE = timedelta(minutes=10)
"""So far back lines of the record are known before the break, whichever clock is ahead."""

INTERRUPTED = "it was interrupted."


class Watch:
    """One trial that is under way.

    Args:
        means: What it is made with.
        staged: What is broken.
        score: How it goes, so far.
        known: Lines of the record that were there before.
    """

    def __init__(self, means: Means, staged: Staged, score: Score, known: set[str]) -> None:
        self._means, self._staged, self.score = means, staged, score
        self._known, self._news = known, list[Entry]()
        self._members: dict[str, str] = {}
        self._is_waiting_for_fleet = False

    def whole(self) -> Score:
        """Break it, follow it, and put it back unless it healed, whatever ends it.

        Raises:
            NotNow: The call that should have broken it was refused.
        """
        why = INTERRUPTED
        try:
            self._break()
            why = self._follow()
        except Refused as refused:
            why = f"nobody knows whether it was broken: {refused.reason}"
        except NotNow as refused:
            self._end(refused.reason)
            raise
        finally:
            if not (self.score.is_healed or self.score.outcome):
                self._end(f"Not healed: {why} {self._put_back(why)}")
        return self.score

    def _break(self) -> None:
        """Make the calls that break it.

        Raises:
            NotNow: The first was refused: nothing is broken.
            Refused: Nobody knows.
        """
        self.score = replace(self.score, started_at=self._means.now())
        for number, command in enumerate(self._staged.commands):
            try:
                self._means.hands.do(command)
            except Refused as refused:
                if refused.is_unsure or number:
                    raise
                raise NotNow(f"It could not be broken: {refused.reason}") from refused
        self._means.say(f"broken: {self._staged.words}")

    def _put_back(self, why: str) -> str:
        """Put it back, from the beginning if Ctrl-C comes meanwhile: it is safe to do twice."""
        self._means.say(f"stopped: {why}")
        try:
            return putting_back.put_back(self._means, self._staged)
        except BaseException:
            putting_back.put_back(self._means, self._staged)
            raise

    def _end(self, outcome: str) -> None:
        """Note how it went."""
        self.score = replace(self.score, outcome=outcome)
        try:
            self._means.book.end(self.score, self._means.now())
        except CloudFault as fault:
            self._means.say(
                f"Nobody noted that it is over; its marker ends by itself: {fault.reason}"
            )

    # Following

    def _follow(self) -> str:
        """Watch until it is healed, or must be put back: then why, in a sentence."""
        clock, terms = self._means.parts.clock, self._means.terms
        end = clock.monotonic() + terms.minutes * 60
        misses = 0
        while True:
            clock.sleep(terms.look_seconds)
            try:
                watched = self._look()
                misses = 0
            except (CloudFault, DesiredFault) as fault:
                misses += 1
                if misses >= MOST_MISSES:
                    return f"it cannot be watched any more: {fault.reason}"
            else:
                if self._is_healed(watched):
                    return ""
                if why := conditions.why_stop(watched):
                    return why
            if clock.monotonic() >= end:
                return f"it was not healthy within {terms.minutes:g} minutes."

    def _look(self) -> Watched:
        """All that is watched; what is new is told.

        Raises:
            CloudFault, DesiredFault: Some of it could not be read.
        """
        means = self._means
        self._read_record()
        fleet = means.fleet()
        self._tell_members(fleet)
        return Watched(
            means.now(),
            means.parts.source.switches(),
            fleet,
            means.parts.ledger.board(),
            self._news,
            means.alarms(),
            means.terms.stop_at,
        )

    def _read_record(self) -> None:
        for one in self._means.parts.ledger.entries(self.score.started_at - BEFORE):
            if one.id not in self._known:
                self._known.add(one.id)
                self._news.append(one)
                if one.ref == self._staged.ref:
                    told = f"{one.phase.value}: {one.title}. {one.reason}"
                    self._means.tell(f"{one.at:%H:%M:%S} {told}")
        self.score = replace(self.score.followed(self._news), healthy_at=None)

    def _tell_members(self, fleet: Fleet) -> None:
        """What the group itself does: who comes, who goes, and how each is."""
        now = {one.id: f"{one.lifecycle}, {one.target or 'unknown'}" for one in fleet.members}
        before, self._members = self._members, now
        for name in sorted(now.keys() | before.keys()):
            told = now.get(name, "gone from the group")
            if before and told != before.get(name):
                self._means.say(f"{name}: {told}")

    def _is_healed(self, watched: Watched) -> bool:
        """Whether all is well again; then the score says since when, and by whom."""
        told_at = self.score.followed(self._news).healthy_at
        fleet = watched.fleet
        is_whole = not self._staged.takes_away or len(serving(fleet)) >= fleet.desired
        if not is_whole:
            self._is_waiting_for_fleet = told_at is not None
            return False
        if told_at is not None:
            healthy_at = watched.now if self._is_waiting_for_fleet else told_at
            return self._is_well(healthy_at)
        is_gone = self._staged.member not in {"", *(one.id for one in fleet.members)}
        if is_gone and self.score.seen_at is None:
            return self._is_well(watched.now)
        return False

    def _is_well(self, healthy_at: datetime) -> bool:
        self.score = replace(self.score, healthy_at=healthy_at)
        has_acted, is_of_fleet = self.score.acted_at is not None, self._staged.takes_away
        self._end(how_it_healed(has_acted=has_acted, is_of_fleet=is_of_fleet))
        return True
