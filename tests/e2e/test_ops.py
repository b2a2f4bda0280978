"""The live dashboard in a real browser: it moves, it says when it does not, and only ops see it."""

import csv
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Locator, Page, expect

from cloudscale.ops.charts import Group, charts_of
from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess, wait_until
from tests.e2e.test_accessibility import violations

CHARTS = [chart.title for chart in charts_of(Group.MAIN)]


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


def ticks_of(page: Page) -> int:
    """How many ticks this page has taken in."""
    return page.evaluate("window.__ops?.ticks ?? 0")


def wait_for_tick(page: Page) -> None:
    """Wait until a newer second is shown."""
    seen = ticks_of(page)
    page.wait_for_function("(seen) => window.__ops?.ticks > seen", arg=seen, timeout=20_000)


def open_looking(page: Page, url: str) -> None:
    """Open the dashboard as somebody who is let in already."""
    open_live(page, url)
    wait_for_tick(page)


def panel_of(page: Page, chart: str) -> Locator:
    """A chart's panel, on the screen and drawn."""
    panel = page.get_by_role("region", name=chart, exact=True)
    panel.scroll_into_view_if_needed()
    expect(panel.locator(".plot")).to_have_attribute("data-drawn", re.compile(r"\d"))
    return panel


def event(store: StoreProcess, title: str, cause: str, seconds_ago: int) -> int:
    """Something that happened to the fleet; its id."""
    with connect(store) as connection:
        return connection.execute(
            "INSERT INTO ops_event (key, kind, tone, source, title, cause, effect, subject,"
            " started_at, ended_at, updated_at, details) VALUES (%s, 'scaling', 'warn', 'measured',"
            " %s, %s, '', '', now() - make_interval(secs => %s), now(), now(), '{}') RETURNING id",
            (title, title, cause, seconds_ago),
        ).fetchone()[0]


@pytest.fixture
def own_store(new_store: Callable[..., StoreProcess]) -> Iterator[StoreProcess]:
    """A store that a test may hurt."""
    return new_store()


def test_two_browsers_see_every_chart_move(store: StoreProcess, new_page: Callable[..., Page]):
    pages = [new_page(), new_page(phone=True)]
    for page in pages:
        enter(page, store)
        for chart in CHARTS:
            panel = panel_of(page, chart)
            source = "SIMULATED" if chart == "Instances" else "MEASURED"
            expect(panel).to_contain_text(source)
            expect(panel.locator(".main-svg").first).to_be_attached()
            plot = panel.locator(".plot")
            drawn = plot.get_attribute("data-drawn") or ""
            expect(plot).not_to_have_attribute("data-drawn", drawn)


def test_charts_off_the_screen_are_not_drawn_and_catch_up(store: StoreProcess, page: Page):
    enter(page, store)
    panel_of(page, "Active users")
    wait_for_tick(page)
    assert "zones" not in page.evaluate("Object.keys(window.__ops.draws)")
    panel_of(page, "Traffic by zone")
    assert "zones" in page.evaluate("Object.keys(window.__ops.draws)")


def test_both_see_the_same_second(store: StoreProcess, new_page: Callable[..., Page]):
    first, second = new_page(), new_page()
    enter(first, store)
    enter(second, store)
    seen: dict[str, set[str]] = {}

    def agree() -> bool:
        for page in (first, second):
            text = page.evaluate(
                "() => ['[data-clock]', '#tile-cpu_percent'].map("
                "(s) => document.querySelector(s)?.innerText).join('|')"
            )
            seen.setdefault(text.split("|")[0], set()).add(f"{page is first}|{text}")
        return any(len(texts) == 2 for clock, texts in seen.items() if clock)

    wait_until(agree, "both pages show the same second")
    for texts in seen.values():
        assert len({text.partition("|")[2] for text in texts}) == 1


