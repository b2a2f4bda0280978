"""What is declared once fits together."""

import pytest

from cloudscale import theme
from cloudscale.ops.charts import CHARTED, CHARTS, TILES
from cloudscale.ops.metrics import METRICS
from cloudscale.ops.policy import THRESHOLDS


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.slug)
def test_a_metric_has_a_colour_of_the_theme_and_says_what_it_is(metric):
    assert theme.colour(metric.colour, "light") != theme.colour(metric.colour, "dark")
    assert metric.brief
    assert metric.meaning.endswith(".")


def test_tiles_and_charts_show_declared_metrics():
    assert set(CHARTED) <= METRICS.keys()
    assert set(TILES) <= set(CHARTED)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.slug)
def test_a_chart_draws_one_unit_in_different_colours(chart):
    metrics = [METRICS[slug] for slug in chart.metrics]
    assert len({metric.unit for metric in metrics}) <= 1
    assert len({metric.colour for metric in metrics}) == len(metrics)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.slug)
def test_lines_of_a_chart_differ_by_more_than_their_colour(chart):
    dashes = [series.dash for series in chart.series if not series.is_words]
    assert len(set(dashes)) == len(dashes)


def test_thresholds_on_charts_are_those_of_the_policy():
    drawn = {line.at(THRESHOLDS) for chart in CHARTS for line in chart.lines}
    assert drawn == {
        THRESHOLDS.active_users_scale_out,
        THRESHOLDS.cpu_scale_out_percent,
        THRESHOLDS.cpu_scale_in_percent,
    }


def test_a_value_reads_with_its_unit():
    assert METRICS["cpu_percent"].text(61.4) == "61 %"
    assert METRICS["active_users"].text(1234) == "1,234"
