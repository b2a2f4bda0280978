"""What was found when the world was looked at. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cloudscale.ops.healing.resource import Fields, Ref


@dataclass(frozen=True, slots=True)
class Gone:
    """The resource is not there: AWS itself said so."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Nobody knows how the resource is.

    Attributes:
        reason: Why, in words safe to show; what is not known is never acted on.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """The resource is there.

    Attributes:
        fields: What was read, by the names of its kind; one that could not be read is missing.
        absent: Of each field that could not be read, why.
        about: Facts that repairs need and nothing compares, such as the ARN that AWS made up.
    """

    fields: Fields
    absent: Mapping[str, str] = field(default_factory=dict)
    about: Fields = field(default_factory=dict)


Sight = Found | Gone | Unreadable


@dataclass(frozen=True, slots=True)
class Member:
    """One machine of the fleet, as all who know of it see it. What nobody said is `None`.

    Attributes:
        id: Its name in its cloud.
        zone: Its availability zone.
        lifecycle: The group's word: `Pending`, `InService`, `Terminating`, `Standby`, …
        launched_at: Aware UTC.
        is_healthy: Whether the group means to keep it.
        machine: EC2's word: `running`, `stopped`, `stopping`, `terminated`, …
        checks: Of EC2's status checks: `ok`, `impaired`, `initializing`, `insufficient-data`.
        impaired_since: Since when a status check fails, aware UTC.
        target: The load balancer's word: `healthy`, `unhealthy`, `initial`, `draining`, `unused`;
            `absent` where it is not registered.
        target_since: Since when the load balancer has been saying so, as far as it is known.
        is_protected: Whether somebody marked it to be left alone (a tag, or scale-in protection).
        cpu_percent: Means by the minute, oldest first, the newest full minute last.
        memory_percent: The same of memory, from its own agent.
        is_host_sick: Whether it is the machine under it that fails its check: a reboot stays there.
    """

    id: str
    zone: str
    lifecycle: str
    launched_at: datetime | None = None
    is_healthy: bool = True
    machine: str | None = None
    checks: str | None = None
    impaired_since: datetime | None = None
    target: str | None = None
    target_since: datetime | None = None
    is_protected: bool = False
    cpu_percent: Sequence[float] = ()
    memory_percent: Sequence[float] = ()
    is_host_sick: bool = False


@dataclass(frozen=True, slots=True)
class Fleet:
    """The members of the group, and how many there should be.

    Attributes:
        group: The group's name.
        target_group: The ARN of what the load balancer sends to; empty where there is none.
        desired: How many are wanted now.
        smallest: The fewest that scaling may leave.
        largest: The most that scaling may start.
        members: Who is there.
        grace_seconds: So long after its launch a member may be unhealthy.
        is_refreshing: Whether somebody (a deployment) is replacing members right now.
        absent: What of the members could not be read, by part (`machine`, `checks`, `target`,
            `figures`, `refreshes`), and why.
        suspended: What the group does not do now, by its own words, such as `Launch`.
    """

    group: str
    desired: int
    smallest: int
    largest: int
    members: Sequence[Member]
    target_group: str = ""
    grace_seconds: float = 300
    is_refreshing: bool = False
    absent: Mapping[str, str] = field(default_factory=dict)
    suspended: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Database:
    """The database as its cloud sees it. What nobody said is `None`.

    Attributes:
        id: Its identifier.
        status: The cloud's word: `available`, `storage-full`, `rebooting`, …
        is_standby_there: Whether a second zone can take over.
        allocated_gb: Size of its disk.
        largest_gb: So far the disk may grow.
        free_gb: What is left of it, the newest figure.
        connections: Minute counts of connections, oldest first; zeros mean that nobody gets in.
        answers: Whether the shop's own servers got an answer lately.
        free_gb_by_hour: What was left of the disk, oldest first.
        is_change_pending: Whether a change waits for the database's own maintenance window.
        is_protected: Whether somebody marked it to be left alone.
        absent: What of it could not be read, by part, and why.
    """

    id: str
    status: str
    is_standby_there: bool = False
    allocated_gb: float | None = None
    largest_gb: float | None = None
    free_gb: float | None = None
    connections: Sequence[float] = ()
    answers: bool | None = None
    free_gb_by_hour: Sequence[float] = ()
    is_change_pending: bool = False
    is_protected: bool = False
    absent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observed:
    """The world at one moment.

    Attributes:
        at: When the look began, aware UTC.
        resources: What was found, by name. One that is missing was not looked
            at.
        fleet: The members; `None` where they could not be read, or were not looked at.
        database: The database; `None` likewise, or where the stack has none.
        gaps: What could not be read, by service, in words safe to show.
        calls: How many API calls it took.
    """

    at: datetime
    resources: Mapping[Ref, Sight] = field(default_factory=dict)
    fleet: Fleet | None = None
    database: Database | None = None
    gaps: Mapping[str, str] = field(default_factory=dict)
    calls: int = 0
