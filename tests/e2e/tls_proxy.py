"""A proxy that ends TLS in front of a store, as a load balancer does; it reads nothing."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Future

import trustme

AUTHORITY = trustme.CA()
"""Made anew for each run of the tests, and trusted by nobody else."""
CHUNK = 64 * 1024


class TlsProxy:
    """Listens on a free port of localhost; set `store_port` before the first browser comes."""

    def __init__(self) -> None:
        self.store_port = 0
        self.port = 0

    @property
    def url(self) -> str:
        """Where a browser finds the store."""
        return f"https://localhost:{self.port}"

    async def serve(self, ready: Future[asyncio.Event]) -> None:
        """Listen, hand out the event that ends it, and wait for that."""
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        AUTHORITY.issue_cert("localhost").configure_cert(tls)
        async with await asyncio.start_server(self._pass_on, "127.0.0.1", ssl=tls) as server:
            self.port = server.sockets[0].getsockname()[1]
            stopping = asyncio.Event()
            ready.set_result(stopping)
            await stopping.wait()

    async def _pass_on(self, heard: asyncio.StreamReader, said: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            answers, asked = await asyncio.open_connection("127.0.0.1", self.store_port)
            ways = (_pump(heard, asked), _pump(answers, said))
            await asyncio.gather(*ways, return_exceptions=True)
        said.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while received := await source.read(CHUNK):
            sink.write(received)
            await sink.drain()
    finally:
        sink.close()


def trusting() -> ssl.SSLContext:
    """For clients that are to trust the proxy."""
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


@contextlib.contextmanager
def tls_proxy() -> Iterator[TlsProxy]:
    """One that runs, in a thread, for the life of the block."""
    proxy, ready = TlsProxy(), Future[asyncio.Event]()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(proxy.serve(ready),))
    thread.start()
    stopping = ready.result(timeout=20)
    yield proxy
    loop.call_soon_threadsafe(stopping.set)
    thread.join()
    loop.close()
