"""The shelves for programs: browse, search and read; caching by ETag.

query --services.catalogue--> views --product_json--> JSON --ETag--> 200 or 304
"""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response
from fastapi import Query as ApiQuery
from pydantic import Field
from pydantic_core import to_json

from cloudscale import routes
from cloudscale.api.bodies import ALWAYS, JSON, MAX_ID, Camel, Id, Money, refusals
from cloudscale.api.caching import ASK_FIRST, conditional, digest_of
from cloudscale.api.callers import ANYONE, Caller
from cloudscale.api.paging import page_link
from cloudscale.db import in_reading
from cloudscale.errors import FieldError, InvalidInput, NotFound
from cloudscale.money import decimal_text, to_cents
from cloudscale.services import catalogue, shelves
from cloudscale.services.catalogue import ProductCard, ProductDetail, Query, Sort
from cloudscale.settings import get_settings

router = APIRouter(prefix=routes.API, tags=["products"])

# What the catalogue calls a field, and what the URL does.
PARAMETERS = {"text": "q", "min_price_cents": "minPrice", "max_price_cents": "maxPrice"}
CACHED: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"schema": {"type": "string"}}}},
    304: {"description": "As it was: the ETag in If-None-Match still fits."},
}
LISTED: dict[int | str, dict[str, Any]] = {
    **CACHED,
    200: {"headers": {name: {"schema": {"type": "string"}} for name in ("ETag", "Link")}},
}


class Product(Camel):
    """A product as everybody may see it."""

    id: Id
    name: str = Field(examples=["Smart Speaker"])
    description: str
    price: Money
    category: str = Field(description="The category's slug.", examples=["electronics"])
    image_url: str = Field(examples=["https://shop.example.com/products/smart-speaker.svg"])
    in_stock: bool
    stock_count: int = Field(ge=0, examples=[14])
    tagline: str


class Specification(Camel):
    """One row of a product's specification."""

    name: str = Field(examples=["Weight"])
    value: str = Field(examples=["540 g"])


class Picture(Camel):
    """A picture in the shop's own folder, and what it shows."""

    file: str = Field(examples=["smart-speaker.svg"])
    alt: str = Field(examples=["A round speaker with a glowing ring"])
    url: str = Field(examples=["https://shop.example.com/products/smart-speaker.svg"])


class ProductDetails(Product):
    """A product whole. Only staff see one that is not published."""

    specifications: list[Specification]
    pictures: list[Picture]
    related: list[Product]
    is_published: bool
    added_at: datetime
    updated_at: datetime


class Category(Camel):
    """A shelf and how many products are on it."""

    id: str = Field(description="The slug, as in `?category=`.", examples=["electronics"])
    name: str = Field(examples=["Electronics"])
    count: int = Field(ge=0, examples=[16])


CategorySlug = Annotated[str, Path(max_length=60, examples=["electronics"])]
ProductId = Annotated[int, Path(ge=1, le=MAX_ID, examples=[1])]


class ProductQuery(Camel):
    """What a list of products is narrowed to, and how it is sorted."""

    q: str = Field("", max_length=catalogue.MAX_TEXT_LENGTH, description="Words to search for.")
    category: str = Field("", max_length=60, description="A slug.", examples=["electronics"])
    sort: Sort = "relevance"
    min_price: str | None = Field(None, max_length=12, examples=["20.00"])
    max_price: str | None = Field(None, max_length=12, examples=["500.00"])
    in_stock: bool = False
    limit: int = Field(24, ge=1, le=catalogue.MAX_LIMIT)
    cursor: str = Field("", max_length=2000, description="From the Link header of another page.")


@router.get(
    "/products",
    response_model=list[Product],
    responses={**LISTED, **refusals(404, 422, *ALWAYS)},
)
async def products(request: Request, query: Annotated[ProductQuery, ApiQuery()]) -> Response:
    """Browse or search. The Link header leads to the next and the previous page (RFC 8288)."""
    return await _listed(request, query)


@router.get(
    "/products/category/{category}",
    response_model=list[Product],
    responses={**LISTED, **refusals(404, 422, *ALWAYS)},
)
async def products_of_category(
    request: Request, category: CategorySlug, query: Annotated[ProductQuery, ApiQuery()]
) -> Response:
    """The same for one category."""
    return await _listed(request, query.model_copy(update={"category": category}))


