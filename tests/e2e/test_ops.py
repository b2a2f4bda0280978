"""The live dashboard in a real browser: it moves, it says when it does not, and only ops see it."""

import os
import re
import signal
from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess, wait_until
from tests.e2e.test_accessibility import violations

CHARTS = ["Active users", "CPU and memory", "Response time", "Orders"]


def give_role(store: StoreProcess, email: str, role: str) -> None:
    """Make a registered user somebody who runs the shop, or no longer."""
    with connect(store) as connection:
        connection.execute("UPDATE user_account SET role = %s WHERE email = %s", (role, email))


def connect(store: StoreProcess) -> psycopg.Connection:
    """A connection to a store's own database."""
    return psycopg.connect(f"host={store.data_dir / 'postgres'} user=postgres dbname=postgres")


def freeze_database(store: StoreProcess) -> None:
    """Cut the store's connections, and let new ones hang until SIGCONT."""
    with connect(store) as connection:
        os.kill(store.postgres_pid, signal.SIGSTOP)
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )


def enter(page: Page, store: StoreProcess, role: str = "ops") -> str:
    """Register somebody with a role, and open the dashboard; returns the e-mail."""
    email = shopper.new_email()
    account = {"username": email.split("@")[0], "email": email, "password": shopper.PASSWORD}
    answer = page.request.post(f"{store.url}/api/register", data=account)
    assert answer.ok, answer.text()
    give_role(store, email, role)
    open_live(page, "/ops")
    return email


def clock_of(page: Page) -> str:
    """The time of the sample that is shown."""
    return page.locator("#ops-board").get_attribute("data-clock") or ""


def wait_for_tick(page: Page) -> None:
    """Wait until a newer sample is shown."""
    expect(page.locator("#ops-board")).not_to_have_attribute("data-clock", clock_of(page))


def line_of(page: Page, chart: str) -> str:
    """The first line of a chart, as it is drawn."""
    panel = page.get_by_role("region", name=chart)
    return panel.locator(".scatterlayer .js-line").first.get_attribute("d") or ""


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Charts that redraw every second on a busy machine may keep a click waiting."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def own_store(new_store: Callable[..., StoreProcess]) -> Iterator[StoreProcess]:
    """A store that a test may hurt."""
    return new_store()


def test_two_browsers_see_every_chart_move(store: StoreProcess, new_page: Callable[..., Page]):
    pages = [new_page(), new_page(phone=True)]
    for page in pages:
        enter(page, store)
        for chart in CHARTS:
            expect(page.get_by_role("region", name=chart)).to_contain_text("MEASURED")
    for page in pages:
        expect(page.locator(".scatterlayer .js-line").nth(4)).to_be_attached()
        before = {chart: line_of(page, chart) for chart in CHARTS}
        wait_for_tick(page)
        wait_for_tick(page)
        moved = [chart for chart in CHARTS if line_of(page, chart) != before[chart]]
        assert moved == CHARTS


def test_both_see_the_same_sample(store: StoreProcess, new_page: Callable[..., Page]):
    first, second = new_page(), new_page()
    enter(first, store)
    enter(second, store)
    figure = "#tile-memory_percent"
    seen: dict[str, set[str]] = {}

    def agree() -> bool:
        for page in (first, second):
            text = page.evaluate(
                f"() => [document.querySelector('#ops-board')?.dataset.clock,"
                f" document.querySelector('{figure}')?.innerText].join('|')"
            )
            seen.setdefault(text.split("|")[0], set()).add(f"{page is first}|{text}")
        return any(len(texts) == 2 for clock, texts in seen.items() if clock)

    wait_until(agree, "both pages show the same second")
    for texts in seen.values():
        assert len({text.partition("|")[2] for text in texts}) == 1


def test_the_tiles_hold_what_is_measured(store: StoreProcess, page: Page):
    enter(page, store)
    number = re.compile(r"\d")
    for slug in ("active_users", "cpu_percent", "memory_percent", "response_p95_ms"):
        expect(page.locator(f"#tile-{slug} .tile-number")).to_have_text(number)

    def counted() -> int:
        with connect(store) as connection:
            return connection.execute(
                "SELECT count(*) FROM visit WHERE NOT is_robot AND ended_at IS NULL"
                " AND last_active_at > now() - interval '5 minutes'"
            ).fetchone()[0]

    # The tile is up to a tick behind the visit that this very page began.
    for _ in range(20):
        users = page.locator("#tile-active_users .tile-number").inner_text()
        if int(users) == counted():
            return
        page.wait_for_timeout(500)
    assert int(users) == counted()


@pytest.mark.parametrize("role", ["guest", "member"])
def test_others_get_a_refusal_in_words_and_no_data(store: StoreProcess, page: Page, role: str):
    frames: list[str] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda frame: frames.append(str(frame))))
    if role == "guest":
        open_live(page, "/ops")
    else:
        enter(page, store, role="member")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "This page is for the people who run the store"
    )
    expect(page.get_by_role("alert").first).to_contain_text(
        "Please sign in first" if role == "guest" else "may not see this"
    )
    expect(page.get_by_role("link", name="Sign in")).to_have_attribute("href", "/login?next=/ops")
    assert violations(page) == []
    assert frames
    assert not [frame for frame in frames if "scatter" in frame or "Healthy" in frame]


