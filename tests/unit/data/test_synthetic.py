"""The synthetic catalogue: the same each time, and distributed as texts are."""

from collections import Counter

import pytest

from cloudscale.data import demo
from cloudscale.data.synthetic import CHUNK, COLUMNS, Writer, bases_of, brand_names
from cloudscale.models import Product
from cloudscale.models.base import table_of

WORDS = ["light", "steel", "battery", "quiet"] + [f"word{number}" for number in range(300)]
SOME = CHUNK + 100


def writer() -> Writer:
    shelves = demo.load()
    ids = {shelf.slug: position for position, shelf in enumerate(shelves)}
    newest = max(product.added_at for shelf in shelves for product in shelf.products)
    return Writer(bases_of(shelves), ids, WORDS, newest)


def rows(count: int) -> list[list[str]]:
    text = "".join(writer().lines(count))
    return [line.split("\t") for line in text.splitlines()]


@pytest.fixture(scope="module")
def some() -> list[list[str]]:
    return rows(SOME)


def test_as_many_rows_come_as_were_asked_for_each_of_all_columns(some: list[list[str]]):
    assert len(some) == len({row[0] for row in some}) == SOME
    assert {len(row) for row in some} == {len(COLUMNS)}
    assert rows(0) == []


def test_every_column_is_written_that_the_database_does_not_fill():
    product = table_of(Product)
    filled = {column.name for column in product.c if column.computed or column.primary_key}
    assert sorted(COLUMNS) == sorted({column.name for column in product.c} - filled)


def test_they_are_the_same_each_time(some: list[list[str]]):
    assert rows(SOME) == some


def test_some_words_are_common_and_most_are_rare(some: list[list[str]]):
    held = Counter(word.strip(",.:") for row in some for word in set(row[4].lower().split()))
    assert held["light"] > SOME / 3
    assert sum(count <= SOME / 100 for count in held.values()) > len(held) / 2


def test_prices_are_positive_and_about_one_in_ten_is_sold_out(some: list[list[str]]):
    assert min(int(row[5]) for row in some) > 0
    assert min(int(row[6]) for row in some) == 0
    assert 0.05 < sum(row[6] == "0" for row in some) / SOME < 0.2


def test_words_are_counted_as_they_are_drawn():
    made = writer()
    names = [line.split("\t")[2] for line in "".join(made.lines(50)).splitlines()]
    brand = names[0].split()[0]
    assert made.titles[brand] == sum(brand in name.split() for name in names) > 0


def test_brands_are_all_different():
    assert len(set(brand_names())) == len(brand_names()) == 20_000
