"""The part of the dashboard that runs in the browser: it draws, appends, marks and exports."""

import reflex as rx


class OpsBoard(rx.Component):
    """Draws into the panels of the page that it stands in.

    Attributes:
        whole: All figures, as JSON.
        tick: What is new, as JSON.
        lost: The connection is lost.
        paused: Nothing is to move.
    """

    library = "$/public/js/ops/board.js"
    tag = "OpsBoard"
    lib_dependencies: list[str] = ["plotly.js-cartesian-dist-min@3.7.0"]

    whole: rx.Var[str]
    tick: rx.Var[str]
    lost: rx.Var[bool]
    paused: rx.Var[bool]