SHOWN = """() => {
    const { first, step, charts } = window.__ops.shown();
    const lines = Object.entries(charts).flatMap(([slug, { data }]) => data.flatMap(
        ({ name, y, z }) => (z ?? [y]).map((values, place) => [`${slug} ${name} ${place}`, values])
    ));
    return { first, step, lines: Object.fromEntries(lines) };
}"""


def by_second(page: Page) -> dict[str, dict[int, float | None]]:
    """Every line that a page shows: values by second."""
    shown = page.evaluate(SHOWN)
    return {
        name: {shown["first"] + slot * shown["step"]: value for slot, value in enumerate(values)}
        for name, values in shown["lines"].items()
    }


def unbroken(page: Page, ticks: int) -> int:
    """Load the page and let it take ticks in; tells the second from which on it did.

    On a busy machine ticks are skipped, and the page reads everything anew: then once more.
    """
    for _ in range(6):
        reload(page)
        read, begun = page.evaluate("[window.__ops.wholes, window.__ops.shown().newest]")
        for _ in range(ticks):
            wait_for_tick(page)
        if page.evaluate("window.__ops.wholes") == read:
            return begun
    raise AssertionError(page.evaluate("window.__ops.questions"))


def reload(page: Page) -> None:
    """Load the dashboard again, and wait until it takes ticks in.

    The first ones may be what the server kept of the page before: those after them are waited for.
    """
    page.reload()
    for _ in range(3):
        wait_for_tick(page)


ONE_AFTER_THE_OTHER = """
    const { get, set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
    Object.defineProperty(WebSocket.prototype, "onmessage", { get, set(hear) {
        const aWhile = () => new Promise((go) => setTimeout(go, 200));
        let last = Promise.resolve();
        set.call(this, (message) => { last = last.then(aWhile).then(() => hear(message)); });
    } });
"""
"""What the server sends reaches the page with a fifth of a second between, as on a busy machine."""


def test_a_reload_asks_for_everything_once(store: StoreProcess, page: Page):
    enter(page, store)
    page.add_init_script(ONE_AFTER_THE_OTHER)
    reload(page)
    page.reload()  # the server still keeps what the page showed before, and sends that first
    wait_for_tick(page)
    wait_for_tick(page)
    assert page.evaluate("window.__ops.questions") == []


def test_what_ticks_append_is_what_a_reload_shows(
    own_store: StoreProcess, new_page: Callable[..., Page]
):
    page = new_page(own_store.url)  # nobody else is there who makes the fleet grow meanwhile
    enter(page, own_store)
    for _ in range(3):  # of a store this young nothing has been measured yet
        wait_for_tick(page)
    begun = unbroken(page, ticks=6)
    appended, last = by_second(page), page.evaluate("window.__ops.shown().newest")
    page.reload()
    seconds = range(begun + 1, last - 1)  # letters that come late may still change the last ones
    assert len(seconds) >= 3
    for _ in range(5):  # on a busy machine the charts are drawn some ticks after the numbers
        wait_for_tick(page)
        read = by_second(page)
        if of(seconds, appended) == of(seconds, read):
            break
    assert of(seconds, appended) == of(seconds, read)


def of(seconds: range, lines: dict[str, dict[int, float | None]]) -> dict[str, list[float | None]]:
    """What each line shows of some seconds."""
    return {name: [values[second] for second in seconds] for name, values in lines.items()}


def test_a_tick_weighs_at_most_two_kilobytes(store: StoreProcess, page: Page):
    sizes: list[int] = []

    def weigh(frame: str | bytes) -> None:
        if '"tick_rx_state_"' in str(frame) and '"whole_rx_state_"' not in str(frame):
            sizes.append(len(frame))

    page.on("websocket", lambda ws: ws.on("framereceived", weigh))
    enter(page, store)
    for _ in range(5):
        wait_for_tick(page)
    assert sizes
    assert max(sizes) <= 2_048


