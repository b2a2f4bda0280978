"""Where an instance is launched, and which one leaves. Pure.

Balance comes first, as on AWS: launch where there are fewest, terminate where there are most.

Source: AWS, Amazon EC2 Auto Scaling User Guide, "Auto Scaling group Availability Zone
distribution" (balanced best effort) and "Configure termination policies" (default policy).
"""

from collections.abc import Collection, Iterable, Sequence

from cloudscale.ops.scaling.model.instances import Machine

BILLING_HOUR = 3_600


def spread(machines: Iterable[Machine], zones: Sequence[str]) -> dict[str, int]:
    """How many instances each zone has, in the order of the zones."""
    counts = dict.fromkeys(zones, 0)
    for machine in machines:
        counts[machine.zone] += 1
    return counts


def imbalance(counts: dict[str, int]) -> int:
    """By how many instances the fullest zone has more than the emptiest."""
    return max(counts.values()) - min(counts.values())


def emptiest(counts: dict[str, int], failed: Collection[str] = ()) -> list[str]:
    """The zones that have fewest, without those where launches just failed; may be empty."""
    open_zones = {zone: count for zone, count in counts.items() if zone not in failed}
    fewest = min(open_zones.values(), default=0)
    return [zone for zone, count in open_zones.items() if count == fewest]


def next_to_leave(machines: Sequence[Machine], zones: Sequence[str], now: float) -> Machine:
    """The instance that the default termination policy chooses, of at least one.

    In the zones with most instances (all have the newest launch template), the one that is closest
    to its next billing hour. AWS draws lots where several are as close; here it is the oldest.
    """
    counts = spread(machines, zones)
    most = max(counts.values())
    candidates = [machine for machine in machines if counts[machine.zone] == most]
    return max(candidates, key=lambda one: ((now - one.launched_at) % BILLING_HOUR, -one.number))
