"""What is shown, for spreadsheets."""

import csv
import io

from cloudscale.ops.charts import CHARTED
from cloudscale.ops.telemetry.spreadsheet import csv_text
from tests.points import point


def rows(*points) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_text(points))))


def test_each_point_is_a_row_with_every_metric_and_instance():
    (row,) = rows(point(5))
    assert (row["time"], row["step_seconds"]) == ("2026-03-01T12:00:05Z", "1")
    assert row["response_p50_ms"] == "41.2"
    assert (row["i-a zone"], row["i-b cpu_percent"]) == ("east", "11")
    assert set(CHARTED) <= row.keys()


def test_what_was_not_measured_is_empty_and_not_zero():
    first, second = rows(point(0, names="a", active_users=None), point(1, failures_per_second=0.0))
    assert (first["active_users"], first["i-b cpu_percent"]) == ("", "")
    assert second["failures_per_second"] == "0"


def test_without_points_there_is_a_heading():
    assert csv_text([]).startswith("time,step_seconds,active_users,")
