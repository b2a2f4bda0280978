"""A fleet is examined from outside in bounded time and memory, whatever answers there."""

import itertools
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cloudscale.serving.diagnosis import outside
from cloudscale.serving.diagnosis.finding import Verdict

DEEP = b"[" * 100_000
OPENED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.close_connection = True
        pieces = self.server.answers.get(self.path.partition("?")[0], [b"HTTP/1.1 404 No\r\n\r\n"])
        with suppress(OSError):  # who asked has gone
            for piece in pieces:
                self.wfile.write(piece)
                if self.server.is_over.wait(self.server.pause):
                    return

    def log_message(self, *arguments):
        """Nothing."""


@contextmanager
def answering(pause=0.0, **answers):
    """A server that sends pieces, as they are, by the name of the path."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.answers = {"/" + name.replace("_", "/"): told for name, told in answers.items()}
    server.pause, server.is_over = pause, threading.Event()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def well(body, *headers):
    return [b"\r\n".join([b"HTTP/1.1 200 OK", *headers, b"", body])]


def examined(url):
    return {finding.name: finding for finding in outside.findings(url)}


def test_a_body_without_end_is_not_read_to_it():
    without_end = itertools.chain(well(b""), itertools.repeat(b"x" * 65536))
    with answering(health_ready=without_end) as url:
        found = examined(url)["ready"]
    assert found.verdict is Verdict.MEND
    assert "/health/ready answers more than 2 MB" in found.words


@pytest.mark.parametrize(
    ("path", "name", "begin"),
    [
        ("health_ready", "ready", well(b"")),
        ("health_ready", "ready", [b"HTTP/1.1 200 OK\r\nX-A: "]),
        ("ws", "live figures", [b"HTTP/1.1 101 Switching Protocols\r\nX-A: "]),
        ("ws", "live figures", [OPENED, b"\x81\x7d"]),
    ],
)
def test_what_comes_byte_by_byte_is_not_waited_for(monkeypatch, path, name, begin):
    monkeypatch.setattr(outside, "PATIENCE_SECONDS", 0.5)
    with answering(pause=0.1, **{path: itertools.chain(begin, itertools.repeat(b"x"))}) as url:
        began = time.monotonic()
        found = examined(url)[name]
        took = time.monotonic() - began
    assert found.verdict is Verdict.MEND
    assert "no whole answer within 0.5 s" in found.words
    assert took < 5


@pytest.mark.parametrize("body", [DEEP, b"[]", b"null", b"<html>", b'"ok"'])
def test_a_readiness_that_is_none_is_told_in_words(body):
    with answering(health_ready=well(body)) as url:
        found = examined(url)["ready"]
    assert found.verdict is Verdict.MEND
    assert found.words == "/health/ready tells something else than what is ready."


@pytest.mark.parametrize("told", [DEEP, b'{"type":{}}', b'{"type":' + DEEP])
def test_figures_that_are_none_are_told_in_words(told):
    frame = b"\x81\x7f" + len(told).to_bytes(8, "big") + told
    with answering(ws=[OPENED + frame]) as url:
        found = examined(url)["live figures"]
    assert found.words == "/ws told something else than figures."


def test_control_characters_in_a_version_reach_no_terminal():
    with answering(health=well(b"{}", b"X-Application-Version: v1\x1b[2J\x07")) as url:
        found = examined(url)["version"]
    assert found.words == r"v1\x1b[2J\x07"


@pytest.mark.parametrize("date", [b"Date: tomorrow", b"Date: Fri, 99 Nov 2026 09:00:00 GMT"])
def test_a_date_that_is_none_is_noted(date):
    with answering(health=well(b"{}", date)) as url:
        found = examined(url)["clock"]
    assert (found.verdict, found.words) == (
        Verdict.NOTE,
        "Answers have no date that can be read.",
    )


def test_metrics_that_this_machine_may_read_are_no_fault():
    with answering(metrics=well(b"requests 1")) as url:
        found = examined(url)["metrics"]
    assert found.verdict is Verdict.WELL
    assert "from elsewhere it is to be refused" in found.words