def test_the_tiles_hold_what_is_measured(store: StoreProcess, page: Page):
    enter(page, store)
    number = re.compile(r"\d")
    for slug in ("active_users", "instances", "cpu_percent", "response_p95_ms"):
        expect(page.locator(f"#tile-{slug} .tile-number")).to_have_text(number)
    expect(page.locator("[data-numbers]")).to_contain_text(re.compile(r"on \d simulated instances"))
    expect(page.locator(".zone")).to_contain_text("1 of 1 instance in service")


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


def test_pause_freezes_what_is_shown_for_who_gets_the_link_too(
    store: StoreProcess, new_page: Callable[..., Page]
):
    page = new_page()
    enter(page, store)
    panel_of(page, "Active users")
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.locator(".pulse")).to_contain_text("Paused")
    expect(page).to_have_url(re.compile("from=.*to=.*paused=1"))
    words = page.locator("[data-span-words]").inner_text()
    seen = ticks_of(page)
    page.wait_for_timeout(2500)  # two ticks that must not be seen
    assert ticks_of(page) == seen
    page.reload()
    expect(page.locator("[data-span-words]")).to_have_text(words)
    page.get_by_role("button", name="Resume").press("Enter")
    expect(page.locator(".pulse")).to_contain_text("Live")
    expect(page).not_to_have_url(re.compile("paused|from"))
    wait_for_tick(page)


def test_a_range_is_picked_kept_in_the_address_and_gone_back_from(store: StoreProcess, page: Page):
    enter(page, store)
    wait_for_tick(page)
    page.evaluate("window.isTheSamePage = true")
    page.get_by_role("link", name="1 h").click()
    expect(page.locator("[data-span-words]")).to_have_text("Last hour")
    expect(page).to_have_url(re.compile(r"\?range=1h$"))
    expect(page.get_by_role("link", name="1 h")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="30 d").click()
    expect(page.locator("[data-span-words]")).to_have_text("Last 30 days")
    page.go_back()
    expect(page.locator("[data-span-words]")).to_have_text("Last hour")
    wait_for_tick(page)
    assert page.evaluate("window.isTheSamePage")
    page.reload()
    expect(page.locator("[data-span-words]")).to_have_text("Last hour")


def drag(page: Page, plot: Locator, start: float, end: float) -> None:
    """Drag over a part of a chart."""
    box = plot.bounding_box()
    assert box
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (start + end) / 2, height)
    page.mouse.move(box["x"] + box["width"] * end, height)
    page.mouse.up()


def test_dragging_over_a_chart_zooms_all_of_them_and_a_button_goes_back(
    store: StoreProcess, page: Page
):
    enter(page, store)
    plot = panel_of(page, "CPU utilisation").locator(".plot")
    drag(page, plot, 0.4, 0.8)
    expect(page).to_have_url(re.compile("from=.*to="))
    expect(page.locator("[data-span-words]")).to_contain_text("UTC")
    times = re.findall(r"(?:from|to)=([^&]+)", page.url)
    assert len(times) == 2
    tiles = page.locator("[data-clock]").inner_text()
    expect(page.locator("[data-clock]")).not_to_have_text(tiles)  # the tiles live on
    page.get_by_role("button", name="Back to live").click()
    expect(page.locator("[data-span-words]")).to_have_text("Last 5 minutes")
    page.go_back()
    expect(page.locator("[data-span-words]")).to_contain_text("UTC")


def test_a_double_click_leaves_the_zoom(store: StoreProcess, page: Page):
    enter(page, store)
    drag(page, panel_of(page, "CPU utilisation").locator(".plot"), 0.4, 0.8)
    expect(page.locator("[data-span-words]")).to_contain_text("UTC")
    # What is shown may be from before the store: there is nothing to wait for then.
    page.get_by_role("region", name="CPU utilisation", exact=True).locator(".plot").dblclick()
    expect(page.locator("[data-span-words]")).to_have_text("Last 5 minutes")


