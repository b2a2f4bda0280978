"""What EC2 tells a machine of itself, on loopback: version 2, which wants a token first.

A stand-in for what only AWS has; it knows what a server of the shop asks, and refuses the rest.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps
from threading import Thread

TOKEN = "a token of this machine"
INSTANCE_ID = "i-0123456789abcdef0"
ROLE = "shop-server"
STATE = "autoscaling/target-lifecycle-state"
"""Where a machine reads what its group wants it to be; unknown until a test says it."""


def _known(has_role: bool) -> dict[str, str]:
    known = {"instance-id": INSTANCE_ID, "placement/availability-zone": "ap-south-1a"}
    if has_role:
        key = {
            "Code": "Success",
            "Type": "AWS-HMAC",
            "AccessKeyId": "ASIATESTING",
            "SecretAccessKey": "testing",
            "Token": "testing",
            "Expiration": (datetime.now(UTC) + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        role = "iam/security-credentials/"
        known |= {role: ROLE, f"{role}{ROLE}": dumps(key)}
    return known


@dataclass
class Metadata:
    """A running service.

    Attributes:
        url: Where it answers, as `AWS_EC2_METADATA_SERVICE_ENDPOINT` names it.
        known: What it tells, by its path.
    """

    url: str
    known: dict[str, str] = field(default_factory=dict)


@contextmanager
def running(has_role: bool = True) -> Iterator[Metadata]:
    """A service of its own on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            is_right = self.path == "/latest/api/token"
            has_end = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "").isdigit()
            self._answer(*((200, TOKEN) if is_right and has_end else (400, "")))

        def do_GET(self) -> None:
            if self.headers.get("X-aws-ec2-metadata-token") != TOKEN:
                return self._answer(401, "")
            told = metadata.known.get(self.path.removeprefix("/latest/meta-data/"))
            return self._answer(404, "") if told is None else self._answer(200, told)

        def _answer(self, status: int, told: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    metadata = Metadata(f"http://127.0.0.1:{server.server_port}", _known(has_role))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield metadata
    finally:
        server.shutdown()
        server.server_close()
