"""Where a number comes from, and how old it is."""

import reflex as rx


def provenance() -> rx.Component:
    """The badge and the age of what stands beside it; `ops.js` keeps the age."""
    return rx.el.span(
        rx.el.span("MEASURED", class_name="badge"),
        rx.el.span(custom_attrs={"data-age": ""}, class_name="age num"),
        class_name="provenance",
    )
