"""The catalogue: browsing by keyset, searching, and one product whole.

Owns how products are found and in which order. Reads only; never commits, never imports reflex.

    Query --browse--> Page of ProductCards        product id --product--> ProductDetail
"""

from cloudscale.services.catalogue.detail import (
    SitemapEntry,
    cards,
    categories,
    last_published_id,
    on_sale,
    product,
    published_ids_for_sitemap,
    withdrawn,
)
from cloudscale.services.catalogue.listing import browse
from cloudscale.services.catalogue.views import (
    LOW_STOCK,
    MAX_LIMIT,
    MAX_TEXT_LENGTH,
    SORTS,
    CategoryView,
    Page,
    ProductCard,
    ProductDetail,
    Query,
    Sort,
    stock_label,
    version_of,
)

__all__ = [
    "LOW_STOCK",
    "MAX_LIMIT",
    "MAX_TEXT_LENGTH",
    "SORTS",
    "CategoryView",
    "Page",
    "ProductCard",
    "ProductDetail",
    "Query",
    "SitemapEntry",
    "Sort",
    "browse",
    "cards",
    "categories",
    "last_published_id",
    "on_sale",
    "product",
    "published_ids_for_sitemap",
    "stock_label",
    "version_of",
    "withdrawn",
]
