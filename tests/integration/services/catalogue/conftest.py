"""A small store whose products share sort keys, so that every tie is somewhere on a page's edge."""

import random
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from cloudscale.data.seed import seed_demo
from cloudscale.db import get_engine, unit_of_work
from cloudscale.models import Category, Product
from cloudscale.services import catalogue
from cloudscale.services.catalogue import Page, ProductCard, Query

NEWEST = datetime(2026, 1, 1, tzinfo=UTC)


class Store:
    """Makes products and asks for them."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.categories: dict[str, int] = {}

    def category_id(self, slug: str) -> int:
        if slug not in self.categories:
            row = Category(slug=slug, name=slug.capitalize(), position=len(self.categories))
            self.session.add(row)
            self.session.flush()
            self.categories[slug] = row.id
        return self.categories[slug]

    def add(self, name: str, category: str = "things", **values: Any) -> int:
        """The id of a new product: published, $10.00, 10 in stock unless told otherwise."""
        given = {
            "slug": f"p-{secrets.token_hex(8)}",
            "category_id": self.category_id(category),
            "name": name,
            "price_cents": 10_00,
            "stock": 10,
            "added_at": NEWEST,
        }
        row = Product(**{**given, **values})
        self.session.add(row)
        self.session.flush()
        return row.id

    def browse(self, **asked: Any) -> Page:
        return catalogue.browse(self.session, Query(**asked))

    def names(self, **asked: Any) -> list[str]:
        return [card.name for card in self.browse(**asked).products]

    def forwards(self, query: Query) -> list[Page]:
        """Every page from the first on."""
        pages = [catalogue.browse(self.session, query)]
        while pages[-1].next_cursor:
            onwards = replace(query, cursor=pages[-1].next_cursor)
            pages.append(catalogue.browse(self.session, onwards))
        return pages

    def backwards(self, query: Query, last: Page) -> list[ProductCard]:
        """Everything up to and on the last page, found by going back from it."""
        page, found = last, list(last.products)
        while page.previous_cursor:
            page = catalogue.browse(self.session, replace(query, cursor=page.previous_cursor))
            found = page.products + found
        return found


@pytest.fixture
def store(session: Session) -> Store:
    """An empty store."""
    return Store(session)


@pytest.fixture(scope="module")
def demo(module_database: str) -> Iterator[Store]:
    """A store with the demo catalogue, for tests that only read."""
    with unit_of_work() as session:
        seed_demo(session)
    # Each statement by itself, so that one that fails spoils no other test.
    with Session(get_engine().execution_options(isolation_level="AUTOCOMMIT")) as session:
        yield Store(session)


@pytest.fixture
def mixed(store: Store) -> Store:
    """Sixty products with few prices, names and dates among them; some sold out, some hidden."""
    rng = random.Random(7)
    for _ in range(60):
        store.add(
            rng.choice(["Lamp", "lamp", "Lámp", "Mat", "Mat 2"]),
            rng.choice(["home", "sports"]),
            tagline=rng.choice(["Warm light", "Soft"]),
            price_cents=rng.choice([5_00, 10_00, 10_01, 20_00]),
            stock=rng.choice([0, 0, 1, 10]),
            is_published=rng.random() > 0.1,
            added_at=NEWEST - timedelta(days=rng.randrange(4)),
        )
    return store
