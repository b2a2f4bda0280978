"""Who answers how much: the traffic of the last minute by zone and by instance. Pure.

instances in service, points --parts_of_zones, parts_of_instances--> Parts, 100 % in all
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cloudscale.ops.telemetry.point import InstancePoint, Point
from cloudscale.ops.telemetry.recent import MINUTE

SHOWN_INSTANCES = 6


@dataclass(frozen=True)
class Part:
    """An instance or a zone, and its part of the traffic.

    Attributes:
        name: What it is called.
        percent: Its part of the last minute's requests, 0 to 100.
        text: The same in words.
        state: Of a zone, how many instances are in service.
        tone: `good`, or `bad` where none is.
    """

    name: str
    percent: int
    text: str
    state: str = ""
    tone: str = "good"


def parts_of_zones(serving: Mapping[str, InstancePoint], recent: Sequence[Point]) -> list[Part]:
    """The zones, those too that had instances a while ago and have none now.

    Args:
        serving: The instances in service by name.
        recent: Points by the second, in order, not empty.
    """
    seen = {one.zone for point in recent for one in point.instances.values()}
    counts = dict.fromkeys(sorted(seen | {one.zone for one in serving.values()}), 0)
    rates: dict[str, float] = dict.fromkeys(counts, 0.0)
    for one in serving.values():
        counts[one.zone] += 1
    for name, rate in _rates(recent).items():
        if name in serving:
            rates[serving[name].zone] += rate
    return [
        Part(zone, percent, _words(percent, rates[zone]), *_state(counts[zone]))
        for zone, percent in zip(counts, percents(list(rates.values())), strict=True)
    ]


def parts_of_instances(
    serving: Mapping[str, InstancePoint], recent: Sequence[Point], *, is_discreet: bool
) -> list[Part]:
    """The instances in service; of many the first, and the others as one.

    Args:
        serving: The instances in service by name.
        recent: Points by the second, in order, not empty.
        is_discreet: They get numbers for names.
    """
    measured = _rates(recent)
    names = list(serving)
    rates = [measured.get(name, 0.0) for name in names]
    if is_discreet:
        names = [f"Instance {number}" for number in range(1, len(names) + 1)]
    if (others := len(names) - SHOWN_INSTANCES) > 1:
        names = [*names[:SHOWN_INSTANCES], f"{others} others"]
        rates = [*rates[:SHOWN_INSTANCES], sum(rates[SHOWN_INSTANCES:])]
    return [
        Part(name, percent, _words(percent, rate))
        for name, rate, percent in zip(names, rates, percents(rates), strict=True)
    ]


def percents(amounts: Sequence[float]) -> list[int]:
    """The parts of a whole in whole percent that come to 100; all 0 where there is nothing."""
    whole = sum(amounts)
    if whole <= 0:
        return [0] * len(amounts)
    exact = [100 * amount / whole for amount in amounts]
    floors = [int(part) for part in exact]
    by_rest = sorted(range(len(exact)), key=lambda place: floors[place] - exact[place])
    for place in by_rest[: 100 - sum(floors)]:
        floors[place] += 1
    return floors


def _rates(recent: Sequence[Point]) -> dict[str, float]:
    """Requests a second by instance, mean of the last minute's measured seconds."""
    lately = [point for point in recent if point.second > recent[-1].second - MINUTE]
    total: dict[str, float] = defaultdict(float)
    for point in lately:
        for name, one in point.instances.items():
            total[name] += one.requests_per_second / len(lately)
    return total


def _state(count: int) -> tuple[str, str]:
    return (f"{count} in service", "good") if count else ("None in service", "bad")


def _words(percent: int, rate: float) -> str:
    return f"{percent} % of traffic, {rate:,.1f} / s" if rate else "no traffic"
