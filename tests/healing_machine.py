"""Healing under whatever may happen, step by random step, and what it must never do.

random_steps(count, seed) --> Outcome: how much happened, and that no rule was broken
"""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from cloudscale.ops.healing import pressure, recovery
from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.desired import Hold
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.observed import Fleet, Member, Unreadable
from cloudscale.ops.healing.ports import Refused
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.run import heal
from cloudscale.ops.ports import CloudFault
from tests.healing_fakes import KINDS, Stage, desired, thing
from tests.healing_rules import PER_HOUR, SHARE_PERCENT, SIZE, THIEF, Referee

CRASHES = 0.01
LIES = 0.05
"""So often a call is made, and nobody hears of it."""


@dataclass
class Outcome:
    """What random steps came to.

    Attributes:
        steps: How many there were.
        runs: How many of them were runs.
        repaired: Drift that was put back.
        disrupted: Members that were rebooted or replaced.
        most_at_once: The most members that healing had away at the same time.
        most_in_an_hour: The most that it disrupted within an hour.
    """

    steps: int = 0
    runs: int = 0
    repaired: int = 0
    disrupted: int = 0
    most_at_once: int = 0
    most_in_an_hour: int = 0


@dataclass
class Machine:
    """A stage, and all that may happen on it."""

    seed: int
    outcome: Outcome = field(default_factory=Outcome)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.stage = Stage(
            desired(
                *(thing(str(n), colour="red", count=3) for n in range(5)),
                share_percent=SHARE_PERCENT,
                per_hour=PER_HOUR,
            )
        )
        self.referee = Referee(self.stage)
        self.stage.world.before_acting = self._about_to_act
        self.stage.world.on_act = self._done_to_member
        self.stage.clock.while_asleep = self._meanwhile
        self.next_number = SIZE
        self.members = {f"i-{n}": self._new(f"i-{n}") for n in range(SIZE)}
        self.starting: dict[str, str] = {}  # who comes, and in whose place
        self._show()

    def _new(self, name: str, **facts: Any) -> Member:
        day_ago = self.stage.clock.now() - timedelta(days=1)
        well = Member(
            name, "a", "InService", day_ago, machine="running", checks="ok", target="healthy"
        )
        return replace(well, **facts)

    def _show(self) -> None:
        self.stage.world.fleet = Fleet(
            "fleet", SIZE, 2, 40, list(self.members.values()), target_group="arn:tg"
        )

    # What healing does

    def _about_to_act(self, command: Command) -> None:
        told = command.arguments
        name = told.get("InstanceId") or told.get("InstanceIds", [""])[0]
        self.referee.allows(command, self.members.get(name))
        if self.chance.random() < CRASHES:
            raise SystemExit

    def _done_to_member(self, command: Command) -> None:
        name = command.arguments.get("InstanceId") or command.arguments["InstanceIds"][0]
        if name not in self.members:
            raise Refused("It is not there.", is_vanished=True)
        is_starting = name in self.starting
        self.referee.counts(name, self.members.values(), is_away=is_starting)
        self.outcome.disrupted += 1
        if command.operation != "reboot_instances":
            del self.members[name]
            self.starting.pop(name, None)
        elif self.chance.random() < 0.5:
            self.members[name] = self._new(name)
        self._show()
        if self.chance.random() < LIES:
            raise Refused("AWS did not answer.", is_unsure=True)

    # What may happen

    def step(self) -> None:
        """One thing."""
        self.outcome.steps += 1
        happens = self.chance.choices(list(MAY), list(MAY.values()))[0]
        happens(self)

    def _meanwhile(self) -> None:
        if self.chance.random() < 0.1:
            self.chance.choice(AT_ANY_TIME)(self)

    def run(self) -> None:
        self.outcome.runs += 1
        world, ledger = self.stage.world, self.stage.ledger
        acted = len(world.acted)
        try:
            with suppress(CloudFault):
                heal(
                    self.stage.parts,
                    "function",
                    kinds=KINDS,
                    diagnoses=(recovery.actions, pressure.actions),
                )
        except SystemExit:  # a crash gives no lock back
            ledger.take("dead", self.stage.clock.now(), 120)
        self.outcome.repaired += sum(one.operation == "set_field" for one in world.acted[acted:])
        self.outcome.most_at_once = self.referee.most_at_once
        self.outcome.most_in_an_hour = self.referee.most_in_an_hour
        world.refusals.clear()
        world.looks.clear()
        # The record is read two days back; what is older is of no use here either.
        ledger.lines = ledger.lines[-400:]
        ledger.fails_to_append = []

    def wait(self) -> None:
        self.stage.clock.go_on(self.chance.choice((1, 20, 60, 300, 1_800)))

    def drift(self) -> None:
        ref = self.chance.choice([*self.stage.document.resources, thing("stranger")]).ref
        spoiled = {"colour": self.chance.choice(("green", "blue")), "count": 3, "note": "x"}
        self.stage.world.things[ref] = spoiled

    def vanish(self) -> None:
        self.stage.world.things.pop(self.chance.choice(self.stage.document.resources).ref, None)

    def hide(self) -> None:
        """What cannot be read, now and then."""
        ref = self.chance.choice(self.stage.document.resources).ref
        if self.stage.world.sights.pop(ref, None) is None:
            self.stage.world.sights[ref] = Unreadable("AWS refuses it.")

    def lag(self) -> None:
        self.stage.world.stale = self.chance.choice((1, 2, 8))

    def fall_sick(self) -> None:
        since = self.stage.clock.now() - timedelta(minutes=5)
        sick: dict[str, Any] = self.chance.choice(
            (
                {"machine": "stopped"},
                {"checks": "impaired", "impaired_since": since},
                {"target": "unhealthy", "target_since": since},
                {"cpu_percent": [99] * 5},
            )
        )
        self._change(**sick)

    def get_well(self) -> None:
        name = self.chance.choice(list(self.members))
        if name not in self.starting:
            kept = self.members[name].is_protected
            self.members[name] = self._new(name, is_protected=kept)
            self._show()

    def die(self) -> None:
        """One that goes for reasons of its own."""
        if len(self.members) > SIZE - 3:
            name = self.chance.choice(list(self.members))
            self.referee.died_by_itself(self.members.pop(name))
            self.starting.pop(name, None)
            self._show()

    def launch(self) -> None:
        """The group starts one in the place of who is missing, or one that starts is ready."""
        if self.starting:
            name = next(iter(self.starting))
            self.referee.away.pop(self.starting.pop(name), None)
            self.members[name] = self._new(name)
        elif len(self.members) < SIZE:
            gone = [one for one in self.referee.away if one not in self.members]
            name = f"i-{self.next_number}"
            self.next_number += 1
            self.starting[name] = min(gone, key=self.referee.away.__getitem__) if gone else ""
            now = self.stage.clock.now()
            self.members[name] = self._new(
                name, lifecycle="Pending", launched_at=now, target="initial"
            )
        self._show()

    def protect(self) -> None:
        name = self.chance.choice(list(self.members))
        self._change(name, is_protected=not self.members[name].is_protected)

    def switch(self) -> None:
        self.stage.source.is_on = self.chance.random() < 0.8

    def set_mode(self) -> None:
        document = self.stage.source.document
        mode = self.chance.choice((*[Mode.APPLY] * 8, Mode.APPROVE, Mode.PLAN))
        limits = replace(document.limits, mode=mode)
        self.stage.source.document = replace(document, limits=limits)

    def approve(self) -> None:
        rows = (self.stage.ledger.kept or {}).get("plan", [])
        for row in (one for one in rows if one["verdict"] == "approve"):
            self.stage.ledger.approve(row["action"], "ops", self.stage.clock.now())
            self.referee.approved.add(Ref.of_text(row["ref"]))

    def refuse(self) -> None:
        is_unsure = self.chance.random() < 0.5
        self.stage.world.refusals = [Refused("AWS refuses it.", is_unsure=is_unsure)]

    def hold(self) -> None:
        until = self.stage.clock.now() + timedelta(minutes=30)
        self.stage.source.hold = self.chance.choice((None, Hold("next", until)))

    def lose_the_lock(self) -> None:
        self.stage.ledger.lease = None
        self.stage.ledger.take(THIEF, self.stage.clock.now(), 30)

    def fail_to_write(self) -> None:
        failure = self.chance.choice((CloudFault("It does not answer."), SystemExit()))
        self.stage.ledger.fails_to_append = [*[None] * self.chance.randrange(6), failure]

    def jump(self) -> None:
        """The clock is put wrong, or right."""
        hours = self.chance.choice((-20, -3, -0.5, 0.5, 3, 20))
        self.stage.clock.at += timedelta(hours=hours)
        if hours < 0:
            self.referee.clock_went_back()

    def lose_the_record(self) -> None:
        self.stage.ledger.lines.clear()
        self.referee.record_was_lost(self.members.values())

    def _change(self, name: str = "", **facts: Any) -> None:
        name = name or self.chance.choice(list(self.members))
        self.members[name] = replace(self.members[name], **facts)
        self._show()


MAY: dict[Callable[[Machine], None], int] = {
    Machine.run: 60,
    Machine.wait: 50,
    Machine.drift: 20,
    Machine.vanish: 3,
    Machine.hide: 4,
    Machine.lag: 2,
    Machine.fall_sick: 16,
    Machine.get_well: 8,
    Machine.die: 3,
    Machine.launch: 40,
    Machine.protect: 4,
    Machine.switch: 3,
    Machine.set_mode: 4,
    Machine.approve: 4,
    Machine.refuse: 5,
    Machine.hold: 2,
    Machine.lose_the_lock: 2,
    Machine.fail_to_write: 2,
    Machine.jump: 1,
    Machine.lose_the_record: 1,
}
"""All that may happen, and how often."""

AT_ANY_TIME = (
    *(Machine.switch, Machine.hold, Machine.drift, Machine.vanish, Machine.lag),
    *(Machine.get_well, Machine.launch, Machine.lose_the_lock),
)
"""What may happen while a run waits. What it looked at may change then, and what it may do."""


def random_steps(count: int, seed: int) -> Outcome:
    """So many random steps; an AssertionError says which rule was broken."""
    machine = Machine(seed)
    for _ in range(count):
        machine.step()
    return machine.outcome
