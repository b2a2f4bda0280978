"""What a query may not ask: each refused in words, with the field named."""

import base64
from typing import Any

import pytest
from sqlmodel import Session

from cloudscale.errors import InvalidInput, NotFound
from cloudscale.services import catalogue
from cloudscale.services.catalogue import Query, cursors
from cloudscale.services.catalogue.keyset import Position

from .conftest import Store


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", 0),
        ("limit", -1),
        ("limit", 101),
        ("limit", 10**30),
        ("limit", True),
        ("limit", 2.0),
        ("limit", "24"),
        ("limit", None),
        ("sort", "cheapest"),
        ("sort", ""),
        ("sort", None),
        ("sort", ["price"]),
        ("text", "a" * 201),
        ("text", None),
        ("text", b"lamp"),
        ("min_price_cents", -1),
        ("max_price_cents", -1),
        ("max_price_cents", 10**10),
        ("min_price_cents", 1.5),
        ("min_price_cents", float("nan")),
        ("min_price_cents", "5"),
        ("cursor", None),
        ("cursor", 5),
        ("cursor", "x"),
        ("cursor", "%%%"),
        ("cursor", "é" * 20),
        ("cursor", "A" * 100_000),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_cannot_be_taken_is_refused_by_name(session: Session, field: str, value: Any):
    with pytest.raises(InvalidInput) as refusal:
        catalogue.browse(session, Query(**{field: value}))
    assert [error.field for error in refusal.value.errors] == [field]
    assert refusal.value.message.endswith(".")


def test_every_fault_is_named_at_once(session: Session):
    with pytest.raises(InvalidInput) as refusal:
        catalogue.browse(session, Query(text="a" * 999, limit=0, min_price_cents=-5))
    fields = [error.field for error in refusal.value.errors]
    assert fields == ["text", "limit", "min_price_cents"]


def test_a_lowest_price_above_the_highest_is_refused(session: Session):
    with pytest.raises(InvalidInput, match="above the highest"):
        catalogue.browse(session, Query(min_price_cents=2, max_price_cents=1))


def test_the_text_may_be_200_characters_long(demo: Store):
    assert demo.browse(text="lamp " * 40).products


@pytest.mark.parametrize(
    "slug", ["nothing", "HOME", "home'--", "ho\x00me", "\ud800", "a" * 1000, 5, ["home"]], ids=repr
)
def test_a_category_that_is_none_is_not_found(demo: Store, slug: Any):
    with pytest.raises(NotFound):
        demo.browse(category=slug)


def test_a_cursor_belongs_to_its_query(demo: Store):
    cursor = demo.browse(sort="price", limit=5).next_cursor
    assert demo.browse(sort="price", limit=5, cursor=cursor).products
    others: list[dict[str, Any]] = [
        {"sort": "-price"},
        {"sort": "newest"},
        {"sort": "price", "category": "home"},
        {"sort": "price", "text": "lamp"},
        {"sort": "price", "in_stock": True},
        {"sort": "price", "min_price_cents": 1},
        {"sort": "price", "max_price_cents": 10_000_00},
    ]
    for other in others:
        with pytest.raises(InvalidInput):
            demo.browse(limit=5, cursor=cursor, **other)


@pytest.mark.parametrize("sort", ["relevance", "price", "name"])
def test_a_cursor_that_was_changed_anywhere_is_refused(demo: Store, sort: Any):
    cursor = demo.browse(sort=sort, limit=5).next_cursor
    for at in range(len(cursor)):
        changed = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
        if base64.urlsafe_b64decode(changed + "==") == base64.urlsafe_b64decode(cursor + "=="):
            continue  # the last character's spare bits
        with pytest.raises(InvalidInput):
            demo.browse(sort=sort, limit=5, cursor=changed)
    for cut in range(1, len(cursor)):
        with pytest.raises(InvalidInput):
            demo.browse(sort=sort, limit=5, cursor=cursor[:cut])


@pytest.mark.parametrize("sort", catalogue.SORTS)
@pytest.mark.parametrize("text", ["", "battery"])
@pytest.mark.parametrize(
    "key",
    [
        (),
        (1,),
        ("x", "y"),
        (None, None),
        (1.5, 2),
        (True, "2026-01-01", 3),
        (10**40, 10**40),
        ("2026-13-45T99", 1),
        ({"a": 1}, [2]),
        (float("inf"), 1),
        (1, 2, 3, 4),
        ("a\x00b", 1),
        ("\ud800", 1),
    ],
    ids=repr,
)
def test_a_forged_cursor_with_a_senseless_place_is_no_error_of_ours(
    demo: Store, sort: Any, text: str, key: tuple[Any, ...]
):
    """The digest holds no secret, so a program may make its own cursor."""
    query = Query(sort=sort, text=text)
    forged = cursors.encode(Position(key), query)
    try:
        demo.browse(sort=sort, text=text, cursor=forged)
    except InvalidInput as refusal:
        assert refusal.errors[0].field == "cursor"


@pytest.mark.parametrize("body", [b"", b"5", b"{}", b"[]", b"[1, 2]", b"nonsense", b"[" * 900])
def test_a_forged_cursor_of_another_shape_is_refused(demo: Store, body: bytes):
    raw = cursors._digest(body, Query()) + body
    with pytest.raises(InvalidInput):
        demo.browse(cursor=base64.urlsafe_b64encode(raw).decode().rstrip("="))


def test_the_longest_name_makes_a_cursor_that_is_taken(store: Store):
    for number in range(3):
        store.add("\U0001d50f" * 159 + str(number))
    cursor = store.browse(sort="name", limit=1).next_cursor
    assert store.browse(sort="name", limit=1, cursor=cursor).products
