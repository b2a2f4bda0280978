"""What a page knew of somebody who has left does not reach whoever comes next in the same tab."""

import re

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.e2e import shopper
from tests.e2e.live import HYDRATED, open_live

STREET = "12 Marigold Lane"
DEAF = """names => {
    for (const name of names)
        for (const target of [window, document])
            target.addEventListener(name, (event) => event.stopImmediatePropagation(), true);
}"""
TOKEN = "sessionStorage.getItem('token')"


def all_frames(page: Page) -> list[str]:
    """What the server sends to the page's websockets from now on, in a list that grows."""
    frames: list[str] = []

    def watch(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: frames.append(str(frame)))

    page.on("websocket", watch)
    return frames


def sign_out(page: Page) -> None:
    """Leave by the menu."""
    shopper.account_menu(page).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def secrets_of_a_member(page: Page) -> tuple[str, ...]:
    """Register, order, and look at all that is private; returns what nobody else may read."""
    open_live(page, "/register")
    email = shopper.register(page)
    number = shopper.order(page, "Wool Scarf")
    seen = all_frames(page)
    for url in ("/orders", "/checkout", "/profile"):
        open_live(page, url)
    wanted = (email, email.split("@")[0], STREET, number)
    for secret in wanted:
        assert any(secret in frame for frame in seen), f"{secret} should have been there before"
    return wanted


def assert_nobody_is_told(frames: list[str], secrets: tuple[str, ...]) -> None:
    """None of the words is in what the server sent, and it did send a page."""
    assert any(HYDRATED in frame for frame in frames)
    for secret in secrets:
        assert not [frame[:300] for frame in frames if secret in frame], secret


@pytest.fixture
def left_page(page: Page) -> tuple[Page, tuple[str, ...]]:
    """A page whose member is about to leave, and what is private to them."""
    return page, secrets_of_a_member(page)


def test_after_signing_out_the_tab_hears_nothing_of_who_left(
    left_page: tuple[Page, tuple[str, ...]],
):
    page, secrets = left_page
    before, frames = page.evaluate(TOKEN), all_frames(page)
    sign_out(page)
    open_live(page, "/")
    assert_nobody_is_told(frames, secrets)
    assert page.evaluate(TOKEN) != before


def test_whoever_signs_in_next_in_the_tab_hears_nothing_of_who_left(
    left_page: tuple[Page, tuple[str, ...]],
):
    page, secrets = left_page
    frames = all_frames(page)
    sign_out(page)
    open_live(page, "/register")
    shopper.register(page)
    for url in ("/orders", "/profile", "/checkout"):
        open_live(page, url)
    assert_nobody_is_told(frames, secrets)


def test_the_server_forgets_even_where_the_tab_keeps_its_key(
    left_page: tuple[Page, tuple[str, ...]],
):
    page, secrets = left_page
    key, frames = page.evaluate(TOKEN), all_frames(page)
    sign_out(page)
    page.evaluate("key => sessionStorage.setItem('token', key)", key)
    for url in ("/", "/orders"):
        open_live(page, url)
    assert page.evaluate(TOKEN) == key
    assert_nobody_is_told(frames, secrets)


def test_signing_out_reaches_a_tab_that_nobody_touches(left_page: tuple[Page, tuple[str, ...]]):
    page, secrets = left_page
    members, anyones = page.context.new_page(), page.context.new_page()
    open_live(members, "/profile")
    expect(members.get_by_label("Username")).not_to_have_value("")
    open_live(anyones, "/")
    expect(shopper.account_menu(anyones)).to_be_visible()
    for other in (members, anyones):
        other.evaluate(DEAF, ["focus", "visibilitychange", "pageshow"])
    frames = [*all_frames(members), *all_frames(anyones)]
    sign_out(page)
    expect(members).to_have_url(re.compile(r"/login\?next=%2Fprofile"))
    expect(anyones.get_by_role("link", name="Sign in").first).to_be_visible()
    assert not [secret for secret in secrets for frame in frames if secret in frame]


def test_a_tab_that_was_not_told_forgets_when_it_is_looked_at(
    left_page: tuple[Page, tuple[str, ...]],
):
    page, secrets = left_page
    other = page.context.new_page()
    open_live(other, "/profile")
    expect(other.get_by_label("Username")).not_to_have_value("")
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error(); }; }")
    sign_out(page)
    frames = all_frames(other)
    other.evaluate("dispatchEvent(new Event('focus'))")
    expect(other).to_have_url(re.compile("/login"))
    expect(other.get_by_role("button", name="Sign in")).to_be_enabled()
    assert_nobody_is_told(frames, secrets)
