"""What the API has to tell of the fleet once it has run for a second; what one process counted."""

import time
from datetime import datetime

from cloudscale.api.live_metrics import LiveMetrics
from cloudscale.models import utc_now
from cloudscale.ops.ports import Reading
from cloudscale.ops.telemetry.feed import Feed
from cloudscale.ops.telemetry.point import Point, point_of
from cloudscale.ops.telemetry.serving import Serving
from cloudscale.ops.telemetry.window import appended


def point_at(at: datetime, **values: float) -> Point:
    """The fleet in a second: one process, one visitor, and what else is given."""
    return Point(at, 1, {"active_users": 1.0, "instances": 1.0} | values)


def measured() -> LiveMetrics:
    """With one sample, for `create_api(live=…)`."""
    feed, now = Feed("ap-south-1"), utc_now()
    feed.add(now, point_at(now))
    return LiveMetrics(feed)


def values_of(serving: Serving) -> Reading:
    """What a process has counted so far, as if it all were of one minute."""
    until = int(time.time()) + 2
    minute = appended(serving.take(until).values())
    minute.seconds = 60
    return point_of(utc_now(), 60, minute, minute).values
