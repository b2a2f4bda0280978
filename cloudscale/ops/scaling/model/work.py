"""Requests and the instances that answer them: who is answered, who late, who gives up.

below capacity   the long run of the queue (queueing.py) at this utilisation
above it         a fluid: what cannot be answered waits, first come first served, and is worked off
                 later; a request whose wait would outlast its client's patience is dropped

A queue close to its capacity needs minutes to reach its long run; up to `BUSIEST` it is taken to
be there at once, and beyond the fluid takes over.

Source: L. Kleinrock, Queueing Systems II (1976), section 2.7 (fluid approximation); L. Green and
P. Kolesar, "The pointwise stationary approximation for queues with nonstationary arrivals",
Management Science 37 (1991).
"""

from dataclasses import dataclass
from typing import NamedTuple

from cloudscale.ops.scaling.model.queueing import Queue
from cloudscale.ops.scaling.model.settings import Server
from cloudscale.ops.slo import SLOW_SECONDS

BUSIEST = 0.98
"""From this utilisation on, what is beyond capacity is followed as a fluid."""
STEPS = 1_000
"""In so many steps of utilisation response times are remembered."""
MILLISECONDS = 1_000


class Response(NamedTuple):
    """Response times at one utilisation.

    Attributes:
        p50_ms: The median.
        p95_ms: One in twenty takes longer.
        late: The share that takes longer than `SLOW_SECONDS`.
    """

    p50_ms: float
    p95_ms: float
    late: float


