"""What staff write of a product: kept clean, or refused with each field named."""

from typing import Any

import pytest

from cloudscale import routes
from cloudscale.data import demo
from cloudscale.money import MAX_CENTS
from cloudscale.services.shelves import forms
from cloudscale.services.shelves.forms import MOST_STOCK, ProductForm


def faults(**given: Any) -> list[str]:
    return [fault.field for fault in forms.cleaned(ProductForm(**given))[1]]


def test_only_what_is_given_is_there_and_it_is_clean():
    values, found = forms.cleaned(ProductForm(name="  Cafe\u0301 lamp ", price_cents=0))
    assert (values, found) == ({"name": "Café lamp", "price_cents": 0}, [])


def test_every_product_of_the_demo_could_be_written_by_staff():
    for shelf in demo.load():
        for entry in shelf.products:
            form = ProductForm(
                name=entry.name,
                tagline=entry.tagline,
                description=entry.description,
                category=shelf.slug,
                price_cents=entry.price_cents,
                stock=entry.stock,
                specifications=entry.specifications,
                pictures=entry.pictures,
                is_published=True,
            )
            values, found = forms.cleaned(form)
            assert found == [], entry.slug
            assert values["pictures"][0]["file"] == entry.pictures[0][0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "x" * 161),
        ("name", "two\nlines"),
        ("name", "\x00"),
        ("name", "\ud800"),
        ("name", "\u202egnp.exe"),
        ("name", 7),
        ("tagline", "x" * 161),
        ("description", "x" * 4001),
        ("category", ""),
        ("price_cents", -1),
        ("price_cents", MAX_CENTS + 1),
        ("price_cents", 1.0),
        ("price_cents", True),
        ("price_cents", "1"),
        ("stock", -1),
        ("stock", MOST_STOCK + 1),
        ("stock", 2**40),
        ("stock", False),
        ("is_published", 1),
        ("is_published", "yes"),
        ("specifications", "text"),
        ("specifications", {"Weight": "1 kg"}),
        ("specifications", [("Weight",)]),
        ("specifications", [("A", "b")] * 41),
        ("pictures", [("smart-speaker.svg", "x")] * 9),
        ("pictures", 3),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_cannot_be_taken_is_named(field: str, value: Any):
    assert faults(**{field: value}) == [field]


@pytest.mark.parametrize(
    "file",
    [
        "",
        ".",
        "../hero.svg",
        "../products/smart-speaker.svg",
        "/etc/passwd",
        "smart-speaker",
        "smart-speaker.svg/",
        "smart-speaker.svg\x00",
        "smart-speaker.svg\n.svg",
        "no-such-picture.svg",
        "https://evil.example/x.svg",
        "data:image/svg+xml,<svg/>",
        ".svg",
        "%2e%2e/hero.svg",
        "SMART-SPEAKER.svg",
    ],
)
def test_a_picture_is_a_plain_name_of_a_file_in_the_shops_own_folder(file: str):
    assert faults(pictures=[("smart-speaker.svg", "A speaker"), (file, "x")]) == ["pictures.1.file"]


def test_every_fault_in_a_list_has_its_place():
    given = {
        "specifications": [("Weight", "1 kg"), ("", "x"), ("Size", "\n")],
        "pictures": [("smart-speaker.svg", "")],
        "name": "",
    }
    assert faults(**given) == [
        "name",
        "specifications.1.name",
        "specifications.2.value",
        "pictures.0.alt",
    ]


def test_a_specification_stands_there_once():
    assert faults(specifications=[("Weight", "1 kg"), ("Weight ", "2 kg")]) == [
        "specifications.1.name"
    ]


def test_a_whole_form_leaves_stock_and_shelf_as_they_are():
    whole = forms.whole(ProductForm(name="Lamp", stock=3))
    assert (whole.name, whole.description, whole.pictures, whole.stock) == ("Lamp", "", (), 3)
    assert whole.is_published is None
    assert [fault.field for fault in forms.missing(whole)] == ["category", "price_cents"]


def test_the_picture_of_a_product_without_one_is_there():
    assert (forms.PICTURES / routes.NO_PICTURE).read_text().startswith("<svg")
    assert routes.picture("") == f"/products/{routes.NO_PICTURE}"
