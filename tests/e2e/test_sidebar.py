"""The live metrics beside the store: open, they move; closed, nothing is streamed."""

import os
import re
import signal
from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.e2e.page_load import layout_shift
from tests.e2e.store_process import StoreProcess, free_port, run
from tests.e2e.test_accessibility import violations

PRODUCT = "/product/1"


def toggle(page: Page) -> Locator:
    """The header's button."""
    return page.get_by_role("banner").get_by_role("button", name="Live metrics")


def panel(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Live metrics")


def at(page: Page) -> str:
    """When what is shown was measured."""
    return panel(page).get_attribute("data-at") or ""


def wait_for_tick(page: Page) -> None:
    """Wait until a newer second is shown."""
    expect(panel(page)).not_to_have_attribute("data-at", at(page))


def open_metrics(page: Page, path: str = "/") -> None:
    """Load a page, open its metrics and wait for the first figures."""
    open_live(page, path)
    toggle(page).click()
    expect(panel(page).get_by_text("Active users", exact=True)).to_be_visible()


def focused(page: Page) -> str:
    """The name of what has the focus."""
    return page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")


@pytest.mark.parametrize("path", ["/", PRODUCT])
def test_in_the_demo_a_guest_opens_them_and_they_move(store: StoreProcess, page: Page, path: str):
    open_metrics(page, path)
    shown = panel(page)
    expect(toggle(page)).to_have_attribute("aria-expanded", "true")
    expect(shown.locator("[data-age]")).to_have_text(re.compile(r"^\d+\.\d s$"))
    for text in ("MEASURED", "In service", "of the load at which the fleet grows", "Instance 1"):
        expect(shown.get_by_text(re.compile(text, re.IGNORECASE)).first).to_be_visible()
    for name in ("CPU, fleet mean, last 2 minutes", "Response p95, last 2 minutes"):
        expect(shown.get_by_role("img", name=re.compile(name))).to_be_visible()
    line = shown.locator("svg path").last.get_attribute("d")
    wait_for_tick(page)
    wait_for_tick(page)
    assert shown.locator("svg path").last.get_attribute("d") != line
    expect(shown.get_by_role("link", name="Open the dashboard")).to_have_count(0)


def test_they_stand_beside_the_products_and_cover_none(store: StoreProcess, page: Page):
    open_metrics(page)
    left = panel(page).bounding_box()["x"]
    for selector in (".card", ".site-header button", "footer a"):
        for box in (one.bounding_box() for one in page.locator(selector).all()):
            assert box is None or box["x"] + box["width"] <= left, selector
    shopper.add_to_cart(page, "Wool Scarf")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_closed_nothing_is_streamed(store: StoreProcess, page: Page):
    frames: list[str] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda frame: frames.append(str(frame))))
    open_metrics(page)
    wait_for_tick(page)
    panel(page).get_by_role("button", name="Close live metrics").click()
    expect(panel(page)).to_be_hidden()
    expect(toggle(page)).to_have_attribute("aria-expanded", "false")
    page.wait_for_timeout(2000)  # the tick that is on its way
    before = len([frame for frame in frames if "of the load at which" in frame])
    assert before > 0
    page.wait_for_timeout(3000)  # ticks that must not come
    assert len([frame for frame in frames if "of the load at which" in frame]) == before


def test_never_opened_nothing_is_streamed_either(store: StoreProcess, page: Page):
    frames: list[str] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda frame: frames.append(str(frame))))
    open_live(page, "/")
    expect(toggle(page)).to_be_visible()
    page.wait_for_timeout(3000)
    assert not [frame for frame in frames if "of the load at which" in frame]


def test_open_is_remembered_over_a_reload_without_a_shift_and_so_is_closed(
    store: StoreProcess, page: Page
):
    open_metrics(page)
    open_live(page, "/")
    expect(panel(page).get_by_text("Active users", exact=True)).to_be_visible()
    expect(toggle(page)).to_have_attribute("aria-expanded", "true")
    assert layout_shift(page) <= 0.05
    open_live(page, PRODUCT)
    expect(panel(page).get_by_text("Active users", exact=True)).to_be_visible()
    assert layout_shift(page) <= 0.05
    toggle(page).click()
    open_live(page, "/")
    expect(toggle(page)).to_have_attribute("aria-expanded", "false")
    expect(panel(page)).to_be_hidden()


