"""Two instances behind a real load balancer: what the second adds, and what it costs when one goes.

Each is `python -m cloudscale serve`; one PostgreSQL and one Redis are shared, haproxy is configured
as AWS's balancer is. Needs haproxy and Chromium, and root for the quarter of a core.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, WebSocket, expect, sync_playwright

from tests.bench import _held
from tests.bench._load import load, request
from tests.bench._row import Row
from tests.e2e import browser, shopper
from tests.e2e.live import HYDRATED, LOST, open_live
from tests.e2e.store_process import StoreProcess
from tests.instances import crowd, versions
from tests.instances.balancer import NOTICED_SECONDS, Balancer
from tests.instances.pair import Pair, in_service

QUARTER = 0.25
ROUND_REQUESTS, ROUNDS, AT_ONCE = 1_000, 3, 16
CATALOGUE = request("GET", "/api/products?limit=12&category=electronics")
SHOPPERS = 50
PAGES, KILLS_OF_PAGES = 5, 100
MOST_KILLS = 60
LOSSES_OF_REDIS = 10
WANTED = "Wool Scarf"
WAIT_SECONDS, SETTLE_SECONDS, POLL_MS = 20.0, 1.0, 20


def run() -> Iterator[Row]:
    """Measure; about nine minutes."""
    with (
        tempfile.TemporaryDirectory(prefix="cloudscale-") as place,
        in_service(Path(place)) as both,
    ):
        yield from _throughput(both, Path(place))
        yield from _under_load(both, versions.next_version(Path(place) / "next"))
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=browser.find(), args=browser.launch_options()
            )
            yield from _killed_under_pages(both, chromium)
            yield from _redis_lost_under_pages(both, chromium)
            chromium.close()


def _throughput(both: Pair, place: Path) -> Iterator[Row]:
    """Rounds alternate, so that what else the machine does falls on both."""
    if reason := _held.why_not():
        yield Row(f"instances: throughput not measured, {reason}", 0.0, "")
        return
    first = both.instances[0]
    (place / "alone").mkdir()
    alone = Balancer(place / "alone")
    rates: dict[str, list[float]] = {"one": [], "two": []}
    with _all_held(both), alone.before([first.port]):
        for _ in range(ROUNDS):
            rates["one"].append(_rate(alone.port))
            rates["two"].append(_rate(_port(both)))
    one, two = max(rates["one"]), max(rates["two"])
    yield Row("instances: one, held to a quarter of a core", one, "req/s")
    yield Row("instances: two, each held to a quarter of a core", two, "req/s")
    yield Row("instances: two to one", two / one, "x", ">= 1.70")


def _port(both: Pair) -> int:
    return int(both.url.rsplit(":", 1)[1])


def _rate(port: int) -> float:
    done = load(port, [[CATALOGUE]] * AT_ONCE, ROUND_REQUESTS)
    assert not done.failures
    return done.per_second


@contextmanager
def _all_held(both: Pair) -> Iterator[None]:
    """Each instance, with all its processes, in a group of its own."""
    with ExitStack() as groups:
        for one in both.instances:
            groups.enter_context(_held.held(QUARTER, _pids(one)))
        yield


def _pids(instance: StoreProcess) -> list[int]:
    assert instance.process
    main = psutil.Process(instance.process.pid)
    return [main.pid, *(child.pid for child in main.children(recursive=True))]


def _under_load(both: Pair, next_version: Path) -> Iterator[Row]:
    """A rollout, then a kill, with shoppers who go on all the time."""
    crowd.fill_shelves(both.database)
    with crowd.crowd(both.url, SHOPPERS) as books:
        for old in list(both.instances):
            both.launch(next_version, APPLICATION_VERSION="next")
            both.retire(old)
        cuts = sum(books.cuts.values())
        both.instances[0].kill_main()
        time.sleep(5)
        both.another()
        time.sleep(5)
    found = crowd.audit(both.database, books)
    calls = sum(books.answers.values())
    failed = calls - books.answers[200] - books.answers[201]
    name = f"{SHOPPERS} shoppers"
    yield Row(f"instances: {name}, calls while a version rolls and one is killed", calls, "")
    yield Row(f"instances: {name}, calls not answered at once while it rolls", cuts, "", "0")
    yield Row(f"instances: {name}, calls made again after the kill", sum(books.cuts.values()), "")
    longest = books.longest_seconds
    yield Row(f"instances: {name}, longest wait of such a call", longest, "s", "<= 2")
    yield Row(f"instances: {name}, calls refused in the end", failed, "", "0")
    yield Row(f"instances: {name}, orders lost, of {len(books.orders)}", found.lost, "", "0")
    yield Row(f"instances: {name}, orders doubled", found.doubled, "", "0")
    yield Row(f"instances: {name}, units oversold or gone", found.unsold, "", "0")
    yield Row(f"instances: {name}, carts or sign-ins lost", len(books.lost), "", "0")


class _Visitor:
    """A signed-in page with a cart, and when it was back after its instance was killed."""

    def __init__(self, both: Pair, chromium: Browser) -> None:
        self.page = chromium.new_page()
        self.cut_at = self.back_at = self.whole_at = 0.0
        self.page.on("websocket", self._watch)
        open_live(self.page, f"{both.url}/register")
        shopper.register(self.page)
        open_live(self.page, f"{both.url}/")
        shopper.add_to_cart(self.page, WANTED)
        self.items = shopper.cart_count(self.page)

    def _watch(self, socket: WebSocket) -> None:
        socket.on("close", lambda _: self._note("cut_at"))
        socket.on("framereceived", self._hear)

    def _hear(self, frame: str | bytes) -> None:
        self._note("back_at")
        if HYDRATED in str(frame):
            self._note("whole_at")

    def _note(self, what: str) -> None:
        setattr(self, what, time.monotonic())

    @property
    def is_back(self) -> bool:
        return self.back_at > self.cut_at

    def is_kept(self) -> bool:
        """Whether the cart and the sign-in are there, and the next click works."""
        if shopper.cart_count(self.page) != self.items or not _is_signed_in(self.page):
            return False
        shopper.add_to_cart(self.page, WANTED)
        self.items += 1
        return True


def _is_signed_in(page: Page) -> bool:
    return shopper.account_menu(page).is_visible()


def _killed_under_pages(both: Pair, chromium: Browser) -> Iterator[Row]:
    """Kill one instance after the other; each page whose instance it was counts as one."""
    visitors = [_Visitor(both, chromium) for _ in range(PAGES)]
    kept, seconds = 0, []
    for _ in range(MOST_KILLS):
        cut, times = _kill(both, visitors)
        kept += sum(one.is_kept() for one in cut)
        seconds += times
        both.another()
        visitors[0].page.wait_for_timeout(NOTICED_SECONDS * 1000)
        if len(seconds) >= KILLS_OF_PAGES:
            break
    yield Row("instances: pages whose instance was killed under them", len(seconds), "", "100")
    yield Row("instances: ... that kept cart and sign-in, and went on", kept, "", str(len(seconds)))
    yield Row("instances: ... seconds until they were live again, median", _at(seconds, 0.5), "s")
    yield Row("instances: ... the slowest", _at(seconds, 1), "s", "<= 2")


def _kill(both: Pair, visitors: list[_Visitor]) -> tuple[list[_Visitor], list[float]]:
    """Kill the oldest instance; returns whose it was, and how long each took to be back."""
    killed_at = time.monotonic()
    both.instances[0].kill_main()
    while time.monotonic() < killed_at + WAIT_SECONDS:
        visitors[0].page.wait_for_timeout(POLL_MS)
        cut = [one for one in visitors if one.cut_at > killed_at]
        if time.monotonic() > killed_at + SETTLE_SECONDS and all(one.is_back for one in cut):
            break
    return cut, [one.back_at - killed_at if one.is_back else WAIT_SECONDS for one in cut]


def _redis_lost_under_pages(both: Pair, chromium: Browser) -> Iterator[Row]:
    """Lose Redis and all that it knew, until each page has said so; and bring it back, empty."""
    visitors = [_Visitor(both, chromium) for _ in range(PAGES)]
    kept, seconds = 0, []
    for _ in range(LOSSES_OF_REDIS):
        both.redis.lose()
        for one in visitors:
            expect(one.page.get_by_text(LOST)).to_have_count(1)
        both.redis.start()
        seconds += _until_back(visitors)
        kept += sum(one.is_kept() for one in visitors)
    count = str(len(seconds))
    yield Row("instances: pages that were open while Redis lost all it knew", len(seconds), "")
    yield Row("instances: ... that kept cart and sign-in, and went on", kept, "", count)
    yield Row("instances: ... seconds from its return until live, median", _at(seconds, 0.5), "s")
    yield Row("instances: ... the slowest", _at(seconds, 1), "s", "<= 5")


def _until_back(visitors: list[_Visitor]) -> list[float]:
    """How long each takes from now until all of it is there again."""
    began = time.monotonic()
    while time.monotonic() < began + WAIT_SECONDS:
        visitors[0].page.wait_for_timeout(POLL_MS)
        if all(one.whole_at > began for one in visitors):
            break
    return [one.whole_at - began if one.whole_at > began else WAIT_SECONDS for one in visitors]


def _at(seconds: list[float], share: float) -> float:
    return sorted(seconds)[round((len(seconds) - 1) * share)] if seconds else 0.0
