"""A new version is rolled out while people shop: one instance at a time, as the group does it."""

from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess
from tests.instances import crowd, versions
from tests.instances.pair import Pair

SHOPPERS = 20


@pytest.fixture(scope="module")
def next_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the next version, built."""
    return versions.next_version(tmp_path_factory.mktemp("next") / "version")


@pytest.fixture(autouse=True)
def sockets_may_break(allowed_errors: list[str]) -> None:
    """A browser tells of a socket that ended; what people see of it is what the test looks at."""
    allowed_errors.append(r"WebSocket|ERR_(EMPTY_RESPONSE|CONNECTION)|50[23]")


def roll(pair: Pair, version: Path) -> None:
    """Replace each instance: the new one serves before the old one goes."""
    for old in list(pair.instances):
        pair.launch(version, APPLICATION_VERSION="next")
        pair.retire(old)


def member_with_a_scarf(pair: Pair, new_page) -> Page:
    page = new_page(pair.url)
    open_live(page, "/register")
    shopper.register(page)
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    return page


def test_a_new_version_is_rolled_out_and_nobody_notices_but_by_what_is_new(
    pair: Pair, new_page, next_version: Path
):
    page = member_with_a_scarf(pair, new_page)
    expect(page.get_by_text(versions.WORDS)).to_have_count(0)
    crowd.fill_shelves(pair.database)
    with crowd.crowd(pair.url, SHOPPERS) as books:
        roll(pair, next_version)
    assert not books.cuts, "a drained instance answers all that it was asked"
    assert not books.lost
    assert set(books.answers) <= {200, 201}
    assert crowd.audit(pair.database, books) == crowd.Audit(lost=0, doubled=0, unsold=0)

    # The page of the old version goes on, on instances of the new one: it finds its own scripts.
    page.get_by_role("link", name="Wool Scarf").first.click()
    expect(page.get_by_role("heading", level=1, name="Wool Scarf")).to_be_visible()
    shopper.account_menu(page).click()
    page.get_by_role("link", name="Orders", exact=True).first.click()
    expect(page.get_by_role("heading", level=1, name="Orders")).to_be_visible()
    expect(shopper.cart_button(page)).to_have_accessible_name("Cart, 1 item")
    open_live(page, "/")
    expect(page.get_by_text(versions.WORDS)).to_be_visible()
    expect(shopper.cart_button(page)).to_have_accessible_name("Cart, 1 item")
    shopper.add_to_cart(page, "Scented Candle")


def test_a_rollout_that_is_taken_back_leaves_the_old_version_serving(
    pair: Pair, new_page, next_version: Path
):
    page = member_with_a_scarf(pair, new_page)
    new = pair.launch(next_version, APPLICATION_VERSION="next")
    old = pair.instances[0]
    pair.retire(old)
    pair.launch()  # of the old version, on the schema that the new one left
    pair.retire(new)
    with psycopg.connect(pair.database) as shop:
        assert shop.execute("SELECT count(note) FROM cart").fetchone() == (0,)
    open_live(page, "/")
    expect(page.get_by_text(versions.WORDS)).to_have_count(0)
    expect(shopper.cart_button(page)).to_have_accessible_name("Cart, 1 item")
    shopper.add_to_cart(page, "Scented Candle")


def test_a_new_version_that_never_gets_healthy_gets_no_shopper_and_the_old_one_stays(
    pair: Pair, next_version: Path, tmp_path: Path
):
    broken = versions.broken_version(tmp_path / "broken", next_version)
    crowd.fill_shelves(pair.database)
    with crowd.crowd(pair.url, 5) as books:
        new = StoreProcess(root=broken, **pair.settings, PORT=str(pair.spare_ports[0]))
        try:
            assert new.spawn().wait(90) == 1
            assert "The store could not start" in new.log or "giving up" in new.log
        finally:
            new.stop()
    assert not books.cuts
    assert not books.lost
    assert set(books.answers) <= {200, 201}
