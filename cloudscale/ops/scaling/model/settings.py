"""What the modelled fleet is like: its times, its zones, what fails, and what an instance can do.

Times are those of an EC2 instance that boots our image: pending to running takes about 20 s, with
little difference between instance types. The rest is our own boot, such that 120 s pass between a
launch and the first request in the median.

Source: M. Sweet, "EC2 Launch Times" (martysweet.co.uk, 2023).
"""

import math
from random import Random
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cloudscale.ops.policy.rules import Part
from cloudscale.ops.policy.scaling import ScalingPolicy

Z_95 = 1.6448536269514722
"""The 95th percentile of the standard normal distribution."""

ZoneName = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-z]$")]


class Spread(Part):
    """A length of time that differs from one instance to the next: log-normal.

    Attributes:
        median_seconds: Half of them take less.
        p95_seconds: One in twenty takes more. Equal to the median: all take the same.
    """

    median_seconds: float = Field(gt=0, le=3_600)
    p95_seconds: float = Field(gt=0, le=7_200)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.p95_seconds < self.median_seconds:
            raise ValueError(
                f"p95_seconds ({self.p95_seconds:g}) must not be below median_seconds "
                f"({self.median_seconds:g})"
            )
        return self

    def draw(self, chance: Random) -> float:
        """One length, in seconds. It takes exactly one draw, whatever the spread."""
        sigma = math.log(self.p95_seconds / self.median_seconds) / Z_95
        return self.median_seconds * math.exp(sigma * chance.normalvariate())


class ZoneOutage(Part):
    """A stretch in which a zone is gone: what runs there fails, and nothing can be launched.

    Attributes:
        zone: Which.
        after_seconds: When it begins, after the model's own beginning.
        seconds: How long it lasts.
    """

    zone: ZoneName
    after_seconds: float = Field(ge=0)
    seconds: float = Field(gt=0)


class Server(Part):
    """What one instance can do.

    Attributes:
        vcpus: Its processors; CPU percent is a share of all of them.
        workers: How many requests it works on at once (the c of M/M/c).
        service_ms: CPU time of a request, mean, in milliseconds.
        service_scv: Squared coefficient of variation of that time; 1 is exponential.
        elsewhere_ms: What a response takes besides, without keeping a worker: database, network.
        balancing: How the load balancer shares requests out. In turns, each instance has a queue
            of its own; to whoever has fewest, they nearly share one.
        idle_cpu_percent: What it uses of its processors without any request.
        timeout_seconds: How long a client waits for its turn before it gives up.
        price_per_hour: In US dollars; by default a t3.small in ap-south-1, on demand.
    """

    vcpus: int = Field(default=2, ge=1, le=192)
    workers: int = Field(default=2, ge=1, le=1_024)
    service_ms: float = Field(default=10.0, gt=0, le=60_000)
    service_scv: float = Field(default=1.0, ge=0, le=100)
    elsewhere_ms: float = Field(default=0.0, ge=0, le=10_000)
    balancing: Literal["round_robin", "least_outstanding_requests"] = "round_robin"
    idle_cpu_percent: float = Field(default=2.0, ge=0, lt=100)
    timeout_seconds: float = Field(default=10.0, gt=0, le=600)
    price_per_hour: float = Field(default=0.0224, ge=0)

    @property
    def requests_per_second(self) -> float:
        """The most that it can answer."""
        return self.workers * 1000 / self.service_ms


class GroupSettings(Part):
    """The group and its instances.

    Attributes:
        zones: Where instances may be.
        launch: From asking for an instance until it runs and is attached to the group.
        boot: From then until it answers its health check.
        warm_start: The same for one of the warm pool, from the moment that it is asked for.
        health_interval_seconds: Between two health checks of the load balancer.
        healthy_threshold: So many in a row bring a target back that had failed.
        unhealthy_threshold: So many failures in a row take a target out.
        health_grace_seconds: So long after it is attached an instance is not replaced.
        draining_seconds: How long one that leaves may finish what it does.
        launch_failure_probability: The share of launches that fail, in every zone alike.
        launch_failure_seconds: How long it takes until that is known.
        retry_seconds: The pause after every zone has failed; it doubles each time …
        longest_retry_seconds: … up to here.
        rebalance_seconds: How often the balance of zones is looked at.
        warm_pool_size: How many stopped instances are kept ready.
        failures_per_day: How often an instance in service dies.
        outages: When zones are gone.
        server: What an instance can do.
    """

    zones: tuple[ZoneName, ...] = Field(
        default=("ap-south-1a", "ap-south-1b"), min_length=1, max_length=6
    )
    launch: Spread = Spread(median_seconds=20, p95_seconds=35)
    boot: Spread = Spread(median_seconds=84, p95_seconds=114)
    warm_start: Spread = Spread(median_seconds=30, p95_seconds=50)
    health_interval_seconds: float = Field(default=10, ge=5, le=300)
    healthy_threshold: int = Field(default=2, ge=2, le=10)
    unhealthy_threshold: int = Field(default=3, ge=2, le=10)
    health_grace_seconds: int = Field(default=180, ge=0, le=7_200)
    draining_seconds: float = Field(default=60, ge=0, le=3_600)
    launch_failure_probability: float = Field(default=0, ge=0, le=1)
    launch_failure_seconds: float = Field(default=5, gt=0, le=600)
    retry_seconds: float = Field(default=15, gt=0, le=3_600)
    longest_retry_seconds: float = Field(default=300, gt=0, le=86_400)
    rebalance_seconds: float = Field(default=60, gt=0, le=3_600)
    warm_pool_size: int = Field(default=0, ge=0, le=100)
    failures_per_day: float = Field(default=0, ge=0, le=1_000)
    outages: tuple[ZoneOutage, ...] = Field(default=(), max_length=100)
    server: Server = Server()

    @model_validator(mode="after")
    def _zones_are_known(self) -> Self:
        if len(set(self.zones)) < len(self.zones):
            raise ValueError(f"zones ({', '.join(self.zones)}) must differ")
        for outage in self.outages:
            if outage.zone not in self.zones:
                raise ValueError(f"outages: {outage.zone} is none of {', '.join(self.zones)}")
        return self

    def under(self, policy: ScalingPolicy) -> "GroupSettings":
        """The same with the grace that a policy gives, so that it is declared once."""
        return self.model_copy(update={"health_grace_seconds": policy.health_grace_seconds})
