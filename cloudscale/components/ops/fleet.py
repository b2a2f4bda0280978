"""The fleet: how many instances, what its alarms say, and what was decided last, and why."""

import reflex as rx

SIZES = ("Desired", "In service", "Pending", "Terminating")


def _size(label: str) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label), rx.el.dd("\N{EN DASH}", class_name="num", custom_attrs={"data-size": ""})
    )


def fleet_panel() -> rx.Component:
    """The panel; filled in the browser from each tick."""
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Fleet and scaling", id="fleet-heading"),
            rx.el.span("MEASURED", class_name="badge", custom_attrs={"data-fleet-badge": ""}),
            class_name="chart-head",
        ),
        rx.el.p(role="status", class_name="stale-notice", custom_attrs={"data-fleet-fault": ""}),
        rx.el.dl(*map(_size, SIZES), class_name="fleet-sizes"),
        rx.el.p(class_name="muted small num", custom_attrs={"data-fleet-bounds": ""}),
        rx.el.ul(
            aria_label="Instances", class_name="fleet-instances", custom_attrs={"data-fleet-of": ""}
        ),
        rx.el.h3("Scaling alarms"),
        rx.el.ul(class_name="fleet-alarms", custom_attrs={"data-fleet-alarms": ""}),
        rx.el.h3("Last decision"),
        rx.el.p(class_name="num", custom_attrs={"data-fleet-decision": ""}),
        rx.el.p(class_name="muted small num", custom_attrs={"data-fleet-policy": ""}),
        aria_labelledby="fleet-heading",
        class_name="chart fleet",
        custom_attrs={"data-fleet": ""},
    )