def test_they_go_on_while_one_walks_through_the_store(store: StoreProcess, page: Page):
    open_metrics(page)
    page.get_by_role("button", name="Books").click()
    expect(page).to_have_url(re.compile("category=books"))
    wait_for_tick(page)
    page.get_by_role("article").first.get_by_role("link").click()
    expect(page).to_have_url(re.compile("/product/"))
    expect(panel(page).get_by_text("Active users", exact=True)).to_be_visible()
    wait_for_tick(page)
    expect(toggle(page)).to_have_attribute("aria-expanded", "true")


def test_who_comes_from_a_page_that_has_none_finds_them_as_they_were(
    store: StoreProcess, page: Page
):
    open_metrics(page)
    open_live(page, "/login")
    page.get_by_role("link", name="CloudScale, to the store").click()
    expect(panel(page).get_by_text("Active users", exact=True)).to_be_visible()


def test_no_page_moves_aside_while_a_slow_browser_draws_it(
    store: StoreProcess, new_page: Callable[..., Page]
):
    page = new_page()
    page.add_init_script("localStorage.setItem('cs_metrics', 'open')")
    slow = page.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    for path in ("/", PRODUCT, "/", PRODUCT, "/login"):
        open_live(page, path, timeout_seconds=60)
        page.wait_for_timeout(1000)
        assert layout_shift(page) <= 0.05, path


def test_pages_that_have_none_keep_their_whole_width(store: StoreProcess, page: Page):
    open_metrics(page)
    open_live(page, "/login")
    expect(page.locator("body")).to_have_css("padding-right", "0px")
    expect(panel(page)).to_have_count(0)


def test_a_keyboard_opens_them_reads_them_and_closes_them(store: StoreProcess, page: Page):
    open_live(page, "/")
    toggle(page).focus()
    page.keyboard.press("Enter")
    expect(panel(page)).to_be_visible()
    wait_for_tick(page)
    assert focused(page) == "Live metrics"
    for _ in range(10):
        if focused(page) == "Close live metrics":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(panel(page)).to_be_hidden()
    assert focused(page) == "Live metrics"
    page.keyboard.press("Enter")
    panel(page).get_by_role("region", name="Figures").focus()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    assert focused(page) == "Live metrics"


@pytest.mark.parametrize("way", ["Escape", "button", "backdrop"])
def test_on_a_phone_they_are_a_sheet_that_closes_and_gives_the_focus_back(
    store: StoreProcess, phone: Page, way: str
):
    open_metrics(phone)
    wait_for_tick(phone)
    assert panel(phone).evaluate("dialog => dialog.matches(':modal')")
    if way == "Escape":
        phone.keyboard.press("Escape")
    elif way == "button":
        panel(phone).get_by_role("button", name="Close live metrics").click()
    else:
        phone.mouse.click(200, 20)
    expect(panel(phone)).to_be_hidden()
    assert focused(phone) == "Live metrics"
    expect(phone.locator("#metrics")).to_have_attribute("data-followed", "false")


def test_on_a_phone_they_do_not_open_by_themselves(store: StoreProcess, phone: Page):
    open_metrics(phone)
    open_live(phone, "/")
    expect(toggle(phone)).to_have_attribute("aria-expanded", "false")
    expect(panel(phone)).to_be_hidden()


def test_a_screen_that_becomes_narrow_hides_them_and_nothing_is_streamed(
    store: StoreProcess, page: Page
):
    open_metrics(page)
    page.set_viewport_size({"width": 900, "height": 900})
    expect(panel(page)).to_be_hidden()
    expect(page.locator("#metrics")).to_have_attribute("data-followed", "false")
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(panel(page).get_by_text("Active users", exact=True)).to_be_visible()


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    store: StoreProcess, new_page: Callable[..., Page], is_dark: bool, width: int
):
    page = new_page(dark=is_dark, viewport={"width": width, "height": 800})
    open_metrics(page)
    wait_for_tick(page)
    assert violations(page) == []
    outer = panel(page).bounding_box()
    for part in panel(page).locator("h2, h3, p, dd, svg, button").all():
        if inner := part.bounding_box():
            assert inner["x"] >= outer["x"]
            assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 0.5
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_header_stays_on_one_line_on_every_phone(new_page: Callable[..., Page]):
    page = new_page(phone=True, viewport={"width": 320, "height": 700})
    open_live(page, "/")
    expect(toggle(page)).to_be_visible()
    for width in (320, 341, 360, 390):
        page.set_viewport_size({"width": width, "height": 700})
        logo, button = page.locator(".logo").bounding_box(), toggle(page).bounding_box()
        assert abs(logo["y"] - button["y"]) < 10, width


