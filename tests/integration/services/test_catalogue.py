"""Browsing the demo catalogue: every page once, both ways, and only what is published."""

from dataclasses import replace

import pytest
from sqlmodel import Session

from cloudscale.data.seed import seed_demo
from cloudscale.services import catalogue
from cloudscale.services.catalogue import Query


@pytest.fixture
def demo(session: Session) -> int:
    """How many products are in the store."""
    return seed_demo(session)


def all_pages(session: Session, query: Query) -> list[catalogue.Page]:
    pages = [catalogue.browse(session, query)]
    while pages[-1].next_cursor:
        pages.append(catalogue.browse(session, replace(query, cursor=pages[-1].next_cursor)))
    return pages


@pytest.mark.parametrize("sort", catalogue.SORTS)
def test_every_sort_pages_through_everything_once_in_both_directions(session, demo, sort):
    query = Query(sort=sort, limit=7)
    pages = all_pages(session, query)
    forwards = [card for page in pages for card in page.products]
    assert len(forwards) == len({card.id for card in forwards}) == demo
    page, backwards = pages[-1], list(pages[-1].products)
    while page.previous_cursor:
        page = catalogue.browse(session, replace(query, cursor=page.previous_cursor))
        backwards = page.products + backwards
    assert backwards == forwards


def test_seeding_twice_adds_nothing(session, demo):
    assert demo >= 60
    assert seed_demo(session) == 0
