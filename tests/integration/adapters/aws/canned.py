"""An AWS endpoint for what moto does not do: each call gets the next of the answers given."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from cloudscale.adapters.aws.place import Place
from tests.integration.adapters.aws.conftest import GROUP, REGION

Answer = tuple[int, str]


class _Endpoint(ThreadingHTTPServer):
    """Answers in order, the last one again and again, and keeps what was asked."""

    daemon_threads = True

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.asked: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        is_json = body.startswith("{")
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.server.asked.append(json.loads(body) if is_json else form)
        left = self.server.answers
        status, text = left.pop(0) if len(left) > 1 else left[0]
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.0" if is_json else "text/xml")
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def answering(*answers: Answer) -> Iterator[tuple[Place, list[dict[str, Any]]]]:
    """A place whose endpoint gives these answers, and what it was asked so far."""
    endpoint = _Endpoint(list(answers))
    thread = Thread(target=endpoint.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{endpoint.server_address[1]}"
        yield Place(REGION, "production", url, GROUP), endpoint.asked
    finally:
        endpoint.shutdown()
        endpoint.server_close()
        thread.join()
