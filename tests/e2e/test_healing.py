"""The healing page in a real browser: what is broken on purpose is seen, healed and timed."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import create_engine

from cloudscale.ops.healing import keeping
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref
from tests.e2e.store_process import StoreProcess
from tests.e2e.test_accessibility import violations
from tests.e2e.test_ops import connect, enter

URL = "/ops/healing"
HEALED_MS = 60_000  # two looks, ten seconds apart, and a run each ten
RUN_MS = 30_000


@pytest.fixture(scope="module")
def asking(built: None) -> Iterator[StoreProcess]:
    """A store whose healing does only what somebody approved."""
    running = StoreProcess(HEALING_MODE="approve").start()
    yield running
    running.stop()


def open_healing(page: Page, store: StoreProcess, mode: str = "Acts by itself") -> None:
    """Register an operator, and open the page once healing has run."""
    enter(page, store)
    page.goto(URL)
    expect(page.get_by_text(mode)).to_be_visible(timeout=RUN_MS)


def panel(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title)


def break_it(page: Page, title: str) -> None:
    page.get_by_role("button", name=title).click()
    page.get_by_role("dialog", name=title).get_by_role("button", name="Break it").click()


def width_beyond(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def test_a_guest_is_told_whom_it_is_for(page: Page, store: StoreProcess):
    page.goto(URL)
    expect(page.get_by_role("heading", name="This page is for the people")).to_be_visible()
    expect(page.get_by_role("button", name="Turn healing off")).to_have_count(0)


def test_a_member_is_told_so_too(page: Page, store: StoreProcess):
    enter(page, store, "member")
    page.goto(URL)
    expect(page.get_by_text("Your account may not see this")).to_be_visible()
    expect(panel(page, "How it stands")).to_have_count(0)


def test_a_port_that_is_opened_on_purpose_is_closed_and_timed_by_keyboard(
    page: Page, store: StoreProcess
):
    open_healing(page, store)
    opener = page.get_by_role("button", name="Open port 22 to the world")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Open port 22 to the world")
    expect(dialog).to_contain_text("Healing revokes it")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Leave it")).to_be_focused()
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Break it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()  # and says by itself that it does nothing meanwhile
    expect(opener).to_have_attribute("aria-disabled", "true")
    expect(panel(page, "Break something on purpose")).to_contain_text("under way for")
    score = page.get_by_role("row", name=re.compile("Open port 22 to the world"))
    expect(score).to_contain_text("Healed.", timeout=HEALED_MS)
    expect(opener).to_have_attribute("aria-disabled", "false")
    happened = panel(page, "What happened")
    expect(happened).to_contain_text("Security group fleet is well again: put back")
    expect(happened).to_contain_text("SIMULATED")
    happened.get_by_text("Calls, and how to undo them").first.click()
    expect(happened).to_contain_text("revoke-security-group-ingress")
    page.goto("/ops")
    expect(page.get_by_text("Security group fleet is well again: put back").first).to_be_visible()


def test_what_it_would_do_is_shown_and_done_once_it_is_approved(
    new_page: Callable[..., Page], asking: StoreProcess
):
    page = new_page(asking.url)
    open_healing(page, asking, "On approval")
    break_it(page, "Open port 22 to the world")
    plan = panel(page, "What it would do now")
    approve = plan.get_by_role("button", name="Approve: Security group fleet")
    expect(approve).to_be_visible(timeout=RUN_MS)
    expect(plan.get_by_role("definition")).to_have_text(
        "Before tcp 22, 0.0.0.0/0 (Opened on purpose)→After not there"
    )
    assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 700})
    assert width_beyond(page) <= 0
    approve.click()
    expect(plan).to_contain_text("Approved, next run does it")
    expect(approve).to_have_count(0)
    score = page.get_by_role("row", name=re.compile("Open port 22 to the world"))
    expect(score).to_contain_text("Healed.", timeout=HEALED_MS)
    assert width_beyond(page) <= 0


def test_the_kill_switch_is_turned_and_nothing_is_called_well_meanwhile(
    new_page: Callable[..., Page], asking: StoreProcess
):
    page = new_page(asking.url)
    open_healing(page, asking, "On approval")
    page.get_by_role("button", name="Turn healing off").press("Enter")
    try:
        expect(page.get_by_role("button", name="Turn healing on")).to_be_focused()
        expect(page.get_by_text("The kill switch is off")).to_be_visible(timeout=RUN_MS)
        expect(page.get_by_text("everything is as it should be")).to_have_count(0)
        page.get_by_role("button", name="Delete an alarm").click()
        dialog = page.get_by_role("dialog", name="Delete an alarm")
        expect(dialog).to_contain_text("Healing is switched off")
        dialog.get_by_role("button", name="Leave it").click()
    finally:
        page.get_by_role("button", name="Turn healing on").click()
    expect(page.get_by_role("button", name="Turn healing off")).to_be_visible()


def test_a_run_that_is_long_ago_is_called_old(
    new_store: Callable[..., StoreProcess], new_page: Callable[..., Page]
):
    store = new_store()
    page = new_page(store.url)
    open_healing(page, store)
    with connect(store) as connection:  # whatever is kept from now on is 20 minutes old
        connection.execute(
            "CREATE FUNCTION age() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.board ="
            " jsonb_set(NEW.board, '{at}', to_jsonb(now() - interval '20 min')); RETURN NEW; END $$"
        )
        connection.execute(
            "CREATE TRIGGER age BEFORE UPDATE ON healing_state FOR EACH ROW EXECUTE FUNCTION age()"
        )
    expect(page.get_by_text("Healing has not run for 20 min")).to_be_visible(timeout=RUN_MS)
    expect(panel(page, "What it would do now")).to_contain_text("too long ago to go by")


def test_on_aws_it_says_which_commands_operate_the_healer(
    new_store: Callable[..., StoreProcess],
    new_page: Callable[..., Page],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing-secret")
    store = new_store(CLOUD="aws", AUTO_SCALING_GROUP="shop", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    page = new_page(store.url, phone=True)
    enter(page, store)
    page.goto(URL)
    stands = panel(page, "How it stands")
    for command in ("--switch off", "--close-breaker", "--approve ID"):
        expect(stands).to_contain_text(f"python -m cloudscale heal {command}")
    expect(panel(page, "Break something on purpose").get_by_role("button")).to_have_count(0)
    expect(page.get_by_text("On AWS nothing is broken from a page")).to_be_visible()
    assert width_beyond(page) <= 0
    assert violations(page) == []


def incidents(count: int) -> list[Entry]:
    """Things that were wrong and are well again, not so long ago that they are not kept."""
    began = datetime.now(UTC) - timedelta(days=2)
    return [
        Entry(
            f"{(began + timedelta(hours=number, seconds=after)).isoformat()}#run#{number:04d}",
            "run",
            began + timedelta(hours=number, seconds=after),
            phase,
            ref=Ref("alarm", "x"),
            cause="drift",
            incident=f"kept-{number}",
            title=f"Alarm {number} is well again",
            reason="Its threshold was changed.",
            before={"threshold": 99},
            after={"threshold": 70},
            commands=("aws cloudwatch put-metric-alarm",),
            undo=("aws cloudwatch delete-alarms",),
            is_simulated=True,
        )
        for number in range(count)
        for after, phase in ((0, Phase.SEEN), (10, Phase.ACTED), (11, Phase.HEALED))
    ]


def test_what_happened_is_leafed_through_on_a_phone(
    new_store: Callable[..., StoreProcess], new_page: Callable[..., Page]
):
    store = new_store()
    engine = create_engine(
        f"postgresql+psycopg://postgres@/postgres?host={store.data_dir / 'postgres'}"
    )
    with engine.begin() as connection:
        keeping.add(connection, incidents(25))
    engine.dispose()
    page = new_page(store.url, phone=True)
    open_healing(page, store)
    happened = panel(page, "What happened")
    expect(happened.get_by_role("heading", name="Alarm 24 is well again")).to_be_visible()
    expect(happened.get_by_text("Seen, acted after 10 s, healthy after 11 s")).to_have_count(20)
    expect(happened.get_by_role("button", name="Newer incidents")).to_have_count(0)
    happened.get_by_role("button", name="Older incidents").click()
    expect(happened.get_by_role("heading", name="Alarm 0 is well again")).to_be_visible()
    expect(happened.get_by_role("heading", name="What happened")).to_be_focused()
    expect(happened.get_by_role("button", name="Older incidents")).to_have_count(0)
    assert width_beyond(page) <= 0
    assert violations(page) == []
    happened.get_by_role("button", name="Newer incidents").click()
    expect(happened.get_by_role("heading", name="Alarm 24 is well again")).to_be_visible()


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_nothing_stands_in_the_way_of_anybody(
    new_page: Callable[..., Page], store: StoreProcess, is_dark: bool
):
    page = new_page(dark=is_dark)
    open_healing(page, store)
    assert violations(page) == []
    page.get_by_role("button", name="Delete an alarm").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    for width in (320, 390, 768, 1920):
        page.set_viewport_size({"width": width, "height": 844})
        assert width_beyond(page) <= 0, width
        assert violations(page) == [], width
