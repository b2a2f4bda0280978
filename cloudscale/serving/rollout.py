"""`rollout`: bring a fleet to its newest version, and wait until it is there or was taken back.

start --half, and alarms--> --all, and a look at the store--> done
      either may say no: AWS brings the older version back
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from cloudscale.adapters.aws import rollout
from cloudscale.adapters.aws.place import Place
from cloudscale.adapters.aws.rollout import Outcome, Refresh
from cloudscale.ops.ports import CloudFault
from cloudscale.serving.refusal import Refused
from cloudscale.serving.terminal import say
from cloudscale.settings import Settings

T = TypeVar("T")

PAUSE_SECONDS = 15.0
PATIENCE = 4  # faults of AWS in a row that are waited through
FLEET, TAKES_BACK = "-fleet", "-target-failures"
"""How the names of a stack's group end, and of the alarm that takes a version back."""

ENDS = {
    Outcome.DONE: "The new version is on every server.",
    Outcome.TURNED_BACK: "The new version was taken back; the old one serves on. Why it was not "
    "healthy is in the log group of the bootstrap, and in the alarm that fired.",
    Outcome.FAILED: "The fleet was not replaced as a whole: look at the group's activities, and "
    "deploy again.",
}
TOO_LATE = "It can be taken back no more: deploy the version before."

Look = Callable[[], bool]
"""Whether the store is well, as it says."""


def bring(
    settings: Settings,
    group: str,
    look: Look,
    timeout_seconds: float,
    pause_seconds: float = PAUSE_SECONDS,
) -> bool:
    """Replace a group's servers by the newest version, and say each step of it.

    A replacement that is under way is waited for first; where it brings that very version, it is
    this one.

    Args:
        settings: Whose region and endpoint are asked.
        group: The Auto Scaling group.
        look: Is asked once every server is replaced; where it says no, the version is taken back.
        timeout_seconds: How long to wait.
        pause_seconds: Between two questions.

    Returns:
        Whether the new version is on every server, and the store is well.

    Raises:
        Refused: There is no such group, AWS refuses or cannot be asked, or it took too long.
    """
    place = Place(settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    place.auto_scaling_group = group
    rolling = _Rolling(
        place, look, time.monotonic() + timeout_seconds, timeout_seconds, pause_seconds
    )
    return rolling.bring([f"{group.removesuffix(FLEET)}{TAKES_BACK}"])


@dataclass
class _Rolling:
    place: Place
    look: Look
    deadline: float
    timeout_seconds: float
    pause_seconds: float
    is_well: bool | None = None

    def bring(self, alarms: Sequence[str]) -> bool:
        newest = self._asked(rollout.latest)
        if newest and newest.outcome is Outcome.UNDER_WAY:
            say("Servers are being replaced already; that is waited for.")
            wanted = self._standing().wanted
            ended = self._ended(newest.id, is_ours=newest.version == wanted)
            if newest.version == wanted:
                return self._told(ended)
        to = self._standing()
        if to.is_whole:
            say(f"Every server is of version {to.wanted} of the launch template.")
            return self.look()
        say(f"Replacing servers by version {to.wanted} of the launch template.")
        return self._told(self._ended(self._begun(to, alarms), is_ours=True))

    def _begun(self, to: rollout.Standing, alarms: Sequence[str]) -> str:
        try:
            return rollout.start(self.place, to, alarms)
        except CloudFault as fault:
            raise Refused(fault.reason) from None

    def _standing(self) -> rollout.Standing:
        found = self._asked(rollout.standing)
        if found is None:
            where = f"{self.place.auto_scaling_group} in {self.place.region}"
            raise Refused(f"There is no Auto Scaling group {where}.")
        return found

    def _ended(self, refresh_id: str, is_ours: bool) -> Refresh:
        """A refresh, once it has ended; ours is looked at before."""
        asked, said = partial(rollout.latest, refresh_id=refresh_id), ""
        while True:
            refresh = self._asked(asked)
            if refresh and refresh.words != said:
                say(said := refresh.words)
            if refresh and refresh.outcome is not Outcome.UNDER_WAY:
                return refresh
            if is_ours and refresh and refresh.is_whole and self.is_well is None:
                self._look()
            if time.monotonic() > self.deadline:
                raise Refused(
                    f"The fleet is not replaced after {self.timeout_seconds:.0f} s. AWS goes on, "
                    "and takes the version back by itself if it does not get healthy: ask again."
                )
            time.sleep(self.pause_seconds)

    def _look(self) -> None:
        self.is_well = self.look()
        if not self.is_well:
            say("The store is not as it should be: the version is taken back.")
            try:
                rollout.take_back(self.place)
            except CloudFault as fault:
                say(f"{fault.reason} {TOO_LATE}")

    def _told(self, refresh: Refresh) -> bool:
        say(ENDS[refresh.outcome])
        if refresh.outcome is not Outcome.DONE:
            return False
        if self.is_well is None:  # it was whole for less time than lies between two questions
            self.is_well = self.look()
        if not self.is_well:
            say(TOO_LATE)
        return self.is_well

    def _asked(self, question: Callable[[Place], T]) -> T:
        """An answer; a fault or two of AWS, which a long wait meets, are waited through."""
        for left in reversed(range(PATIENCE)):
            try:
                return question(self.place)
            except CloudFault as fault:
                if not left or not fault.is_total:
                    raise Refused(fault.reason) from None
                say(fault.reason)
                time.sleep(self.pause_seconds)
        raise AssertionError("the last try returns or raises")
