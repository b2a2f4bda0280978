"""The ops pages on small phones: words stay whole, rows stay rows, panels hold what is theirs."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess, wait_until
from tests.e2e.test_narrow import WIDTHS, assert_holds
from tests.e2e.test_ops import enter, panel_of, wait_for_tick

TOPS = "parts => new Set(parts.map((one) => Math.round(one.getBoundingClientRect().top))).size"


@pytest.fixture
def narrow(store: StoreProcess, new_page: Callable[..., Page]) -> Page:
    """The dashboard on the smallest phone."""
    page = new_page(phone=True, viewport={"width": WIDTHS[0], "height": 800})
    enter(page, store)
    return page


def lines(text: Locator) -> int:
    """On how many lines a text stands."""
    return text.evaluate(
        "box => { const all = document.createRange(); all.selectNodeContents(box);"
        "return new Set([...all.getClientRects()].map((line) => line.top)).size; }"
    )


def resize(page: Page, width: int) -> None:
    """Turn it into another phone."""
    page.set_viewport_size({"width": width, "height": 800})


def open_slow(page: Page) -> Locator:
    """Open the slow things, once some are there: they come a few seconds after they were served.

    Returns:
        One in the tables of which slow ones were kept; of most there are none, for that is a
        sample.
    """
    open_live(page, "/ops/slow")
    rows, kept = page.locator(".slow-table a"), page.locator(".kept a")
    found: list[int] = []

    def is_there() -> bool:
        page.get_by_role("button", name="Read again").click()
        page.wait_for_timeout(500)
        names = set(kept.evaluate_all("all => all.map((one) => one.lastChild.textContent)"))
        found[:] = [place for place, name in enumerate(rows.all_inner_texts()) if name in names]
        return bool(found)

    wait_until(is_there, "something slow was kept", 60)
    return rows.nth(found[0])


def test_the_bar_has_a_row_of_tabs_and_a_row_of_buttons(narrow: Page):
    wait_for_tick(narrow)
    for width in (*WIDTHS, 390):
        resize(narrow, width)
        assert narrow.locator(".ops-tab").evaluate_all(TOPS) == 1, width
        rows = 2 if width == WIDTHS[0] else 1
        assert narrow.locator(".ops-bar .btn").evaluate_all(TOPS) <= rows, width


def test_what_the_fleet_and_the_load_lab_call_their_numbers_is_not_broken(narrow: Page):
    words = narrow.locator(".fleet-sizes dt, .lab-form label")
    expect(words).to_have_count(6)
    for width in WIDTHS:
        resize(narrow, width)
        assert [lines(word) for word in words.all()] == [1] * 6, width


def test_a_chart_as_a_table_has_the_whole_width_of_its_panel(narrow: Page):
    wait_for_tick(narrow)
    panel = panel_of(narrow, "Active users")
    panel.get_by_text("As a table").click()
    frame = panel.get_by_role("region", name="Active users as a table")
    sides = panel.evaluate(
        "box => box.clientWidth - 2 * parseFloat(getComputedStyle(box).paddingLeft)"
    )
    assert frame.bounding_box()["width"] == sides  # type: ignore[index]
    assert_holds(panel, panel.get_by_role("button"))


@pytest.mark.parametrize("width", [*WIDTHS, 1440])
def test_the_question_of_the_what_if_page_holds_its_words(narrow: Page, width: int):
    resize(narrow, width)
    open_live(narrow, "/ops/scaling")
    form = narrow.get_by_role("form", name="What to simulate")
    assert_holds(
        form.locator("fieldset").first, form.locator("fieldset").first.locator("label, input")
    )
    assert narrow.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_time_of_many_digits_stays_in_its_place_among_the_slow_things(narrow: Page):
    open_slow(narrow)
    cells = narrow.locator(".slow-table").first.locator("tbody tr").first.locator("td")
    expect(cells.first).to_be_attached()
    cells.evaluate_all("all => all.forEach((one) => { one.textContent = '12,345 ms'; })")
    for width in WIDTHS:
        resize(narrow, width)
        too_wide = "all => all.filter((one) => one.scrollWidth > one.clientWidth).length"
        assert cells.evaluate_all(too_wide) == 0, width


@pytest.mark.parametrize("width", [WIDTHS[0], 1440])
def test_what_a_slow_thing_opens_is_where_one_looks(narrow: Page, width: int):
    resize(narrow, width)
    open_slow(narrow).click()
    expect(narrow.get_by_role("link", name="Of everything")).to_be_in_viewport()
    narrow.locator(".kept a").first.press("Enter")
    heading = narrow.locator("#trace")
    expect(heading).to_be_focused()
    expect(heading).to_be_in_viewport()
