"""What was answered over the spans of the objectives, added up by the database.

samples, rolled up --tallies--> slo.evaluate
"""

from sqlalchemy import Connection

from cloudscale.ops import slo
from cloudscale.ops.slo import SLO_SECONDS, SloView, Tally
from cloudscale.ops.telemetry import store
from cloudscale.ops.telemetry.levels import FLEET, bucket

STEPS = {300: 10, 1_800: 10, 3_600: 10, 21_600: 60, SLO_SECONDS: 7_200}
"""From which step each span is added up: at most 360 rows, and at most a tenth of a span off."""
COUNTED = ("requests", "failures", "slow")


def tallies(connection: Connection, now: float) -> dict[int, Tally]:
    """What was answered, by the seconds up to now.

    Args:
        connection: Open transaction.
        now: Seconds since 1970, by the shop's clock.
    """
    return {
        window: Tally(
            **store.summed(connection, FLEET, step, COUNTED, bucket(now - window, step) + step)
        )
        for window, step in STEPS.items()
    }


def slo_view(connection: Connection, now: float) -> SloView:
    """How the objectives stand."""
    return slo.evaluate(tallies(connection, now))
