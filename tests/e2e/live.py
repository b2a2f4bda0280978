"""Waiting for a Reflex page to be more than its first HTML."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Error, Page, WebSocket

HYDRATED = '"is_hydrated_rx_state_":true'
LOST = "The connection to the store is lost"
"""What a page says that tries to come back."""


NOTE_LIFE = """() => {
  const sign = document.querySelector("[data-live]");
  window.lives = [];
  new MutationObserver(() => window.lives.push(sign.dataset.live))
    .observe(sign, { attributes: true });
}"""
IS_LIVE_ANEW = "window.lives.includes('false') && window.lives.at(-1) === 'true'"


@contextmanager
def coming_back(page: Page, timeout_seconds: float = 60) -> Iterator[None]:
    """Take a page's server away in the block, and give it back; wait until the page is loaded anew.

    Args:
        page: One that is live.
        timeout_seconds: How long that may take after the block.
    """
    page.evaluate(NOTE_LIFE)
    yield
    page.wait_for_function(IS_LIVE_ANEW, timeout=timeout_seconds * 1000)


def open_live(page: Page, url: str, timeout_seconds: float = 15) -> None:
    """Go to a URL and wait until the server has answered the page's first event.

    Args:
        page: Any page.
        url: Absolute, or relative to the page's store.
        timeout_seconds: How long the websocket may take.
    """
    hydrated: list[bool] = []

    def watch(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: HYDRATED in str(frame) and hydrated.append(True))

    page.on("websocket", watch)
    try:
        _go(page, url)
        waited = 0
        while not hydrated:
            assert waited < timeout_seconds * 1000, f"{url} never became live"
            page.wait_for_timeout(20)
            waited += 20
    finally:
        page.remove_listener("websocket", watch)


def _go(page: Page, url: str) -> None:
    """Go there, even if the page is being loaded again just now, as one is that is late to live."""
    try:
        page.goto(url)
    except Error as interrupted:
        if "interrupted by another navigation" not in interrupted.message:
            raise
        page.goto(url)
