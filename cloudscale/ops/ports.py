"""What the rules of running the shop need from outside, as Protocols. Adapters implement them.

MetricSource  this machine and process            --> Reading
FleetSource   the fleet as its cloud sees it      --> FleetState
PolicySource  the policy that the cloud follows   --> PolicyDocument
FigureSource  the figures that the cloud measures --> CloudFigures
MetricSink    figures of ours, told to the cloud  <-- Datum

All of them are read in threads and may block for as long as they say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

Reading = Mapping[str, float]
"""Values by the slug of their metric; a slug that is missing was not measured."""

Origin = Literal["measured", "aws", "simulated"]
"""Where figures come from."""


class MetricSource(Protocol):
    """Something that can be measured."""

    def read(self) -> Reading:
        """What it measures, now.

        Any exception means that it could not be read: the sample then lacks its values and says
        so, and the rest goes on.
        """
        ...


class CloudFault(Exception):
    """The cloud could not be asked, or refused.

    Attributes:
        reason: What happened and what mends it, in words safe to show: no account, no key.
        is_total: Whatever else is asked now would fail in the same way: nothing answers, say.
    """

    def __init__(self, reason: str, *, is_total: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.is_total = reason, is_total


class Lifecycle(StrEnum):
    """What an instance of the fleet is about to do."""

    PENDING = "pending"
    IN_SERVICE = "in_service"
    TERMINATING = "terminating"
    STANDBY = "standby"
    OTHER = "other"  # warmed up and waiting, or leaving the fleet alive


@dataclass(frozen=True, slots=True)
class FleetInstance:
    """One machine of the fleet.

    Attributes:
        id: Its name in its cloud.
        zone: Its availability zone.
        lifecycle: What it is about to do.
        is_healthy: Whether the fleet means to keep it.
    """

    id: str
    zone: str
    lifecycle: Lifecycle
    is_healthy: bool


@dataclass(frozen=True, slots=True)
class ZoneTargets:
    """How the load balancer finds the instances of one zone.

    Attributes:
        zone: The availability zone; `unknown` for a target that is in no fleet.
        healthy: Get requests.
        unhealthy: Failed their health checks, or cannot be checked.
        draining: Leave, and end what they have begun.
        initial: Are new and not yet checked.
        unused: Are registered where no listener sends anything.
    """

    zone: str
    healthy: int = 0
    unhealthy: int = 0
    draining: int = 0
    initial: int = 0
    unused: int = 0


@dataclass(frozen=True, slots=True)
class ScalingActivity:
    """One change of the fleet, as its cloud tells it.

    Attributes:
        id: Its name; the same activity read again has the same.
        started_at: When it began, aware UTC.
        ended_at: When it ended; `None` while it is under way.
        status: The cloud's word, such as `Successful`, `Failed` or `InProgress`.
        cause: Why it happened, in the cloud's words.
        description: What it does, in the cloud's words.
        progress_percent: 0 to 100.
    """

    id: str
    started_at: datetime
    ended_at: datetime | None
    status: str
    cause: str
    description: str
    progress_percent: int


@dataclass(frozen=True, slots=True)
class CloudAlarm:
    """An alarm that has the fleet scaled, as its cloud judges it.

    Attributes:
        name: Its name there.
        state: `OK`, `ALARM` or `INSUFFICIENT_DATA`.
        reason: Values and threshold, in the cloud's words.
        since: When it took that state, aware UTC.
    """

    name: str
    state: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class FleetState:
    """The fleet at one moment. A part that could not be read is `None`, and `absent` says why.

    Attributes:
        desired: How many instances there should be.
        smallest: The fewest that scaling may leave.
        largest: The most that scaling may start.
        instances: Those that there are, by id.
        targets: How the load balancer finds them, by zone.
        activities: The last changes, newest first.
        alarms: Those that have it scaled, by name.
        absent: Of each part that is `None` (`instances`, which goes for `desired` too, `targets`,
            `activities`, `alarms`), why, in words safe to show.
        source: Where it comes from.
    """

    desired: int | None = None
    smallest: int | None = None
    largest: int | None = None
    instances: tuple[FleetInstance, ...] | None = None
    targets: tuple[ZoneTargets, ...] | None = None
    activities: tuple[ScalingActivity, ...] | None = None
    alarms: tuple[CloudAlarm, ...] | None = None
    absent: Mapping[str, str] = field(default_factory=dict)
    source: Origin = "aws"

    def count(self, lifecycle: Lifecycle) -> int | None:
        """How many instances are at one point of their life; `None` when that is not known."""
        if self.instances is None:
            return None
        return sum(instance.lifecycle is lifecycle for instance in self.instances)


class FleetSource(Protocol):
    """A fleet that can be asked how it is."""

    def read(self) -> FleetState:
        """The fleet as its cloud sees it now.

        Raises:
            CloudFault: Nothing at all could be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A scaling policy as it is written down somewhere, not yet checked.

    Attributes:
        text: JSON.
        version: Which version of it that is.
    """

    text: str
    version: str


@dataclass(frozen=True, slots=True)
class CloudFigures:
    """What the cloud measures of the fleet, each over the minute that it measured last.

    Attributes:
        values: By name: `cpu_percent` (mean of the instances), `response_p95_ms` (of the targets),
            `healthy_hosts`, `unhealthy_hosts`.
        measured_at: When the minute of each value began, aware UTC.
        absent: Of each name without a value, why, in words safe to show.
        source: Where they come from.
    """

    values: Reading
    measured_at: Mapping[str, datetime]
    absent: Mapping[str, str] = field(default_factory=dict)
    source: Origin = "aws"


class FigureSource(Protocol):
    """A cloud that measures the fleet by itself."""

    def read(self) -> CloudFigures:
        """The newest figures.

        Raises:
            CloudFault: None could be read.
        """
        ...


Unit = Literal["Count", "Count/Second", "Milliseconds", "Percent"]


@dataclass(frozen=True, slots=True)
class Datum:
    """One figure of ours, as the cloud is told it.

    Attributes:
        name: Its name in the cloud, such as `ActiveUsers`.
        value: A finite number.
        unit: What it counts.
        at: When it was measured, aware UTC.
        is_high_resolution: Kept by the second, so that alarms may look every 10 seconds; others
            are kept by the minute.
    """

    name: str
    value: float
    unit: Unit
    at: datetime
    is_high_resolution: bool = False


class MetricSink(Protocol):
    """Where figures of ours are told to the cloud, for its alarms and policies to act on."""

    def publish(self, datums: Sequence[Datum]) -> None:
        """Tell some figures, all of them in one call.

        Raises:
            CloudFault: They were not taken.
        """
        ...
