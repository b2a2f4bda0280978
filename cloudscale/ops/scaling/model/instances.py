"""One instance of the model: what becomes of it is drawn when it is launched.

Every draw comes from a stream of the instance's own, by its number. So the fifth launch takes as
long under one policy as under another, and what differs between two runs is the policy (common
random numbers).

Source: A. Law, Simulation Modeling and Analysis (5th ed., 2015), section 11.2.
"""

import math
from dataclasses import dataclass
from random import Random

from cloudscale.ops.ports import Lifecycle
from cloudscale.ops.scaling.model.settings import GroupSettings

DAY = 86_400


@dataclass(frozen=True, slots=True)
class ModelInstance:
    """An instance as it is seen from outside.

    Attributes:
        id: Its name.
        zone: Where it is.
        lifecycle: What it is about to do; `OTHER` is of the warm pool.
        since: Since when, in seconds of the group's clock.
        launched_at: When it was asked for.
        is_healthy: Whether it answers, as far as it should.
    """

    id: str
    zone: str
    lifecycle: Lifecycle
    since: float
    launched_at: float
    is_healthy: bool


@dataclass(frozen=True, slots=True)
class Fate:
    """How one instance will fare, in seconds.

    Attributes:
        fails_to_launch: Whether it never comes to run.
        launch: Until it runs.
        boot: From then until it answers.
        warm_start: Until it answers, if it is started from the warm pool.
        check_phase: 0 to 1: when in the interval the first health check comes.
        lives: How long it serves before it dies; infinite without failures.
    """

    fails_to_launch: bool
    launch: float
    boot: float
    warm_start: float
    check_phase: float
    lives: float


def fate(settings: GroupSettings, seed: int, number: int) -> Fate:
    """Draw how the instance with this number fares; the same each time."""
    chance = Random(f"{seed}:{number}")  # noqa: S311  (a model, not a secret)
    luck, phase, age = chance.random(), chance.random(), chance.expovariate(1.0)
    deaths = settings.failures_per_day
    return Fate(
        fails_to_launch=luck < settings.launch_failure_probability,
        launch=settings.launch.draw(chance),
        boot=settings.boot.draw(chance),
        warm_start=settings.warm_start.draw(chance),
        check_phase=phase,
        lives=age * DAY / deaths if deaths else float("inf"),
    )


@dataclass(slots=True, eq=False)
class Machine:
    """An instance as the group keeps it.

    Attributes:
        number: Which launch it was, from 1.
        zone: Where it is.
        launched_at: When it was asked for.
        fate: How it will fare.
        lifecycle: What it is about to do.
        since: Since when.
        attached_at: Since when it belongs to the group; infinite before.
        is_pooled: Whether it is of the warm pool, or on its way there.
        is_dead: Whether it stopped answering.
    """

    number: int
    zone: str
    launched_at: float
    fate: Fate
    lifecycle: Lifecycle = Lifecycle.PENDING
    since: float = 0.0
    attached_at: float = float("inf")
    is_pooled: bool = False
    is_dead: bool = False

    @property
    def id(self) -> str:
        """Its name: told apart from one of AWS at a glance."""
        return f"sim-{self.number:05}"

    @property
    def is_living(self) -> bool:
        """Whether the group counts it towards its size."""
        return not self.is_pooled and self.lifecycle in (Lifecycle.PENDING, Lifecycle.IN_SERVICE)

    def move(self, lifecycle: Lifecycle, now: float) -> None:
        """Change what it is about to do."""
        self.lifecycle, self.since = lifecycle, now

    def seen(self) -> ModelInstance:
        """As it is seen from outside."""
        return ModelInstance(
            id=self.id,
            zone=self.zone,
            lifecycle=Lifecycle.OTHER if self.is_pooled else self.lifecycle,
            since=self.since,
            launched_at=self.launched_at,
            is_healthy=not self.is_dead,
        )


def answers_after(settings: GroupSettings, fate: Fate, boot: float) -> float:
    """How long after it was attached the load balancer finds an instance healthy, in seconds.

    One check that is passed makes a new target healthy; one that has failed too often meanwhile
    must pass `healthy_threshold` in a row.

    Source: AWS, Elastic Load Balancing, "Health checks for Application Load Balancer target
    groups".
    """
    interval = settings.health_interval_seconds
    missed = max(math.ceil(boot / interval - fate.check_phase), 0)
    needed = settings.healthy_threshold if missed >= settings.unhealthy_threshold else 1
    return (fate.check_phase + missed + needed - 1) * interval
