"""What the form of the checkout page says of what was typed, chosen and on the screen. Pure.

fields --address--> what was typed    buttons --picked--> choices    hidden --seen--> cart and sum
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from cloudscale.errors import FieldError, InvalidInput
from cloudscale.services.addresses import AddressInput
from cloudscale.state.checkout_screen import (
    GROUPS,
    NEW_ADDRESS,
    SAME_ADDRESS,
    Bill,
    Chosen,
    Screen,
    Seen,
)


def picked(form: dict[str, Any], chosen: Chosen, on_screen: Screen, costs: Bill) -> Chosen:
    """The choices as they were on the screen when the form was sent, as far as it tells them.

    Args:
        form: With the radio buttons by their groups; one that has nothing to choose is not there.
        chosen: What the server knows, which may have forgotten the page meanwhile.
        on_screen: The addresses that can be.
        costs: The ways to deliver and to pay that can be; a guest is offered none.

    Raises:
        InvalidInput: One of them cannot be chosen any more.
    """
    if not costs.delivery_options:
        return chosen
    known = {choice.value for choice in on_screen.addresses} | {NEW_ADDRESS}
    offered = {
        "shipping": known,
        "billing": known | {SAME_ADDRESS},
        "delivery": {choice.value for choice in costs.delivery_options},
        "payment": {choice.value for choice in costs.payment_options},
    }
    told = {group: form[group] for group in GROUPS if isinstance(form.get(group), str)}
    if any(value not in offered[group] for group, value in told.items()):
        raise InvalidInput.of("", "Please choose one of the options on this page.")
    return replace(chosen, **told)


def seen(form: dict[str, Any], now: Seen) -> Seen:
    """The cart and the sum that were on the screen when the form was sent.

    Those that are known now, where a click on another way to deliver was not answered by then.
    """
    then = Seen(number(form.get("cart")), number(form.get("sum")), form.get("sum_of", ""))
    return then if then.cart_id and then.delivery == form.get("delivery") else now


def typed(form: Any) -> dict[str, Any]:
    """The form as the browser sends it; each service judges its own fields.

    Raises:
        InvalidInput: It is no form.
    """
    if not isinstance(form, dict):
        raise InvalidInput.of("", "Fill in the form on this page and press the button again.")
    return form


def wish(
    form: dict[str, Any], chosen: Chosen, then: Seen, shipping_id: int, billing_id: int
) -> dict[str, Any]:
    """What is ordered how, for `checkout.place_order`; nothing of the form sets a price.

    One cart becomes one order, however often the button is pressed.
    """
    return {
        "shipping_address_id": shipping_id,
        "billing_address_id": billing_id,
        "delivery_method": chosen.delivery,
        "payment_method": chosen.payment,
        "card_number": form.get("card_number", ""),
        "idempotency_key": f"cart-{then.cart_id}",
        "expected_total_cents": then.total_cents,
    }


def address(form: dict[str, Any], kind: str) -> AddressInput:
    """What was typed into the fields of one kind of address."""
    names = ("street", "city", "state", "zip_code", "country")
    return AddressInput(type=kind, **{name: form.get(f"{kind}_{name}", "") for name in names})


@contextmanager
def called(kind: str) -> Iterator[None]:
    """Have the refusal of an address call the fields as the page calls them.

    Raises:
        InvalidInput: So called.
    """
    try:
        yield
    except InvalidInput as refusal:
        errors = (FieldError(f"{kind}_{e.field}", e.message) for e in refusal.errors)
        raise InvalidInput(*errors) from None


def number(text: Any) -> int:
    """The id, or the cents, that a value names; 0, which no row has, for anything else."""
    is_number = isinstance(text, str) and text.isdecimal() and len(text) < 19
    return int(text) if is_number else 0
