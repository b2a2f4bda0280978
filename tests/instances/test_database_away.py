"""PostgreSQL restarts under two instances: all are told in words, and served again after it."""

import time

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.instances.conftest import Pair
from tests.instances.test_leaving import shopping

AGAIN_SECONDS = 5


@pytest.fixture(autouse=True)
def pages_may_fail(allowed_errors: list[str]) -> None:
    """A browser tells of each request that failed."""
    allowed_errors.append("503")


def words(page: Page) -> str:
    """What the page says."""
    return page.locator("body").inner_text()


def test_postgresql_restarts_and_everybody_is_told_in_words_and_served_again(pair: Pair, new_page):
    page, workers = shopping(pair, new_page), [one.worker_pid for one in pair.instances]
    pair.postgres.stop()
    for one in pair.instances:
        answer = httpx.get(f"{one.url}/api/products?limit=1", timeout=10)
        assert answer.status_code == 503
        assert set(answer.json()) == {"message"}
        shelf = httpx.get(f"{one.url}/?q=scarf", timeout=10)
        assert shelf.status_code in (200, 503)
        assert "Traceback" not in shelf.text
        assert httpx.get(f"{one.url}/health").status_code == 200
        assert httpx.get(f"{one.url}/health/ready", timeout=5).json()["database"] == "unreachable"
    candle = page.get_by_role("article", name="Scented Candle", exact=True)
    candle.get_by_role("button", name="Add to cart").click()
    refusal = page.get_by_role("alert").filter(has_text="again")
    expect(refusal).to_be_visible()
    assert "Error" not in words(page)
    pair.postgres.start()
    began = time.monotonic()
    for one in pair.instances:
        while httpx.get(f"{one.url}/api/products?limit=1", timeout=5).status_code != 200:
            assert time.monotonic() - began < AGAIN_SECONDS
    shopper.add_to_cart(page, "Scented Candle")
    assert time.monotonic() - began < AGAIN_SECONDS + 2
    assert [one.worker_pid for one in pair.instances] == workers
