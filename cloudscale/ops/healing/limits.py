"""How far healing may go. Terraform's variables write it into the desired document. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any


class Mode(StrEnum):
    """What healing may do."""

    PLAN = "plan"  # look, and tell what it would do
    APPROVE = "approve"  # do what somebody has approved
    APPLY = "apply"  # do it


@dataclass(frozen=True, slots=True)
class Limits:
    """The guard rails' numbers.

    Attributes:
        mode: What may be done; plan only unless switched on.
        share_percent: Of the fleet that may be disrupted at once; one member always may.
        per_hour: The most disruptions in an hour.
        repairs_per_hour: The most repairs of drift in an hour.
        look_again_seconds: Two looks so far apart must agree before anything is done.
        cooldown_seconds: After an action, the same resource and cause wait so long; doubled after
            each attempt that did not help.
        longest_cooldown_seconds: No wait is longer.
        quiet_seconds: After so long without an attempt, those before are forgotten.
        breaker_failures: After so many failures in a row nothing more is done, until somebody
            closes the breaker or `breaker_seconds` have passed.
        breaker_seconds: How long the breaker stays open by itself.
        window: When disruptions that can wait may happen, in UTC: `"22:00-04:00"`; empty is always,
            and the same time twice is never.
        sick_seconds: So long a member must be sick before it is touched.
        reboot_seconds: So long a reboot may take to help; then the member is replaced.
        pressure_minutes: So many minutes in a row a member must be far above its peers.
    """

    mode: Mode = Mode.PLAN
    share_percent: float = 10
    per_hour: int = 6
    repairs_per_hour: int = 60
    look_again_seconds: float = 10
    cooldown_seconds: float = 300
    longest_cooldown_seconds: float = 14_400
    quiet_seconds: float = 21_600
    breaker_failures: int = 5
    breaker_seconds: float = 3_600
    window: str = ""
    sick_seconds: float = 30
    reboot_seconds: float = 180
    pressure_minutes: int = 5

    @classmethod
    def of_json(cls, document: Mapping[str, Any]) -> "Limits":
        """Limits as the desired document writes them; what is left out is the default.

        Raises:
            ValueError: A name that there is not, or a value that cannot be.
        """
        kinds = {one.name: one for one in fields(cls)}
        for name in document:
            if name not in kinds:
                raise ValueError(f"limits.{name} is no limit")
        try:
            mode = Mode(document.get("mode", Mode.PLAN))
        except ValueError:
            raise ValueError("limits.mode must be plan, approve or apply") from None
        values = {name: value for name, value in document.items() if name != "mode"}
        for name, value in values.items():
            _check(name, value)
        return cls(mode=mode, **values)


def _check(name: str, value: Any) -> None:
    if name == "window":
        if value and not _is_window(value):
            raise ValueError("limits.window must look like 22:00-04:00, in UTC")
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError(f"limits.{name} must be a number, 0 or more")
    if name == "look_again_seconds" and value < 10:
        raise ValueError("limits.look_again_seconds must be 10 or more")


def _is_window(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    parts = value.split("-")
    return len(parts) == 2 and all(_is_time(part) for part in parts)


def _is_time(text: str) -> bool:
    hour, colon, minute = text.partition(":")
    is_shaped = bool(colon) and len(hour) == len(minute) == 2
    return is_shaped and hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60
