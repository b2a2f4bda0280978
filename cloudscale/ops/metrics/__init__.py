"""METRICS: everything that is measured, declared once.

Tiles, charts, tables and ways out read names, units and colours from here; a sample carries its
values under these slugs. Imports nothing of ours.
"""

from cloudscale.ops.metrics.fleet import FLEET
from cloudscale.ops.metrics.machines import MACHINES
from cloudscale.ops.metrics.metric import Metric
from cloudscale.ops.metrics.shop import SHOP

__all__ = ["METRICS", "Metric"]

METRICS: dict[str, Metric] = {metric.slug: metric for metric in (*SHOP, *MACHINES, *FLEET)}
"""Every metric by its slug, in the order of declaration."""
