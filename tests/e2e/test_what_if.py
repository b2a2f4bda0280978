"""The what-if page in a real browser: policies compared, a trace brought along, a policy chosen."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.patience import patience
from tests.e2e.store_process import StoreProcess
from tests.e2e.test_accessibility import violations
from tests.e2e.test_ops import enter

URL = "/ops/scaling"
TRACE = "time,requests\n" + "".join(f"{60 * n},{12_000 + 600 * (n % 7)}\n" for n in range(60))
TALL = {"viewport": {"width": 1440, "height": 900}}


@pytest.fixture(autouse=True)
def simulations_take_their_time() -> Iterator[None]:
    """Seconds, and more on a busy machine."""
    with patience(60_000):
        yield


def open_whatif(page: Page, store: StoreProcess, role: str = "ops") -> None:
    """Register somebody with a role, and open the page."""
    enter(page, store, role)
    page.goto(URL)
    expect(page.get_by_text("In force: ")).to_contain_text(re.compile(r"In force: \w"))


def compare(page: Page, scenario: str = "Sudden step") -> None:
    """Choose a scenario, press Compare, and wait for the answer."""
    page.get_by_role("radio", name=scenario).check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name=re.compile(f"^{scenario}"))).to_be_visible()


def bring(page: Page, content: str, name: str = "friday.csv") -> None:
    """Choose a file."""
    file = {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    page.get_by_label("File", exact=True).set_input_files(file)


def row_of(where: Page | Locator, name: str) -> Locator:
    """The head of a policy's row."""
    return where.get_by_role("rowheader", name=re.compile(f"^{name}"))


def widths(page: Page) -> tuple[int, int]:
    """By how many pixels the page, and the table, are wider than there is room."""
    return page.evaluate(
        "(() => { const table = document.querySelector('.whatif-answer .table-frame');"
        "return [document.documentElement.scrollWidth - innerWidth,"
        " table.scrollWidth - table.clientWidth]; })()"
    )


def test_ops_compare_policies_and_see_table_and_figures(store: StoreProcess, new_page):
    page = new_page(**TALL)
    open_whatif(page, store)
    page.get_by_role("radio", name="Steady day").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("progressbar", name="How far the run is")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Running")).to_be_attached()
    heading = page.get_by_role("heading", name="Steady day, 24 hours")
    expect(heading).to_be_focused()
    table = page.get_by_role("table", name="Policies compared")
    for name in ("mission", "plain-70-30", "foresight", "oracle"):
        expect(row_of(table, name)).to_be_visible()
    expect(row_of(table, "mission")).to_contain_text("in force")
    for title in ("Demand against capacity", "Response time", "Late requests against cost"):
        panel = page.locator("section").filter(has=page.get_by_role("heading", name=title))
        expect(panel).to_contain_text("SIMULATED")
        expect(panel.locator(".main-svg").first).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Done: Steady day")).to_be_attached()
    assert widths(page) == [0, 0]


def test_a_run_can_be_stopped(store: StoreProcess, page: Page):
    open_whatif(page, store)
    page.get_by_role("radio", name="Noisy day").check()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_role("heading", name="Nothing was run yet")).to_be_visible()
    compare(page)


def test_a_trace_of_ones_own_is_brought_and_compared(store: StoreProcess, page: Page):
    open_whatif(page, store)
    bring(page, TRACE)
    expect(page.get_by_text("friday.csv: 60 steps of 60 s, from 1970-01-01")).to_be_visible()
    expect(page.get_by_role("radio", name="A trace of your own")).to_be_checked()
    page.get_by_label("Peak, requests a second").fill("300")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="friday.csv, 1 hour", exact=True)).to_be_visible()


def test_what_is_no_trace_is_refused_in_words(
    store: StoreProcess, page: Page, allowed_errors: list[str]
):
    allowed_errors.append("422")
    open_whatif(page, store)
    bring(page, TRACE.replace("12600", "-5"))
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Line 3 has -5 requests; there cannot be fewer than 0")
    bring(page, TRACE.replace("180,", "185,"), "shifted.csv")
    expect(alert).to_contain_text("Line 5 is 65 s after the one above it")
    page.get_by_role("button", name="Compare").click()
    expect(alert).to_contain_text("Choose a file first.")
    bring(page, TRACE, "good.csv")
    expect(alert).to_have_count(0)


def test_staff_put_a_policy_in_force_and_take_its_variables_along(
    new_store: Callable[..., StoreProcess], new_page
):
    store = new_store()
    page = new_page(store.url)
    open_whatif(page, store, "staff")
    compare(page)
    page.get_by_role("button", name="Use this policy: foresight").click()
    dialog = page.get_by_role("dialog", name="Use foresight?")
    expect(dialog).to_contain_text("min_instances 2 → 5")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("In force: mission")).to_be_visible()
    page.get_by_role("button", name="Use this policy: foresight").click()
    dialog.get_by_role("button", name="Use it").click()
    expect(page.get_by_role("status").filter(has_text="foresight is in force.")).to_be_visible()
    expect(row_of(page, "foresight")).to_contain_text("in force")
    expect(page.get_by_role("button", name="Use this policy: foresight")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Variables of foresight for Terraform").click()
    assert download.value.suggested_filename == "scaling.auto.tfvars.json"
    written = json.loads(download.value.path().read_text())
    assert json.loads(written["scaling_policy"])["name"] == "foresight"


def test_ops_have_no_button_to_choose_with(store: StoreProcess, page: Page):
    open_whatif(page, store)
    compare(page)
    expect(page.get_by_role("button", name="Variables of foresight")).to_be_visible()
    expect(page.get_by_role("button", name="Use this policy")).to_have_count(0)


def test_a_member_is_refused_in_words(store: StoreProcess, page: Page):
    enter(page, store, "member")
    page.goto(URL)
    expect(page.get_by_role("alert")).to_contain_text("may not see this")
    expect(page.get_by_role("button", name="Compare")).to_have_count(0)


def test_all_of_it_is_done_by_keyboard(store: StoreProcess, page: Page):
    open_whatif(page, store)
    page.get_by_role("radio", name="Steady day").focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Sudden step")).to_be_checked()
    page.get_by_role("checkbox", name="thrift").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="thrift")).to_be_checked()
    page.keyboard.press("Enter")
    expect(row_of(page, "thrift")).to_be_visible()
    page.get_by_text("What these figures mean").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("SPEC Research Group")).to_be_visible()


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("is_phone", [False, True], ids=["desktop", "phone"])
def test_no_violation_is_found_and_nothing_scrolls_sideways(
    store: StoreProcess, new_page, is_dark: bool, is_phone: bool
):
    page = new_page(phone=is_phone, dark=is_dark, **({} if is_phone else TALL))
    open_whatif(page, store, "staff")
    assert violations(page) == []
    compare(page)
    expect(page.locator(".figure .main-svg")).not_to_have_count(0)
    assert violations(page) == []
    assert widths(page) == [0, 0]
    if is_phone:
        expect(page.get_by_role("heading", name="Sudden step, 5 hours")).to_be_in_viewport()
