"""Ways to pay, behind a small Protocol that a real provider can fill.

    check (before anything) -> stock is taken -> charge -> the order is recorded -> commit

`charge` comes last but one, so that a declined card leaves nothing behind. Were the process to
die between charge and commit, the shopper's retry charges the same reference, which a provider
must count as one charge.
"""

import re
from dataclasses import dataclass
from typing import Any, Protocol

from cloudscale.errors import InvalidInput, PaymentDeclined
from cloudscale.models import PaymentStatus


class Payment(Protocol):
    """What the shop asks of a way to pay. Amounts in cents.

    Both `charge` and `refund` are idempotent by reference: the same one twice moves the money
    once.
    """

    def check(self, card_number: Any) -> None:
        """Refuse what cannot be charged.

        Raises:
            InvalidInput: The card number is at fault (422).
        """
        ...

    def charge(self, reference: str, amount_cents: int, card_number: str) -> PaymentStatus:
        """Take the money, or promise to take it later.

        Returns:
            PAID, or DUE when it is paid later.

        Raises:
            PaymentDeclined: The provider said no; no money moved (402).
        """
        ...

    def refund(self, reference: str, amount_cents: int) -> None:
        """Give back what was paid under the reference."""
        ...


class OnDelivery:
    """The courier collects; nothing moves before."""

    def check(self, card_number: Any) -> None:
        """No card is needed."""

    def charge(self, reference: str, amount_cents: int, card_number: str) -> PaymentStatus:
        """Due until it is delivered."""
        return PaymentStatus.DUE

    def refund(self, reference: str, amount_cents: int) -> None:
        """Nothing was taken before delivery."""


class TestCard:
    """A card for trying the shop out: two known numbers, no money, nothing kept of the number."""

    APPROVED = "4242424242424242"
    DECLINED = "4000000000000002"

    def check(self, card_number: Any) -> None:
        """Only the two test numbers are taken, with or without spaces."""
        if self._digits(card_number) not in {self.APPROVED, self.DECLINED}:
            raise InvalidInput.of(
                "card_number",
                "This is a test: use 4242 4242 4242 4242 (approved) or 4000 0000 0000 0002 "
                "(declined), never a real card.",
            )

    def charge(self, reference: str, amount_cents: int, card_number: str) -> PaymentStatus:
        """Approve the one number and decline the other."""
        if self._digits(card_number) != self.APPROVED:
            raise PaymentDeclined("The test card was declined.")
        return PaymentStatus.PAID

    def refund(self, reference: str, amount_cents: int) -> None:
        """No money was moved, so none goes back."""

    @staticmethod
    def _digits(card_number: Any) -> str:
        return re.sub(r"[ -]", "", card_number) if isinstance(card_number, str) else ""


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A way to pay as the checkout shows it, and who carries it out."""

    slug: str
    name: str
    description: str
    provider: Payment


METHODS = {
    method.slug: method
    for method in (
        PaymentMethod(
            "on_delivery", "Pay on delivery", "In cash or by card to the courier", OnDelivery()
        ),
        PaymentMethod(
            "test_card", "Test card", "A test, no money moves: 4242 4242 4242 4242", TestCard()
        ),
    )
}


def method(slug: Any) -> PaymentMethod:
    """The payment method of that name.

    Raises:
        InvalidInput: There is none (422).
    """
    found = METHODS.get(slug) if isinstance(slug, str) else None
    if found is None:
        raise InvalidInput.of("payment_method", "Please choose one of the payment methods.")
    return found
