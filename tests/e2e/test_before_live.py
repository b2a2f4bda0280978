"""Forms that are sent before the page is live, or where scripts never run."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import browser as chromium
from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess

FORMS = {"/login": "Sign in", "/register": "Create account"}
SCRIPTS = "**/assets/*.js"
SEND = "form => form.submit()"


def fill(page: Page, path: str) -> None:
    """Type into the form of a page that is not live."""
    page.goto(path, wait_until="commit")
    form = page.get_by_role("form", name=FORMS[path])
    form.get_by_label("Email").fill("someone@cloudscale.example")
    form.get_by_label("Password").fill(shopper.PASSWORD)


@pytest.mark.parametrize("path", FORMS)
def test_without_scripts_a_password_never_gets_into_an_address(
    new_page: Callable[..., Page], path: str
):
    page, asked = new_page(java_script_enabled=False), []
    page.on("request", lambda request: asked.append(request.url))
    fill(page, path)
    page.keyboard.press("Enter")
    page.get_by_role("button", name=FORMS[path]).click(force=True)
    page.wait_for_timeout(300)
    assert page.url.endswith(path)
    assert not [url for url in asked if "password" in url or "someone" in url]


@pytest.mark.parametrize("path", FORMS)
def test_before_the_page_is_live_its_form_waits_and_then_works(
    new_page: Callable[..., Page], path: str
):
    page, held, is_slow = new_page(), [], [True]
    page.route(SCRIPTS, lambda route: held.append(route) if is_slow else route.continue_())
    fill(page, path)
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name=FORMS[path])
    expect(button).to_be_disabled()
    assert page.url.endswith(path)
    is_slow.clear()
    for route in held:
        route.continue_()
    expect(button).to_be_enabled()


@pytest.mark.parametrize("path", FORMS)
def test_a_form_that_is_sent_all_the_same_is_refused_in_words(
    new_page: Callable[..., Page], allowed_errors: list[str], path: str
):
    allowed_errors.append("405")
    page = new_page()
    page.route(SCRIPTS, lambda route: route.abort())
    allowed_errors.append("ERR_FAILED")
    fill(page, path)
    # Not `expect_navigation`: it may have lost which request the new document came from.
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.get_by_role("form", name=FORMS[path]).evaluate(SEND)
    assert sent.value.status == 405
    expect(page.locator("body")).to_contain_text("Not Allowed")
    assert page.url.endswith(path)
    expect(page.locator("body")).not_to_contain_text(shopper.PASSWORD)


def words(page: Page) -> str:
    """What a page says, read without a script of ours."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    return "\n".join(str(node.get("name", {}).get("value", "")) for node in nodes)


def test_without_scripts_a_page_says_what_works_and_what_does_not(
    browser: Browser, store: StoreProcess
):
    # Playwright's own switch comes too late for the parser, which then hides `noscript`.
    off = [*chromium.launch_options(), "--blink-settings=scriptEnabled=false"]
    with browser.browser_type.launch(executable_path=chromium.find(), args=off) as unscripted:
        page = unscripted.new_page()
        for path in ("/", "/login", "/register", "/checkout"):
            page.goto(store.url + path)
            assert "JavaScript is off in this browser." in words(page), path


def test_with_scripts_nothing_is_said_of_them(page: Page):
    open_live(page, "/login")
    expect(page.get_by_text("JavaScript is off")).to_have_count(0)
