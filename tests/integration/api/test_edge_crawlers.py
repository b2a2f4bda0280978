"""Crawlers are told what to leave alone, and where every published product is."""

import re
from xml.etree import ElementTree

import pytest

from cloudscale.api import crawlers
from cloudscale.db import unit_of_work
from tests import shop

PLACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
CHANGED = "{http://www.sitemaps.org/schemas/sitemap/0.9}lastmod"


def texts(xml: str, tag: str) -> list[str]:
    """The texts of a tag, in order."""
    return [element.text or "" for element in ElementTree.fromstring(xml).iter(tag)]  # noqa: S314


async def listed(pages) -> list[str]:
    """Every URL of every part."""
    urls: list[str] = []
    for part in texts((await pages.get("/sitemap.xml")).text, PLACE):
        answer = await pages.get(part.removeprefix("http://localhost:8000"))
        assert answer.status_code == 200
        urls += texts(answer.text, PLACE)
    return urls


async def test_robots_keeps_crawlers_out_of_what_is_private_and_names_the_sitemap(pages):
    answer = await pages.get("/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    for path in ("/api", "/checkout", "/orders", "/profile", "/ops"):
        assert f"Disallow: {path}" in lines
    assert "Sitemap: http://localhost:8000/sitemap.xml" in lines


async def test_the_sitemap_lists_the_store_and_published_products_once(pages, database):
    with unit_of_work() as session:
        shown = [shop.product(session) for _ in range(3)]
        shop.product(session, is_published=False)
    products = [f"http://localhost:8000/product/{product_id}" for product_id in shown]
    assert await listed(pages) == ["http://localhost:8000/", *products]


async def test_parts_and_pieces_meet_without_gap_or_repeat(pages, database, monkeypatch):
    monkeypatch.setattr(crawlers, "PART_IDS", 10)
    monkeypatch.setattr(crawlers, "PIECE", 3)
    with unit_of_work() as session:
        ids = [shop.product(session, is_published=n not in (4, 9, 10)) for n in range(30)]
    gone = {ids[4], ids[9], ids[10]}
    index = texts((await pages.get("/sitemap.xml")).text, PLACE)
    assert index == [f"http://localhost:8000/sitemap-{part}.xml" for part in range(3)]
    listed_ids = [int(url.rpartition("/")[2]) for url in (await listed(pages))[1:]]
    assert listed_ids == [product_id for product_id in ids if product_id not in gone]


async def test_every_product_says_when_it_changed(pages, database):
    with unit_of_work() as session:
        shop.product(session)
    [changed] = texts((await pages.get("/sitemap-0.xml")).text, CHANGED)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", changed)


async def test_an_empty_store_has_a_sitemap_too(pages, database):
    assert await listed(pages) == ["http://localhost:8000/"]


@pytest.mark.parametrize("part", ["1", "99999999999999999999", "x", "-1"])
async def test_a_part_past_the_last_is_not_there(pages, database, part):
    assert (await pages.get(f"/sitemap-{part}.xml")).status_code == 404
