"""Ways to deliver, and what each costs for a cart."""

from dataclasses import dataclass
from typing import Any

from cloudscale.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class DeliveryMethod:
    """A way to deliver. `free_from_cents` is the subtotal from which it costs nothing, if any."""

    slug: str
    name: str
    description: str
    price_cents: int
    free_from_cents: int | None = None

    def cost_cents(self, subtotal_cents: int) -> int:
        """What delivering a cart of this subtotal costs, in cents."""
        is_free = self.free_from_cents is not None and subtotal_cents >= self.free_from_cents
        return 0 if is_free else self.price_cents


METHODS = {
    method.slug: method
    for method in (
        DeliveryMethod(
            "standard",
            "Standard delivery",
            "3 to 5 working days, free from $50.00",
            price_cents=4_99,
            free_from_cents=50_00,
        ),
        DeliveryMethod("express", "Express delivery", "Next working day", price_cents=12_99),
    )
}


def method(slug: Any) -> DeliveryMethod:
    """The delivery method of that name.

    Raises:
        InvalidInput: There is none (422).
    """
    found = METHODS.get(slug) if isinstance(slug, str) else None
    if found is None:
        raise InvalidInput.of("delivery_method", "Please choose one of the delivery methods.")
    return found
