"""What is new of a topic: a product as its card shows it now; of a member, only that it changed."""

from cloudscale.db import in_reading
from cloudscale.live.feed import News
from cloudscale.services import catalogue, changes


async def news_of(topics: set[str]) -> News:
    """By topic, the product's `ProductCard`, None where it is no longer sold; None for others."""
    ids = {topic: product_id for topic in topics if (product_id := changes.product_id(topic))}
    cards = await in_reading(catalogue.on_sale, list(ids.values())) if ids else {}
    return {topic: cards.get(ids[topic]) if topic in ids else None for topic in topics}
