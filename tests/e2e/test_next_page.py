"""After signing in a page of the store follows, whatever the link that led to it says."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess

# Nothing is waited for: the page that would tell is the one that is left.
SIGN_IN = "([email, password]) => { csPost('/api/login', {email, password}, '/'); }"


def sign_in_with(page: Page, store: StoreProcess, following: str) -> None:
    """Open the sign-in page of a link and send what its form sends."""
    page.goto(f"/login?next={following}")
    page.wait_for_function("() => Boolean(window.csPost)")
    page.evaluate(SIGN_IN, list(store.account("member")))


@pytest.mark.parametrize(
    "following",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n\\evil.example/x",
        "\t//evil.example",
        "/.//evil.example",
        "/x/..//evil.example",
        "https:evil.example",
        "https:///evil.example",
        "http://evil.example",
        "http://localhost:1@evil.example",
        "javascript:document.title='evil'",
        "java\tscript:document.title='evil'",
        "data:text/html,evil",
        "http://[",
    ],
)
def test_a_link_that_leads_away_is_not_followed(page: Page, store: StoreProcess, following: str):
    sign_in_with(page, store, quote(following))
    expect(page).to_have_url(f"{store.url}/")
    assert page.title() != "evil"


def test_a_link_into_the_store_is_followed_with_its_query(page: Page, store: StoreProcess):
    wanted = "/?category=fashion&sort=price#grid"
    sign_in_with(page, store, quote(wanted))
    expect(page).to_have_url(f"{store.url}{wanted}")


def test_the_form_itself_goes_where_its_link_says(page: Page, store: StoreProcess):
    email, password = store.account("member")
    open_live(page, "/login?next=%2Fprofile")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{store.url}/profile")


@pytest.mark.parametrize("path", ["/login", "/register"])
@pytest.mark.parametrize(
    ("query", "following"),
    [("", "/"), ("?next=%2Fprofile", "/profile"), ("?next=%2F%2Fevil.example", "/")],
)
def test_who_is_signed_in_is_led_on(
    page: Page, store: StoreProcess, path: str, query: str, following: str
):
    sign_in_with(page, store, "")
    expect(page).to_have_url(f"{store.url}/")
    page.goto(path + query)
    expect(page).to_have_url(store.url + following)


def test_signing_in_and_out_is_heard_to_the_end(page: Page, store: StoreProcess):
    cut_off: list[str] = []
    page.on("requestfailed", lambda request: cut_off.append(request.url))
    shopper.sign_in(page, *store.account("member"))
    shopper.account_menu(page).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    assert not [url for url in cut_off if "/api/" in url]
