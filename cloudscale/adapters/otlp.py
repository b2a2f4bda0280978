"""Finished traces as OpenTelemetry spans, sent to a collector by OTLP over HTTP.

    Outlets --trace--> spans --SDK's bounded queue--> its thread --OTLP/HTTP--> collector

Imported only where a collector is named; otherwise the shop loads nothing of OpenTelemetry.
What the SDK reads from the environment by itself (OTEL_EXPORTER_OTLP_HEADERS,
OTEL_RESOURCE_ATTRIBUTES, OTEL_BSP_*) works as documented there.

Source: https://opentelemetry.io/docs/specs/semconv/ (HTTP server, database client, code)
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from threading import Thread
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from cloudscale import tracing
from cloudscale.tracing import Layer, Outlets, Trace

logger = logging.getLogger(__name__)

PATH = "/v1/traces"
# A collector that does not answer may hold the SDK's thread for so long, and the stop for a second.
TIMEOUT_SECONDS = 5.0
FLUSH_SECONDS = 1.0
# Many, all alike, and of no interest while all is well.
SELDOM = frozenset({"file", "probe"})
KINDS = {Layer.SQL: SpanKind.CLIENT}


class _Ids(RandomIdGenerator):
    """Has a trace keep the id that log lines and other outlets know it by."""

    trace_id = 0

    def generate_trace_id(self) -> int:
        return self.trace_id


class _Quiet(SpanExporter):
    """Sends spans; says once that the collector is away, and once that it is back."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._is_away = False
        # Their own words come with every batch, every retry and every span beyond the queue.
        for library in ("opentelemetry.exporter", "opentelemetry.sdk"):
            logging.getLogger(library).setLevel(logging.CRITICAL)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._exporter.export(spans)
        except Exception:  # whatever it is, the next batch may fare better
            result = SpanExportResult.FAILURE
        is_away = result is not SpanExportResult.SUCCESS
        if is_away and not self._is_away:
            logger.warning(
                "The OpenTelemetry collector takes no traces; they are dropped meanwhile"
            )
        elif self._is_away and not is_away:
            logger.info("The OpenTelemetry collector takes traces again")
        self._is_away = is_away
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()


class TraceExport:
    """Hands finished traces to the SDK. Not for several threads at once.

    Args:
        endpoint: The collector's base URL, as OTEL_EXPORTER_OTLP_ENDPOINT has it.
        service: What the shop is called there.
        instance: This process.
        ratio: The share of traces that is sent; the same ones in every service of a trace.
    """

    def __init__(self, endpoint: str, service: str, instance: str, ratio: float) -> None:
        self._ids = _Ids()
        self._exporter = _Quiet(
            OTLPSpanExporter(endpoint.rstrip("/") + PATH, timeout=TIMEOUT_SECONDS)
        )
        self._processor = BatchSpanProcessor(self._exporter)
        provider = TracerProvider(
            sampler=TraceIdRatioBased(ratio),
            resource=Resource.create({"service.name": service, "service.instance.id": instance}),
            shutdown_on_exit=False,
            id_generator=self._ids,
        )
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("cloudscale")

    def send(self, trace: Trace) -> None:
        """Queue a finished trace; never waits, and drops it where the queue is full."""
        if trace.kind in SELDOM and not trace.is_failure:
            return
        self._ids.trace_id = int(trace.id, 16)
        behind_ns = trace.at_ns - trace.root.started_ns
        root = self._tracer.start_span(
            _root_name(trace),
            _caller(trace),
            SpanKind.CONSUMER if trace.kind == "event" else SpanKind.SERVER,
            _root_attributes(trace),
            start_time=trace.at_ns,
        )
        if not root.is_recording():  # not among those that are sent
            return
        made: dict[tracing.Span, Span] = {trace.root: root}
        for span in trace.spans[1:]:
            made[span] = self._start(span, made, behind_ns)
        for span, twin in made.items():
            if span.is_failure:
                twin.set_status(Status(StatusCode.ERROR))
            twin.end(span.ended_ns + behind_ns)

    def _start(self, span: tracing.Span, made: dict[tracing.Span, Span], behind_ns: int) -> Span:
        parent = made.get(span.parent) if span.parent else None
        name, attributes = _described(span)
        return self._tracer.start_span(
            name,
            set_span_in_context(parent, Context()) if parent else Context(),
            KINDS.get(span.layer, SpanKind.INTERNAL),
            attributes,
            start_time=span.started_ns + behind_ns,
        )

    def close(self) -> None:
        """Send what is queued and stop; blocks for up to `FLUSH_SECONDS`."""
        sending = Thread(target=self._processor.shutdown, name="otlp-farewell", daemon=True)
        sending.start()
        sending.join(FLUSH_SECONDS)
        self._exporter.shutdown()  # ends what still tries


@asynccontextmanager
async def sending(export: TraceExport, finished: Outlets) -> AsyncIterator[None]:
    """Send what finishes while the block runs, and what is queued at its end."""
    finished.add(export.send)
    try:
        yield
    finally:
        finished.remove(export.send)
        await asyncio.to_thread(export.close)


def _caller(trace: Trace) -> Context:
    """The context of a caller's span, or an empty one."""
    if not trace.caller_span_id:
        return Context()
    caller = SpanContext(
        int(trace.id, 16), int(trace.caller_span_id, 16), True, TraceFlags(TraceFlags.SAMPLED)
    )
    return set_span_in_context(NonRecordingSpan(caller), Context())


def _root_name(trace: Trace) -> str:
    """`GET /product/[id]`, or the handler of an event."""
    is_named = not trace.method or trace.name.startswith(f"{trace.method} ")
    return trace.name if is_named else f"{trace.method} {trace.name}"


def _root_attributes(trace: Trace) -> dict[str, Any]:
    attributes: dict[str, Any] = {"cloudscale.kind": str(trace.kind)}
    if trace.left_out:
        attributes["cloudscale.spans_left_out"] = trace.left_out
    if trace.request_id:
        attributes["cloudscale.request_id"] = trace.request_id
    if trace.kind == "event":
        return attributes | {"code.function.name": trace.name}
    attributes["http.request.method"] = trace.method
    attributes["http.route"] = trace.name.removeprefix(f"{trace.method} ")
    if trace.status:
        attributes["http.response.status_code"] = trace.status
    if trace.is_failure:
        attributes["error.type"] = str(trace.status or "exception")
    return attributes


def _described(span: tracing.Span) -> tuple[str, dict[str, Any]]:
    """Name and attributes of a part."""
    if span.layer is Layer.SQL:
        operation = span.name.partition(" ")[0].upper()
        return operation, {
            "db.system.name": "postgresql",
            "db.operation.name": operation,
            "db.query.text": span.name,
        }
    if span.layer is Layer.SERVICE:
        return span.name, {"code.function.name": span.name}
    return span.name, {}
