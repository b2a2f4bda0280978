"""What the API has to tell of the fleet once it has run for a second."""

from cloudscale.api.live_metrics import LiveMetrics
from cloudscale.models import utc_now
from cloudscale.ops.telemetry.feed import Feed
from cloudscale.ops.telemetry.sample import Sample


def measured() -> LiveMetrics:
    """With one sample, for `create_api(live=…)`."""
    feed = Feed("ap-south-1")
    feed.add(Sample(utc_now(), {"active_users": 1.0, "instances": 1.0}, {}))
    return LiveMetrics(feed)
