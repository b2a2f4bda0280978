"""A product page tells machines the truth, in the first HTML, about a known product only."""

import asyncio
import json
import re
import time
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from cloudscale.api.link_preview import painted
from cloudscale.db import get_engine, unit_of_work
from cloudscale.settings import get_settings
from tests import shop

ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"

NO_PRODUCTS = (
    *("0", "-1", "+1", "01", "1.0", "1e3", "abc", "null", "%20", "1%20", "1%00", "%D9%A1"),
    *("999999", "2147483648", "9" * 400, "1;DROP TABLE product", "..%2f1"),
)


class Document(HTMLParser):
    """The tags of a page and the text in them, as a browser's parser would see it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.tags:
            self.texts.setdefault(self.tags[-1][0], []).append(data.strip())

    def meta(self, name: str) -> str | None:
        """The content of the meta tag of that name or property."""
        found = [a for tag, a in self.tags if tag == "meta"]
        return next(a["content"] for a in found if name in (a.get("name"), a.get("property")))


@pytest.fixture
def sell(database) -> Callable[..., int]:
    """Put a product on sale, committed; returns its id."""

    def put(**values: Any) -> int:
        with unit_of_work() as session:
            return shop.product(session, **values)

    return put


def linked_data(html: str) -> dict[str, Any]:
    """The page's JSON-LD."""
    [text] = re.findall(r'<script[^>]*application/ld\+json">(.*?)</script>', html, re.S)
    return json.loads(text)


async def test_a_known_product_is_whole_in_the_first_html(pages, sell):
    product_id = sell(
        name="Kettle",
        tagline="Boils fast",
        description="A litre in two minutes.",
        price_cents=1_299_00,
        stock=3,
        specifications=[["Power", "2 kW"]],
        pictures=[{"file": "kettle.svg", "alt": "A steel kettle"}],
    )
    answer = await pages.get(f"/product/{product_id}")
    url = f"http://localhost:8000/product/{product_id}"
    page = Document(answer.text)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache")
    assert page.texts["title"][0] == "Kettle | CloudScale"
    assert page.meta("description") == "Boils fast. A litre in two minutes"
    assert ("link", {"data-first-html": None, "rel": "canonical", "href": url}) in page.tags
    assert page.meta("og:type") == "product"
    assert page.meta("og:title") == "Kettle"
    assert page.meta("og:description") == "Boils fast. A litre in two minutes"
    assert page.meta("og:url") == url
    assert page.meta("og:image") == f"http://localhost:8000/og/product/{product_id}.png"
    assert page.meta("product:price:amount") == "1299.00"
    article = answer.text.partition("<article")[2].partition("</article>")[0]
    for words in ("Kettle</h1>", "$1,299.00", "Only 3 left", "A litre in two", "Power", "2 kW"):
        assert words in article
    assert 'alt="A steel kettle"' in article
    assert answer.text.index("<article") < answer.text.index("boot()")


async def test_a_product_without_a_picture_shows_the_one_that_says_so(pages, sell):
    product_id = sell(pictures=[])
    html = (await pages.get(f"/product/{product_id}")).text
    assert '<img src="/products/no-picture.svg" alt=""' in html
    assert linked_data(html)["image"] == [f"http://localhost:8000/og/product/{product_id}.png"]
    preview = await pages.get(f"/og/product/{product_id}.png")
    assert preview.headers["content-type"] == "image/png"


async def test_structured_data_names_price_currency_and_stock(pages, sell):
    product_id = sell(name="Kettle", price_cents=49_90, stock=0)
    product = linked_data((await pages.get(f"/product/{product_id}")).text)
    assert (product["@type"], product["name"]) == ("Product", "Kettle")
    offer = product["offers"]
    assert (offer["price"], offer["priceCurrency"]) == ("49.90", "USD")
    assert offer["availability"] == "https://schema.org/OutOfStock"
    in_stock = linked_data((await pages.get(f"/product/{sell(stock=1)}")).text)
    assert in_stock["offers"]["availability"] == "https://schema.org/InStock"


async def test_html_in_a_product_stays_text(pages, sell):
    product_id = sell(
        name=ATTACK,
        tagline=ATTACK,
        description=ATTACK,
        specifications=[[ATTACK, ATTACK]],
        pictures=[{"file": ATTACK, "alt": ATTACK}],
    )
    answer = await pages.get(f"/product/{product_id}")
    page = Document(answer.text)
    harmless = Document((await pages.get(f"/product/{sell()}")).text)
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert scripts == [attributes for tag, attributes in harmless.tags if tag == "script"]
    assert not [attributes for _, attributes in page.tags if "onerror" in attributes]
    assert page.meta("og:title") == ATTACK
    assert linked_data(answer.text)["name"] == ATTACK


@pytest.mark.parametrize("product_id", NO_PRODUCTS)
async def test_what_is_no_product_is_a_404_in_words(pages, sell, product_id):
    sell()
    answer = await pages.get(f"/product/{product_id}")
    assert answer.status_code == 404
    assert "We could not find that page" in answer.text
    assert "application/ld+json" not in answer.text


