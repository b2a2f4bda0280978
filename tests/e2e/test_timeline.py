"""The timeline and the objectives on the live page: what happens is there, found and linked to."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine
from sqlmodel import Session

from cloudscale.ops import events
from cloudscale.ops.events import Happening
from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess
from tests.e2e.test_accessibility import violations
from tests.e2e.test_ops import enter

# What does not fit into its box: hidden texts, fields and parts of a line aside.
WIDER = """panel => [...panel.querySelectorAll("*")]
    .filter((one) => one.scrollWidth > one.clientWidth + 1)
    .filter((one) => !["inline", "contents"].includes(getComputedStyle(one).display))
    .filter((one) => !one.closest(".visually-hidden, input, svg"))
    .map((one) => one.outerHTML.slice(0, 100))"""


@pytest.fixture
def told(store: StoreProcess) -> Iterator[Session]:
    """The shop's own timeline, to be written to from outside; each call commits."""
    socket = store.data_dir / "postgres"
    engine = create_engine(f"postgresql+psycopg://postgres@/postgres?host={socket}")
    with Session(engine.execution_options(isolation_level="AUTOCOMMIT")) as session:
        yield session
    engine.dispose()


def happened(session: Session, key: str, minutes_ago: float = 1, **more: Any) -> int:
    """Record something; returns its id."""
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    given = {"kind": "healing", "tone": "good", "title": key, "cause": f"Cause of {key}."}
    events.record(session, [Happening(key, started_at=at, **{"ended_at": at, **given, **more})])
    found = events.listed(session, at - timedelta(days=1), at + timedelta(days=1), limit=200)
    return next(event.id for event in found if event.key == key)


def timeline(page: Page):
    return page.get_by_role("region", name="What happened, and why")


def event(page: Page, title: str):
    return timeline(page).get_by_role("listitem").filter(has_text=title)


def test_what_happens_appears_without_a_reload(store: StoreProcess, page: Page, told: Session):
    enter(page, store)
    expect(timeline(page).locator(".event").first).to_contain_text(
        re.compile(r"\d (s|min) ago")
    )  # the script runs
    happened(told, "port-22-closed", title="Drift reverted", effect="The rule was revoked.",
             minutes_ago=0.0)  # fmt: skip
    expect(event(page, "Drift reverted")).to_contain_text("The rule was revoked.")
    expect(page.locator("[data-event-news]")).to_have_text("New: Drift reverted.")


def test_what_lasts_comes_first_counts_on_and_ends(store: StoreProcess, page: Page, told: Session):
    happened(told, "deploy-x", kind="deploy", title="Rolling out", ended_at=None, minutes_ago=2)
    enter(page, store)
    expect(event(page, "Rolling out")).to_contain_text(re.compile(r"In progress, 2 min"))
    # The store's own alarms may last too: on a busy machine they do.
    lasts = [
        "In progress" in one for one in timeline(page).get_by_role("listitem").all_inner_texts()
    ]
    assert lasts == sorted(lasts, reverse=True)
    assert not lasts[-1]
    events.end(told, "deploy-x", "3 of 3 run it.")
    expect(event(page, "Rolling out")).to_contain_text("3 of 3 run it.")
    expect(event(page, "Rolling out")).not_to_contain_text("In progress")
    expect(event(page, "Rolling out")).to_contain_text("2 min")


