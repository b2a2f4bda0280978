"""Incidents on the timeline: why and what came of it, each said once."""

from datetime import UTC, datetime, timedelta

from cloudscale.ops.healing import told
from cloudscale.ops.healing.record import Entry, Phase

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def line(phase: Phase, seconds: float, reason: str) -> Entry:
    at = NOW + timedelta(seconds=seconds)
    return Entry(f"{at}", "run", at, phase, incident="i", title=phase.value, reason=reason)


def test_what_came_of_it_does_not_say_the_cause_again():
    seen = line(Phase.SEEN, 0, "Its threshold was changed.")
    healed = line(Phase.HEALED, 9, "Its threshold was changed. It was read again.")
    event = told._of_incident([seen, healed])
    assert (event.cause, event.effect) == ("Its threshold was changed.", "It was read again.")
    assert told._of_incident([seen]).effect == ""
