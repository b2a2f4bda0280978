"""A stack to break on purpose, in memory: a document, a fleet, hands that note what they do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.observed import Fleet, Member
from cloudscale.ops.healing.ports import Parts, Refused
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref, Resource
from cloudscale.ops.healing.score import Score
from cloudscale.ops.healing.staging import Scene, Staged
from cloudscale.ops.healing.trial_ports import Means, Terms
from cloudscale.ops.healing.trying import Trying
from tests import healing_fakes
from tests.healing_fakes import START, FakeClock, FakeLedger, FakeMessenger, FakeSource, FakeWorld

GROUP = Ref("auto_scaling_group", "fleet")
SERVERS = Ref("security_group", "fleet")
LOUD, SCALING = Ref("alarm", "errors"), Ref("alarm", "cpu-high")


def resource(ref: Ref, id_: str, **fields: Any) -> Resource:
    return Resource(ref, id_, f"aws_{ref.kind}.{ref.name}", fields)


def alarm(ref: Ref, **fields: Any) -> Resource:
    wanted = {"comparison": "GreaterThanThreshold", "threshold": 70, **fields}
    return resource(ref, f"shop-{ref.name}", **wanted)


RESOURCES = (
    resource(GROUP, "shop-test-fleet", subnets=["subnet-a", "subnet-b"]),
    resource(Ref("security_group", "balancer"), "sg-balancer", ingress=[]),
    resource(SERVERS, "sg-servers", ingress=[]),
    resource(Ref("launch_template", "server"), "lt-1", content={"security_groups": ["sg-servers"]}),
    alarm(SCALING, alarm_actions=["policy:out"]),
    alarm(LOUD, alarm_actions=["arn:aws:sns:ap-south-1:123456789012:notices"]),
    resource(Ref("scaling_policy", "out"), "out"),
)


def document(*resources: Resource, **limits: Any) -> Desired:
    return healing_fakes.desired(*(resources or RESOURCES), **limits)


def member(name: str, **facts: Any) -> Member:
    well = {"lifecycle": "InService", "machine": "running", "target": "healthy"}
    return Member(id=name, zone="ap-south-1a", **{**well, **facts})


def fleet(*members: Member, smallest: int = 2) -> Fleet:
    there = members or (member("i-1"), member("i-2"))
    return Fleet("shop-test-fleet", len(there), smallest, 4, there, target_group="arn")


def board(now: datetime, **changes: Any) -> dict[str, Any]:
    """How healing stands when all is well."""
    return {
        "at": now.isoformat(),
        "mode": "apply",
        "words": "All is as it should be.",
        "breaker": {"isOpen": False},
        "budget": {
            **{"atOnce": 1, "inUse": 0, "perHour": 6, "usedThisHour": 0},
            **{"repairsPerHour": 60, "repairsThisHour": 0},
        },
        **changes,
    }


def scene(**changes: Any) -> Scene:
    desired = document()
    world = FakeWorld.of(desired)
    world.fleet = fleet()
    return replace(Scene(desired, world.observe(desired), 1200), **changes)


@dataclass
class FakeHands:
    """Hands that note what they do.

    Attributes:
        refusals: What the next calls are refused with, in order; `None` lets one through.
    """

    done: list[Command] = field(default_factory=list)
    refusals: list[Refused | BaseException | None] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)

    def do(self, command: Command) -> None:
        if self.refusals and (refused := self.refusals.pop(0)):
            raise refused
        self.done.append(command)

    def alarms(self, names: Sequence[str]) -> Mapping[str, str]:
        return {name: self.states[name] for name in names if name in self.states}


@dataclass
class FakeBook:
    """A book in memory."""

    marked: str = ""
    ended: list[Score] = field(default_factory=list)

    def begin(self, staged: Staged, by: str, now: datetime, until: datetime) -> str:
        if self.marked:
            return f"A trial is under way: {self.marked}."
        self.marked = staged.slug
        return ""

    def end(self, score: Score, now: datetime) -> None:
        self.marked = ""
        self.ended.append(score)


class Laboratory:
    """A trial on a stack in memory, whose healer does what a test says at each look."""

    def __init__(self, minutes: float = 15, stop_at: tuple[str, ...] = ()) -> None:
        self.document = document()
        self.clock, self.ledger = FakeClock(), FakeLedger()
        self.source, self.world = FakeSource(self.document), FakeWorld.of(self.document, self.clock)
        self.world.fleet = fleet()
        self.hands, self.book, self.told = FakeHands(), FakeBook(), list[str]()
        self.heals: Callable[[int], None] = lambda look: None
        self.looks, self.is_healer_alive = 0, True
        self.clock.while_asleep = self._sleep
        self.ledger.kept = board(START)
        parts = Parts(self.source, self.world, self.ledger, FakeMessenger(), self.clock)
        terms = Terms("ada", minutes, stop_at)
        self.trying = Trying(Means(parts, self.hands, self.book, self.told.append, terms))

    def run(self, slug: str) -> Score:
        return self.trying.run(self.trying.prepare(slug))

    def writes(self, phase: Phase, ref: Ref | None, **facts: Any) -> None:
        """Have the healer write a line, in the name of this moment."""
        number = len(self.ledger.lines)
        name = f"{self.clock.now():%Y-%m-%dT%H:%M:%S.%fZ}#run#{number:04d}"
        self.ledger.lines.append(
            Entry(name, "run", self.clock.now(), phase, ref, title=phase.value, **facts)
        )

    def operations(self) -> list[str]:
        return [one.operation for one in self.hands.done]

    def _sleep(self) -> None:
        self.looks += 1
        if self.is_healer_alive:
            self.ledger.kept = board(self.clock.now() - timedelta(seconds=5))
        self.heals(self.looks)
