"""The product page as machines and impatient people get it: true status, words, links, data.

/product/{id} --catalogue.product--> values --templates--> the shell, filled
                      | NotFound --> 404
"""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cloudscale import routes
from cloudscale.api.caching import A_PAGE, conditional
from cloudscale.api.shell import Shell
from cloudscale.db import in_reading
from cloudscale.errors import NotFound
from cloudscale.money import CURRENCY, decimal_text, dollars
from cloudscale.services import catalogue
from cloudscale.services.catalogue import ProductDetail, stock_label
from cloudscale.settings import get_settings

# One spelling an id, so that a product has one URL; what is too large is looked up and not found.
ID = re.compile(r"[1-9][0-9]{0,9}")
SUMMARY_LENGTH = 300


async def find_product(product_id: str) -> ProductDetail | None:
    """The published product of that id, None where there is none."""
    if not ID.fullmatch(product_id):
        return None
    try:
        return await in_reading(catalogue.product, int(product_id))
    except NotFound:
        return None


def _absolute(path: str) -> str:
    """A URL for the world; never from the Host header, which anyone can write."""
    return get_settings().origin + path


def _summary(product: ProductDetail) -> str:
    """Tagline and description, cut at a word for a search result."""
    text = f"{product.card.tagline}. {product.card.description}".strip(". ")
    if len(text) <= SUMMARY_LENGTH:
        return text
    return text[:SUMMARY_LENGTH].rsplit(" ", 1)[0] + " …"


def linked_data(product: ProductDetail) -> dict[str, Any]:
    """The product in schema.org's words.

    Source: https://developers.google.com/search/docs/appearance/structured-data/merchant-listing
    """
    card, url = product.card, _absolute(routes.product(product.card.id))
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": card.name,
        "description": product.card.description,
        "sku": str(card.id),
        "category": card.category_name,
        "url": url,
        "image": [_absolute(routes.preview(card.id))]
        + [_absolute(routes.picture(file)) for file, _ in product.pictures],
        "additionalProperty": [
            {"@type": "PropertyValue", "name": name, "value": value}
            for name, value in product.specifications
        ],
        "offers": {
            "@type": "Offer",
            "url": url,
            "price": decimal_text(card.price_cents),
            "priceCurrency": CURRENCY,
            "availability": f"https://schema.org/{'InStock' if card.stock else 'OutOfStock'}",
            "itemCondition": "https://schema.org/NewCondition",
        },
    }


def _values(product: ProductDetail) -> dict[str, Any]:
    card = product.card
    return {
        "product": product,
        "summary": _summary(product),
        "url": _absolute(routes.product(card.id)),
        "image": _absolute(routes.preview(card.id)),
        "price": decimal_text(card.price_cents),
        "shown_price": dollars(card.price_cents),
        "currency": CURRENCY,
        "stock": stock_label(card.stock),
        "linked_data": linked_data(product),
        "store_path": routes.STORE,
        "category_path": routes.category(card.category_slug),
        "picture_path": routes.picture,
        "product_path": routes.product,
    }


class ProductPage:
    """Answers `/product/{product_id}`."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    async def answer(self, request: Request) -> Response:
        """The product in the first HTML, or a 404 in words."""
        product = await find_product(request.path_params["product_id"])
        if product is None:
            return not_found(self.shell)
        html = self.shell.fill("product", **_values(product))
        headers = {"cache-control": A_PAGE, "content-security-policy": self.shell.policy("product")}
        return conditional(request, HTMLResponse(html, headers=headers))


def not_found(shell: Shell) -> HTMLResponse:
    """404 in words; the app starts in it, with its menus."""
    html = shell.fill("not_found", store_path=routes.STORE)
    policy = shell.policy("not_found")
    return HTMLResponse(html, 404, {"cache-control": A_PAGE, "content-security-policy": policy})
