"""Each thing that a store must do is looked at, and what is broken is named in a line."""

import base64
import hashlib
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread, Timer

import pytest

from cloudscale.serving import greeting, smoke
from cloudscale.serving.asking import Site
from cloudscale.serving.refusal import Refused

PAGE = '<script src="/assets/a-1.js"></script><article><a href="/product/1">Lamp</a></article>'
WELL = {
    "/health": (200, '{"status": "ok"}', {"X-Application-Version": "v2"}),
    "/health/ready": (200, '{"status": "ok", "database": "ok", "redis": "ok"}', {}),
    "/": (200, PAGE, {"Content-Type": "text/html; charset=utf-8"}),
    "/assets/a-1.js": (200, "", {"Cache-Control": "public, max-age=31536000, immutable"}),
    "/api/products?limit=5": (200, '[{"id": 1, "name": "Lamp", "price": "9.00"}]', {}),
    "/metrics": (404, "", {}),
}
SOCKETS = {"/ws": True, "/_event/": True}
DEEP = "[" * 100_000


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if "upgrade" in self.headers and self.server.sockets.get(self.path.partition("?")[0]):
            key = self.headers["sec-websocket-key"] + greeting.GUID
            accept = hashlib.sha1(key.encode(), usedforsecurity=False).digest()
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Sec-WebSocket-Accept", base64.b64encode(accept).decode())
            self.end_headers()
            return
        status, body, headers = self.server.answers.get(self.path, (404, "", {}))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments):
        """Nothing."""


@contextmanager
def serving(sockets=SOCKETS, **changed):
    """A store that does all it must, but for what is changed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.answers, server.sockets = {**WELL, **changed.pop("answers", {})}, sockets
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Odd(BaseHTTPRequestHandler):
    def do_GET(self):
        with suppress(OSError):  # who asked has gone
            self.server.answer(self, self.server.is_over)

    def log_message(self, *arguments):
        """Nothing."""


@contextmanager
def dripping(answer):
    """A store that answers everything in an odd way, until it is over."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Odd)
    server.answer, server.is_over = answer, threading.Event()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def looked_at(capsys, url, version=None, seconds=0):
    code = smoke.run(url, version, seconds, pause=0.05)
    return code, capsys.readouterr().err


def test_a_store_that_does_all_it_must_passes(capsys):
    with serving() as (_, url):
        code, said = looked_at(capsys, url, version="v2")
    assert code == 0
    assert said.splitlines()[-1] == "All 9 passed."
    assert "FAIL" not in said


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("/health", (503, '{"status": "draining"}', {}), "/health answers 503, and not 200"),
        ("/health", (200, "{}", {}), "/health does not say that it is well"),
        (
            "/health/ready",
            (503, '{"status": "unavailable", "database": "ok", "redis": "unreachable"}', {}),
            "not ready: redis",
        ),
        ("/health", (200, DEEP, {}), "/health tells something else than JSON that can be read"),
        ("/health/ready", (200, "[]", {}), "tells something else than what is ready"),
        ("/health/ready", (503, '["redis"]', {}), "tells something else than what is ready"),
        ("/health/ready", (503, DEEP, {}), "/health/ready tells something else than JSON"),
        ("/health/ready", (503, '{"a\\u001b[2J": 1}', {}), "not ready: a\\x1b[2J"),
        ("/", (500, "", {}), "/ answers 500, and not 200"),
        ("/", (200, "x" * 2_000_001, {}), "/ answers more than 2 MB"),
        ("/", (200, "x", {"Content-Length": "9"}), "/ ends before its answer does"),
        ("/", (200, "{}", {"Content-Type": "application/json"}), "/ is no page"),
        ("/", (200, "<p>", {"Content-Type": "text/html"}), "/ shows no product"),
        ("/", (200, "<p>", {"Content-Type": "text/html"}), "/ names no script and no style"),
        ("/assets/a-1.js", (404, "", {}), "/assets/a-1.js answers 404"),
        ("/assets/a-1.js", (200, "", {}), "Cache-Control is missing"),
        ("/assets/a-1.js", (200, "", {"Cache-Control": "max-age=60"}), "may not be kept"),
        ("/api/products?limit=5", (200, "[]", {}), "there is no product"),
        ("/api/products?limit=5", (200, '[{"id": 1}]', {}), "has no id, name or price"),
        ("/api/products?limit=5", (200, "[1]", {}), "has no id, name or price"),
        ("/api/products?limit=5", (200, DEEP, {}), "tells something else than JSON"),
        ("/api/products?limit=5", (200, "<html>", {}), "FAIL  API"),
    ],
)
def test_what_is_broken_is_named(capsys, path, answer, words):
    with serving(answers={path: answer}) as (_, url):
        code, said = looked_at(capsys, url)
    assert code == 1
    assert words in "\n".join(line for line in said.splitlines() if "FAIL" in line)