@router.get(
    "/products/{product_id}",
    response_model=ProductDetails,
    responses={**CACHED, **refusals(401, 404, 422, *ALWAYS)},
    openapi_extra=ANYONE,
)
async def product(request: Request, response: Response, product_id: ProductId) -> Response:
    """One product whole; for staff also one that is withdrawn. Its ETag is what If-Match takes."""
    try:
        found = await in_reading(catalogue.product, product_id)
        kept = {"cache-control": ASK_FIRST}
    except NotFound:
        caller = Caller(request, response)
        if not caller.is_known:
            raise
        found = await caller.ask(shelves.product, product_id)
        kept = dict(response.headers)
    body = details_body(found)
    answer = Response(body, media_type=JSON, headers=kept)
    return conditional(request, answer, details_tag(found, body))


@router.get("/categories", response_model=list[Category], responses={**CACHED, **refusals(*ALWAYS)})
async def categories(request: Request) -> Response:
    """Every category in the shop's order."""
    found = await in_reading(catalogue.categories)
    return _cached(request, [{"id": c.slug, "name": c.name, "count": c.count} for c in found])


def product_json(card: ProductCard, *, is_sold: bool = True) -> dict[str, Any]:
    """A product as JSON holds it; written by hand, since lists of it are asked for most."""
    return {
        "id": card.id,
        "name": card.name,
        "description": card.description,
        "price": decimal_text(card.price_cents),
        "category": card.category_slug,
        "imageUrl": get_settings().origin + routes.picture(card.picture),
        "inStock": is_sold and card.stock > 0,
        "stockCount": card.stock,
        "tagline": card.tagline,
    }


def details_body(detail: ProductDetail) -> bytes:
    """A product whole, as JSON."""
    card = detail.card
    return to_json(
        {
            **product_json(card, is_sold=detail.is_published),
            "specifications": [{"name": n, "value": v} for n, v in detail.specifications],
            "pictures": [
                {"file": file, "alt": alt, "url": get_settings().origin + routes.picture(file)}
                for file, alt in detail.pictures
            ],
            "related": [product_json(other) for other in detail.related],
            "isPublished": detail.is_published,
            "addedAt": detail.added_at,
            "updatedAt": detail.updated_at,
        }
    )


def details_tag(detail: ProductDetail, body: bytes) -> str:
    """The ETag: the product's version, for If-Match, and a digest of all that is shown with it.

    What is related may change without the product; If-Match must not fail for that.
    """
    return f'"{detail.version}.{digest_of(body)}"'


async def _listed(request: Request, query: ProductQuery) -> Response:
    try:
        page = await in_reading(catalogue.browse, _asked(query))
    except InvalidInput as refusal:
        raise _as_parameters(refusal) from None
    headers = page_link(request, next=page.next_cursor, prev=page.previous_cursor)
    if page.did_you_mean:
        headers["x-corrected-query"] = quote(page.did_you_mean)
    return _cached(request, [product_json(card) for card in page.products], headers)


def _asked(query: ProductQuery) -> Query:
    return Query(
        category=query.category,
        text=query.q,
        sort=query.sort,
        min_price_cents=_cents("minPrice", query.min_price),
        max_price_cents=_cents("maxPrice", query.max_price),
        in_stock=query.in_stock,
        limit=query.limit,
        cursor=query.cursor,
    )


def _cents(parameter: str, text: str | None) -> int | None:
    if not text:
        return None
    try:
        return to_cents(text)
    except ValueError as fault:
        raise InvalidInput.of(parameter, f"{parameter} {fault}.") from None


def _as_parameters(refusal: InvalidInput) -> InvalidInput:
    """The catalogue's refusal with the fields called as the URL calls them."""
    named = (FieldError(PARAMETERS.get(e.field, e.field), e.message) for e in refusal.errors)
    return InvalidInput(*named)


def _cached(request: Request, content: Any, headers: dict[str, str] | None = None) -> Response:
    """JSON with its ETag, or 304 where the caller has it already."""
    kept = {"cache-control": ASK_FIRST, **(headers or {})}
    return conditional(request, Response(to_json(content), media_type=JSON, headers=kept))
