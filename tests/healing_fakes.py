"""Healing's outsides in memory, behind its Protocols: for speed, and for bad days on purpose.

The real ones have their own tests; what these do is what those promise.
"""

import copy
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.desired import Desired, Hold, Pointer, StackFacts
from cloudscale.ops.healing.kinds import spelling
from cloudscale.ops.healing.kinds.kind import Broken, Field, Kind, Owner, Remedy
from cloudscale.ops.healing.limits import Limits, Mode
from cloudscale.ops.healing.observed import Database, Fleet, Found, Gone, Observed, Sight
from cloudscale.ops.healing.ports import Lease, LeaseLost, Letter, Parts, Refused, Switches
from cloudscale.ops.healing.record import Entry
from cloudscale.ops.healing.resource import Ref, Resource

POINTER = Pointer("bucket", "key", "hash", "change")
START = datetime(2026, 11, 26, 12, tzinfo=UTC)
LONGEST_LEASE = timedelta(minutes=10)


class FakeClock:
    """A clock that stands until somebody waits or moves it."""

    def __init__(self, at: datetime = START) -> None:
        self.at, self._ticks = at, 0.0
        self.while_asleep: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self._ticks

    def sleep(self, seconds: float) -> None:
        self.go_on(seconds)
        self.while_asleep()

    def go_on(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self._ticks += seconds


def _mend(broken: Broken) -> Remedy:
    """Sets each field that has drifted; `stuck` is for people."""
    wanted = broken.resource.fields
    names = list(wanted) if broken.found is None else [one.field for one in broken.drifts]
    settable = [name for name in names if name != "stuck"]
    commands = tuple(_set(broken.resource.ref, name, wanted[name]) for name in settable)
    found = broken.found.fields if broken.found else {}
    undo = tuple(_set(broken.resource.ref, name, found.get(name)) for name in names)
    by_hand = {"stuck": "Nothing can set it."} if "stuck" in names else {}
    return Remedy(commands, undo, not_by_call=by_hand)


def _set(ref: Ref, name: str, value: Any) -> Command:
    return Command("fake", "set_field", {"Ref": str(ref), "Name": name, "Value": value})


THING = Kind(
    "thing",
    "thing",
    (
        Field("colour"),
        Field("size", canonical=spelling.number),
        Field("stuck"),
        Field(
            "count",
            Owner.AUTOSCALER,
            "Scaling sets it.",
            is_kept=lambda resource, found: found <= resource.about.get("largest", 9),
        ),
        Field("note", Owner.IGNORED, "People write it."),
    ),
    _mend,
)
KINDS = {"thing": THING}


def thing(name: str, **fields: Any) -> Resource:
    """A wanted thing."""
    return Resource(Ref("thing", name), f"id-{name}", f"fake_thing.{name}", fields)


def desired(*resources: Resource, **limits: Any) -> Desired:
    """A document; healing is switched on unless it says otherwise."""
    stack = StackFacts("shop-test", "ap-south-1", group="shop-test-fleet")
    wanted = {"mode": Mode.APPLY, **limits}
    return Desired("change", stack, Limits(**wanted), resources or (thing("a", colour="red"),))


@dataclass
class FakeSource:
    """Switches and a document, or what is raised in place of them."""

    document: Desired
    is_on: bool = True
    hold: Hold | None = None
    fault: Exception | None = None
    pointer: Pointer = POINTER

    def switches(self) -> Switches:
        if self.fault:
            raise self.fault
        return Switches(self.is_on, self.pointer, self.hold)

    def desired(self, pointer: Pointer) -> Desired:
        if self.fault:
            raise self.fault
        return self.document


@dataclass
class FakeWorld:
    """Things with fields, and a fleet.

    Attributes:
        things: What there is; one that is missing is gone.
        sights: What is told instead of what there is, by ref.
        stale: So many reads tell again what was there before the last command.
        refusals: What the next commands are refused with, in order; `None` lets one through.
        acted: Every command that was let through.
        before_acting: Called before each command.
    """

    things: dict[Ref, dict[str, Any]] = field(default_factory=dict)
    sights: dict[Ref, Sight] = field(default_factory=dict)
    fleet: Fleet | None = None
    database: Database | None = None
    gaps: dict[str, str] = field(default_factory=dict)
    stale: int = 0
    refusals: list[Refused | None] = field(default_factory=list)
    acted: list[Command] = field(default_factory=list)
    looks: list[Collection[Ref] | None] = field(default_factory=list)
    before_acting: Callable[[Command], None] = lambda command: None
    on_act: Callable[[Command], None] | None = None
    clock: FakeClock = field(default_factory=FakeClock)
    _old: dict[Ref, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Desired, clock: FakeClock | None = None) -> "FakeWorld":
        """A world in which everything is as it is wanted."""
        things = {one.ref: copy.deepcopy(dict(one.fields)) for one in document.resources}
        return cls(things, clock=clock or FakeClock())

    def observe(self, desired: Desired, only: Collection[Ref] | None = None) -> Observed:
        self.looks.append(only)
        there = self.things
        if self.stale and self._old:
            self.stale -= 1
            there = self._old
        refs = [one.ref for one in desired.resources if only is None or one.ref in only]
        found: dict[Ref, Sight] = {
            ref: Found(copy.deepcopy(there[ref])) if ref in there else Gone() for ref in refs
        }
        is_of_fleet = only is None or any(ref.kind == "member" for ref in only)
        is_of_database = only is None or any(ref.kind == "database" for ref in only)
        return Observed(
            self.clock.now(),
            {**found, **{ref: sight for ref, sight in self.sights.items() if ref in found}},
            self.fleet if is_of_fleet else None,
            self.database if is_of_database else None,
            dict(self.gaps),
            calls=1,
        )

    def act(self, command: Command) -> None:
        self.before_acting(command)
        if self.refusals and (refused := self.refusals.pop(0)):
            raise refused
        self._old = copy.deepcopy(self.things)
        self.acted.append(command)
        if command.operation == "set_field":
            ref = Ref.of_text(command.arguments["Ref"])
            fields = self.things.setdefault(ref, {})
            fields[command.arguments["Name"]] = command.arguments["Value"]
        elif self.on_act:
            self.on_act(command)


@dataclass
class FakeLedger:
    """A record in memory, with the lock that the real ones have."""

    lines: list[Entry] = field(default_factory=list)
    kept: Mapping[str, Any] | None = None
    approved: set[str] = field(default_factory=set)
    lease: Lease | None = None
    tokens: int = 0
    fails_to_append: list[BaseException | None] = field(default_factory=list)
    mutex: threading.Lock = field(default_factory=threading.Lock)

    def take(self, owner: str, now: datetime, seconds: float) -> Lease | None:
        with self.mutex:
            if self.lease and now < self.lease.until <= now + LONGEST_LEASE:
                return None
            self.tokens += 1
            self.lease = Lease(owner, self.tokens, now + timedelta(seconds=seconds))
            return self.lease

    def renew(self, lease: Lease, now: datetime, seconds: float) -> Lease:
        with self.mutex:
            self._check(lease)
            self.lease = replace(lease, until=now + timedelta(seconds=seconds))
            return self.lease

    def give_back(self, lease: Lease) -> None:
        with self.mutex:
            if self.lease and self.lease.token == lease.token:
                self.lease = None

    def entries(self, since: datetime) -> Sequence[Entry]:
        return sorted((one for one in self.lines if one.at >= since), key=lambda one: one.id)

    def append(self, lease: Lease, entries: Sequence[Entry]) -> None:
        with self.mutex:
            if self.fails_to_append and (failure := self.fails_to_append.pop(0)):
                raise failure
            self._check(lease)
            self.lines.extend(entries)

    def keep(self, lease: Lease, board: Mapping[str, Any]) -> None:
        with self.mutex:
            self._check(lease)
            self.kept = board

    def board(self) -> Mapping[str, Any] | None:
        return self.kept

    def approvals(self) -> Collection[str]:
        return frozenset(self.approved)

    def approve(self, action: str, by: str, now: datetime) -> None:
        self.approved.add(action)

    def _check(self, lease: Lease) -> None:
        if self.lease is None or self.lease.token != lease.token:
            raise LeaseLost


@dataclass
class FakeMessenger:
    """Keeps what it is told, or fails."""

    letters: list[Letter] = field(default_factory=list)
    fault: Exception | None = None

    def tell(self, letter: Letter) -> None:
        if self.fault:
            raise self.fault
        self.letters.append(letter)


@dataclass
class Stage:
    """All outsides together, and the parts that a run is made of."""

    document: Desired
    clock: FakeClock = field(default_factory=FakeClock)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    messenger: FakeMessenger = field(default_factory=FakeMessenger)

    def __post_init__(self) -> None:
        self.source = FakeSource(self.document)
        self.world = FakeWorld.of(self.document, self.clock)

    @property
    def parts(self) -> Parts:
        return Parts(self.source, self.world, self.ledger, self.messenger, self.clock)
