"""What came of a simulation."""

from array import array
from dataclasses import dataclass, field

from cloudscale.ops.scaling.model.happened import Happened
from cloudscale.ops.scaling.model.work import Tally
from cloudscale.ops.scaling.observed import Decision


def _series() -> "array[float]":
    return array("d")


@dataclass(slots=True)
class Run:
    """One value a slot of 10 s in each series, and totals. Requests are a flow: in fractions.

    Attributes:
        at: When the slot ended, in seconds; the last one may be shorter.
        demand: Requests a second.
        offered_load: Instances that the requests would have kept busy.
        desired: Instances that were wanted, at its end.
        in_service: Instances that were sent requests, at its end.
        cpu_percent: Of those, the mean over the slot.
        response_p50_ms: The median of its answers; 0 where none was given.
        response_p95_ms: One in twenty took longer; the mean of its steps, by their answers.
        late_requests: Answered, after more than `SLOW_SECONDS`.
        failed_requests: Given up while they waited, or sent to nobody who answers.
        active_users: At its end.
        instance_seconds: What is paid for: from when an instance runs until it is gone.
        requests: How many came.
        answered: How many were answered.
        late: How many of those were late.
        dropped: How many gave up waiting.
        refused: How many reached an instance that was dead, or none.
        waiting: How many were left waiting in the end.
        decisions: What was decided.
        happenings: What happened to the group.
    """

    at: "array[float]" = field(default_factory=_series)
    demand: "array[float]" = field(default_factory=_series)
    offered_load: "array[float]" = field(default_factory=_series)
    desired: "array[float]" = field(default_factory=_series)
    in_service: "array[float]" = field(default_factory=_series)
    cpu_percent: "array[float]" = field(default_factory=_series)
    response_p50_ms: "array[float]" = field(default_factory=_series)
    response_p95_ms: "array[float]" = field(default_factory=_series)
    late_requests: "array[float]" = field(default_factory=_series)
    failed_requests: "array[float]" = field(default_factory=_series)
    active_users: "array[float]" = field(default_factory=_series)
    instance_seconds: float = 0.0
    requests: float = 0.0
    answered: float = 0.0
    late: float = 0.0
    dropped: float = 0.0
    refused: float = 0.0
    waiting: float = 0.0
    decisions: tuple[Decision, ...] = ()
    happenings: tuple[Happened, ...] = ()

    @property
    def failed(self) -> float:
        """How many requests got no answer."""
        return self.dropped + self.refused

    def add(self, at: float, tally: Tally, desired: int, in_service: int, users: float) -> None:
        """Take a slot."""
        answered = tally.answered or 1.0
        for series, value in (
            (self.at, at),
            (self.demand, tally.requests / tally.seconds),
            (self.offered_load, tally.needed / tally.seconds),
            (self.desired, desired),
            (self.in_service, in_service),
            (self.cpu_percent, tally.cpu_percent or 0.0),
            (self.response_p50_ms, tally.p50_ms / answered),
            (self.response_p95_ms, tally.p95_ms / answered),
            (self.late_requests, tally.late),
            (self.failed_requests, tally.dropped + tally.refused),
            (self.active_users, users),
        ):
            series.append(value)
        self.requests += tally.requests
        self.answered += tally.answered
        self.late += tally.late
        self.dropped += tally.dropped
        self.refused += tally.refused
        self.instance_seconds += tally.paid
