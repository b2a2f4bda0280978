"""The shelves for staff's programs: put products on them, change, count, withdraw and delete them.

If-Match, with the ETag of what was read, keeps two people from undoing each other's work (412).
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field

from cloudscale import routes
from cloudscale.api.bodies import ALWAYS, MAX_ID, WHOLE, WITH_A_BODY, Body, Money, refusals
from cloudscale.api.callers import Caller, Member
from cloudscale.api.paging import page_link
from cloudscale.api.products import (
    Product,
    ProductDetails,
    ProductId,
    details_body,
    details_tag,
    product_json,
)
from cloudscale.errors import FieldError, InvalidInput
from cloudscale.money import to_cents
from cloudscale.services import shelves
from cloudscale.services.catalogue import ProductDetail
from cloudscale.services.shelves import ProductForm

router = APIRouter(prefix=routes.API, tags=["staff"])
R = TypeVar("R")
MOST_PRODUCTS = 50
"""The most withdrawn products on one page."""

CREATES = refusals(401, *WITH_A_BODY, *ALWAYS)
CHANGES = {**CREATES, **refusals(404, 412)}
TAGGED: dict[str, Any] = {"headers": {"ETag": {"schema": {"type": "string"}}}}
# What the shelves call a field, and what JSON does.
NAMES = {"price_cents": "price", "stock": "stock_count"}
TAG = re.compile(r'(?:W/)?"([0-9]+\.[0-9]+)\.[0-9a-f]+"')
NO_VERSION = ""
"""Of an If-Match that is no ETag of ours: like one that is stale."""

Name = Annotated[str, Field(min_length=1, max_length=160, examples=["Smart Speaker"])]
Tagline = Annotated[str, Field(max_length=160, examples=["Fills the room, and listens"])]
Description = Annotated[str, Field(max_length=4000, examples=["A round speaker for any room."])]
Slug = Annotated[
    str,
    Field(min_length=1, max_length=60, description="A category's slug.", examples=["electronics"]),
]
Stock = Annotated[int, Field(ge=0, le=shelves.MOST_STOCK, examples=[14]), WHOLE]
Reason = Annotated[
    str,
    Field(
        max_length=300,
        description="Needed where the stock is another one now; kept in the audit log.",
        examples=["Counted on the shelf."],
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=200,
        description="The ETag of the product as it was read: a change since then is refused, not "
        "overwritten, and with a new stock a sale since then too. Without it, or with `*`, "
        "whatever is there is overwritten.",
    ),
]


class SpecificationBody(Body):
    """One row of the specification; each name once."""

    name: str = Field(min_length=1, max_length=60, examples=["Weight"])
    value: str = Field(min_length=1, max_length=300, examples=["540 g"])


class PictureBody(Body):
    """The name of a picture in the shop's own folder, and what it shows."""

    file: str = Field(min_length=1, max_length=104, examples=["smart-speaker.svg"])
    alt: str = Field(min_length=1, max_length=160, examples=["A round speaker"])


Specifications = Annotated[list[SpecificationBody], Field(max_length=shelves.MOST_SPECIFICATIONS)]
Pictures = Annotated[list[PictureBody], Field(max_length=shelves.MOST_PICTURES)]


class ProductBody(Body):
    """A product, whole. The picture's address, `inStock` and `related` follow from it."""

    name: Name
    price: Money
    category: Slug
    description: Description = ""
    tagline: Tagline = ""
    stock_count: Stock | None = None
    specifications: Specifications = []
    pictures: Pictures = []
    is_published: bool | None = None


class Replacement(ProductBody):
    """The same for a product that is there: stock and shelf stay as they are if left out."""

    reason: Reason = ""


class Changes(Body):
    """What changes in a product; what is left out, or null, stays as it is."""

    name: Name | None = None
    price: Money | None = None
    category: Slug | None = None
    description: Description | None = None
    tagline: Tagline | None = None
    stock_count: Stock | None = None
    specifications: Specifications | None = None
    pictures: Pictures | None = None
    is_published: bool | None = None
    reason: Reason = ""