def test_kinds_and_words_narrow_it_and_stand_in_the_address(
    store: StoreProcess, page: Page, told: Session
):
    happened(told, "needle-1", title="Needle one", kind="healing")
    happened(told, "needle-2", title="Needle two", kind="scaling", source="simulated")
    enter(page, store)
    page.get_by_role("searchbox", name="Search what happened").fill("needle")
    expect(timeline(page).get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Scaling", exact=True).click()
    expect(timeline(page).get_by_role("listitem")).to_have_count(1)
    expect(event(page, "Needle two")).to_contain_text("SIMULATED")
    expect(page.get_by_role("button", name="Scaling", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page).to_have_url(re.compile(r"/ops\?(?=.*kind=scaling)(?=.*q=needle)"))
    happened(told, "other", title="Something else", minutes_ago=0.0)
    happened(told, "needle-3", title="Needle three", kind="scaling", minutes_ago=0.0)
    expect(event(page, "Needle three")).to_be_visible()
    expect(event(page, "Something else")).to_have_count(0)
    page.reload()
    expect(timeline(page).get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_role("searchbox", name="Search what happened")).to_have_value("needle")
    page.get_by_role("searchbox", name="Search what happened").fill("nowhere to be found")
    expect(timeline(page).get_by_text("Nothing that happened matches.")).to_be_visible()


def test_another_range_leaves_the_filter_as_it_is(store: StoreProcess, page: Page, told: Session):
    happened(told, "ranged", title="Ranged one")
    enter(page, store)
    page.get_by_role("searchbox", name="Search what happened").fill("ranged")
    expect(timeline(page).get_by_role("listitem")).to_have_count(1)
    page.get_by_role("link", name="1 h", exact=True).click()
    expect(page).to_have_url(re.compile("range=1h"))
    happened(told, "other-range", title="Something beside", minutes_ago=0.0)
    happened(told, "ranged-2", title="Ranged two", minutes_ago=0.0)
    expect(event(page, "Ranged two")).to_be_visible()
    expect(timeline(page).get_by_role("listitem")).to_have_count(2)
    expect(page).to_have_url(re.compile("q=ranged"))


def test_older_pages_are_one_click_away(store: StoreProcess, page: Page, told: Session):
    for number in range(25):
        happened(told, f"page-{number}", minutes_ago=1000 + number, title=f"Paged {number}.")
    enter(page, store)
    page.get_by_role("searchbox", name="Search what happened").fill("Paged")
    expect(timeline(page).get_by_role("listitem").filter(has_text="Paged")).to_have_count(20)
    page.get_by_role("button", name="Older").click()
    expect(timeline(page).get_by_role("listitem")).to_have_count(25)
    expect(event(page, "Paged 24.")).to_be_visible()
    expect(page.get_by_role("button", name="Older")).to_have_count(0)


def test_an_event_opens_and_its_link_survives_a_reload(
    store: StoreProcess, page: Page, told: Session
):
    id_ = happened(told, "linked", title="Linked event", minutes_ago=60 * 24 * 9, subject="i-0c1")
    enter(page, store)
    open_live(page, f"/ops?event={id_}")
    opened = event(page, "Linked event")
    expect(opened).to_contain_text("i-0c1")
    expect(opened.get_by_role("link", name="Link to this event")).to_have_attribute(
        "href", f"/ops?event={id_}"
    )
    page.reload()
    expect(event(page, "Linked event").get_by_role("button")).to_have_attribute(
        "aria-expanded", "true"
    )
    event(page, "Linked event").get_by_role("button", name="Linked event").click()
    expect(page).not_to_have_url(re.compile("event="))


def test_an_event_that_is_gone_is_told_in_words(store: StoreProcess, page: Page):
    enter(page, store)
    open_live(page, "/ops?event=999999")
    expect(timeline(page).get_by_text("That event is not kept any more")).to_be_visible()
    expect(timeline(page).locator(".event").first).to_be_visible()


def test_an_address_that_names_no_event_is_told_in_words(store: StoreProcess, page: Page):
    enter(page, store)
    open_live(page, "/ops?event=abc")
    note = timeline(page).get_by_text("an event that there cannot be")
    expect(note).to_be_visible()
    timeline(page).get_by_role("listitem").first.get_by_role("button").click()
    expect(note).to_have_count(0)


def test_objectives_are_told_in_words_and_numbers(store: StoreProcess, page: Page):
    enter(page, store)
    panel = page.get_by_role("region", name="Objectives")
    expect(panel).to_contain_text(
        "99.9 % of the requests of 30 days do not end in a server error.", timeout=30_000
    )
    expect(panel).to_contain_text("95 % of the requests of 30 days are answered within 300 ms.")
    expect(panel.get_by_text(re.compile("% (left|too much used)")).first).to_be_visible()
    table = panel.get_by_role("table").first
    expect(table.get_by_role("row")).to_have_count(5)
    expect(table.get_by_role("row", name=re.compile("^1 h"))).to_contain_text("14.4 times")
    expect(panel).to_contain_text("Calls somebody at once at 14.4 times over 1 h and 5 min.")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_it_can_be_read_by_everybody(
    store: StoreProcess, new_page, told: Session, width: int, dark: bool
):
    happened(told, "sim", title="i-09f was replaced " + "w" * 60, source="simulated", tone="bad")
    happened(told, "aws", title="Launching i-0c1", kind="scaling", source="aws", tone="info",
             ended_at=None)  # fmt: skip
    page = new_page(dark=dark, viewport={"width": width, "height": 900})
    enter(page, store)
    expect(page.get_by_role("region", name="Objectives")).to_contain_text(
        "minutes are used up", timeout=30_000
    )
    event(page, "i-09f was replaced").get_by_role("button").first.click()
    expect(timeline(page).get_by_role("link", name="Link to this event")).to_be_visible()
    for panel in (timeline(page), page.get_by_role("region", name="Objectives")):
        box = panel.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width
        assert panel.evaluate(WIDER) == []
    assert violations(page) == []


@pytest.mark.parametrize("who", ["guest", "member"])
def test_nobody_else_is_told_what_happened(
    store: StoreProcess, page: Page, told: Session, who: str
):
    happened(told, "secret", title="The owner's secret")
    frames: list[str] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda frame: frames.append(str(frame))))
    if who == "guest":
        open_live(page, "/ops")
    else:
        enter(page, store, role="member")
    expect(page.get_by_role("heading", level=1)).to_contain_text("for the people who run the store")
    page.wait_for_timeout(2500)
    assert not any("secret" in frame for frame in frames)
