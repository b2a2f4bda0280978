"""A figure that stands still until it is replaced, with what it shows on hover."""

import reflex as rx


class OpsFigure(rx.Component):
    """Draws one Plotly figure in the colours of the page.

    Attributes:
        figure: The figure as JSON; colours may be names of tokens, such as "--s1".
        label: What it shows, for who does not see it.
    """

    library = "$/public/js/ops/figure.js"
    tag = "OpsFigure"
    lib_dependencies: list[str] = ["plotly.js-cartesian-dist-min@3.7.0"]

    figure: rx.Var[str]
    label: rx.Var[str]