@pytest.mark.parametrize("path", SOCKETS)
def test_a_socket_that_does_not_open_is_named(capsys, path):
    with serving(sockets={**SOCKETS, path: False}) as (_, url):
        code, said = looked_at(capsys, url)
    assert code == 1
    assert f" {path}" in next(line for line in said.splitlines() if "FAIL" in line)
    assert "answers 404, and opens no WebSocket" in said
    assert "1 of 8 failed." in said


def test_metrics_that_everybody_may_read_are_named(capsys, monkeypatch):
    monkeypatch.setattr(Site, "is_loopback", False)  # as if it were elsewhere
    with serving(answers={"/metrics": (200, "requests_total 1", {})}) as (_, url):
        code, said = looked_at(capsys, url)
    assert code == 1
    assert "/metrics answers 200 to everybody" in said


def test_another_version_than_the_wanted_one_is_named(capsys):
    with serving() as (_, url):
        code, said = looked_at(capsys, url, version="v3")
    assert code == 1
    assert "v2 answers, and not v3" in said


def test_a_header_with_control_characters_reaches_no_terminal(capsys):
    odd = {"/health": (200, WELL["/health"][1], {"X-Application-Version": "v2\x1b[2J"})}
    with serving(answers=odd) as (_, url):
        _, said = looked_at(capsys, url, version="v3")
    assert "v2\\x1b[2J answers, and not v3" in said


def test_what_gets_well_in_time_passes(capsys):
    with serving(answers={"/health": (503, "", {})}) as (server, url):
        heal = Timer(0.3, server.answers.update, (WELL,))
        heal.start()
        code, _ = looked_at(capsys, url, seconds=20)
        heal.join()
    assert code == 0


def nothing(handler, _):
    handler.server.is_over.wait(30)


def headers_byte_by_byte(handler, is_over):
    drip(handler, is_over, b"HTTP/1.1 200 OK\r\nX-A: ")


def body_byte_by_byte(handler, is_over):
    drip(handler, is_over, b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")


def drip(handler, is_over, begin):
    handler.wfile.write(begin)
    while not is_over.wait(0.1):
        handler.wfile.write(b"x")


@pytest.mark.parametrize("answer", [nothing, headers_byte_by_byte, body_byte_by_byte])
def test_a_store_that_hangs_or_drips_ends_with_the_time(capsys, monkeypatch, answer):
    monkeypatch.setattr(smoke, "LATE_SECONDS", 0.3)
    monkeypatch.setattr(smoke, "GRACE_SECONDS", 1.0)
    with dripping(answer) as url:
        begin = time.monotonic()
        code, said = looked_at(capsys, url, seconds=1)
        took = time.monotonic() - begin
    assert code == 1
    assert took < 4
    assert "8 of 8 failed." in said
    assert "/health: no whole answer within" in said
    assert "is not asked: the time is over" in said


def test_a_line_that_took_too_long_is_cut_and_its_thread_ends(monkeypatch):
    with dripping(body_byte_by_byte) as url:
        with pytest.raises(TimeoutError, match=r"^/: no whole answer within 0.3 s$"):
            replace(Site.at(url), patience=lambda: 0.3).get("/")
        asking = [one for one in threading.enumerate() if one.name == "question"]
        for one in asking:
            one.join(5)
        assert not any(one.is_alive() for one in asking)


def test_a_store_that_is_not_there_fails_every_check_within_the_time(capsys):
    with serving() as (_, url):
        pass
    code, said = looked_at(capsys, url, seconds=0.3)
    assert code == 1
    assert "8 of 8 failed." in said
    assert "Connection refused" in said


@pytest.mark.parametrize("url", ["shop.example.com", "ftp://x", "http://", "http://x/store"])
def test_what_is_no_url_of_a_store_is_refused(url):
    with pytest.raises(Refused, match="is no URL of a store"):
        smoke.run(url, None, 1)


def test_an_origin_is_written_as_browsers_do():
    assert Site.at("https://shop.example.com:443/").origin == "https://shop.example.com"
    assert Site.at("http://[::1]:8000").origin == "http://[::1]:8000"
