"""An AWS on loopback: a server process of moto's that keeps what it is told.

with running(folder) as aws:      aws.url answers as AWS does; aws.client("s3") asks it
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import botocore.session
from boto3.session import Session

REGION = "ap-south-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing-secret",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
"""Environment variables of whoever asks the server: keys of nobody, and none of this machine's."""

# Each session reads what botocore knows of AWS anew, megabytes of JSON, which is half of what these
# tests compute. The files do not change: the sessions of one process share what they read.
botocore.session.create_loader = cache(botocore.session.create_loader)


@dataclass
class Aws:
    """A running server; its own addresses are below `/moto-api`.

    Attributes:
        url: Where it answers.
        record: The file in which it notes every call, once it is told to.
    """

    url: str
    record: Path
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)
    _making: Lock = field(default_factory=Lock, repr=False)

    def tell(self, path: str, body: bytes = b"") -> None:
        """Tell the server itself something."""
        plain = {"content-type": "text/plain"}
        request = urllib.request.Request(f"{self.url}/moto-api/{path}", body, plain)
        urllib.request.urlopen(request, timeout=60).close()

    def calls(self) -> list[dict[str, Any]]:
        """Every call since the last reset."""
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [json.loads(line) for line in lines]

    def client(self, service: str) -> Any:
        """Whoever sets the stage, or looks at what is on it; any thread may."""
        keys = {"aws_access_key_id": "stage", "aws_secret_access_key": "hand"}
        with self._making:
            if service not in self._clients:
                session = Session(region_name=REGION, **keys)
                self._clients[service] = session.client(service, endpoint_url=self.url)
            return self._clients[service]


@contextmanager
def running(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Aws]:
    """A server of its own on a free port, ended with the block.

    Args:
        folder: Where its log and its record go.
        environment: More variables for it, such as `MOTO_IAM_LOAD_MANAGED_POLICIES`.
    """
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    aws = Aws(f"http://127.0.0.1:{port}", folder / "calls")
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    variables = os.environ | {"MOTO_RECORDER_FILEPATH": str(aws.record)} | dict(environment or {})
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=variables, stdout=log, stderr=log, cwd=folder)
        try:
            _await(aws, process, folder / "log")
            yield aws
        finally:
            process.terminate()
            process.wait(60)


def _await(aws: Aws, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            aws.tell("reset")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"no AWS: {log.read_text()}")
