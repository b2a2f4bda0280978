"""Every URL of the store, once. Imports nothing of ours."""

STORE = "/"
PRODUCT = "/product/[product_id]"
LOGIN = "/login"
REGISTER = "/register"
CHECKOUT = "/checkout"
ORDERS = "/orders"
ORDER = "/orders/[order_id]"
PROFILE = "/profile"
OPS = "/ops"
OPS_SLOW = "/ops/slow"
OPS_SCALING = "/ops/scaling"
OPS_HEALING = "/ops/healing"

API = "/api"
SCALING_TRACES = "/api/scaling/traces"
API_DOCS = "/docs"
HEALTH = "/health"
READY = "/health/ready"
LIVE = "/ws"
METRICS = "/metrics"
SITEMAP = "/sitemap.xml"
ROBOTS = "/robots.txt"
STORE_PREVIEW = "/og/store.png"
NO_PICTURE = "no-picture.svg"
"""The picture of a product that has none."""


def product(product_id: int) -> str:
    """The page of one product."""
    return f"/product/{product_id}"


def order(order_id: int) -> str:
    """The page of one order."""
    return f"/orders/{order_id}"


def category(slug: str) -> str:
    """The store narrowed to one category."""
    return f"/?category={slug}"


def preview(product_id: int) -> str:
    """The picture that a link to a product shows elsewhere."""
    return f"/og/product/{product_id}.png"


def sitemap_part(part: int) -> str:
    """One file of the sitemap, from 0."""
    return f"/sitemap-{part}.xml"


def picture(file: str) -> str:
    """The URL of a product picture by its file name; an empty name is that of none."""
    return f"/products/{file or NO_PICTURE}"
