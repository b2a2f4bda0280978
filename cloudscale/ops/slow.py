"""What was slow: the slowest routes, handlers and statements of a range, in words and numbers.

stored tallies --read--> Served --groups--> rows to show
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection
from sqlmodel import Session

from cloudscale.models import utc_now
from cloudscale.ops.telemetry import store, traces
from cloudscale.ops.telemetry.levels import LEVELS, SERVED, Level, Span, bucket
from cloudscale.ops.telemetry.served import Served, SlowName, slowest
from cloudscale.ops.telemetry.serving import Kind

MOST_ROWS = 130
SHOWN = 10
KEPT_SHOWN = 20

GROUPS = (
    ("routes", "Routes", "pages and API calls", frozenset({Kind.PAGE, Kind.API})),
    ("handlers", "Handlers", "events of open pages", frozenset({Kind.EVENT})),
    ("statements", "SQL statements", "with the way to the database", frozenset({Kind.SQL})),
)


OF_REFLEX = {
    "State.hydrate": "Opening a page: its state",
    "State.set_is_hydrated": "Opening a page: it is ready",
    "State.hydrate_and_load": "Opening a page: its state",
    "OnLoadInternalState.on_load_internal": "Opening a page: what it loads first",
    "OnLoadInternalState.set_is_hydrated": "Opening a page: it is ready",
    "UpdateVarsInternalState.update_vars_internal": "Opening a page: what the browser kept",
    "FrontendEventExceptionState.handle_frontend_exception": "An error that a page reports",
}
"""Handlers that are not ours, in words; logs and traces have their names."""


@dataclass(frozen=True)
class SlowRow:
    """One name, as text.

    Attributes:
        name: Template, handler or statement.
        count: How often it was served.
        failures: How often it failed; empty for never.
        p50: Half were quicker.
        p95: 19 of 20 were quicker.
        p99: 99 of 100 were quicker.
        total: All of it together.
        width_percent: Its p95 against the slowest of its group, for a bar.
        href: Where the slow ones of it that were kept are.
    """

    name: str
    count: str
    failures: str
    p50: str
    p95: str
    p99: str
    total: str
    width_percent: float
    href: str


@dataclass(frozen=True)
class SlowGroup:
    """The slowest of some kinds.

    Attributes:
        slug: Its name in element ids.
        title: Its heading.
        about: What it holds.
        rows: Slowest first.
    """

    slug: str
    title: str
    about: str
    rows: list[SlowRow]


@dataclass(frozen=True)
class KeptRow:
    """One slow or failed request or event that was kept, as text."""

    name: str
    kind: str
    at: str
    duration: str
    is_failure: bool
    href: str


@dataclass(frozen=True)
class Bar:
    """One span of a waterfall.

    Attributes:
        layer: `door`, `service`, `sql` or `render`.
        name: What it was.
        start: From the start of the whole, as text.
        duration: How long it took, as text.
        left_percent: Where its bar starts.
        width_percent: How wide its bar is.
        depth: How many spans it lies within.
        is_failure: It failed.
    """

    layer: str
    name: str
    start: str
    duration: str
    left_percent: float
    width_percent: float
    depth: int
    is_failure: bool


@dataclass(frozen=True)
class Waterfall:
    """One kept trace, ready to be drawn; without an id there is none."""

    id: str = ""
    name: str = ""
    kind: str = ""
    at: str = ""
    duration: str = ""
    instance: str = ""
    is_failure: bool = False
    bars: list[Bar] = field(default_factory=list)
    more: str = ""


def read(connection: Connection, span: Span, now: float) -> Served:
    """What was served in a span, from one level.

    Args:
        connection: Open transaction.
        span: Its start and end are widened to whole steps of the level.
        now: Seconds since 1970.
    """
    since, until = span.since.timestamp(), span.until.timestamp()
    level = _level_for(until - since, now - since)
    first = bucket(since, level.step_seconds)
    return _merged(store.read(connection, SERVED, level.step_seconds, first, until).values())


def groups(served: Served, href: Callable[[str], str]) -> list[SlowGroup]:
    """The slowest of each kind.

    Args:
        served: What was served.
        href: The URL of what was kept of a name.
    """
    return [
        SlowGroup(slug, title, about, _rows(slowest(served, kinds, SHOWN), href))
        for slug, title, about, kinds in GROUPS
    ]


def kept(session: Session, name: str, href: Callable[[str], str]) -> list[KeptRow]:
    """The slowest requests and events of the last hour that were kept.

    Args:
        session: Open session.
        name: Of this template or handler alone; empty for any.
        href: The URL of one that is opened, by its id.
    """
    now = utc_now()
    found = traces.slowest(session, now - traces.KEPT, now, name or None, KEPT_SHOWN)
    return [
        KeptRow(
            name=shown_name(one.name),
            kind=one.kind,
            at=f"{one.at:%H:%M:%S}",
            duration=milliseconds(one.seconds * 1000),
            is_failure=one.is_failure,
            href=href(one.id),
        )
        for one in found
    ]


def waterfall(session: Session, trace_id: str) -> Waterfall:
    """One that was kept, ready to be drawn; without an id when it is not kept any more."""
    found = traces.trace(session, trace_id)
    if found is None:
        return Waterfall()
    request, whole_ms = found.request, max(found.request.seconds * 1000, 0.001)
    return Waterfall(
        id=found.trace_id,
        name=shown_name(request.name),
        kind=f"{found.method or request.kind} {found.status or ''}".rstrip(),
        at=f"{request.at:%H:%M:%S}",
        duration=milliseconds(whole_ms),
        instance=request.instance,
        is_failure=request.is_failure,
        bars=[_bar(bar, whole_ms) for bar in found.bars],
        more=f"and {found.left_out} more parts" if found.left_out else "",
    )


def _bar(bar: traces.Bar, whole_ms: float) -> Bar:
    left = min(bar.start_ms / whole_ms * 100, 100)
    return Bar(
        layer=bar.layer,
        name=bar.name,
        start=milliseconds(bar.start_ms),
        duration=milliseconds(bar.duration_ms),
        left_percent=round(left, 2),
        width_percent=round(min(bar.duration_ms / whole_ms * 100, 100 - left), 2),
        depth=bar.depth,
        is_failure=bar.is_failure,
    )


def shown_name(name: str) -> str:
    """A route, handler or statement as it is shown."""
    return OF_REFLEX.get(name, name)


def milliseconds(value: float) -> str:
    """A duration in ms, in as many digits as carry meaning."""
    if value >= 10_000:
        return f"{value / 1000:,.1f} s"
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"


def _level_for(length: float, age: float) -> Level:
    levels = LEVELS[SERVED]
    fitting = (
        level
        for level in levels
        if length / level.step_seconds <= MOST_ROWS and age <= level.kept_seconds
    )
    return next(fitting, levels[-1])


def _merged(documents: Iterable[object]) -> Served:
    whole = Served()
    for document in documents:
        whole.merge(Served.of_json(document))
    return whole


def _rows(names: list[SlowName], href: Callable[[str], str]) -> list[SlowRow]:
    slowest_ms = max((one.p95_ms for one in names), default=1.0)
    return [
        SlowRow(
            name=shown_name(one.name),
            count=f"{one.count:,}",
            failures=f"{one.failures:,} failed" if one.failures else "",
            p50=milliseconds(one.p50_ms),
            p95=milliseconds(one.p95_ms),
            p99=milliseconds(one.p99_ms),
            total=milliseconds(one.total_seconds * 1000),
            width_percent=round(one.p95_ms / slowest_ms * 100, 1),
            href=href(one.name),
        )
        for one in names
    ]
