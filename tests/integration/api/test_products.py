"""The shelves through the API: what is listed, how it is paged, and what need not be sent twice."""

import pytest

from cloudscale.db import unit_of_work
from cloudscale.models import Category, Product
from tests import shop
from tests.integration.api.conftest import ORIGIN


@pytest.fixture(scope="module")
def shelf(module_database: str) -> str:
    """The slug of a shelf: p1 to p5, at $10.00 to $50.00, the last one sold out."""
    with unit_of_work() as session:
        first = shop.product(session, name="p1 lamp", price_cents=10_00, tagline="Warm")
        category = session.get_one(Product, first).category_id
        for number in range(2, 6):
            shop.product(
                session,
                name=f"p{number} lamp",
                price_cents=number * 10_00,
                category_id=category,
                stock=0 if number == 5 else 10,
            )
        return session.get_one(Category, category).slug


async def names(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [product["name"][:2] for product in answer.json()]


async def test_a_product_has_the_fields_that_others_rely_on(program, shelf: str):
    client = program()
    first = (await client.get(f"/api/products?category={shelf}&sort=price")).json()[0]
    assert first == {
        "id": first["id"],
        "name": "p1 lamp",
        "description": "",
        "price": "10.00",
        "category": shelf,
        "imageUrl": f"{ORIGIN}/products/thing.svg",
        "inStock": True,
        "stockCount": 10,
        "tagline": "Warm",
    }
    alone = (await client.get(f"/api/products/{first['id']}")).json()
    assert first.items() <= alone.items()


async def test_a_list_is_narrowed_and_sorted_as_its_parameters_say(program, shelf: str):
    client = program()

    async def listed(query: str) -> list[str]:
        return await names(await client.get(f"/api/products?category={shelf}&{query}"))

    assert await listed("sort=-price") == ["p5", "p4", "p3", "p2", "p1"]
    assert await listed("sort=name&minPrice=20&maxPrice=30.00") == ["p2", "p3"]
    assert await listed("sort=price&inStock=true") == ["p1", "p2", "p3", "p4"]
    assert await listed("sort=price&min_price=40&in_stock=true") == ["p4"]
    assert await listed("q=p3") == ["p3"]
    by_path = await client.get(f"/api/products/category/{shelf}?sort=name&limit=2")
    assert await names(by_path) == ["p1", "p2"]


async def test_the_link_header_leads_through_every_page_and_back(program, shelf: str):
    client = program()
    pages = [await client.get(f"/api/products?category={shelf}&sort=price&limit=2")]
    while "next" in pages[-1].links:
        pages.append(await client.get(pages[-1].links["next"]["url"]))
    seen = [await names(page) for page in pages]
    assert seen == [["p1", "p2"], ["p3", "p4"], ["p5"]]
    back = await client.get(pages[-1].links["prev"]["url"])
    assert await names(back) == ["p3", "p4"]
    assert pages[0].links["next"]["url"].startswith(f"{ORIGIN}/api/products?category={shelf}&")


async def test_links_and_pictures_start_with_the_configured_origin_never_with_the_host(
    program, shelf: str
):
    headers = {"host": "evil.example", "x-forwarded-host": "evil.example"}
    answer = await program().get(f"/api/products?category={shelf}&limit=2", headers=headers)
    assert "evil" not in answer.text + answer.headers["link"]


async def test_a_typo_is_forgiven_and_told(program, shelf: str):
    with unit_of_work() as session:
        shop.product(session, name="Harpsichord")
    answer = await program().get("/api/products?q=harpsicord")
    assert [product["name"] for product in answer.json()] == ["Harpsichord"]
    assert answer.headers["x-corrected-query"] == "harpsichord"


@pytest.mark.parametrize(
    "path",
    ["/api/products?category={shelf}", "/api/products/category/{shelf}", "/api/categories"],
)
async def test_what_did_not_change_is_304_without_a_body(program, shelf: str, path: str):
    client, path = program(), path.format(shelf=shelf)
    first = await client.get(path)
    again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = await client.get(path, headers={"if-none-match": '"stale"'})
    assert (other.status_code, other.json()) == (200, first.json())


async def test_a_sale_changes_the_etag_of_a_product(program, module_database: str):
    with unit_of_work() as session:
        product = shop.product(session, stock=2)
    client = program()
    first = await client.get(f"/api/products/{product}")
    with unit_of_work() as session:
        shop.change_product(session, product, stock=1)
    again = await client.get(
        f"/api/products/{product}", headers={"if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.json()["stockCount"]) == (200, 1)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=cheap", "sort"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("minPrice=-1", "minPrice"),
        ("minPrice=1e400", "minPrice"),
        ("minPrice=NaN", "minPrice"),
        ("maxPrice=1.234", "maxPrice"),
        ("minPrice=20&maxPrice=10", "minPrice"),
        ("inStock=perhaps", "inStock"),
        ("cursor=abc", "cursor"),
        ("cursor=" + "A" * 2001, "cursor"),
        ("q=" + "x" * 201, "q"),
    ],
)
async def test_a_parameter_that_cannot_be_taken_is_named(program, shelf: str, query: str, field):
    answer = await program().get(f"/api/products?{query}")
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert answer.json()["message"]


async def test_a_cursor_of_another_query_is_refused(program, shelf: str):
    client = program()
    first = await client.get(f"/api/products?category={shelf}&sort=price&limit=2")
    cursor = first.links["next"]["url"].rpartition("cursor=")[2]
    for other in (f"category={shelf}&sort=name", "sort=price"):
        answer = await client.get(f"/api/products?{other}&cursor={cursor}")
        assert answer.status_code == 422
        assert "first page" in answer.json()["message"]


async def test_an_unknown_category_and_product_are_404(program, shelf: str):
    client = program()
    for path in (
        "/api/products?category=nothing",
        "/api/products/category/nothing",
        "/api/products/2147483647",
    ):
        assert (await client.get(path)).status_code == 404


async def test_control_characters_and_markup_in_a_search_are_only_text(program, shelf: str):
    for text in ("%00", "%1b%5b31m", "<script>", "' OR 1=1 --", "%ed%a0%80", "%F0%9F%9B%92"):
        answer = await program().get(f"/api/products?q={text}")
        assert answer.status_code in {200, 422}, text


async def test_what_is_withdrawn_is_nowhere(program, module_database: str):
    with unit_of_work() as session:
        product = shop.product(session, name="Secret harp", is_published=False)
    client = program()
    assert (await client.get(f"/api/products/{product}")).status_code == 404
    assert (await client.get("/api/products?q=secret harp")).json() == []
