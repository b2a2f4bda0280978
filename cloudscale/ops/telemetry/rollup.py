"""The leader's work on samples: letters become the fleet's seconds, seconds become longer steps.

    inbox --merge--> 1 s --cascade--> 10 s --> 1 min --> 5 min --> 30 min --> 2 h

Late letters are added to their second, and what was rolled up of it is rolled up again: every
step is always made anew, whole, from the level below it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from sqlalchemy import Connection

from cloudscale.ops.telemetry import store
from cloudscale.ops.telemetry.levels import FLEET, LEVELS, SERVED, Level, bucket
from cloudscale.ops.telemetry.served import Served
from cloudscale.ops.telemetry.store import Document, Letter
from cloudscale.ops.telemetry.window import Window

# Letters of a minute are of one minute's row; read, joined and written once in so many seconds.
SERVED_EVERY_SECONDS = 10
PRUNE_EVERY_SECONDS = 60
WINDOW = "window"
NAMES = "names"

Merge = Callable[[Iterable[Document]], Document]


def _windows_in_a_row(documents: Iterable[Document]) -> Document:
    whole = Window()
    for document in documents:
        whole.append(Window.of_json(document))
    return whole.as_json()


def _served_together(documents: Iterable[Document]) -> Document:
    whole = Served()
    for document in documents:
        whole.merge(Served.of_json(document))
    return whole.as_json()


MERGES: dict[str, Merge] = {FLEET: _windows_in_a_row, SERVED: _served_together}


@dataclass
class RollUp:
    """Merges and rolls up; one leader at a time has one.

    Attributes:
        second: The newest that was merged, since 1970.
    """

    second: int = 0
    _now: float = 0.0
    _touched: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _names: dict[int, Served] = field(default_factory=lambda: defaultdict(Served))
    _rolled_at: int = 0
    _pruned_at: float = 0.0

    def take_over(self, connection: Connection, now: float) -> None:
        """Find what the leader before has not rolled up any more, late letters among it."""
        for series, levels in LEVELS.items():
            finest, above = levels[0].step_seconds, levels[1].step_seconds
            if there := store.extent(connection, series, finest, now):
                oldest, last = there
                rolled = store.extent(connection, series, above, now)
                since = max(min(rolled[1], last) - store.LATE_SECONDS, oldest) if rolled else oldest
                self._touched[series].update(range(bucket(since, above), last + 1, above))

    def merge(self, connection: Connection, shop: Window, now: float) -> None:
        """Merge what lies in the inbox.

        Args:
            connection: The leader's open transaction.
            shop: What the leader itself knows of this moment; it goes with the newest second.
            now: Seconds since 1970.
        """
        self._notice_the_time(connection, now)
        letters = store.collect(connection, now)
        fresh: dict[int, Window] = defaultdict(Window)
        for letter in letters:
            fresh[letter.second].join(_window_of(letter))
            if names := letter.document.get(NAMES):
                self._names[bucket(letter.second, 60)].merge(Served.of_json(names))
        newest = max(fresh, default=0)
        if newest > self.second:
            fresh[newest].join(shop)
            self.second = newest
        self._add(connection, fresh)

    def _notice_the_time(self, connection: Connection, now: float) -> None:
        """Where the clock was set back, what is written for a time to come would be added to."""
        if now < self._now:
            store.forget_from(connection, int(now))
            self.second = min(self.second, int(now) - 1)
            self._rolled_at, self._pruned_at = 0, 0.0
        self._now = now

    def _add(self, connection: Connection, fresh: Mapping[int, Window]) -> None:
        if not fresh:
            return
        there = store.read(connection, FLEET, 1, min(fresh), max(fresh) + 1)
        for second, window in fresh.items():
            if second in there:
                window.join(Window.of_json(there[second]))
            for one in window.instances.values():
                one.seconds = min(one.seconds, 1)
        documents = {second: window.as_json() for second, window in fresh.items()}
        store.write(connection, FLEET, 1, documents)
        self._touched[FLEET].update(bucket(second, 10) for second in fresh)

    def roll(self, connection: Connection, now: float) -> None:
        """Roll up what was touched, once in ten seconds; prune once a minute."""
        if bucket(now, SERVED_EVERY_SECONDS) != self._rolled_at:
            self._rolled_at = bucket(now, SERVED_EVERY_SECONDS)
            self._write_names(connection)
            for series in LEVELS:
                cascade(connection, series, self._touched.pop(series, set()), now)
        if now - self._pruned_at >= PRUNE_EVERY_SECONDS:
            self._pruned_at = now
            store.forget_from(connection, now + store.AHEAD_SECONDS)
            for series, levels in LEVELS.items():
                for level in levels:
                    store.prune(connection, series, level, now)

    def _write_names(self, connection: Connection) -> None:
        names, self._names = self._names, defaultdict(Served)
        step, above = (level.step_seconds for level in LEVELS[SERVED][:2])
        for minute, served in names.items():
            for document in store.read(connection, SERVED, step, minute, minute + 1).values():
                served.merge(Served.of_json(document))
            store.write(connection, SERVED, step, {minute: served.as_json()})
            self._touched[SERVED].add(bucket(minute, above))


def cascade(connection: Connection, series: str, touched: Iterable[int], now: float) -> None:
    """Make the steps of all levels above the finest anew that hold something that was touched.

    Args:
        connection: Open transaction.
        series: Which.
        touched: Where touched steps of the second level start.
        now: Seconds since 1970.
    """
    touched = set(touched)
    for below, level in pairwise(LEVELS[series]) if touched else ():
        starts = {bucket(start, level.step_seconds) for start in touched}
        rows = _rolled(connection, series, below, level, starts)
        whole_from = _whole_from(connection, series, below, now)
        rows = {start: document for start, document in rows.items() if start >= whole_from}
        store.write(connection, series, level.step_seconds, rows)


def _rolled(
    connection: Connection, series: str, below: Level, level: Level, starts: set[int]
) -> dict[int, Document]:
    until = max(starts) + level.step_seconds
    parts: dict[int, list[Document]] = defaultdict(list)
    for second, part in store.read(
        connection, series, below.step_seconds, min(starts), until
    ).items():
        parts[bucket(second, level.step_seconds)].append(part)
    return {start: MERGES[series](parts[start]) for start in starts & parts.keys()}


def _whole_from(connection: Connection, series: str, below: Level, now: float) -> float:
    """From where on nothing of a level is pruned; what is older must not be made anew of a rest."""
    there = store.extent(connection, series, below.step_seconds, now)
    return min(now - below.kept_seconds, there[0] if there else now)


def _window_of(letter: Letter) -> Window:
    """The window of a letter, with nothing in it that is not of its writer."""
    window = Window.of_json(letter.document.get(WINDOW))
    window.seconds = min(window.seconds, 1)
    window.gauges = {}
    window.instances = {
        name: one for name, one in window.instances.items() if name == letter.instance
    }
    return window
