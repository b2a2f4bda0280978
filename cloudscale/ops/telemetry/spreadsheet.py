"""What is charted as a table for spreadsheets. Pure."""

import csv
import io
from collections.abc import Sequence

from cloudscale.ops.charts import CHARTED, INSTANCE_METRICS
from cloudscale.ops.telemetry.point import InstancePoint, Point

OF_INSTANCE = ("zone", *INSTANCE_METRICS)


def csv_text(points: Sequence[Point]) -> str:
    """Points as CSV, oldest first, with a heading.

    Columns: when the step starts (ISO 8601, UTC), its seconds, each metric, and of each instance
    that was seen its zone, CPU, requests and memory. What was not measured is empty.
    """
    names = sorted({name for point in points for name in point.instances})
    file = io.StringIO()
    writer = csv.writer(file)
    of_instances = [f"{name} {slug}" for name in names for slug in OF_INSTANCE]
    writer.writerow(["time", "step_seconds", *CHARTED, *of_instances])
    for point in points:
        cells = [_cell(point.values.get(slug)) for slug in CHARTED]
        for name in names:
            cells += _instance_cells(point.instances.get(name))
        writer.writerow([f"{point.at:%Y-%m-%dT%H:%M:%SZ}", point.step_seconds, *cells])
    return file.getvalue()


def _instance_cells(one: InstancePoint | None) -> list[str]:
    return [_cell(getattr(one, slug)) if one else "" for slug in OF_INSTANCE]


def _cell(value: float | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:.4f}".rstrip("0").rstrip(".")