@pytest.mark.parametrize(
    "query", ["range=forever", "from=x&to=y", "from=2099-01-01T00:00:00Z&to=2099-01-02T00:00:00Z"]
)
def test_nonsense_in_the_address_is_told_and_now_is_shown(
    store: StoreProcess, page: Page, query: str
):
    enter(page, store)
    open_looking(page, f"/ops?{query}")
    expect(page.locator(".notice")).to_contain_text(
        "shows what is now" if "=2" in query or "x" in query else "no such range"
    )
    expect(page.locator("[data-span-words]")).to_have_text("Last 5 minutes")


def test_the_theme_is_in_the_address(store: StoreProcess, page: Page):
    enter(page, store)
    open_looking(page, "/ops?theme=dark")
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page).to_have_url(re.compile("theme=light"))
    page.get_by_role("link", name="1 h").click()
    expect(page).to_have_url(re.compile("theme=light.*range=1h"))


def test_the_crosshair_shows_one_moment_on_every_chart(store: StoreProcess, page: Page):
    enter(page, store)
    panel = panel_of(page, "Active users")
    panel_of(page, "CPU utilisation")
    wait_for_tick(page)
    box = panel.locator(".plot").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + 80)
    expect(page.locator(".plot[data-cross=own]")).to_have_count(1)
    lines = page.locator(".charts .plot[data-cross=other] .cross:visible")
    expect(lines).not_to_have_count(0)
    shares = page.evaluate(
        "[...document.querySelectorAll('.plot')].map((p) => p.style.getPropertyValue('--cross'))"
    )
    assert len(set(shares)) == 1
    page.mouse.move(2, 2)
    expect(page.locator(".plot[data-cross]")).to_have_count(0)


def test_arrow_keys_move_the_crosshair_and_tell_its_values(store: StoreProcess, page: Page):
    enter(page, store)
    panel_of(page, "CPU utilisation")
    plot = page.get_by_role("slider", name="CPU utilisation: moment shown")
    plot.focus()
    plot.press("End")
    newest = int(plot.get_attribute("aria-valuenow") or 0)
    plot.press("ArrowLeft")
    assert int(plot.get_attribute("aria-valuenow") or 0) in (newest - 2, newest - 1, newest)
    expect(plot).to_have_attribute("aria-valuetext", re.compile(r"^\d\d:\d\d:\d\d UTC\. mean .*\."))
    expect(page.locator(".plot[data-cross=other]")).not_to_have_count(0)
    plot.press("Escape")
    expect(page.locator(".plot[data-cross]")).to_have_count(0)
    plot.press("End")
    plot.press("+")
    expect(page).to_have_url(re.compile("from=.*to="))
    plot.press("-")
    expect(page).not_to_have_url(re.compile("from="))


def test_what_happened_is_marked_on_every_chart_with_its_cause(
    own_store: StoreProcess, new_page: Callable[..., Page]
):
    store, page = own_store, new_page(own_store.url)  # where nothing else happened then
    its_id = event(store, "Scaled out 2 to 3", "4 or more users were active.", 60)
    enter(page, store)
    panel_of(page, "Active users")
    wait_for_tick(page)
    marks = page.locator(f'.plot .mark[data-event="{its_id}"]')
    expect(marks).to_have_count(page.locator(".plot").count())
    plot = page.get_by_role("slider", name="Active users: moment shown")
    plot.focus()
    plot.press("End")
    cause = "4 or more users were active"
    for _ in range(page.locator("[data-plot=users] .mark").count()):
        if cause in (plot.get_attribute("aria-valuetext") or ""):
            break
        plot.press("Shift+ArrowLeft")
    expect(plot).to_have_attribute("aria-valuetext", re.compile(cause))
    mark = marks.first.bounding_box()
    assert mark
    page.mouse.move(mark["x"], mark["y"] + 40)
    expect(page.get_by_role("tooltip")).to_contain_text(cause)


