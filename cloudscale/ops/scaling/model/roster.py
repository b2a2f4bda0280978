"""The instances of the model and their lives, from launch to gone.

order --> attach --> boot --> serve --> die --> notice --> end
   |--> miss           |--> overdue ---------------^
pool: order --> attach --> warm … start --> boot

How many there should be is nothing of this module's: the group is told by `_on_…` what changed.

Source: AWS, Amazon EC2 Auto Scaling User Guide: "Instance lifecycle", "Health checks".
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from cloudscale.ops.ports import Lifecycle
from cloudscale.ops.scaling.model import zones
from cloudscale.ops.scaling.model.agenda import Agenda
from cloudscale.ops.scaling.model.happened import Happened, Kind
from cloudscale.ops.scaling.model.instances import Machine, answers_after, fate
from cloudscale.ops.scaling.model.settings import GroupSettings

LONG_AGO = 86_400.0
"""How old instances are in a fleet that was there before, in seconds."""


class Roster(ABC):
    """Every instance that is not gone yet."""

    def __init__(self, settings: GroupSettings, seed: int, now: float) -> None:
        self.settings = settings
        self.launched = 0
        self.gone = 0
        self._seed = seed
        self._agenda = Agenda()
        self._machines: dict[int, Machine] = {}
        self._happened: list[Happened] = []
        self._dark_zones: set[str] = set()
        for outage in settings.outages:
            begins = now + outage.after_seconds
            self._agenda.plan(begins, self._lose_zone, outage.zone)
            self._agenda.plan(begins + outage.seconds, self._regain_zone, outage.zone)

    # What the group makes of it

    @abstractmethod
    def _on_attached(self, now: float, machine: Machine) -> None:
        """A launch went well."""

    @abstractmethod
    def _on_missed(self, now: float, machine: Machine) -> None:
        """A launch failed."""

    @abstractmethod
    def _on_served(self, now: float, machine: Machine) -> None:
        """An instance takes requests."""

    @abstractmethod
    def _on_lost(self, now: float, machine: Machine) -> None:
        """An instance ended that should be replaced."""

    # Who is there

    def _living(self) -> list[Machine]:
        return [one for one in self._machines.values() if one.is_living]

    def _pool(self) -> list[Machine]:
        return [one for one in self._machines.values() if one.is_pooled]

    def _spread(self, machines: Iterable[Machine]) -> dict[str, int]:
        return zones.spread(machines, self.settings.zones)

    def _tell(self, now: float, kind: Kind, cause: str, machine: Machine) -> None:
        self._happened.append(Happened(now, kind, cause, machine.id, machine.zone))

    # Coming

    def _made(self, zone: str, now: float, is_pooled: bool) -> Machine:
        self.launched += 1
        drawn = fate(self.settings, self._seed, self.launched)
        machine = Machine(self.launched, zone, now, drawn, since=now, is_pooled=is_pooled)
        self._machines[machine.number] = machine
        return machine

    def _ready_made(self, now: float, is_pooled: bool) -> None:
        peers = self._pool() if is_pooled else self._living()
        machine = self._made(zones.emptiest(self._spread(peers))[0], now, is_pooled)
        machine.launched_at = machine.attached_at = now - LONG_AGO
        machine.move(Lifecycle.OTHER if is_pooled else Lifecycle.IN_SERVICE, now - LONG_AGO)
        if not is_pooled:
            self._agenda.plan(now + machine.fate.lives, self._die, machine)

    def _order(self, zone: str, now: float, cause: str, is_pooled: bool = False) -> Machine:
        machine = self._made(zone, now, is_pooled)
        self._tell(now, Kind.LAUNCHED, cause, machine)
        if machine.fate.fails_to_launch or zone in self._dark_zones:
            self._agenda.plan(now + self.settings.launch_failure_seconds, self._miss, machine)
        else:
            self._agenda.plan(now + machine.fate.launch, self._attach, machine)
        return machine

    def _miss(self, now: float, machine: Machine) -> None:
        if self._forget(machine):
            self._tell(now, Kind.LAUNCH_FAILED, f"{machine.zone} had no capacity.", machine)
            self._on_missed(now, machine)

    def _attach(self, now: float, machine: Machine) -> None:
        if machine.lifecycle is not Lifecycle.PENDING or machine.is_dead:
            return
        if machine.is_pooled:
            self._agenda.plan(now + machine.fate.boot, self._warm, machine)
        else:
            self._boot(now, machine, machine.fate.boot)
        self._on_attached(now, machine)

    def _warm(self, now: float, machine: Machine) -> None:
        if machine.number in self._machines:
            machine.move(Lifecycle.OTHER, now)
            self._tell(now, Kind.WARMED, "It is stopped, and lies ready in the warm pool.", machine)

    def _start(self, now: float, machine: Machine, cause: str) -> None:
        """Bring one of the warm pool into the group."""
        machine.is_pooled, machine.launched_at = False, now
        machine.move(Lifecycle.PENDING, now)
        self._tell(now, Kind.LAUNCHED, f"{cause} It came from the warm pool.", machine)
        self._boot(now, machine, machine.fate.warm_start)

    def _boot(self, now: float, machine: Machine, seconds: float) -> None:
        machine.attached_at = now
        self._tell(now, Kind.ATTACHED, "It runs, and starts the shop.", machine)
        answers = answers_after(self.settings, machine.fate, seconds)
        patience = self._patience(machine)
        if answers <= patience:
            self._agenda.plan(now + answers, self._serve, machine)
        else:
            self._agenda.plan(now + patience, self._overdue, machine)

    def _patience(self, machine: Machine) -> float:
        """How long after it was attached an instance that never answered is replaced."""
        checks = machine.fate.check_phase + self.settings.unhealthy_threshold - 1
        failed_after = checks * self.settings.health_interval_seconds
        return max(self.settings.health_grace_seconds, failed_after)

    def _serve(self, now: float, machine: Machine) -> None:
        if machine.lifecycle is not Lifecycle.PENDING or machine.is_dead:
            return
        machine.move(Lifecycle.IN_SERVICE, now)
        took = now - machine.launched_at
        cause = f"It passed its health check {took:.0f} s after it was launched."
        self._tell(now, Kind.IN_SERVICE, cause, machine)
        self._agenda.plan(now + machine.fate.lives, self._die, machine)
        self._on_served(now, machine)

    # Going

    def _die(self, now: float, machine: Machine, cause: str = "It stopped answering.") -> None:
        if machine.is_dead or not machine.is_living:
            return
        machine.is_dead = True
        self._tell(now, Kind.FAILED, cause, machine)
        after = self.settings.unhealthy_threshold * self.settings.health_interval_seconds
        self._agenda.plan(now + after, self._notice, machine)

    def _notice(self, now: float, machine: Machine) -> None:
        if not machine.is_dead:
            return  # it answers again
        checks = self.settings.unhealthy_threshold
        self._replace(now, machine, f"It failed {checks} health checks in a row.")

    def _overdue(self, now: float, machine: Machine) -> None:
        if machine.lifecycle is Lifecycle.PENDING:
            waited = now - machine.attached_at
            self._replace(now, machine, f"It did not answer within {waited:.0f} s of grace.")

    def _replace(self, now: float, machine: Machine, cause: str) -> None:
        if self._forget(machine):
            self._tell(now, Kind.UNHEALTHY, cause, machine)
            self._tell(now, Kind.GONE, cause, machine)
            self._on_lost(now, machine)

    def _terminate(self, now: float, machine: Machine, cause: str) -> None:
        """Take one out that was well: it finishes what it does, if it did anything."""
        served = machine.lifecycle is Lifecycle.IN_SERVICE and not machine.is_dead
        machine.move(Lifecycle.TERMINATING, now)
        self._tell(now, Kind.TERMINATING, cause, machine)
        self._agenda.plan(now + self.settings.draining_seconds * served, self._leave, machine)

    def _leave(self, now: float, machine: Machine) -> None:
        if self._forget(machine):
            self._tell(now, Kind.GONE, "It had finished what it did.", machine)

    def _forget(self, machine: Machine) -> bool:
        if self._machines.pop(machine.number, None) is None:
            return False
        self.gone += 1
        return True

    # What is done to one from outside

    def fail(self, now: float, id_: str, cause: str) -> bool:
        """Have one stop answering; whether it was there and well."""
        self._agenda.run(now)
        machine = self._named(id_)
        if machine is None or machine.is_dead or not machine.is_living:
            return False
        self._die(now, machine, cause)
        return True

    def replace(self, now: float, id_: str, cause: str) -> bool:
        """End one and have another in its place; whether it was there."""
        self._agenda.run(now)
        machine = self._named(id_)
        if machine is None or not machine.is_living:
            return False
        self._replace(now, machine, cause)
        return True

    def revive(self, now: float, id_: str) -> bool:
        """Have one that stopped answering answer again; whether it was there."""
        self._agenda.run(now)
        machine = self._named(id_)
        if machine is None or not machine.is_living:
            return False
        machine.is_dead = False
        return True

    def lose_zone(self, now: float, zone: str) -> bool:
        """Have a zone go dark, with all that is in it; whether it was not dark before."""
        self._agenda.run(now)
        if zone in self._dark_zones:
            return False
        self._lose_zone(now, zone)
        return True

    def regain_zone(self, now: float, zone: str) -> bool:
        """Have a zone come back; whether it was dark."""
        self._agenda.run(now)
        if zone not in self._dark_zones:
            return False
        self._regain_zone(now, zone)
        return True

    def _named(self, id_: str) -> Machine | None:
        return next((one for one in self._machines.values() if one.id == id_), None)

    # Zones

    def _lose_zone(self, now: float, zone: str) -> None:
        self._dark_zones.add(zone)
        self._happened.append(Happened(now, Kind.OUTAGE, f"{zone} is gone.", zone=zone))
        for machine in [one for one in self._machines.values() if one.zone == zone]:
            if machine.is_pooled:
                self._miss(now, machine)
            else:
                self._die(now, machine, f"{zone} is gone.")

    def _regain_zone(self, now: float, zone: str) -> None:
        self._dark_zones.discard(zone)
        self._happened.append(Happened(now, Kind.RECOVERED, f"{zone} is back.", zone=zone))
