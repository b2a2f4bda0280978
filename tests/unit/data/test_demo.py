"""The demo catalogue: complete, and a fault in a file is told with file and product."""

from pathlib import Path

import pytest

from cloudscale import routes
from cloudscale.data import demo
from cloudscale.data.demo import DemoCatalogueError
from cloudscale.money import dollars
from cloudscale.settings import ROOT

GOOD = """
[category]
slug = "home"
name = "Home"
position = 1

[[products]]
slug = "lamp"
name = "Lamp"
tagline = "Warm"
description = "It shines."
price = "49.90"
stock = 0
added = 2026-02-03

[products.specifications]
Weight = "2 kg"
Cable = "1 m"

[[products.pictures]]
file = "lamp.svg"
alt = "A lamp"
"""
# What the store promises to sell.
NAMED = {
    "Premium Smartphone": "$899.00",
    "Wireless Headphones": "$299.00",
    "Gaming Laptop": "$1,299.00",
    "Smartwatch Pro": "$399.00",
    "Professional Camera": "$1,899.00",
    "Digital Tablet Pro": "$699.00",
    "Designer Jacket": "$249.00",
    "Premium Sneakers": "$189.00",
    "Smart Speaker": "$129.00",
    "VR Headset": "$499.00",
    "Luxury Watch": "$799.00",
    "Wireless Charger": "$59.00",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "home.toml").write_text(GOOD)
    return tmp_path


def test_a_file_becomes_a_category_with_products(folder: Path):
    (home,) = demo.load(folder)
    (lamp,) = home.products
    assert (home.slug, home.name, home.position) == ("home", "Home", 1)
    assert (lamp.price_cents, lamp.stock) == (49_90, 0)
    assert lamp.added_at.isoformat() == "2026-02-03T09:00:00+00:00"
    assert lamp.specifications == (("Weight", "2 kg"), ("Cable", "1 m"))
    assert lamp.pictures == (("lamp.svg", "A lamp"),)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('name = "Lamp"\n', "", "product lamp: name is missing"),
        ('name = "Lamp"', 'name = ""', "product lamp: name is empty"),
        ('name = "Lamp"', "name = 5", "product lamp: name is empty or not a str"),
        ('slug = "lamp"\n', "", "product without a slug: slug is missing"),
        ("stock = 0", "stock = -1", "product lamp: stock is below zero"),
        ("stock = 0", 'stock = "many"', "product lamp: stock"),
        ("stock = 0", "stock = true", "product lamp: stock"),
        ('"49.90"', '"cheap"', "product lamp: price must be an amount"),
        ('"49.90"', '"-1"', "product lamp: price must be between"),
        ('"49.90"', "49.90", "product lamp: price is empty or not a str"),
        ("2026-02-03", '"yesterday"', "product lamp: added"),
        ("2026-02-03", "2026-02-03T10:00:00", "product lamp: added"),
        ('tagline = "Warm"', 'tagline = "Warm"\ncolour = "red"', "colour is not a field"),
        ('Weight = "2 kg"', "Weight = 2", "product lamp: every specification is a text"),
        ('alt = "A lamp"\n', "", "product lamp, [[pictures]]: alt is missing"),
        ('name = "Home"\n', "", "[category]: name is missing"),
        ("[category]", "[shelf]", "[category]: it is missing or not a table"),
        (GOOD[GOOD.index("[[products]]") :], "", "there are no [[products]]"),
        ('slug = "home"', 'slug = "home', "home.toml: Illegal character"),
    ],
)
def test_a_fault_is_told_with_file_and_product(folder: Path, old: str, new: str, told: str):
    (folder / "home.toml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(DemoCatalogueError) as fault:
        demo.load(folder)
    assert str(fault.value).startswith("home.toml")
    assert told in str(fault.value)


def test_two_products_of_one_slug_are_refused(folder: Path):
    (folder / "more.toml").write_text(GOOD.replace('slug = "home"', 'slug = "more"'))
    with pytest.raises(DemoCatalogueError, match="'lamp' is used twice"):
        demo.load(folder)


def test_the_catalogue_that_ships_is_whole():
    shelves = demo.load()
    products = {product.name: product for shelf in shelves for product in shelf.products}
    assert len(shelves) >= 6
    assert len(products) >= 60
    assert {"Electronics", "Gadgets", "Fashion"} <= {shelf.name for shelf in shelves}
    assert {name: dollars(products[name].price_cents) for name in NAMED} == NAMED


def test_every_picture_that_is_named_is_there():
    pictures = {
        file for shelf in demo.load() for product in shelf.products for file, _ in product.pictures
    }
    assert pictures | {routes.NO_PICTURE} == {
        path.name for path in (ROOT / "assets" / "products").iterdir()
    }
