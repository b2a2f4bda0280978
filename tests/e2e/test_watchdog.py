"""A page that does not come to life is loaded again: later each time, and if the shop answers."""

from collections.abc import Callable

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.live import open_live

LIVE_MS = 20_000


class Loads:
    """How often a page was loaded, and which of its sockets reach the store."""

    def __init__(self, page: Page, silent: int) -> None:
        self.count, self._silent, self._page = 0, silent, page
        page.on("load", lambda _: self._loaded())
        page.route_web_socket(lambda url: "/_event/" in url, self._open)

    def _loaded(self) -> None:
        self.count += 1

    def _open(self, socket: WebSocketRoute) -> None:
        if self.count >= self._silent:
            socket.connect_to_server()

    def wait(self, count: int, timeout_seconds: float) -> None:
        waited = 0
        while self.count < count and waited < timeout_seconds * 1000:
            self._page.wait_for_timeout(50)
            waited += 50
        assert self.count == count


def is_live(page: Page) -> None:
    expect(page.locator("[data-live=true]")).to_have_count(1, timeout=LIVE_MS)


def test_a_page_whose_socket_says_nothing_is_loaded_again(page: Page):
    loads = Loads(page, silent=1)
    page.goto("/login")
    loads.wait(1, 10)
    page.wait_for_timeout(3_000)
    assert loads.count == 1
    is_live(page)
    assert loads.count == 2


def test_it_waits_longer_each_time(page: Page):
    loads = Loads(page, silent=99)
    page.goto("/login")
    loads.wait(2, 12)
    page.wait_for_timeout(8_000)
    assert loads.count == 2
    assert page.evaluate("sessionStorage.getItem('cs_loads')") == "1"


def test_a_page_whose_scripts_were_cut_off_is_loaded_again(
    new_page: Callable[..., Page], allowed_errors: list[str]
):
    allowed_errors.append("ERR_FAILED")
    page, cut = new_page(), [True]
    page.route("**/assets/*.js", lambda route: route.abort() if cut else route.continue_())
    page.goto("/product/1")
    cut.clear()
    is_live(page)


def test_a_page_is_not_lost_while_the_shop_does_not_answer(page: Page, allowed_errors: list[str]):
    allowed_errors.append("ERR_FAILED")
    loads = Loads(page, silent=1)
    page.route("**/health", lambda route: route.abort())
    page.goto("/login")
    page.wait_for_timeout(8_000)
    assert loads.count == 1
    page.unroute("**/health")
    is_live(page)


def test_a_page_that_is_live_is_left_alone(page: Page):
    loads = Loads(page, silent=0)
    open_live(page, "/")
    is_live(page)
    page.wait_for_timeout(8_000)
    assert loads.count == 1


def test_what_somebody_has_typed_is_not_lost_to_it(
    new_page: Callable[..., Page], allowed_errors: list[str]
):
    allowed_errors.append("ERR_FAILED")
    page = new_page()
    page.route("**/assets/*.js", lambda route: route.abort())
    page.goto("/login")
    page.get_by_label("Email").fill("ada@example.com")
    page.wait_for_timeout(8_000)
    expect(page.get_by_label("Email")).to_have_value("ada@example.com")
