"""Waiting for a Reflex page to be more than its first HTML."""

from playwright.sync_api import Error, Page, WebSocket

HYDRATED = '"is_hydrated_rx_state_":true'
LOST = "The connection to the store is lost"
"""What a page says that tries to come back."""


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
