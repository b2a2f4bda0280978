"""The first HTML of the store holds the shelf that its URL asks for, in words that do no harm."""

import pytest

from cloudscale.db import unit_of_work
from tests import shop

ATTACK = "</script><script>alert(1)</script>\"'&"
SNAPSHOT = "store</main>"


@pytest.fixture
def shelves(database) -> None:
    """Two products of different names and prices."""
    with unit_of_work() as session:
        shop.product(session, name="Steel Kettle", price_cents=49_00, stock=3)
        shop.product(session, name="Oak Table", price_cents=499_00)


def shelf(html: str) -> str:
    """What stands before the page's own content."""
    return html.partition('<section data-first-html id="first-html"')[2].partition("</section>")[0]


async def test_the_shelf_of_a_search_is_in_the_first_html_with_prices_and_links(pages, shelves):
    answer = await pages.get("/?q=kettle")
    found = shelf(answer.text)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache")
    assert "Results for “kettle”</h1>" in found
    assert "Steel Kettle</a></h3>" in found
    assert "$49.00" in found
    assert "Only 3 left" in found
    assert "Oak Table" not in found
    assert answer.text.index("first-html") < answer.text.index(SNAPSHOT)


async def test_an_order_of_the_whole_store_keeps_to_it(pages, shelves):
    found = shelf((await pages.get("/?sort=-price")).text)
    assert found.index("Oak Table") < found.index("Steel Kettle")
    assert "<option selected>Price: high to low</option>" in found


@pytest.mark.parametrize("path", ["/", "/?", "/?q=", "/?sort=relevance", "/?utm_source=mail"])
async def test_the_front_page_is_the_one_that_was_built(pages, path):
    """No database is there to be asked."""
    assert shelf((await pages.get(path)).text) == ""


@pytest.mark.parametrize(
    "path",
    [
        *("/?sort=sideways", "/?min=abc", "/?min=9&max=1", "/?cursor=%00", "/?cursor=x"),
        *("/?min=1e999", "/?category=no-such-shelf", "/?q=%ED%A0%80", f"/?q={'x' * 5000}"),
    ],
)
async def test_what_cannot_be_asked_is_a_page_all_the_same(pages, shelves, path):
    answer = await pages.get(path)
    assert answer.status_code == 200
    assert 'class="notice bad"' in shelf(answer.text) or "Nothing here" in shelf(answer.text)


async def test_an_order_that_is_none_gives_the_whole_store_and_says_why(pages, shelves):
    found = shelf((await pages.get("/?sort=sideways&q=kettle")).text)
    assert "There is no such sort order; choose one from the list." in found
    assert "Everything in the store" in found
    assert "Oak Table" in found


async def test_what_was_searched_for_is_text_and_nothing_else(pages, shelves):
    html = (await pages.get("/", params={"q": ATTACK})).text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in shelf(html)


async def test_a_shelf_that_has_not_changed_is_a_304_and_one_that_has_is_not(pages, shelves):
    tag = (await pages.get("/?q=kettle")).headers["etag"]
    again = await pages.get("/?q=kettle", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    with unit_of_work() as session:
        shop.product(session, name="Copper Kettle")
    changed = await pages.get("/?q=kettle", headers={"if-none-match": tag})
    assert "Copper Kettle" in changed.text


async def test_a_shelf_opens_no_visit(pages, shelves):
    answer = await pages.get("/?q=kettle")
    assert "Steel Kettle" in shelf(answer.text)
    assert "set-cookie" not in answer.headers
