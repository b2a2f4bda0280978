"""Where a number comes from, and how old it is."""

import reflex as rx

from cloudscale.ops.charts import Source


def provenance(source: Source = Source.LOAD) -> rx.Component:
    """The badge and the age of what stands beside it; `assets/js/ops/words.js` keeps both."""
    return rx.el.span(
        rx.el.span(
            "AWS" if source is Source.AWS else "MEASURED",
            class_name="badge aws" if source is Source.AWS else "badge",
            custom_attrs={"data-source": source.value},
        ),
        rx.el.span(custom_attrs={"data-age": ""}, class_name="age num"),
        class_name="provenance",
    )