@pytest.fixture
def own_store(new_store: Callable[..., StoreProcess]) -> StoreProcess:
    """A store that a test may hurt."""
    return new_store()


def test_a_server_that_stops_answering_is_told_and_heals(
    own_store: StoreProcess, new_page: Callable[..., Page], allowed_errors: list[str]
):
    allowed_errors.append(".*")  # what a browser says of a dead connection is not the point here
    page = new_page(own_store.url)
    open_metrics(page)
    wait_for_tick(page)
    worker = own_store.worker_pid
    os.kill(worker, signal.SIGSTOP)
    try:
        expect(panel(page).locator(".metrics-stale")).to_contain_text("No new data since")
        expect(panel(page)).to_have_attribute("data-stale", "")
    finally:
        os.kill(worker, signal.SIGCONT)
    expect(panel(page).locator(".metrics-stale")).to_be_empty()
    wait_for_tick(page)


def test_a_server_that_lost_its_memory_is_told_again_that_they_are_open(
    own_store: StoreProcess, new_page: Callable[..., Page], allowed_errors: list[str]
):
    allowed_errors.append(".*")
    page = new_page(own_store.url)
    open_metrics(page)
    before = at(page)
    own_store.kill_worker()
    own_store.wait_until_up()
    expect(panel(page)).not_to_have_attribute("data-at", re.compile(f"^({before}|0)$"))
    wait_for_tick(page)


@pytest.fixture(scope="module")
def production(built: None) -> Iterator[StoreProcess]:
    """The real shop."""
    port = free_port()
    running = StoreProcess(
        ENVIRONMENT="production",
        SECRET_KEY="a secret of production, long enough",
        PORT=str(port),
        PUBLIC_URL=f"http://localhost:{port}",
    ).start()
    seeded = run(running, "seed")
    assert seeded.returncode == 0, seeded.stderr
    yield running
    running.stop()


def sign_up(page: Page, store: StoreProcess, role: str) -> None:
    """Be somebody with a role from now on."""
    email = shopper.new_email()
    account = {"username": email.split("@")[0], "email": email, "password": shopper.PASSWORD}
    answer = page.request.post("/api/register", data=account, headers={"origin": store.url})
    assert answer.ok, answer.text()
    database = f"host={store.data_dir / 'postgres'} user=postgres dbname=postgres"
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE user_account SET role = %s WHERE email = %s", (role, email))


@pytest.mark.parametrize("who", ["guest", "member"])
def test_in_production_others_have_no_button_and_get_no_figures_even_if_they_ask(
    production: StoreProcess, new_page: Callable[..., Page], who: str
):
    page = new_page(production.url)
    frames: list[str] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda frame: frames.append(str(frame))))
    if who == "member":
        sign_up(page, production, "member")
    open_live(page, "/")
    expect(page.get_by_role("article").first.get_by_role("button")).to_be_enabled()
    expect(toggle(page)).to_have_count(0)
    page.evaluate("localStorage.setItem('cs_metrics', 'open')")
    open_live(page, "/")
    expect(page.locator("#metrics")).to_have_attribute("data-refused", "true")
    expect(panel(page)).to_be_hidden()
    page.wait_for_timeout(2000)
    assert page.evaluate("localStorage.getItem('cs_metrics')") == ""
    assert not [frame for frame in frames if "of the load at which" in frame]


def test_in_production_those_who_run_the_shop_open_them_and_the_dashboard_from_there(
    production: StoreProcess, new_page: Callable[..., Page]
):
    page = new_page(production.url)
    sign_up(page, production, "ops")
    open_metrics(page)
    wait_for_tick(page)
    expect(panel(page).get_by_text("Instance 1")).to_have_count(0)
    assert violations(page) == []
    panel(page).get_by_role("link", name="Open the dashboard").click()
    expect(page).to_have_url(re.compile("/ops$"))
    expect(page.locator("body")).to_have_css("padding-right", "0px")
