"""The load balancer's side: instances, health and traffic by availability zone."""

import reflex as rx

from cloudscale.components.ops.badge import provenance


def zones_panel() -> rx.Component:
    """One line a zone; filled in the browser from each tick."""
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Health and traffic by zone", id="zones-heading"),
            provenance(),
            class_name="chart-head",
        ),
        rx.el.ul(class_name="zones", custom_attrs={"data-zones": ""}),
        aria_labelledby="zones-heading",
        class_name="chart",
        custom_attrs={"data-ages": "moment"},
    )
