"""Which stack the settings name. The function on AWS has no settings: its environment tells it."""

from cloudscale.adapters.aws.healing.assembly import Whereabouts
from cloudscale.settings import Settings


def whereabouts(settings: Settings) -> Whereabouts | None:
    """What the settings name; `None` where they name no stack, or not its record."""
    if not (settings.healing_stack and settings.healing_table):
        return None
    return Whereabouts(
        stack=settings.healing_stack,
        table=settings.healing_table,
        topic=settings.healing_topic_arn or "",
        region=settings.aws_region,
        endpoint_url=settings.aws_endpoint_url,
    )
