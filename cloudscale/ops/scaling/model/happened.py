"""What happens to a group, one thing at a time."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What happened."""

    WANTED = "wanted"  # another size is wanted
    LAUNCHED = "launched"
    LAUNCH_FAILED = "launch_failed"
    ATTACHED = "attached"  # it runs, and belongs to the group
    IN_SERVICE = "in_service"
    FAILED = "failed"  # it stopped answering, and nobody knows yet
    UNHEALTHY = "unhealthy"
    TERMINATING = "terminating"
    GONE = "gone"
    WARMED = "warmed"  # it lies ready in the warm pool
    OUTAGE = "outage"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened.

    Attributes:
        at: When, in seconds of the group's clock.
        kind: What.
        cause: Why, in a sentence.
        instance: Whose id, where it was one instance.
        zone: Where, if in one place.
    """

    at: float
    kind: Kind
    cause: str
    instance: str = ""
    zone: str = ""
