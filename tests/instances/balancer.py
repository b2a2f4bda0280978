"""A real load balancer, configured as AWS's is: `python -m tests.instances.balancer` fetches it.

Requests go to each in turn and are never tried twice, and whose /health fails gets no more of
them, though what it has begun is left alone. Here it asks more often than AWS's does, and each
answer says which instance it is of.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.store_process import answers, free_port, wait_until

CHECK_MS, FAILURES = 300, 2
NOTICED_SECONDS = CHECK_MS * (FAILURES + 1) / 1000
"""So long after its health failed an instance gets no requests any more."""

COMMANDS = (
    ("apt-get", "update", "-qq"),
    ("apt-get", "install", "-y", "-qq", "haproxy"),
)
CONFIGURATION = """
defaults
  mode http
  retries 0
  timeout connect 2s
  timeout client 75s
  timeout server 75s
  timeout tunnel 1h
  timeout check 1s
  option forwardfor
frontend shop
  bind 127.0.0.1:{port}
  default_backend instances
backend instances
  balance roundrobin
  option httpchk GET /health
  http-response set-header x-instance %s
  default-server check inter {check_ms} fall {failures} rise 1
{servers}
"""


def find() -> str | None:
    """The path of haproxy."""
    return shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def install() -> str | None:
    """Fetch haproxy where that is possible; returns its path, or `None`."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    sys.stderr.write("Installing haproxy for the tests of several instances\n")
    if all(subprocess.run(command, check=False).returncode == 0 for command in COMMANDS):
        return find()
    return None


class Balancer:
    """A load balancer that is to be, on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder

    @property
    def url(self) -> str:
        """Where shoppers find the shop."""
        return f"http://localhost:{self.port}"

    @contextmanager
    def before(self, places: Sequence[int | str]) -> Iterator[None]:
        """Run before instances, of which some may be there later only.

        Args:
            places: Their ports on 127.0.0.1, or address and port (127.0.0.2:8000).
        """
        named = [
            (one, f"127.0.0.1:{one}") if isinstance(one, int) else (one, one) for one in places
        ]
        servers = "\n".join(f"  server i{name} {address}" for name, address in named)
        text = CONFIGURATION.format(
            port=self.port, check_ms=CHECK_MS, failures=FAILURES, servers=servers
        )
        file, log = self._folder / "haproxy.cfg", self._folder / "haproxy.log"
        file.write_text(text)
        program = find()
        assert program
        with log.open("w") as told:
            command = [program, "-db", "-f", str(file)]
            process = subprocess.Popen(command, stdout=told, stderr=told)
        try:
            wait_until(lambda: self._answers(process, log), "the balancer answers")
            time.sleep(NOTICED_SECONDS)  # until then it takes all of them to be there
            yield
        finally:
            process.terminate()
            process.wait(10)

    def _answers(self, process: subprocess.Popen, log: Path) -> bool:
        assert process.poll() is None, log.read_text()
        return answers(f"{self.url}/health")


if __name__ == "__main__":
    sys.exit(0 if find() or install() else 1)
