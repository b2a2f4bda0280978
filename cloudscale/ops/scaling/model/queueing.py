"""How long requests take at a load: Erlang C, and response times of M/M/c and M/G/c. Pure.

Poisson arrivals, `servers` that work side by side, one queue, first come first served. With
a = arrivals * service time (the offered load, in erlangs) and u = a / servers below 1:

    wait > 0        C(c, a), Erlang's second formula
    wait > t        C * exp(-t / w), with w = service / (c * (1 - u)): M/M/c, exact
    response > t    e^-mt + C * (e^-(c-a)mt - e^-mt) / (1 - (c - a)): M/M/c, exact, m = 1 / service
    M/G/c           w * (1 + scv) / 2, scv being that of the service time: Allen and Cunneen; exact
                    in the mean for one server (Pollaczek and Khinchine). That those who wait do so
                    exponentially long is kept, and the service time is taken as log-normal.

Source: L. Kleinrock, Queueing Systems I (1975), section 3.5; D. Gross et al., Fundamentals of
Queueing Theory (4th ed., 2008), sections 2.3 and 2.4; A. Allen, Probability, Statistics, and
Queueing Theory (2nd ed., 1990), section 5.3 (Allen-Cunneen).
"""

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

QUANTILES = 400
"""With so many equally likely service times a general one is told."""
PRECISION_SECONDS = 1e-7


def erlang_b(servers: int, offered: float) -> float:
    """The share of arrivals that find all servers busy, where those are lost.

    Args:
        servers: At least 1.
        offered: In erlangs, 0 or more.
    """
    inverse = 1.0
    for number in range(1, servers + 1):
        if offered <= 0:
            return 0.0
        inverse = 1.0 + inverse * number / offered
    return 1.0 / inverse


def erlang_c(servers: int, offered: float) -> float:
    """The share of arrivals that must wait, 0 to 1; all of them from a load of `servers` on.

    Args:
        servers: At least 1.
        offered: In erlangs, 0 or more.
    """
    if offered >= servers:
        return 1.0
    lost = erlang_b(servers, offered)
    return lost / (1.0 - offered / servers * (1.0 - lost))


@dataclass(frozen=True)
class Queue:
    """Servers with one queue, in the long run of a constant load.

    Attributes:
        servers: How many work side by side.
        service_seconds: Mean service time.
        utilisation: How busy they are, from 0 up to, but not, 1.
        service_scv: Squared coefficient of variation of the service time. At 1 it is exponential.

    Raises:
        ValueError: The utilisation is not below 1: there is no long run.
    """

    servers: int
    service_seconds: float
    utilisation: float
    service_scv: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.utilisation < 1:
            raise ValueError(f"utilisation ({self.utilisation:g}) must be from 0 up to, but not, 1")

    @cached_property
    def waiting_share(self) -> float:
        """The share of requests that wait at all."""
        return erlang_c(self.servers, self.servers * self.utilisation)

    @cached_property
    def wait_seconds(self) -> float:
        """How long those wait, in the mean, who wait."""
        exponential = self.service_seconds / (self.servers * (1 - self.utilisation))
        return exponential * (1 + self.service_scv) / 2

    @property
    def mean_wait_seconds(self) -> float:
        """How long a request waits, in the mean of all."""
        return self.waiting_share * self.wait_seconds

    @property
    def mean_response_seconds(self) -> float:
        """How long a request takes, in the mean of all."""
        return self.mean_wait_seconds + self.service_seconds

    def waits_longer(self, seconds: float) -> float:
        """The share of requests that wait longer than that."""
        if seconds < 0:
            return 1.0
        return self.waiting_share * math.exp(-seconds / self.wait_seconds)

    def takes_longer(self, seconds: float) -> float:
        """The share of requests whose response takes longer than that."""
        if seconds <= 0:
            return 1.0
        if self.service_scv == 1:
            return self._exponential_tail(seconds)
        tails = (self.waits_longer(seconds - service) for service in self._services)
        return sum(tails) / QUANTILES

    def _exponential_tail(self, seconds: float) -> float:
        rate = 1 / self.service_seconds
        free = self.servers * (1 - self.utilisation)
        alone = math.exp(-rate * seconds)
        if abs(free - 1) < 1e-9:
            return alone * (1 + self.waiting_share * rate * seconds)
        both = (math.exp(-free * rate * seconds) - alone) / (1 - free)
        return alone + self.waiting_share * both

    @cached_property
    def _services(self) -> list[float]:
        """Equally likely service times of a log-normal distribution."""
        variance = math.log(1 + self.service_scv)
        if variance == 0:
            return [self.service_seconds] * QUANTILES
        normal = NormalDist(math.log(self.service_seconds) - variance / 2, math.sqrt(variance))
        return [math.exp(normal.inv_cdf((n + 0.5) / QUANTILES)) for n in range(QUANTILES)]

    def response_seconds(self, percentile: float) -> float:
        """What so many percent of the responses do not exceed.

        Args:
            percentile: Above 0 and below 100.
        """
        share = 1 - percentile / 100
        low, high = 0.0, self.mean_response_seconds
        while self.takes_longer(high) > share:
            low, high = high, high * 2
        while high - low > PRECISION_SECONDS:
            middle = (low + high) / 2
            low, high = (middle, high) if self.takes_longer(middle) > share else (low, middle)
        return high