def test_a_role_that_is_taken_away_ends_the_stream(store: StoreProcess, page: Page):
    email = enter(page, store)
    wait_for_tick(page)
    give_role(store, email, "member")
    expect(page.get_by_role("alert").first).to_contain_text("may not see this")
    expect(page.locator("#ops-board")).to_have_count(0)


def test_pause_freezes_what_is_shown_and_resume_lets_it_move(store: StoreProcess, page: Page):
    enter(page, store)
    wait_for_tick(page)
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.locator(".pulse")).to_contain_text("Paused at")
    frozen, line = clock_of(page), line_of(page, "Active users")
    page.wait_for_timeout(2500)  # two ticks that must not be seen
    assert (clock_of(page), line_of(page, "Active users")) == (frozen, line)
    page.get_by_role("button", name="Resume").press("Enter")
    expect(page.locator("#ops-board")).not_to_have_attribute("data-clock", frozen)


def test_a_chart_can_be_read_as_a_table(store: StoreProcess, page: Page):
    enter(page, store)
    panel = page.get_by_role("region", name="CPU and memory")
    panel.get_by_text("The same as a table").click()
    row = panel.get_by_role("row").nth(1)
    expect(row.get_by_role("rowheader")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    expect(row.get_by_role("cell").nth(1)).to_have_text(re.compile(r"^\d+ %$"))
    expect(panel.locator(".plot")).to_have_attribute("aria-label", re.compile("^Last 5 minutes"))


def test_the_verdict_is_not_read_aloud_while_it_stays_the_same(store: StoreProcess, page: Page):
    enter(page, store)
    wait_for_tick(page)
    changes = page.evaluate(
        """async () => {
            const status = document.querySelector(".headline [role=status]");
            const said = new Set([status.textContent]);
            let changed = 0;
            const watching = new MutationObserver(() => {
                if (!said.has(status.textContent)) { said.add(status.textContent); }
                else { changed += 1; }
            });
            watching.observe(status, {subtree: true, childList: true, characterData: true});
            await new Promise((done) => setTimeout(done, 3000));
            return changed;
        }"""
    )
    assert changes == 0


def test_a_server_that_stops_answering_is_seen_at_once_and_heals(
    own_store: StoreProcess, new_page: Callable[..., Page], allowed_errors: list[str]
):
    allowed_errors.append(".*")  # what a browser says of a dead connection is not the point here
    page = new_page(own_store.url)
    enter(page, own_store)
    wait_for_tick(page)
    worker = own_store.worker_pid
    os.kill(worker, signal.SIGSTOP)
    try:
        expect(page.locator("#ops-stale")).to_contain_text("No new data since")
        expect(page.locator("#ops-board")).to_have_attribute("data-stale", "")
    finally:
        os.kill(worker, signal.SIGCONT)
    expect(page.locator("#ops-stale")).to_be_empty()
    wait_for_tick(page)


def test_a_lost_connection_is_told(
    own_store: StoreProcess, new_page: Callable[..., Page], allowed_errors: list[str]
):
    allowed_errors.append(".*")
    page = new_page(own_store.url)
    enter(page, own_store)
    wait_for_tick(page)
    own_store.stop()
    expect(page.locator(".pulse")).to_contain_text("Connection lost, trying again")
    expect(page.locator("#ops-stale")).to_contain_text("No new data since")


def test_a_database_that_is_away_is_told_and_the_rest_goes_on(
    own_store: StoreProcess, new_page: Callable[..., Page]
):
    page = new_page(own_store.url)
    enter(page, own_store)
    wait_for_tick(page)
    freeze_database(own_store)
    try:
        tile = page.locator("#tile-active_users")
        expect(tile).to_contain_text("The database did not answer")
        expect(page.locator("#tile-memory_percent .tile-number")).to_have_text(re.compile(r"\d"))
        expect(page.locator(".headline")).to_contain_text("The database does not answer")
    finally:
        os.kill(own_store.postgres_pid, signal.SIGCONT)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("is_phone", [False, True], ids=["desktop", "phone"])
def test_axe_finds_nothing(
    store: StoreProcess, new_page: Callable[..., Page], is_dark: bool, is_phone: bool
):
    page = new_page(dark=is_dark, phone=is_phone)
    enter(page, store)
    wait_for_tick(page)
    for summary in page.locator("#ops-board summary").all():
        summary.click()
    assert violations(page) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_it_never_scrolls_sideways(store: StoreProcess, new_page: Callable[..., Page], width: int):
    page = new_page(viewport={"width": width, "height": 900})
    enter(page, store)
    wait_for_tick(page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_chart_library_is_loaded_here_and_not_in_the_store(store: StoreProcess, page: Page):
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    open_live(page, "/")
    assert not [url for url in loaded if "plotly" in url or "/ops." in url]
    enter(page, store)
    expect(page.locator(".scatterlayer").first).to_be_attached()
    assert [url for url in loaded if "plotly" in url]
