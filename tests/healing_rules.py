"""What healing must never do, told by somebody who keeps books of their own.

Referee --asked before each call--> AssertionError, where a rule is broken
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.observed import Member, Unreadable
from cloudscale.ops.healing.resource import Ref
from tests.healing_fakes import Stage

SIZE, SHARE_PERCENT, PER_HOUR = 20, 10, 6
AT_ONCE = 2  # 10 % of 20
COOLDOWN = timedelta(seconds=300)
REBOOT = timedelta(seconds=180)
HOUR = timedelta(hours=1)
ENDING = {"terminate_instance_in_auto_scaling_group", "set_instance_health", "reboot_instances"}
THIEF = "thief"


@dataclass
class Referee:
    """Watches every call.

    Attributes:
        stage: Where it happens.
        approved: Refs of what somebody approved.
        away: Members that healing took away, and when by the clock.
        most_at_once: The most of them at the same time.
        most_in_an_hour: The most disruptions within an hour of the clock.
    """

    stage: Stage
    approved: set[Ref] = field(default_factory=set)
    away: dict[str, datetime] = field(default_factory=dict)
    disrupted_at: list[datetime] = field(default_factory=list)
    acted_at: dict[Ref, tuple[str, datetime]] = field(default_factory=dict)
    most_at_once: int = 0
    most_in_an_hour: int = 0

    def allows(self, command: Command, member: Member | None) -> None:
        """Every call: switched on, not held, in a mode that lets it, named, readable, locked."""
        source, now = self.stage.source, self.stage.clock.now()
        ref = self._ref(command)
        assert source.is_on, "while switched off"
        assert source.hold is None or not source.hold.is_on(source.pointer, now), "while held"
        mode = source.document.limits.mode
        assert mode is not Mode.PLAN, "while only planning"
        assert mode is Mode.APPLY or ref in self.approved, "without approval"
        lease = self.stage.ledger.lease
        assert lease is not None, "without the lock"
        assert lease.owner != THIEF, "with a lock that is another's"
        if command.operation == "set_field":
            self._repairs(command, ref, lease.owner)
        else:
            assert command.operation in ENDING, command
            assert member is None or not member.is_protected, "what somebody keeps"

    def _ref(self, command: Command) -> Ref:
        told = command.arguments
        if command.operation == "set_field":
            return Ref.of_text(told["Ref"])
        return Ref("member", told.get("InstanceId") or told["InstanceIds"][0])

    def _repairs(self, command: Command, ref: Ref, run: str) -> None:
        wanted = self.stage.source.document.by_ref()
        assert ref in wanted, "what the document does not name"
        name = command.arguments["Name"]
        assert command.arguments["Value"] == wanted[ref].fields[name], "to what nobody wants"
        assert not isinstance(self.stage.world.sights.get(ref), Unreadable), "what nobody knows"
        before = self.acted_at.get(ref)
        if before is not None and before[0] != run:
            assert self.stage.clock.now() - before[1] >= COOLDOWN, "twice within the cooldown"
        self.acted_at[ref] = (run, self.stage.clock.now())

    def counts(self, name: str, members: Collection[Member], *, is_away: bool) -> None:
        """A member that goes away, or (`is_away`) was not in service anyway."""
        now = self.stage.clock.now()
        if not is_away:
            self.away[name] = now
        self.disrupted_at.append(now)
        there = {one.id: one for one in members if one.id != name}
        at_once = sum(
            one == name or one not in there or self._starts(there[one], now) for one in self.away
        )
        lately = sum(now - at < HOUR for at in self.disrupted_at)
        self.most_at_once = max(self.most_at_once, at_once)
        self.most_in_an_hour = max(self.most_in_an_hour, lately)
        assert at_once <= AT_ONCE, f"{at_once} away at once"
        assert lately <= PER_HOUR, f"{lately} within an hour"

    def _starts(self, member: Member, now: datetime) -> bool:
        """Whether a member that was rebooted, and is not well yet, may still be starting."""
        is_well = member.target == "healthy" and member.checks == "ok"
        return not is_well and now - self.away[member.id] < REBOOT

    def died_by_itself(self, member: Member) -> None:
        """Nobody took away who goes of itself, unless it was still starting anew."""
        if member.id in self.away and not self._starts(member, self.stage.clock.now()):
            del self.away[member.id]

    def clock_went_back(self) -> None:
        """What was in the future counts as of now."""
        now = self.stage.clock.now()
        self.away = {name: min(at, now) for name, at in self.away.items()}
        self.disrupted_at = [min(at, now) for at in self.disrupted_at]
        self.acted_at = {ref: (run, min(at, now)) for ref, (run, at) in self.acted_at.items()}

    def record_was_lost(self, members: Collection[Member]) -> None:
        """Only who is not there can be known of any more."""
        there = {one.id for one in members}
        self.away = {name: at for name, at in self.away.items() if name not in there}
        self.disrupted_at.clear()
        self.acted_at.clear()
