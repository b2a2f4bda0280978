"""What the leader does each second: merges the fleet, rolls up, and adds what it knows of the shop.

inbox --RollUp--> samples          database --activity--> the shop's gauges
what happened --Chronicle--> the timeline
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection
from sqlmodel import Session

from cloudscale.ops.chronicle import Chronicle
from cloudscale.ops.ports import Reading, ScalingActivity
from cloudscale.ops.processes import Present
from cloudscale.ops.scaling.duty import Duty
from cloudscale.ops.telemetry import store
from cloudscale.ops.telemetry.clock import moment
from cloudscale.ops.telemetry.rollup import RollUp
from cloudscale.ops.telemetry.window import Gauge, Window
from cloudscale.services import activity


class Leader:
    """One turn of leading, from taking over to losing it. For one thread at a time.

    Args:
        connection: The leader's, in a transaction.
        chronicle: Records what happens.
        cloud: Tells what the cloud says of the fleet, by slug.
        activities: Tells what the cloud says that the fleet did last.
        scaling: Makes who scales the fleet, or watches how it is scaled.
    """

    def __init__(
        self,
        connection: Connection,
        chronicle: Chronicle,
        cloud: Callable[[datetime], Reading] = lambda _: {},
        activities: Callable[[], Sequence[ScalingActivity]] = tuple,
        scaling: Callable[[], Duty | None] = lambda: None,
    ) -> None:
        self._chronicle = chronicle
        self._chronicle.begin(connection)
        self._cloud, self._activities = cloud, activities
        self._rollup = RollUp()
        now = store.database_now(connection).timestamp()
        self._rollup.take_over(connection, now)
        self._scaling = scaling()
        if self._scaling:
            self._scaling.begin(connection, now)

    def act(self, connection: Connection, now: float, others: Sequence[Present]) -> None:
        """Do a second's work.

        Args:
            connection: The leader's, in a transaction.
            now: Seconds since 1970.
            others: The processes beside this one.
        """
        self._rollup.merge(connection, self._shop(connection, now, others), now)
        self._rollup.roll(connection, now)
        self._chronicle.write(connection, now, self._activities())
        if self._scaling:
            self._scaling.act(connection, now, self._chronicle.points())

    def _shop(self, connection: Connection, now: float, others: Sequence[Present]) -> Window:
        session, at = Session(connection), moment(now)
        active = activity.count_active(session, at)
        gauges: dict[str, float] = {
            # Those that are there, and not those whose letter was in time: a pause is no exit.
            "instances": 1 + sum(other.is_live for other in others),
            "active_users_1m": active.one_minute,
            "active_users": active.five_minutes,
            "virtual_users": active.virtual,
            "active_users_15m": active.fifteen_minutes,
            **self._cloud(at),
        }
        if self._scaling:
            gauges |= self._scaling.gauges(now, active.five_minutes)
        if (left := self._chronicle.slo.error_budget_percent) is not None:
            gauges["error_budget_percent"] = left
        return Window(gauges={slug: Gauge.of(float(value)) for slug, value in gauges.items()})
