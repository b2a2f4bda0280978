"""The shelves, for staff: put products on them, change, count, withdraw and delete them.

    staff --create / change / replace / delete--> lock, check, write, audit --> ProductDetail

Every change locks the product's row first, as an order does: they take turns, and each sees what
the other left. What readers find (search, counts, sort orders) the database derives from the row.
"""

from cloudscale.services.shelves.changing import change, replace
from cloudscale.services.shelves.coming_and_going import create, delete
from cloudscale.services.shelves.forms import (
    MOST_PICTURES,
    MOST_SPECIFICATIONS,
    MOST_STOCK,
    ProductForm,
)
from cloudscale.services.shelves.reading import product, withdrawn

__all__ = [
    "MOST_PICTURES",
    "MOST_SPECIFICATIONS",
    "MOST_STOCK",
    "ProductForm",
    "change",
    "create",
    "delete",
    "product",
    "replace",
    "withdrawn",
]
