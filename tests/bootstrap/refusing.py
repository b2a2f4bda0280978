"""Servers that answer as others do on a bad day: a package index, and an AWS."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

UNAVAILABLE = 503
OFF_SECONDS = 1800


@contextmanager
def answering(status: int, body: str, headers: Mapping[str, str]) -> Iterator[str]:
    """A server that answers everything the same way; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response_only(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body.encode())

        do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 (http.server's own names)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def index_without_answers() -> Iterator[str]:
    """A package index that is there, and cannot answer."""
    with answering(UNAVAILABLE, "Service Unavailable", {"Content-Type": "text/plain"}) as url:
        yield url


@contextmanager
def aws_of_another_hour() -> Iterator[str]:
    """An AWS for which this machine is half an hour late, and which refuses what it signs."""
    there = datetime.now(UTC) + timedelta(seconds=OFF_SECONDS)
    signed, oldest = (
        (there - timedelta(seconds=late)).strftime("%Y%m%dT%H%M%SZ") for late in (OFF_SECONDS, 900)
    )
    words = f"Signature expired: {signed} is now earlier than {oldest}"
    body = f'{{"__type":"InvalidSignatureException","message":"{words}"}}'
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "Date": format_datetime(there, usegmt=True),
    }
    with answering(400, body, headers) as url:
        yield url
