"""`/ws` on the served store, beside its pages and their own websocket."""

import json
import signal
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess

PATIENCE_SECONDS = 30
LISTEN = """() => new Promise((told, failed) => {
    const socket = new WebSocket(`ws://${location.host}/ws`);
    const texts = [];
    socket.onmessage = ({data}) => {
        if (texts.push(data) === 2) { socket.close(); told(texts); }
    };
    socket.onerror = () => failed("it broke");
})"""


def listen(store: StoreProcess, origin: str | None = None) -> ClientConnection:
    headers = {"Origin": origin} if origin else {}
    return connect(f"ws://127.0.0.1:{store.port}/ws", additional_headers=headers)


def told(text: str | bytes) -> dict[str, Any]:
    """The sample in a message."""
    message = json.loads(text)
    assert message["type"] == "metrics_update"
    return message["data"]


def test_a_page_listens_and_goes_on_working(store: StoreProcess, page: Page):
    open_live(page, "/")
    first, second = map(told, page.evaluate(LISTEN))
    assert first["timestamp"] < second["timestamp"]
    assert second["ec2Instances"] >= 2
    assert second["source"] == "simulated"
    assert second["activeUsers"] >= 1
    assert second["responseTime"] >= 0
    page.get_by_role("button", name="Add to cart").first.click()
    expect(page.get_by_role("status").filter(has_text="Added to your cart")).to_be_visible()


def test_programs_hear_and_read_the_same(store: StoreProcess):
    with listen(store) as socket:
        heard = [told(socket.recv(PATIENCE_SECONDS)) for _ in range(2)]
    with urllib.request.urlopen(f"{store.url}/api/metrics/history") as answer:
        assert answer.headers["cache-control"] == "no-store"
        history = json.load(answer)
    assert all(sample in history for sample in heard)


def test_pages_of_other_sites_do_not_hear_it(store: StoreProcess):
    with pytest.raises(InvalidStatus) as refusal:
        listen(store, origin="http://evil.example")
    assert refusal.value.response.status_code == 403
    with listen(store, origin=store.url) as socket:
        told(socket.recv(PATIENCE_SECONDS))


def test_a_stop_says_goodbye_and_leaves_nothing_in_the_log(
    new_store, new_page, allowed_errors: list[str]
):
    allowed_errors.append("ERR_CONNECTION_REFUSED")  # a picture that is still to come
    allowed_errors.append("WebSocket is already in CLOSING")  # the page was just about to speak
    store: StoreProcess = new_store()
    page = new_page(store.url)
    open_live(page, "/")
    with listen(store) as one, listen(store) as other:
        told(one.recv(PATIENCE_SECONDS))
        store.process.send_signal(signal.SIGTERM)
        for socket in (one, other):
            with pytest.raises(ConnectionClosed) as end:
                while True:
                    socket.recv(PATIENCE_SECONDS)
            assert end.value.rcvd is not None
            assert end.value.rcvd.code == 1001
    page.close()
    assert store.process.wait(20) == 0
    assert "Traceback" not in store.log
