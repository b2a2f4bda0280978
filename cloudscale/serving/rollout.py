"""`rollout`: wait until a new version is on the whole fleet, or was taken back."""

import time

from cloudscale.adapters.aws import rollout
from cloudscale.adapters.aws.place import Place
from cloudscale.adapters.aws.rollout import Outcome, Refresh
from cloudscale.ops.ports import CloudFault
from cloudscale.serving.refusal import Refused
from cloudscale.serving.terminal import say
from cloudscale.settings import Settings

PAUSE_SECONDS = 15.0
PATIENCE = 4  # faults of AWS in a row that are waited through

ENDS = {
    Outcome.DONE: "The new version is on every server.",
    Outcome.TURNED_BACK: "The new version was taken back; the old one serves on. Why it was not "
    "healthy is in the log group of the bootstrap, and in the alarm that fired.",
    Outcome.FAILED: "The fleet was not replaced as a whole: look at the group's activities, and "
    "deploy again.",
}


def wait(
    settings: Settings, group: str, timeout_seconds: float, pause_seconds: float = PAUSE_SECONDS
) -> bool:
    """Wait for the newest refresh of a group to end, and say each step of it.

    Args:
        settings: Whose region and endpoint are asked.
        group: The Auto Scaling group.
        timeout_seconds: How long to wait.
        pause_seconds: Between two questions.

    Returns:
        Whether the new version is on every server.

    Raises:
        Refused: AWS cannot be asked, or it took too long.
    """
    place = Place(settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    place.auto_scaling_group = group
    deadline = time.monotonic() + timeout_seconds
    said = ""
    while True:
        refresh = _asked(place, pause_seconds)
        if refresh is None:
            say(f"{group} was never refreshed: its servers are those that it began with.")
            return True
        if refresh.words != said:
            say(said := refresh.words)
        if refresh.outcome is not Outcome.UNDER_WAY:
            say(ENDS[refresh.outcome])
            return refresh.outcome is Outcome.DONE
        if time.monotonic() > deadline:
            raise Refused(
                f"The fleet is not replaced after {timeout_seconds:.0f} s. AWS goes on, and takes "
                "the version back by itself if it does not get healthy: ask again."
            )
        time.sleep(pause_seconds)


def _asked(place: Place, pause_seconds: float) -> Refresh | None:
    """The newest refresh; a fault or two of AWS, which a long wait meets, are waited through."""
    for left in reversed(range(PATIENCE)):
        try:
            return rollout.latest(place)
        except CloudFault as fault:
            if not left or not fault.is_total:
                raise Refused(fault.reason) from None
            say(fault.reason)
            time.sleep(pause_seconds)
    raise AssertionError("the last try returns or raises")
