"""A real server, filled to its last place: who comes then is told so, and may come again later.

Linux has the whole of 127.0.0.0/8 on loopback, so the crowd comes from several addresses.
"""

import http.client
import select
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from cloudscale.api import live_metrics, places
from cloudscale.serving.web import allow_files
from tests.e2e.store_process import StoreProcess, wait_until

SERVER = "127.0.0.1"
ONE, TWO, THREE = "127.0.0.2", "127.0.0.3", "127.0.0.4"
TOO_MANY = 20
ALL_SECONDS = 30
AGAIN_SECONDS = 10
TRY_AGAIN_LATER = (1013).to_bytes(2, "big")


@pytest.fixture
def store(new_store) -> StoreProcess:
    """A store of these tests' own, with its caps as they are."""
    allow_files(places.MOST_REQUESTS + places.MOST_PAGES)
    return new_store(API_CALLS_PER_MINUTE="0")


@pytest.fixture
def crowd() -> Iterator[ExitStack]:
    """The connections of a test, gone after it."""
    with ExitStack() as connections:
        yield connections


def connect(store: StoreProcess, source: str) -> socket.socket:
    """One connection from an address."""
    return socket.create_connection((SERVER, store.port), 10, source_address=(source, 0))


def begin(store: StoreProcess, source: str) -> socket.socket:
    """A request that is under way: the last byte of it has not come yet."""
    begun = connect(store, source)
    begun.sendall(
        f"POST /api/login HTTP/1.1\r\nHost: localhost:{store.port}\r\nOrigin: {store.url}\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{".encode()
    )
    return begun


def ask(store: StoreProcess, path: str, source: str) -> tuple[int, str | None, str]:
    """Status, Retry-After and words of an answer."""
    asking = http.client.HTTPConnection(SERVER, store.port, 10, source_address=(source, 0))
    try:
        asking.request("GET", path)
        answer = asking.getresponse()
        return answer.status, answer.headers["Retry-After"], answer.read().decode()
    finally:
        asking.close()


def is_refused(store: StoreProcess, source: str) -> bool:
    """Whether an address is told to come again, programs and people both."""
    answers = [ask(store, path, source) for path in ("/api/products?limit=1", "/product/1")]
    for status, again, words in answers:
        assert status in (200, 503)
        assert status == 200 or (again == "5" and "very busy" in words)
    return all(status == 503 for status, _again, _words in answers)


def come(store: StoreProcess, source: str, places_there: int, crowd: ExitStack):
    """A few more requests than there are places for; those few have been refused at the end."""
    came = [crowd.enter_context(begin(store, source)) for _ in range(places_there + TOO_MANY)]
    answered = select.poll()
    for one in came:
        answered.register(one, select.POLLIN)
    wait_until(lambda: len(answered.poll(0)) >= TOO_MANY, "the others are refused", ALL_SECONDS)
    return came


def test_past_all_requests_it_can_bear_it_refuses_in_words_and_is_well(store, crowd: ExitStack):
    first = come(store, ONE, places.MOST_REQUESTS_AN_ADDRESS, crowd)
    assert is_refused(store, ONE)
    assert not is_refused(store, TWO)
    left = places.MOST_REQUESTS - places.MOST_REQUESTS_AN_ADDRESS
    second = come(store, TWO, left, crowd)
    assert is_refused(store, THREE)
    for source in (ONE, THREE):
        assert ask(store, "/health", source)[0] == 200
    for gone in first:
        gone.close()
    wait_until(lambda: not is_refused(store, ONE), "their places are free", AGAIN_SECONDS)
    for stayed in second:
        stayed.sendall(b"}")
    answered = [_exactly(stayed, 12)[-3:] for stayed in second]
    assert (answered.count(b"422"), answered.count(b"503")) == (left, TOO_MANY)
    assert not is_refused(store, TWO)


def upgrade(store: StoreProcess, path: str) -> bytes:
    """What asks for a websocket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: localhost:{store.port}\r\nOrigin: {store.url}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


def open_socket(store: StoreProcess, path: str, source: str) -> socket.socket:
    """A websocket, once the server has accepted it."""
    opened = connect(store, source)
    opened.sendall(upgrade(store, path))
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = opened.recv(1)
        assert byte, head
        head += byte
    assert head.startswith(b"HTTP/1.1 101 "), head
    return opened


def first_frame(opened: socket.socket) -> tuple[int, bytes]:
    """Opcode and content of the first that the server sends; it is short."""
    kind, length = _exactly(opened, 2)
    if length == 126:
        length = int.from_bytes(_exactly(opened, 2), "big")
    return kind & 0x0F, _exactly(opened, length)


def _exactly(opened: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = opened.recv(count - len(found))
        assert more, found
        found += more
    return found


def page_socket() -> str:
    """Where a new tab opens its socket."""
    return f"/_event/?EIO=4&transport=websocket&token={uuid.uuid4()}"


def is_page_refused(store: StoreProcess, source: str) -> bool:
    """Whether a tab's socket is not opened at all, of which the page tells by itself."""
    with connect(store, source) as asking:
        asking.sendall(upgrade(store, page_socket()))
        return _exactly(asking, 12) == b"HTTP/1.1 403"


def are_live_metrics_refused(store: StoreProcess, source: str) -> bool:
    """Whether the socket of the metrics is closed in words."""
    with open_socket(store, "/ws", source) as asking:
        kind, words = first_frame(asking)
    if kind == 8:
        assert words[:2] == TRY_AGAIN_LATER
        assert b"Too many connections from your address" in words
    return kind == 8


@pytest.mark.parametrize(
    ("path", "most", "is_refused"),
    [
        (page_socket, places.MOST_PAGES_AN_ADDRESS, is_page_refused),
        (lambda: "/ws", live_metrics.MAX_PER_ADDRESS, are_live_metrics_refused),
    ],
    ids=["pages", "live metrics"],
)
def test_past_all_sockets_of_an_address_the_next_is_refused(
    store, crowd: ExitStack, path, most: int, is_refused
):
    began = time.monotonic()
    came = [crowd.enter_context(open_socket(store, path(), ONE)) for _ in range(most)]
    assert time.monotonic() - began < ALL_SECONDS
    assert is_refused(store, ONE)
    welcome = crowd.enter_context(open_socket(store, path(), TWO))
    assert first_frame(welcome)[0] == 1
    assert ask(store, "/health", ONE)[0] == 200
    for gone in came:
        gone.close()
    wait_until(lambda: not is_refused(store, ONE), "their places are free", AGAIN_SECONDS)