def test_what_happens_now_is_marked_with_the_next_tick(store: StoreProcess, page: Page):
    enter(page, store)
    panel_of(page, "Active users")
    wait_for_tick(page)
    marks = page.locator("[data-plot=users] .mark")
    before = marks.count()
    event(store, "Scaled in 3 to 2", "Fewer than 4 users were active.", 1)
    expect(marks).to_have_count(before + 1)
    assert page.evaluate("window.__ops.wholes") == 1


def test_what_is_shown_can_be_had_as_csv_and_png(store: StoreProcess, page: Page, tmp_path: Path):
    enter(page, store)
    wait_for_tick(page)
    with page.expect_download() as downloading:
        page.get_by_role("button", name="CSV").click()
    file = downloading.value
    assert file.suggested_filename == "cloudscale-last-5min.csv"
    file.save_as(tmp_path / "shown.csv")
    rows = list(csv.DictReader((tmp_path / "shown.csv").read_text().splitlines()))
    assert rows
    assert float(rows[-1]["cpu_percent"]) >= 0
    panel = panel_of(page, "Response time")
    with page.expect_download() as downloading:
        panel.get_by_role("button", name="Response time as a PNG picture").click()
    assert re.match(r"cloudscale-response-.*-to-.*\.png$", downloading.value.suggested_filename)
    downloading.value.save_as(tmp_path / "chart.png")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_a_chart_can_be_read_as_a_table_and_in_a_sentence(store: StoreProcess, page: Page):
    enter(page, store)
    panel = panel_of(page, "CPU utilisation")
    panel.get_by_text("As a table").click()
    row = panel.get_by_role("row").nth(1)
    expect(row.get_by_role("rowheader")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    expect(row.get_by_role("cell").nth(1)).to_have_text(re.compile(r"^\d+ %$"))
    said = page.locator("#said-cpu")
    expect(said).to_have_text(re.compile(r"^Last 5 minutes\. mean: last \d+ %, between"))


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
    panel_of(page, "Active users")
    wait_for_tick(page)
    worker = own_store.worker_pid
    os.kill(worker, signal.SIGSTOP)
    try:
        expect(page.locator("#ops-stale")).to_contain_text("No new data since")
        expect(page.locator("[data-panel=users]")).to_have_attribute("data-stale", "")
        expect(page.locator("[data-panel=users] .age")).to_contain_text("old:")
        colours = (
            "badges => new Set(badges.map((one) => getComputedStyle(one).backgroundColor)).size"
        )
        assert page.locator(".board .provenance .badge").evaluate_all(colours) == 1, "all are grey"
    finally:
        os.kill(worker, signal.SIGCONT)
    expect(page.locator("#ops-stale")).to_be_empty()
    wait_for_tick(page)


def test_a_lost_connection_is_told_and_heals_without_a_reload(
    own_store: StoreProcess, new_page: Callable[..., Page], allowed_errors: list[str]
):
    allowed_errors.append(".*")
    page = new_page(own_store.url)
    enter(page, own_store)
    wait_for_tick(page)
    page.evaluate("window.isTheSamePage = true")
    environment = {"PORT": str(own_store.port)}
    own_store.process.terminate()
    own_store.process.wait(30)
    expect(page.locator(".pulse")).to_contain_text("Connection lost, trying again")
    expect(page.locator("#ops-stale")).to_contain_text("The connection is lost")
    again = StoreProcess(own_store.data_dir, **environment).start()
    try:
        expect(page.locator("#ops-stale")).to_be_empty(timeout=60_000)
        wait_for_tick(page)
        assert page.evaluate("window.isTheSamePage")
    finally:
        again.stop()


def test_a_database_that_is_away_is_told(own_store: StoreProcess, new_page: Callable[..., Page]):
    page = new_page(own_store.url)
    enter(page, own_store)
    wait_for_tick(page)
    freeze_database(own_store)
    try:
        expect(page.locator("#tile-active_users")).to_contain_text("The database does not answer")
        expect(page.locator(".headline")).to_contain_text("The database does not answer")
    finally:
        os.kill(own_store.postgres_pid, signal.SIGCONT)
    expect(page.locator("#tile-active_users .tile-number")).to_have_text(re.compile(r"\d"))


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("is_phone", [False, True], ids=["desktop", "phone"])
def test_axe_finds_nothing(
    store: StoreProcess, new_page: Callable[..., Page], is_dark: bool, is_phone: bool
):
    page = new_page(dark=is_dark, phone=is_phone)
    enter(page, store)
    wait_for_tick(page)
    for summary in page.locator("#ops-board summary:visible").all():
        summary.click()
    page.get_by_role("slider").first.press("End")
    assert violations(page) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_it_never_scrolls_sideways(store: StoreProcess, new_page: Callable[..., Page], width: int):
    page = new_page(viewport={"width": width, "height": 900})
    enter(page, store)
    wait_for_tick(page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_table_that_is_open_does_not_stretch_its_neighbour(store: StoreProcess, page: Page):
    page.set_viewport_size({"width": 1440, "height": 900})
    enter(page, store)
    wait_for_tick(page)
    neighbour = panel_of(page, "CPU utilisation")
    panel = panel_of(page, "Active users")
    before = neighbour.bounding_box()["height"]  # type: ignore[index]
    panel.get_by_text("As a table").click()
    expect(panel.get_by_role("table")).to_be_visible()
    assert neighbour.bounding_box()["height"] <= before  # type: ignore[index]
    assert panel.bounding_box()["height"] > before + 100  # type: ignore[index]


def test_thresholds_are_named_in_the_legend_where_they_cover_no_line(
    store: StoreProcess, page: Page
):
    enter(page, store)
    panel = panel_of(page, "CPU utilisation")
    expect(panel.get_by_role("listitem").filter(has_text="scale out at 70 %")).to_be_visible()
    expect(panel.locator(".canvas .main-svg").first).to_be_attached()
    assert "scale out" not in panel.locator(".canvas").inner_text()


def test_on_a_phone_the_bar_leaves_the_screen_to_the_figures(
    store: StoreProcess, new_page: Callable[..., Page]
):
    page = new_page(viewport={"width": 390, "height": 844})
    enter(page, store)
    wait_for_tick(page)
    assert page.locator(".ops-bar").bounding_box()["height"] <= 180  # type: ignore[index]
    expect(page.get_by_role("link", name="To the store")).to_be_visible()
    for url in ("/ops", "/ops/slow"):
        open_live(page, url)
        expect(
            page.locator(".ranges")
        ).to_be_visible()  # one, also where the other page had its own
        tops = "links => new Set(links.map((one) => one.getBoundingClientRect().top)).size"
        expect(page.locator(".range").last).to_be_visible()
        assert page.locator(".range").evaluate_all(tops) == 1, "all ranges on one line"


def test_what_stands_below_the_timeline_is_not_pushed_away_by_it(store: StoreProcess, page: Page):
    page.set_viewport_size({"width": 1440, "height": 900})
    enter(page, store)
    wait_for_tick(page)
    assert page.locator(".events").bounding_box()["height"] <= 640  # type: ignore[index]


def test_a_tab_that_is_closed_leaves_no_warning_in_the_log(
    own_store: StoreProcess, new_page: Callable[..., Page]
):
    page = new_page(own_store.url)
    enter(page, own_store)
    wait_for_tick(page)
    page.close()
    page = new_page(own_store.url)
    enter(page, own_store)
    for _ in range(3):
        wait_for_tick(page)
    assert "disconnected client" not in own_store.log


def test_the_chart_library_is_loaded_here_and_not_in_the_store(store: StoreProcess, page: Page):
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    open_live(page, "/")
    assert not [url for url in loaded if "plotly" in url or "/ops." in url]
    enter(page, store)
    panel_of(page, "Active users")
    assert [url for url in loaded if "plotly" in url]
