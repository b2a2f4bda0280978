"""Healing under whatever may happen, step by random step, and what it must never do.

random_steps(count, seed) --> Outcome: how much happened, and that no rule was broken
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from cloudscale.ops.healing import pressure, recovery
from cloudscale.ops.healing.action import Command, Verb
from cloudscale.ops.healing.desired import Hold
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.observed import Fleet, Member
from cloudscale.ops.healing.ports import Refused
from cloudscale.ops.healing.run import heal
from cloudscale.ops.healing.settling import PATIENCE
from tests.healing_fakes import KINDS, Stage, desired, thing

SIZE, SHARE_PERCENT, PER_HOUR = 20, 10, 6
AT_ONCE = 2  # 10 % of 20
ENDING = {"terminate_instance_in_auto_scaling_group", "set_instance_health", "reboot_instances"}


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
        document = desired(
            *(thing(str(n), colour="red", count=3) for n in range(5)),
            share_percent=SHARE_PERCENT,
            per_hour=PER_HOUR,
        )
        self.stage = Stage(document)
        self.stage.world.on_act = self._done_to_member
        self.away: dict[str, float] = {}
        self.disrupted_at: list[float] = []
        self.next_number = SIZE
        self.members = {f"i-{n}": self._new(f"i-{n}") for n in range(SIZE)}
        self._show()

    def _new(self, name: str) -> Member:
        day_ago = self.stage.clock.now() - timedelta(days=1)
        return Member(
            name, "a", "InService", day_ago, machine="running", checks="ok", target="healthy"
        )

    def _show(self) -> None:
        self.stage.world.fleet = Fleet(
            "fleet", SIZE, 2, 40, list(self.members.values()), target_group="arn:tg"
        )

    def _done_to_member(self, command: Command) -> None:
        """What a call does, and the rules that it must keep."""
        assert command.operation in ENDING, command
        name = command.arguments.get("InstanceId") or command.arguments["InstanceIds"][0]
        now = self.stage.clock.monotonic()
        assert self.stage.source.is_on
        assert self.stage.source.document.limits.mode is Mode.APPLY
        hold = self.stage.source.hold
        assert hold is None or not hold.is_on(self.stage.source.pointer, self.stage.clock.now())
        member = self.members.get(name)
        if member is None:
            raise Refused("It is not there.", is_vanished=True)
        assert not member.is_protected
        self.away[name] = now
        self.disrupted_at.append(now)
        self._check_budget(now)
        self.outcome.disrupted += 1
        if command.operation == "reboot_instances" and self.chance.random() < 0.5:
            self.members[name] = self._new(name)
        elif command.operation != "reboot_instances":
            del self.members[name]
        self._show()

    def _check_budget(self, now: float) -> None:
        at_once = sum(name not in self.members or self._starts(name, now) for name in self.away)
        lately = sum(now - at < 3_600 for at in self.disrupted_at)
        self.outcome.most_at_once = max(self.outcome.most_at_once, at_once)
        self.outcome.most_in_an_hour = max(self.outcome.most_in_an_hour, lately)
        assert at_once <= AT_ONCE, f"{at_once} away at once"
        assert lately <= PER_HOUR, f"{lately} within an hour"

    def _starts(self, name: str, now: float) -> bool:
        """Whether a member that was rebooted, and is not well yet, may still be starting."""
        is_well = self.members[name].target == "healthy" and self.members[name].checks == "ok"
        return not is_well and now - self.away[name] < PATIENCE[Verb.REBOOT].total_seconds()

    # What may happen

    def step(self) -> None:
        """One thing."""
        self.outcome.steps += 1
        happen: Callable[[], None] = self.chance.choices(
            [one for one, _ in self._may], [weight for _, weight in self._may]
        )[0]
        happen()

    @property
    def _may(self) -> Sequence[tuple[Callable[[], None], int]]:
        return (
            (self.run, 30),
            (self.wait, 25),
            (self.drift, 10),
            (self.fall_sick, 8),
            (self.get_well, 4),
            (self.launch, 14),
            (self.protect, 2),
            (self.switch, 2),
            (self.refuse, 3),
            (self.hold, 1),
            (self.lose_the_lock, 1),
        )

    def run(self) -> None:
        self.outcome.runs += 1
        acted = len(self.stage.world.acted)
        heal(
            self.stage.parts,
            "function",
            kinds=KINDS,
            diagnoses=(recovery.actions, pressure.actions),
        )
        self.outcome.repaired += sum(
            one.operation == "set_field" for one in self.stage.world.acted[acted:]
        )
        self.stage.world.refusals.clear()
        self.stage.world.looks.clear()
        # The record is read two days back; what is older is of no use here either.
        self.stage.ledger.lines = self.stage.ledger.lines[-400:]

    def wait(self) -> None:
        self.stage.clock.go_on(self.chance.choice((1, 20, 60, 300, 1_800)))

    def drift(self) -> None:
        ref = self.chance.choice(self.stage.document.resources).ref
        spoiled = {"colour": self.chance.choice(("green", "blue")), "count": 3}
        self.stage.world.things[ref] = spoiled

    def fall_sick(self) -> None:
        name = self._any()
        since = self.stage.clock.now() - timedelta(minutes=5)
        sick: dict[str, Any] = self.chance.choice(
            (
                {"machine": "stopped"},
                {"checks": "impaired", "impaired_since": since},
                {"target": "unhealthy", "target_since": since},
            )
        )
        self.members[name] = replace(self.members[name], **sick)
        self._show()

    def get_well(self) -> None:
        name = self._any()
        kept = self.members[name].is_protected
        self.members[name] = replace(self._new(name), is_protected=kept)
        self._show()

    def launch(self) -> None:
        """The group brings the one that was away longest back, or another in its place."""
        if self.away:
            gone = min(self.away, key=lambda name: self.away[name])
            del self.away[gone]
            if gone in self.members:
                self.members[gone] = self._new(gone)
            else:
                self.members[f"i-{self.next_number}"] = self._new(f"i-{self.next_number}")
                self.next_number += 1
            self._show()

    def protect(self) -> None:
        name = self._any()
        member = self.members[name]
        self.members[name] = replace(member, is_protected=not member.is_protected)
        self._show()

    def switch(self) -> None:
        self.stage.source.is_on = not self.stage.source.is_on

    def refuse(self) -> None:
        self.stage.world.refusals = [Refused("AWS refuses it.")]

    def hold(self) -> None:
        until = self.stage.clock.now() + timedelta(minutes=30)
        self.stage.source.hold = self.chance.choice((None, Hold("next", until)))

    def lose_the_lock(self) -> None:
        self.stage.ledger.take("somebody", self.stage.clock.now(), 30)

    def _any(self) -> str:
        return self.chance.choice(list(self.members))


def random_steps(count: int, seed: int) -> Outcome:
    """So many random steps; an AssertionError says which rule was broken."""
    machine = Machine(seed)
    for _ in range(count):
        machine.step()
    return machine.outcome