@router.post(
    "/products",
    status_code=201,
    response_model=ProductDetails,
    responses={**CREATES, 201: TAGGED},
)
async def create(caller: Member, product: ProductBody) -> Response:
    """Staff: put a product on the shelves; published, and none in stock, unless told otherwise."""
    made = await _work(caller, shelves.create, _form(product))
    caller.response.headers["location"] = f"{routes.API}/products/{made.card.id}"
    return _answer(caller, made, 201)


@router.put(
    "/products/{product_id}",
    response_model=ProductDetails,
    responses={**CHANGES, 200: TAGGED},
)
async def replace(
    caller: Member, product_id: ProductId, product: Replacement, if_match: IfMatch = None
) -> Response:
    """Staff: replace a product."""
    return await _change(caller, shelves.replace, product_id, product, if_match)


@router.patch(
    "/products/{product_id}",
    response_model=ProductDetails,
    responses={**CHANGES, 200: TAGGED},
)
async def change(
    caller: Member, product_id: ProductId, changes: Changes, if_match: IfMatch = None
) -> Response:
    """Staff: change what is given; publish and withdraw with `isPublished`."""
    return await _change(caller, shelves.change, product_id, changes, if_match)


@router.delete(
    "/products/{product_id}",
    response_model=ProductDetails,
    responses={
        **CREATES,
        **refusals(404, 412),
        200: {**TAGGED, "description": "Ordered before, and so only withdrawn."},
        204: {"description": "Gone."},
    },
)
async def delete(caller: Member, product_id: ProductId, if_match: IfMatch = None) -> Response:
    """Staff: delete a product. One that was ever ordered is withdrawn: orders tell of it."""
    kept = await _work(caller, shelves.delete, product_id, version=_version(if_match))
    return _answer(caller, kept) if kept else Response(status_code=204)


@router.get(
    "/withdrawn-products",
    response_model=list[Product],
    responses=refusals(401, 403, 422, *ALWAYS),
)
async def withdrawn(
    caller: Member,
    limit: Annotated[int, Query(ge=1, le=MOST_PRODUCTS)] = 24,
    cursor: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> Any:
    """Staff: what is on no shelf, the latest first. The Link header leads to older ones."""
    found = await caller.work(shelves.withdrawn, before_id=cursor, limit=limit + 1)
    shown = found[:limit]
    if len(found) > limit:
        caller.response.headers.update(page_link(caller.request, next=str(shown[-1].id)))
    return [product_json(card, is_sold=False) for card in shown]


async def _change(
    caller: Caller,
    service: Callable[..., ProductDetail],
    product_id: int,
    body: Replacement | Changes,
    if_match: str | None,
) -> Response:
    told = {"version": _version(if_match), "reason": body.reason}
    return _answer(caller, await _work(caller, service, product_id, _form(body), **told))


async def _work(caller: Caller, service: Callable[..., R], *args: Any, **kwargs: Any) -> R:
    """Staff's work, with fields at fault called as JSON calls them."""
    try:
        return await caller.work(service, *args, **kwargs)
    except InvalidInput as refusal:
        named = (FieldError(NAMES.get(e.field, e.field), e.message) for e in refusal.errors)
        raise InvalidInput(*named) from None


def _answer(caller: Caller, product: ProductDetail, status: int = 200) -> Response:
    body = details_body(product)
    caller.response.headers["etag"] = details_tag(product, body)
    return caller.reply(body, status)


def _form(body: ProductBody | Changes) -> ProductForm:
    """What staff wrote, in the words of the shelves."""
    rows, pictures = body.specifications, body.pictures
    return ProductForm(
        name=body.name,
        tagline=body.tagline,
        description=body.description,
        category=body.category,
        price_cents=None if body.price is None else to_cents(body.price),
        stock=body.stock_count,
        specifications=None if rows is None else [(row.name, row.value) for row in rows],
        pictures=None if pictures is None else [(one.file, one.alt) for one in pictures],
        is_published=body.is_published,
    )


def _version(if_match: str | None) -> str | None:
    """The version in an If-Match header; None for whichever is there ("*", or no header).

    A proxy that compresses weakens tags, so a weak one is taken for what it was.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    found = TAG.fullmatch(if_match.strip())
    return found[1] if found else NO_VERSION
