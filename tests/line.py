"""The line between this process and its database, to be cut, frozen, or robbed of an answer.

with line_to(url) as line:      connect to line.url;  line.cut()  line.mend()  line.freeze()
"""

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url

NAME = ".s.PGSQL.5432"


class Line:
    """A proxy in front of a PostgreSQL server's Unix socket.

    Args:
        server: The server's socket.
        folder: Where to listen.

    Attributes:
        lose_answer_to: The next answer to a message with these bytes never arrives, though the
            server has done what was asked; then this is `None` again.
    """

    def __init__(self, server: Path, folder: Path) -> None:
        self.lose_answer_to: bytes | None = None
        self._server = server
        self._is_cut = False
        self._flows = threading.Event()
        self._flows.set()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / NAME))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End all connections and refuse new ones."""
        self._is_cut = True
        for pair in list(self._pairs):
            self._end(pair)

    def mend(self) -> None:
        """Let everything through again."""
        self._is_cut = False
        self._flows.set()

    def freeze(self) -> None:
        """Let nothing through any more; connections stay open and say nothing."""
        self._flows.clear()

    def close(self) -> None:
        """Be no more."""
        self.mend()
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._is_cut:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server))
                pair = (client, server)
                self._pairs.add(pair)
                for work in (self._carry_questions, self._carry_answers):
                    threading.Thread(target=work, args=(pair,), daemon=True).start()

    def _carry_questions(self, pair: tuple[socket.socket, socket.socket]) -> None:
        client, server = pair
        with suppress(OSError):
            while data := client.recv(65_536):
                self._flows.wait()
                if self.lose_answer_to and self.lose_answer_to in data:
                    self.lose_answer_to = None
                    self._pairs.discard(pair)  # whoever carries answers stops
                    server.sendall(data)
                    server.recv(65_536)  # it is done
                    break
                server.sendall(data)
        self._end(pair)

    def _carry_answers(self, pair: tuple[socket.socket, socket.socket]) -> None:
        client, server = pair
        with suppress(OSError):
            while pair in self._pairs:
                data = server.recv(65_536, socket.MSG_PEEK)
                if not data or pair not in self._pairs:
                    break
                self._flows.wait()
                client.sendall(server.recv(len(data)))
        if pair in self._pairs:
            self._end(pair)

    def _end(self, pair: tuple[socket.socket, socket.socket]) -> None:
        self._pairs.discard(pair)
        for end in pair:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def line_to(url: str) -> Iterator[tuple[Line, str]]:
    """A line to the server of a URL, and the URL that leads through it."""
    server = Path(str(make_url(url).query["host"])) / NAME
    with tempfile.TemporaryDirectory(prefix="line-") as folder:
        line = Line(server, Path(folder))
        through = make_url(url).set(query={"host": folder}).render_as_string(hide_password=False)
        try:
            yield line, through
        finally:
            line.close()
