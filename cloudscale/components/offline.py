"""What a shopper reads when the connection is gone, in place of Reflex's own banner."""

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors


def offline_notice() -> rx.Component:
    """Plain words, only after the connection was lost; it comes back by itself."""
    return rx.cond(
        has_connection_errors,
        rx.el.div(
            "The connection to the store is lost. We are reconnecting; your cart is safe.",
            role="status",
            class_name="offline",
        ),
    )
