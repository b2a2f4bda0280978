"""What a chart may be. Imports nothing of ours."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a chart draws."""

    METRICS = "metrics"
    BY_INSTANCE = "by-instance"
    BY_ZONE = "by-zone"
    LATENCIES = "latencies"


class Group(StrEnum):
    """Where a chart stands."""

    MAIN = "main"
    MACHINE_ROOM = "machine-room"


class Source(StrEnum):
    """Where a chart's data comes from; its badge says it."""

    LOAD = "load"
    FLEET = "fleet"
    AWS = "aws"


@dataclass(frozen=True, slots=True)
class Line:
    """A threshold of the scaling policy that is drawn across a chart.

    Attributes:
        threshold: Its name in the policy; the number is that of the policy in force.
        words: What it means, with a place for the number: `scale out at {:g} %`.
        colour: The design token that it is drawn in.
    """

    threshold: str
    words: str
    colour: str = "bad"

    def at(self, thresholds: object) -> float:
        """Where it is, in the unit of the chart's metrics."""
        return getattr(thresholds, self.threshold)

    def label(self, thresholds: object) -> str:
        """What it means, in words."""
        return self.words.format(self.at(thresholds))


@dataclass(frozen=True, slots=True)
class Series:
    """One metric in a chart.

    Attributes:
        slug: Of the metric.
        dash: Plotly's name of its line, so that lines differ by more than their colour.
        label: Its name in this chart, where that is shorter than the metric's.
        is_filled: The area under it is tinted.
        is_words: It is told beside the chart and not drawn, such as what has another unit.
    """

    slug: str
    dash: str = "solid"
    label: str = ""
    is_filled: bool = False
    is_words: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Attributes:
        slug: Its name in URLs and element ids.
        title: Its heading.
        about: What it shows, in the few words that fit under the heading.
        series: What it draws, all in one unit.
        kind: Whether of the fleet, or of each instance or zone besides.
        lines: Thresholds.
        top: Upper end of the axis, where the unit has one.
        least_top: The axis reaches at least this far, so that noise does not fill the chart; and
            half as far again as any threshold.
        is_stepped: Values hold until the next one, and are not on the way to it.
        is_wide: It takes the whole width.
        source: Where its data comes from; the fleet's may be simulated while the load is not.
        is_optional: It is shown only where there is something to show.
        group: Where it stands.
    """

    slug: str
    title: str
    about: str
    series: tuple[Series, ...] = ()
    kind: Kind = Kind.METRICS
    lines: tuple[Line, ...] = ()
    top: float | None = None
    least_top: float = 1.0
    is_stepped: bool = False
    is_wide: bool = False
    source: Source = Source.LOAD
    is_optional: bool = False
    group: Group = Group.MAIN

    @property
    def metrics(self) -> tuple[str, ...]:
        """Slugs of the metrics that it draws."""
        return tuple(series.slug for series in self.series if not series.is_words)
