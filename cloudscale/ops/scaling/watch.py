"""One alarm of a policy, watched: its periods read, judged, and put into words.

Incremental: it reads its periods again when one more is over, or the fleet that it depends on
has changed, and not on each tick.
"""

from collections.abc import Iterable, Mapping
from operator import ge, gt, le, lt

from cloudscale.ops.policy.rules import Alarm, Condition, Metric
from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.ops.scaling.alarm_states import EXTRA_PERIODS, AlarmState, judge
from cloudscale.ops.scaling.observed import Capacity
from cloudscale.ops.scaling.periods import Periods
from cloudscale.ops.scaling.reasons import condition_in_words, gap_in_words, periods_in_words

COMPARE = {">=": ge, ">": gt, "<=": le, "<": lt}
LATE_SECONDS = 20
"""By so much may the newest period be late before an alarm rests on old news, and nothing is done:
two slots."""
SLOWEST_SECONDS = 60
"""Every metric is measured once in so long at least."""


class Measured:
    """The periods that a policy's alarms need, each kept once."""

    def __init__(self) -> None:
        """Nothing measured yet."""
        self._by_metric: dict[Metric, list[Periods]] = {}

    def periods(self, metric: Metric, seconds: int, count: int) -> Periods:
        """Have a metric gathered in periods of so many seconds."""
        kept = Periods(seconds, count)
        self._by_metric.setdefault(metric, []).append(kept)
        return kept

    def add(self, at: float, values: Mapping[Metric, float]) -> None:
        """Take a slot."""
        for metric, gathered in self._by_metric.items():
            value = values.get(metric)
            if value is not None:
                for periods in gathered:
                    periods.add(at, value)


class Reading:
    """One condition of an alarm: its metric's periods, its comparison, its limit."""

    __slots__ = (
        *("_compare", "_measured", "_metric", "_per_instance", "_policy"),
        *("limit", "periods", "said"),
    )

    def __init__(
        self,
        policy: ScalingPolicy,
        condition: Condition,
        periods: Periods,
        is_per_instance: bool = False,
    ) -> None:
        """Read these periods."""
        self._policy = policy
        self._metric = condition.metric
        self._per_instance = is_per_instance
        self._compare = COMPARE[condition.comparison]
        self.limit = policy.limit(condition.threshold)
        self.periods = periods
        self.said = condition
        self._measured: list[float | None] = []

    def value(self, measured: float, capacity: Capacity) -> float:
        """What is compared: what was measured, or what it means for this fleet."""
        if self._metric == "users_gap":
            return float(self._policy.users_gap(measured, capacity.desired))
        if self._per_instance:
            return measured / max(capacity.in_service, 1)
        return measured

    def depends_on(self, capacity: Capacity) -> int:
        """What of the fleet its values follow from."""
        if self._metric == "users_gap":
            return capacity.desired
        return capacity.in_service if self._per_instance else 0

    def read(self, capacity: Capacity, last: int, count: int) -> list[float | None]:
        """Its values, newest period first."""
        self._measured = self.periods.read(self.said.statistic, last, count)
        return [None if one is None else self.value(one, capacity) for one in self._measured]

    def is_bad(self, value: float) -> bool:
        """Whether the condition holds."""
        return self._compare(value, self.limit)

    def in_words(self, value: float, age: int) -> str:
        """The condition with its value, so many periods ago."""
        if self._metric == "users_gap":
            users = self._measured[age] or 0.0
            return gap_in_words(users, self._policy.users_floor(users), value)
        return condition_in_words(self.said, value, self.limit)


class Watch:
    """An alarm with its state."""

    def __init__(
        self,
        policy: ScalingPolicy,
        alarm: Alarm,
        measured: Measured,
        state: AlarmState | None,
        is_per_instance: bool = False,
    ) -> None:
        """Watch an alarm from a state on."""
        self._alarm = alarm
        self._count = alarm.evaluation_periods + EXTRA_PERIODS
        self._readings = [
            Reading(
                policy,
                one,
                measured.periods(_source(one.metric), alarm.period_seconds, self._count),
                is_per_instance,
            )
            for one in alarm.conditions
        ]
        self._seen: tuple[int, ...] = ()
        self._bad: list[bool | None] = []
        self._age: int | None = None
        self.values: list[float] = []
        self.state = state or AlarmState()

    @property
    def is_in_alarm(self) -> bool:
        """Whether it is in alarm."""
        return self.state.state == "ALARM"

    @property
    def limit(self) -> float:
        """What the first condition compares with."""
        return self._readings[0].limit

    def look(self, capacity: Capacity, now: float) -> None:
        """Judge the periods that are over by now."""
        last = self._readings[0].periods.last_over(now)
        seen = (last, *(_changes(one, capacity, last) for one in self._readings))
        if seen != self._seen:
            self._seen = seen
            self._judge(capacity, last, now)

    def _judge(self, capacity: Capacity, last: int, now: float) -> None:
        alarm = self._alarm
        columns = [one.read(capacity, last, self._count) for one in self._readings]
        rows = list(zip(*columns, strict=True))
        self._bad = [self._is_bad(row) for row in rows]
        self._age = next((age for age, bad in enumerate(self._bad) if bad is not None), None)
        self.values = [] if self._age is None else [one or 0.0 for one in rows[self._age]]
        state = judge(
            self._bad,
            alarm.evaluation_periods,
            alarm.datapoints_to_alarm,
            alarm.missing_data,
            self.state.state,
        )
        if state != self.state.state:
            self.state = AlarmState(state, now)

    def _is_bad(self, row: Iterable[float | None]) -> bool | None:
        """All conditions in the same period; a period that lacks one of its metrics is missing."""
        is_bad = True
        for reading, value in zip(self._readings, row, strict=True):
            if value is None:
                return None
            is_bad = is_bad and reading.is_bad(value)
        return is_bad

    def is_fresh(self, now: float) -> bool:
        """Whether its newest period was measured, or is only a little late, and measuring goes on.

        CPU may come once a minute only, so that nothing is late before a minute and two slots.
        """
        if self._age is None:
            return False
        seconds = self._alarm.period_seconds
        ended = (self._seen[0] - self._age + 1) * seconds
        oldest = now - min(seconds, SLOWEST_SECONDS) - LATE_SECONDS
        return ended >= now - seconds - LATE_SECONDS and all(
            one.periods.newest_at >= oldest for one in self._readings
        )

    def why(self) -> str:
        """What was seen, in words: "CPU was 82 % (70 % or more) for 2 of 2 minutes"."""
        parts = [
            one.in_words(value, self._age or 0)
            for one, value in zip(self._readings, self.values, strict=True)
        ]
        real = [one for one in self._bad if one is not None][: self._alarm.evaluation_periods]
        return f"{' and '.join(parts)} {periods_in_words(sum(real), self._alarm)}"


def _source(metric: Metric) -> Metric:
    """What is measured of a metric: the gap follows from the users."""
    return "active_users" if metric == "users_gap" else metric


def _changes(reading: Reading, capacity: Capacity, last: int) -> int:
    """A number that differs when a reading would read something else."""
    return reading.periods.changes_up_to(last) * 1_000 + reading.depends_on(capacity)
