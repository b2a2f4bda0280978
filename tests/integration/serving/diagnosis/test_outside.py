"""What answers at a URL, examined from outside: small servers, each broken in its own way.

A real store behind TLS is examined in tests/e2e/test_doctor.py.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from typer.testing import CliRunner

from cloudscale.cli import app
from cloudscale.serving.asking import Site
from cloudscale.serving.diagnosis import outside
from cloudscale.serving.diagnosis.finding import Finding, Verdict
from cloudscale.serving.refusal import Refused

READY = '{"status":"ok","database":"ok"}'
TOLD = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=()",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Strict-Transport-Security": "max-age=31536000",
    "Content-Encoding": "identity",
}


class _Shop(ThreadingHTTPServer):
    """Answers as a shop does; a test changes one thing.

    Attributes:
        answers: Status and body by path.
        headers: Sent with every answer.
        socket_answer: What is sent to whoever wants a websocket, whole.
        events_answer: The same for the pages' socket.
        versions: Those that answer, by turns.
        ahead_seconds: Of everybody else's clock.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = {"/health": (200, '{"status":"ok"}'), "/health/ready": (200, READY)}
        self.answers |= {"/": (200, "<h1>Shop</h1>"), "/metrics": (404, "")}
        self.headers = dict(TOLD)
        self.versions = ["v1.2.3"]
        self.ahead_seconds = 0
        self.socket_answer = opened(b'{"type":"metrics_update"}')
        self.events_answer = opened(b'0{"sid":"x"}')

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server_address[1]


def opened(text: bytes) -> bytes:
    """A websocket that opens and tells one thing."""
    return b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n" + frame(text)


def frame(text: bytes) -> bytes:
    return b"\x81" + bytes([len(text)]) + text


class _Handler(BaseHTTPRequestHandler):
    server: _Shop
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if self.headers.get("upgrade"):
            is_live = path == "/ws"
            self.wfile.write(self.server.socket_answer if is_live else self.server.events_answer)
            self.close_connection = True
            return
        status, body = self.server.answers[path]
        self.send_response(status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        for version in self.server.versions[:1]:
            self.send_header("x-application-version", version)
            self.server.versions.append(self.server.versions.pop(0))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(time.time() + self.server.ahead_seconds)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def shop() -> Iterator[_Shop]:
    server = _Shop()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def examined(shop: _Shop) -> dict[str, Finding]:
    found = outside.findings(f"http://127.0.0.1:{shop.port}")
    return {finding.name: finding for finding in found}


def test_a_shop_without_tls_is_otherwise_well(shop: _Shop):
    found = examined(shop)
    assert [one.name for one in found.values() if one.verdict is not Verdict.WELL] == [
        "certificate"
    ]
    assert found["live figures"].words == "told metrics_update"


@pytest.mark.parametrize(
    ("path", "answer", "name", "words"),
    [
        ("/health", (502, ""), "health", "/health answers 502"),
        (
            "/health/ready",
            (503, '{"status":"unavailable","database":"unreachable","redis":"unreachable"}'),
            "ready",
            "cannot reach: database, redis",
        ),
        ("/health/ready", (500, "no JSON"), "ready", "/health/ready answers 500"),
        ("/", (500, ""), "store", "page answers 500"),
        ("/metrics", (200, "requests 1"), "metrics", "tells everyone"),
    ],
)
def test_what_answers_wrongly_is_told(shop: _Shop, monkeypatch, path, answer, name, words):
    monkeypatch.setattr(Site, "is_loopback", False)  # as if it were elsewhere
    shop.answers[path] = answer
    found = examined(shop)[name]
    assert found.verdict is Verdict.MEND
    assert words in found.words
    assert found.mend


def test_a_server_that_is_leaving_is_noted(shop: _Shop):
    shop.answers["/health"] = (503, '{"status":"draining"}')
    assert examined(shop)["health"].verdict is Verdict.NOTE


def test_the_version_that_answers_is_told(shop: _Shop):
    assert examined(shop)["version"].words == "v1.2.3"


def test_two_versions_that_answer_by_turns_are_noted(shop: _Shop):
    shop.versions.append("v1.2.4")
    found = examined(shop)["version"]
    assert (found.verdict, found.words) == (Verdict.NOTE, "v1.2.3 and v1.2.4 answer.")
    shop.versions.clear()
    assert examined(shop)["version"].words == "What answers does not tell its version."


def test_headers_that_browsers_are_not_told_are_named(shop: _Shop):
    del shop.headers["Referrer-Policy"]
    shop.headers["Content-Security-Policy"] = "object-src 'none'"
    found = examined(shop)["headers"]
    assert found.words == "Browsers are not told: referrer-policy, content-security-policy."


def test_a_page_that_is_not_compressed_is_noted(shop: _Shop):
    del shop.headers["Content-Encoding"]
    assert examined(shop)["store"].verdict is Verdict.NOTE


@pytest.mark.parametrize(("seconds", "side"), [(3600, "ahead of"), (-60, "behind")])
def test_a_clock_that_is_wrong_is_told_by_how_much(shop: _Shop, seconds: int, side: str):
    shop.ahead_seconds = seconds
    found = examined(shop)["clock"]
    assert found.verdict is Verdict.MEND
    assert f"s {side} this machine's" in found.words
    assert abs(seconds) - int(found.words.split()[4]) in {-1, 0, 1}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "it answered 403 instead of opening"),
        (b"", "it answered nothing instead of opening"),
        (opened(b"")[:-2], "ended before it told anything"),
        (opened(b"x")[:-3] + b"\x88\x00", "it closed before it told anything"),
        (opened(b"x")[:-3] + b"\x81\x7f" + b"\xff" * 8, "more than a megabyte"),
        (opened(b"[]"), "told something else than figures"),
    ],
)
def test_a_socket_that_is_dead_is_told_with_what_came(shop: _Shop, answer, words):
    shop.socket_answer = answer
    found = examined(shop)["live figures"]
    assert found.verdict is Verdict.MEND
    assert words in found.words


