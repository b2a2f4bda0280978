"""The Auto Scaling group, by itself: how many instances there should be, and where.

set_desired --> launch / terminate --> events in time --> advance --> what happened, with its cause

Nothing is checked against bounds here: whoever sets the size knows the policy. An instance is in
service while the load balancer sends it requests; AWS already says so when it is attached.

Source: AWS, Amazon EC2 Auto Scaling User Guide: "Availability Zone distribution", "Rebalancing
activities", "Configure termination policies", "Warm pools". How long AWS pauses after launches
that failed is not documented: here it doubles.
"""

from collections.abc import Sequence

from cloudscale.ops.ports import Lifecycle
from cloudscale.ops.scaling.model import zones
from cloudscale.ops.scaling.model.happened import Happened, Kind
from cloudscale.ops.scaling.model.instances import Machine, ModelInstance
from cloudscale.ops.scaling.model.roster import Roster
from cloudscale.ops.scaling.model.settings import GroupSettings
from cloudscale.ops.scaling.observed import Capacity


class Group(Roster):
    """An Auto Scaling group on a clock of its own. Calls must not go back in time.

    Args:
        settings: What it is like.
        seed: The same seed gives the same group.
        now: The clock, in seconds.
    """

    def __init__(self, settings: GroupSettings, seed: int, now: float) -> None:
        super().__init__(settings, seed, now)
        self.desired = 0
        self._cause = "So many are wanted."
        self._failed_zones: set[str] = set()
        self._pause = settings.retry_seconds
        self._is_paused = False
        self._balancer: Machine | None = None
        self._looks_at_balance = False

    # What is asked of it

    def settle(self, desired: int, now: float) -> None:
        """Have so many instances in service at once, as in a fleet that was there before."""
        self.desired = desired
        for _ in range(desired):
            self._ready_made(now, is_pooled=False)
        for _ in range(self.settings.warm_pool_size):
            self._ready_made(now, is_pooled=True)

    def set_desired(self, desired: int, now: float, cause: str) -> None:
        """Want another size, from now on.

        Args:
            desired: How many instances, 0 or more.
            now: The clock, in seconds.
            cause: Why, in a sentence.
        """
        self._agenda.run(now)
        if desired == self.desired:
            return
        self.desired, self._cause = desired, cause
        self._happened.append(Happened(now, Kind.WANTED, cause))
        self._reconcile(now, cause)

    def advance(self, now: float) -> Sequence[Happened]:
        """What happened up to now and was not told yet, in order."""
        self._agenda.run(now)
        told, self._happened = self._happened, []
        return told

    def next_event_at(self) -> float | None:
        """When something happens next if nothing else is wanted; `None` when nothing will."""
        return self._agenda.next_at

    def capacity(self, now: float, warm_up_seconds: float) -> Capacity:
        """How many instances there are. What lies in the warm pool is none of them.

        Args:
            now: The clock, in seconds.
            warm_up_seconds: So long after it was attached an instance is warming.
        """
        self._agenda.run(now)
        living = self._living()
        in_service = sum(one.lifecycle is Lifecycle.IN_SERVICE for one in living)
        return Capacity(
            desired=self.desired,
            in_service=in_service,
            pending=len(living) - in_service,
            terminating=len(self._machines) - len(living) - len(self._pool()),
            warming=sum(one.attached_at + warm_up_seconds > now for one in living),
        )

    def instances(self, now: float) -> Sequence[ModelInstance]:
        """Every instance that is there, oldest first, with those of the warm pool."""
        self._agenda.run(now)
        return [one.seen() for one in self._machines.values()]

    def counts(self) -> tuple[int, int, int]:
        """As of the last call: how many answer, how many are dead, how many are paid for.

        AWS charges from when an instance runs until it is gone. What lies stopped in the warm pool
        costs its disk only, which is left out.
        """
        there = [one for one in self._machines.values() if one.attached_at < float("inf")]
        serving = [one for one in there if one.lifecycle is Lifecycle.IN_SERVICE]
        dead = sum(one.is_dead for one in serving)
        return len(serving) - dead, dead, sum(not one.is_pooled for one in there)

    # Size

    def _reconcile(self, now: float, cause: str) -> None:
        """Launch what is missing, terminate what is too much, and keep the warm pool full."""
        living = self._living()
        wanted = self.desired + (self._balancer is not None)
        for _ in range(len(living), wanted):
            self._launch(now, cause)
        for _ in range(wanted, len(living)):
            leaving = zones.next_to_leave(self._living(), self.settings.zones, now)
            self._terminate(now, leaving, cause)
            self._drop_balancer(leaving)
        for _ in range(len(self._pool()), self.settings.warm_pool_size):
            self._pool_one_more(now)
        self._watch_balance(now)

    def _launch(self, now: float, cause: str) -> None:
        where = zones.emptiest(self._spread(self._living()), self._failed_zones)
        if self._is_paused or not where:
            return
        ready = [one for one in self._pool() if one.lifecycle is Lifecycle.OTHER]
        for machine in ready:
            if machine.zone in where:
                self._start(now, machine, cause)
                return
        self._order(where[0], now, cause)

    def _pool_one_more(self, now: float) -> None:
        where = zones.emptiest(self._spread(self._pool()), self._failed_zones)
        if where and not self._is_paused:
            self._order(where[0], now, "The warm pool has room.", is_pooled=True)

    # What became of instances

    def _on_attached(self, now: float, machine: Machine) -> None:
        self._failed_zones.clear()
        self._pause = self.settings.retry_seconds

    def _on_missed(self, now: float, machine: Machine) -> None:
        """Try another zone at once, and when none is left pause longer each time."""
        self._failed_zones.add(machine.zone)
        if len(self._failed_zones) == len(self.settings.zones) and not self._is_paused:
            self._is_paused = True
            self._agenda.plan(now + self._pause, self._retry)
            self._pause = min(self._pause * 2, self.settings.longest_retry_seconds)
        self._drop_balancer(machine)
        self._reconcile(now, f"The launch of {machine.id} in {machine.zone} failed.")

    def _retry(self, now: float) -> None:
        self._is_paused = False
        self._failed_zones.clear()
        self._reconcile(now, f"Launches failed before. {self._cause}")

    def _on_served(self, now: float, machine: Machine) -> None:
        if machine is self._balancer:
            self._balancer = None
            self._reconcile(now, f"{machine.id} took its place, to balance the zones.")

    def _on_lost(self, now: float, machine: Machine) -> None:
        self._drop_balancer(machine)
        self._reconcile(now, f"It replaces {machine.id}, which was unhealthy.")

    # Balance of zones

    def _drop_balancer(self, machine: Machine) -> None:
        if machine is self._balancer:
            self._balancer = None

    def _watch_balance(self, now: float) -> None:
        is_uneven = zones.imbalance(self._spread(self._living())) > 1
        if is_uneven and not self._looks_at_balance and self._balancer is None:
            self._looks_at_balance = True
            self._agenda.plan(now + self.settings.rebalance_seconds, self._rebalance)

    def _rebalance(self, now: float) -> None:
        """Launch one where there are fewest; one leaves where there are most once it serves.

        The group is one above its size meanwhile, as on AWS (10 %, at least one).
        """
        self._looks_at_balance = False
        counts = self._spread(self._living())
        if zones.imbalance(counts) > 1 and not self._is_paused:
            emptiest = min(counts, key=lambda zone: counts[zone])
            cause = f"{emptiest} had {counts[emptiest]} of {sum(counts.values())} instances."
            self._balancer = self._order(emptiest, now, cause)
        self._watch_balance(now)