async def test_an_unpublished_product_is_not_there(pages, sell):
    product_id = sell(is_published=False)
    assert (await pages.get(f"/product/{product_id}")).status_code == 404
    assert (await pages.get(f"/og/product/{product_id}.png")).status_code == 404


async def test_the_origin_is_the_configured_one_whatever_the_host_header_says(
    pages, sell, monkeypatch
):
    monkeypatch.setenv("PUBLIC_URL", "https://shop.example.com")
    get_settings.cache_clear()
    answer = await pages.get(f"/product/{sell()}", headers={"x-forwarded-host": "evil.example"})
    assert "https://shop.example.com/product/" in answer.text
    assert "attacker.example" not in answer.text
    assert "evil.example" not in answer.text


async def test_a_slash_behind_a_product_is_redirected_away(pages, sell):
    answer = await pages.get(f"/product/{sell()}/")
    assert answer.status_code == 308
    assert re.fullmatch(r"/product/\d+", answer.headers["location"])


async def test_a_product_page_is_sent_again_only_when_the_product_changed(pages, sell):
    product_id = sell(stock=9)
    first = await pages.get(f"/product/{product_id}")
    unchanged = {"if-none-match": first.headers["etag"]}
    assert (await pages.get(f"/product/{product_id}", headers=unchanged)).status_code == 304
    with unit_of_work() as session:
        shop.change_product(session, product_id, stock=1)
    assert "Only 1 left" in (await pages.get(f"/product/{product_id}", headers=unchanged)).text


async def test_a_product_page_is_compressed_for_who_takes_it(pages, sell):
    answer = await pages.get(f"/product/{sell()}", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["vary"]


async def test_head_of_a_product_page_has_its_status(pages, sell):
    assert (await pages.head(f"/product/{sell()}")).status_code == 200
    assert (await pages.head("/product/999999")).status_code == 404


async def test_without_a_database_the_page_says_when_to_come_back(pages, database, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:hunter2@127.0.0.1:1/none")
    get_settings.cache_clear()
    get_engine().dispose()
    get_engine.cache_clear()
    answer = await pages.get("/product/1")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "try again in a moment" in answer.text
    assert "hunter2" not in answer.text


async def test_a_link_preview_is_a_png_of_the_size_that_networks_show(pages, sell):
    product_id = sell(pictures=[{"file": "smart-speaker.svg", "alt": "A speaker"}])
    answer = await pages.get(f"/og/product/{product_id}.png")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(answer.content[at : at + 4]) for at in (16, 20))
    assert (width, height) == (1200, 630)
    assert len(answer.content) > 10_000  # painted, not an empty ground
    unchanged = {"if-none-match": answer.headers["etag"]}
    again = await pages.get(f"/og/product/{product_id}.png", headers=unchanged)
    assert again.status_code == 304


@pytest.mark.parametrize(
    "file", ["gone.svg", "../css/tokens.css", "../../pyproject.toml", "/etc/passwd"]
)
async def test_a_picture_that_is_not_ours_is_not_painted(pages, sell, file):
    product_id = sell(pictures=[{"file": file, "alt": ""}])
    assert (await pages.get(f"/og/product/{product_id}.png")).status_code == 404


async def test_the_store_page_names_its_address_and_its_preview(pages, database):
    page = Document((await pages.get("/?category=gadgets&sort=price&q=watch")).text)
    url = "http://localhost:8000/?category=gadgets"
    assert ("link", {"data-first-html": None, "rel": "canonical", "href": url}) in page.tags
    assert page.meta("og:url") == url
    previews = [a["content"] for _, a in page.tags if a.get("property") == "og:image"]
    assert previews == ["http://localhost:8000/og/store.png"]
    preview = await pages.get("/og/store.png")
    assert (preview.status_code, preview.headers["content-type"]) == (200, "image/png")


@pytest.mark.parametrize("category", ['"><script>alert(1)</script>', "../x", "a" * 61, ""])
async def test_a_category_that_cannot_be_one_is_not_in_the_address(pages, database, category):
    answer = await pages.get("/", params={"category": category})
    url = "http://localhost:8000/"
    tags = Document(answer.text).tags
    assert ("link", {"data-first-html": None, "rel": "canonical", "href": url}) in tags
    assert "alert(1)" not in answer.text


async def test_painting_leaves_the_server_free_to_answer(pages, sell):
    painted.cache_clear()
    product_id = sell(pictures=[{"file": "gaming-laptop.svg", "alt": "A laptop"}])
    longest, done = 0.0, asyncio.Event()

    async def beat() -> None:
        nonlocal longest
        while not done.is_set():
            begun = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - begun)

    beating = asyncio.create_task(beat())
    begun = time.perf_counter()
    assert (await pages.get(f"/og/product/{product_id}.png")).status_code == 200
    took = time.perf_counter() - begun
    done.set()
    await beating
    assert longest < took / 2
