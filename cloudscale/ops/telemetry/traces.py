"""Slow and failed traces as they are kept for an hour: written by every process, read by anyone.

batch of traces --rows_of, write--> slow_trace --slowest, trace--> a waterfall to be drawn

A row holds names and templates alone: no path, value, e-mail or address.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from cloudscale.models import SlowTrace
from cloudscale.models.base import table_of, utc_now
from cloudscale.tracing import Layer, Span, Trace

KEPT = timedelta(hours=1)
PRUNE_BATCH = 500
MOST_LISTED = 100

rows = table_of(SlowTrace)


@dataclass(frozen=True)
class SlowRequest:
    """One slow or failed request or event.

    Attributes:
        id: For `trace`.
        at: When it arrived.
        kind: What was served: page, api, event, ...
        name: Route template or handler.
        seconds: From its arrival to the end of its answer.
        is_failure: It ended in a server error.
        instance: The server process that answered.
    """

    id: str
    at: datetime
    kind: str
    name: str
    seconds: float
    is_failure: bool
    instance: str


@dataclass(frozen=True)
class Bar:
    """One part of it, as a bar of a waterfall.

    Attributes:
        layer: door, service, sql or render.
        name: Function, statement with `?` for values, template or handler.
        start_ms: Since the arrival.
        duration_ms: How long it took.
        is_failure: It failed.
        depth: How many bars it lies within.
    """

    layer: str
    name: str
    start_ms: float
    duration_ms: float
    is_failure: bool
    depth: int


@dataclass(frozen=True)
class Waterfall:
    """One slow request with its parts.

    Attributes:
        request: Which one.
        trace_id: W3C trace id, as log lines and collectors know it.
        request_id: X-Request-Id; empty for an event.
        method: HTTP method; empty for an event.
        status: HTTP status; 0 for an event or without an answer.
        bars: As they began, the door first.
        left_out: How many more parts there were.
    """

    request: SlowRequest
    trace_id: str
    request_id: str
    method: str
    status: int
    bars: tuple[Bar, ...]
    left_out: int


def rows_of(traces: Iterable[Trace], instance: str) -> list[dict[str, Any]]:
    """Finished traces as rows; takes up to a millisecond for each."""
    return [
        {
            "id": _key(trace),
            "at": datetime.fromtimestamp(trace.at_ns / 1e9, UTC),
            "kind": str(trace.kind),
            "name": trace.name[:300],
            "seconds": trace.seconds,
            "is_failure": trace.is_failure,
            "instance": instance,
            "document": _document(trace),
        }
        for trace in traces
    ]


def write(session: Session, batch: list[dict[str, Any]]) -> None:
    """Store rows together; those that are there already stay as they are."""
    session.execute(insert(rows).on_conflict_do_nothing(), batch)


def prune(session: Session, now: datetime | None = None) -> int:
    """Delete a batch of what is older than an hour; how many it was.

    Rows that another process deletes at the same moment are skipped.
    """
    old = select(rows.c.id).where(rows.c.at < (now or utc_now()) - KEPT)
    batch = old.limit(PRUNE_BATCH).with_for_update(skip_locked=True)
    done = session.connection().execute(delete(rows).where(rows.c.id.in_(batch)))
    return done.rowcount


def slowest(
    session: Session, since: datetime, until: datetime, name: str | None = None, limit: int = 20
) -> list[SlowRequest]:
    """The slowest requests and events that arrived in a range, of those that are kept.

    Args:
        session: Open session.
        since: From then on.
        until: Before then.
        name: Of this template or handler alone.
        limit: At most so many, and `MOST_LISTED` in any case.
    """
    asked = select(*_summary()).where(rows.c.at >= since, rows.c.at < until)
    if name is not None:
        asked = asked.where(rows.c.name == name)
    asked = asked.order_by(rows.c.seconds.desc(), rows.c.id).limit(min(limit, MOST_LISTED))
    return [SlowRequest(*row) for row in session.connection().execute(asked)]


def trace(session: Session, key: str) -> Waterfall | None:
    """One slow request with its parts.

    Args:
        session: Open session.
        key: Its id, or the trace id of a log line; of several with that, the slowest.

    Returns:
        None when it is not kept, or no longer, or was written by another version of the shop.
    """
    is_it = or_(rows.c.id == key, rows.c.document["trace_id"].astext == key)
    asked = select(*_summary(), rows.c.document).where(is_it).order_by(rows.c.seconds.desc())
    row = session.connection().execute(asked.limit(1)).first()
    if row is None:
        return None
    *summary, document = row
    try:
        return _waterfall(SlowRequest(*summary), document)
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def _summary() -> list[Any]:
    names = ("id", "at", "kind", "name", "seconds", "is_failure", "instance")
    return [rows.c[name] for name in names]


def _key(trace: Trace) -> str:
    """The trace id, unless it is a caller's, who may have asked for more than this."""
    return trace.span_id + trace.id[:16] if trace.caller_span_id else trace.id


def _document(trace: Trace) -> dict[str, Any]:
    """A trace as JSON. Names are listed once, since a statement may be sent 100 times."""
    names = list(dict.fromkeys(span.name for span in trace.spans))
    places = {name: place for place, name in enumerate(names)}
    spans = sorted(trace.spans, key=lambda span: (span.started_ns, span.depth))
    return {
        "trace_id": trace.id,
        "request_id": trace.request_id,
        "method": trace.method,
        "status": trace.status,
        "left_out": trace.left_out,
        "names": names,
        "spans": [_part(span, trace, places[span.name]) for span in spans],
    }


def _part(span: Span, trace: Trace, place: int) -> list[Any]:
    start_us = (span.started_ns - trace.root.started_ns) // 1000
    duration_us = (span.ended_ns - span.started_ns) // 1000
    return [str(span.layer), place, start_us, duration_us, int(span.is_failure), span.depth]


def _waterfall(request: SlowRequest, document: dict[str, Any]) -> Waterfall:
    return Waterfall(
        request=request,
        trace_id=document["trace_id"],
        request_id=document["request_id"],
        method=document["method"],
        status=document["status"],
        bars=tuple(
            Bar(
                str(Layer(layer)),
                document["names"][place],
                start_us / 1000,
                duration_us / 1000,
                bool(failed),
                depth,
            )
            for layer, place, start_us, duration_us, failed, depth in document["spans"]
        ),
        left_out=document["left_out"],
    )
