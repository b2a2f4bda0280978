"""What a first visit to a page transfers, and how much its layout moves, in a cold browser."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Page

from tests.e2e.live import open_live

KIND_OF_SCRIPTS, KIND_OF_STYLES = "Script", "Stylesheet"
SHIFTS = """() => new Promise((resolve) => {
  let total = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) total += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(total), 300);
})"""


@dataclass
class PageLoad:
    """The bodies that a browser fetched, as they came over the wire."""

    kinds: dict[str, str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    encodings: set[str] = field(default_factory=set)

    def note_answer(self, event: dict[str, Any]) -> None:
        """Remember what a request is for."""
        self.kinds[event["requestId"]] = event["type"]
        self.urls[event["requestId"]] = event["response"]["url"]
        self.encodings.add(event["response"]["headers"].get("content-encoding", "none"))

    def note_data(self, event: dict[str, Any]) -> None:
        """Add what came for a request."""
        request = event["requestId"]
        self.sizes[request] = self.sizes.get(request, 0) + event["encodedDataLength"]

    def files(self, kind: str) -> dict[str, int]:
        """File names and their bytes, the largest first."""
        named = {
            self.urls[request].rpartition("/")[2]: self.sizes.get(request, 0)
            for request, found in self.kinds.items()
            if found == kind
        }
        return dict(sorted(named.items(), key=lambda item: -item[1]))

    def kilobytes(self, kind: str) -> float:
        """All bytes of a kind, in kB (1,000 bytes)."""
        return sum(self.files(kind).values()) / 1000


def watch(page: Page, encoding: str = "gzip") -> PageLoad:
    """Start to measure what a page fetches.

    Args:
        page: A page of a browser profile of its own, so that its cache is empty.
        encoding: The one compression that the browser says it takes.
    """
    load, session = PageLoad(), page.context.new_cdp_session(page)
    _listen(session, load)
    session.send("Network.enable")
    session.send("Network.setExtraHTTPHeaders", {"headers": {"Accept-Encoding": encoding}})
    return load


def _listen(session: CDPSession, load: PageLoad) -> None:
    session.on("Network.responseReceived", load.note_answer)
    session.on("Network.dataReceived", load.note_data)


def open_until_buyable(page: Page, path: str = "/") -> PageLoad:
    """Open a page and measure until its first product can be bought."""
    load = watch(page)
    open_live(page, path)
    page.locator("button:enabled", has_text="Add to cart").first.wait_for()
    return load


def layout_shift(page: Page) -> float:
    """How much what was on screen has moved by itself since the page was opened (CLS)."""
    return page.evaluate(SHIFTS)
