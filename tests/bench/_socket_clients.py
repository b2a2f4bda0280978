"""Many clients of `/ws` in one process, as cheap as can be: it shares the machine with the server.

    python -m tests.bench._socket_clients PORT CLIENTS SECONDS

Writes "connected", watches for the seconds given, then writes what it saw as one line of JSON: the
ages_ms of all samples when they came, the gaps_ms between two of a client, and the clients that are
left. Frames are read by hand: a whole WebSocket library would use more of a core than the server.
"""

import asyncio
import json
import sys
import time
from datetime import datetime

TOGETHER = 50
"""How many connect at once."""
HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT = 0x81
LONG = 126
STAMP = b'"timestamp":"'


class Seen:
    """What all clients saw, while it counts."""

    def __init__(self) -> None:
        self.is_counting = False
        self.ages_ms: list[float] = []
        self.gaps_ms: list[float] = []
        self.clients = 0
        self._stamps: dict[bytes, float] = {}

    def measured_at(self, stamp: bytes) -> float:
        """When a sample was measured, as `time.time` tells it; read once for all clients."""
        if stamp not in self._stamps:
            self._stamps[stamp] = datetime.fromisoformat(stamp.decode()).timestamp()
        return self._stamps[stamp]


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, port: int, seen: Seen) -> None:
        self.has_sample = asyncio.get_running_loop().create_future()
        self._handshake = HANDSHAKE.format(port=port).encode()
        self._seen = seen
        self._unread = b""
        self._last_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        self._seen.clients += 1
        transport.write(self._handshake)

    def data_received(self, data: bytes) -> None:
        """Take the frames that are whole; before them, the answer to the handshake."""
        now = time.time()
        unread = self._unread + data
        if unread.startswith(b"HTTP"):
            head, end, unread = unread.partition(b"\r\n\r\n")
            if not end:
                unread = head
        while len(unread) > 4 and unread[0] == TEXT and unread[1] == LONG:
            end = 4 + int.from_bytes(unread[2:4])
            if len(unread) < end:
                break
            self._note(unread[4:end], now)
            unread = unread[end:]
        self._unread = unread

    def connection_lost(self, exc: Exception | None) -> None:
        """The server ended it."""
        self._seen.clients -= 1

    def _note(self, text: bytes, now: float) -> None:
        if self._seen.is_counting:
            stamp = text.partition(STAMP)[2].partition(b'"')[0]
            self._seen.ages_ms.append((now - self._seen.measured_at(stamp)) * 1000)
            self._seen.gaps_ms.append((now - self._last_at) * 1000)
        self._last_at = now
        if not self.has_sample.done():
            self.has_sample.set_result(None)


async def watch(port: int, count: int, seconds: float) -> Seen:
    """Connect all, and count what comes for a while."""
    seen, loop = Seen(), asyncio.get_running_loop()
    for start in range(0, count, TOGETHER):
        opening = [
            loop.create_connection(lambda: Client(port, seen), "127.0.0.1", port)
            for _ in range(start, min(start + TOGETHER, count))
        ]
        for _, client in await asyncio.gather(*opening):
            await client.has_sample
    sys.stdout.write("connected\n")
    sys.stdout.flush()
    seen.is_counting = True
    await asyncio.sleep(seconds)
    seen.is_counting = False
    return seen


if __name__ == "__main__":
    found = asyncio.run(watch(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
    names = ("ages_ms", "gaps_ms", "clients")
    sys.stdout.write(json.dumps({name: getattr(found, name) for name in names}) + "\n")