class Responses:
    """Response times by utilisation, each computed once."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._known: dict[int, dict[int, Response]] = {}
        self._late_after: dict[tuple[int, int], float] = {}

    def queue(self, servers: int, utilisation: float) -> Queue:
        """The queue at a utilisation, at most at `BUSIEST`."""
        server = self._server
        busy = min(utilisation, BUSIEST)
        return Queue(servers, server.service_ms / MILLISECONDS, busy, server.service_scv)

    def at(self, servers: int, utilisation: float) -> Response:
        """Response times at a utilisation, rounded to a thousandth."""
        step = int(utilisation * STEPS + 0.5)
        known = self._known.get(servers)
        if known is None:
            known = self._known[servers] = {}
        found = known.get(step)
        if found is None:
            found = known[step] = self._computed(servers, step / STEPS)
        return found

    def _computed(self, servers: int, utilisation: float) -> Response:
        queue = self.queue(servers, utilisation)
        elsewhere = self._server.elsewhere_ms
        return Response(
            p50_ms=queue.response_seconds(50) * MILLISECONDS + elsewhere,
            p95_ms=queue.response_seconds(95) * MILLISECONDS + elsewhere,
            late=queue.takes_longer(SLOW_SECONDS - elsewhere / MILLISECONDS),
        )

    def late_after(self, servers: int, waited: float) -> float:
        """The share that is late of those that have waited so many seconds for an earlier rush."""
        left = int((SLOW_SECONDS - waited) * MILLISECONDS - self._server.elsewhere_ms)
        if left <= 0:
            return 1.0
        if (servers, left) not in self._late_after:
            queue = self.queue(servers, BUSIEST)
            self._late_after[servers, left] = queue.takes_longer(left / MILLISECONDS)
        return self._late_after[servers, left]


@dataclass(slots=True)
class Tally:
    """What became of requests. They are counted as a flow, so in fractions.

    Attributes:
        seconds: Over how long.
        requests: How many came.
        answered: How many were answered, late ones too.
        late: How many of those took longer than `SLOW_SECONDS`.
        dropped: How many gave up waiting.
        refused: How many reached an instance that was dead, or none.
        paid: Instances that were paid for, times seconds.
        cpu: CPU in percent of the instances that were sent requests, times those and seconds.
        present: Those instances, times seconds.
        needed: Instances that the requests would have kept busy, times seconds.
        p50_ms: The median, times answered requests.
        p95_ms: The 95th percentile, times answered requests.
    """

    seconds: float = 0.0
    requests: float = 0.0
    answered: float = 0.0
    late: float = 0.0
    dropped: float = 0.0
    refused: float = 0.0
    paid: float = 0.0
    cpu: float = 0.0
    present: float = 0.0
    needed: float = 0.0
    p50_ms: float = 0.0
    p95_ms: float = 0.0

    @property
    def cpu_percent(self) -> float | None:
        """The mean of all instances that were sent requests; `None` where there were none."""
        return self.cpu / self.present if self.present else None


class Work:
    """Requests that come to a fleet, step by step.

    Attributes:
        waiting: How many requests wait for a rush to be worked off.
        tally: Of the steps since it was taken last.
    """

    __slots__ = (
        "_cpu_at_work",
        "_per_instance",
        "_responses",
        "_server",
        "_shares",
        "tally",
        "waiting",
    )

    def __init__(self, server: Server, responses: Responses | None = None) -> None:
        self._server = server
        self._responses = responses or Responses(server)
        self._per_instance = server.requests_per_second
        self._shares = server.balancing == "least_outstanding_requests"
        self._cpu_at_work = 100 * server.workers / server.vcpus
        self.waiting = 0.0
        self.tally = Tally()

    def take(self) -> Tally:
        """What became of the requests since it was taken last."""
        taken, self.tally = self.tally, Tally()
        return taken

    def step(
        self, rate: float, seconds: float, answering: int, dead: int = 0, paid: int = 0
    ) -> None:
        """Let requests come for a while.

        Args:
            rate: Requests a second.
            seconds: For how long.
            answering: Instances that answer.
            dead: Instances that are sent requests and do not answer.
            paid: Instances that are paid for.
        """
        tally = self.tally
        arrived = rate * seconds
        tally.seconds += seconds
        tally.requests += arrived
        tally.needed += arrived / self._per_instance
        tally.paid += paid * seconds
        tally.present += (answering + dead) * seconds
        if not answering:
            tally.refused += arrived
            tally.dropped += self.waiting
            self.waiting = 0.0
            return
        if dead:
            lost = arrived * dead / (answering + dead)
            tally.refused += lost
            arrived -= lost
        capacity = answering * self._per_instance * seconds
        if self.waiting or arrived > BUSIEST * capacity:
            self._rush(arrived, capacity, seconds, answering)
            return
        utilisation = arrived / capacity
        servers = self._server.workers * answering if self._shares else self._server.workers
        p50_ms, p95_ms, late = self._responses.at(servers, utilisation)
        tally.answered += arrived
        tally.cpu += self._cpu(utilisation) * answering * seconds
        tally.late += arrived * late
        tally.p50_ms += arrived * p50_ms
        tally.p95_ms += arrived * p95_ms

    def _cpu(self, utilisation: float) -> float:
        return min(self._server.idle_cpu_percent + utilisation * self._cpu_at_work, 100.0)

    def _rush(self, arrived: float, capacity: float, seconds: float, answering: int) -> None:
        """More than can be answered at once, or what is left of it."""
        tally, before = self.tally, self.waiting
        answered = min(before + arrived, capacity)
        left = before + arrived - answered
        patience = self._server.timeout_seconds * capacity / seconds
        self.waiting = min(left, patience)
        tally.dropped += left - self.waiting
        tally.answered += answered
        tally.cpu += self._cpu(answered / capacity) * answering * seconds
        waited = (before + self.waiting) / 2 / capacity * seconds
        servers = self._server.workers * answering if self._shares else self._server.workers
        busiest = self._responses.at(servers, BUSIEST)
        tally.late += answered * self._responses.late_after(servers, waited)
        tally.p50_ms += answered * (busiest.p50_ms + waited * MILLISECONDS)
        tally.p95_ms += answered * (busiest.p95_ms + waited * MILLISECONDS)