def test_pages_that_are_not_greeted_are_dead(shop: _Shop):
    shop.events_answer = opened(b"44nobody")
    assert "pages are dead" in examined(shop)["live pages"].words


@pytest.fixture
def encrypted(shop: _Shop, tmp_path: Path, monkeypatch) -> Callable[..., dict[str, Finding]]:
    """Has the shop speak TLS with a certificate for a name that ends in some days."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")

    def examine(days: int, name: str = "localhost", is_trusted: bool = True) -> dict[str, Finding]:
        if is_trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        ends = datetime.now(UTC) + timedelta(days=days, hours=1)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name, not_after=ends).configure_cert(context)
        shop.socket = context.wrap_socket(shop.socket, server_side=True)
        found = outside.findings(f"https://localhost:{shop.port}")
        return {finding.name: finding for finding in found}

    return examine


@pytest.mark.parametrize(
    ("days", "verdict"), [(90, Verdict.WELL), (14, Verdict.NOTE), (3, Verdict.MEND)]
)
def test_a_certificate_is_judged_by_the_days_that_are_left(encrypted, days, verdict):
    found = encrypted(days)
    assert found["certificate"].verdict is verdict
    assert found["certificate"].words.startswith(f"{days} days left, TLSv1.3")
    others = [one.name for one in found.values() if one.verdict is Verdict.MEND]
    assert others == (["certificate"] if verdict is Verdict.MEND else [])


def test_a_header_of_https_alone_is_asked_for_over_https(encrypted, shop: _Shop):
    del shop.headers["Strict-Transport-Security"]
    assert encrypted(90)["headers"].words == "Browsers are not told: strict-transport-security."


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        ({"days": 90, "name": "elsewhere.example"}, "not valid for 'localhost'"),
        ({"days": -1}, "expired"),
        ({"days": 90, "is_trusted": False}, "issuer"),
    ],
)
def test_a_certificate_that_browsers_refuse_ends_the_examination(encrypted, certificate, words):
    found = encrypted(**certificate)
    assert list(found) == ["address", "certificate"]
    assert words in found["certificate"].words


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://no-such-host.invalid", "Nobody knows the name"),
        ("http://127.0.0.1:9", "does not answer on port 9"),
    ],
)
def test_an_address_at_which_nobody_is_is_the_only_finding(url, words):
    found = list(outside.findings(url))
    assert [one.name for one in found] == ["address"]
    assert words in found[0].words


@pytest.mark.parametrize("url", ["ftp://x", "https://", "https://u:p@x", "http://x:port", "//"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(Refused, match="is no address"):
        list(outside.findings(url))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--fleet", "http://x", "--stack", "y"),
        ("--configuration", "--stack", "y"),
        ("shop.env",),
        ("--fleet",),
    ],
)
def test_two_questions_at_once_are_bad_usage(arguments):
    assert CliRunner().invoke(app, ["doctor", *arguments]).exit_code == 2


def test_the_command_fails_where_something_is_to_be_mended(shop: _Shop):
    asked = ["doctor", "--json", "--fleet", f"http://127.0.0.1:{shop.port}"]
    ran = CliRunner().invoke(app, asked)
    assert ran.exit_code == 1
    assert '"toMend": 1' in ran.stdout
