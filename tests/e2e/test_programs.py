"""A member makes a token for a program on the profile page, uses it, and revokes it."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess
from tests.e2e.test_accessibility import violations


def section(page: Page):
    """The programs on the profile page."""
    return page.locator("section").filter(has=page.get_by_role("heading", name="Programs"))


def open_profile(page: Page) -> None:
    """The profile of a new member."""
    open_live(page, "/register")
    shopper.register(page)
    open_live(page, "/profile")


def make_token(page: Page, name: str) -> str:
    """Make a token that may shop; it is shown with the focus on it."""
    programs = section(page)
    programs.get_by_label("Program").fill(name)
    programs.get_by_label("Shop").check()
    programs.get_by_role("button", name="Make a token").click()
    fresh = programs.get_by_label("Your new token")
    expect(fresh).to_have_value(re.compile("^cs_pat_"))
    expect(fresh).to_be_focused()
    return fresh.input_value()


def account_of(store: StoreProcess, token: str) -> int:
    """The status of asking for the account with a token."""
    bearer = {"authorization": f"Bearer {token}"}
    return httpx.get(f"{store.url}/api/me", headers=bearer).status_code


def test_a_token_is_shown_once_works_and_is_revoked(page: Page, store: StoreProcess):
    open_profile(page)
    programs = section(page)
    token = make_token(page, "<b>till</b>")
    assert account_of(store, token) == 200
    programs.get_by_role("button", name="Done").click()
    expect(programs.get_by_label("Your new token")).to_have_count(0)
    open_live(page, "/profile")
    row = programs.get_by_role("listitem")
    expect(row).to_contain_text("<b>till</b>")
    expect(row).to_contain_text("last used")
    assert token not in page.content()
    programs.get_by_role("button", name="Revoke the token of <b>till</b>").click()
    expect(row).to_have_count(0)
    expect(page.get_by_role("heading", name="Programs")).to_be_focused()
    assert account_of(store, token) == 401


def test_a_token_can_be_copied(page: Page, store: StoreProcess):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_profile(page)
    token = make_token(page, "till")
    section(page).get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == token


def test_what_is_missing_is_told_beside_its_field_and_keeps_what_was_typed(page: Page):
    open_profile(page)
    programs = section(page)
    programs.get_by_role("button", name="Make a token").click()
    name = programs.get_by_label("Program")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_be_focused()
    name.fill("till")
    programs.get_by_label("Read").uncheck()
    programs.get_by_role("button", name="Make a token").click()
    expect(programs).to_contain_text("at least one")
    expect(name).to_have_value("till")


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_with_a_new_token_on_a_phone(new_page, is_dark: bool):
    page = new_page(phone=True, dark=is_dark)
    open_profile(page)
    make_token(page, "till")
    assert violations(page) == []
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0
