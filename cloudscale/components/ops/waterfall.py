"""One slow request as a waterfall: who waited for whom, layer by layer."""

import reflex as rx

from cloudscale.ops.slow import Bar, Waterfall

LAYERS = (
    ("door", "Door: the request or event itself"),
    ("service", "Service: the shop's rules"),
    ("sql", "SQL: the database"),
    ("render", "Render: the answer"),
)


def _bar(bar: Bar) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.el.b(bar.layer, class_name="layer"),
            " ",
            rx.cond(bar.is_failure, rx.el.b("failed ", class_name="bad-word")),
            rx.el.span(bar.name, class_name="bar-name"),
            class_name="bar-label",
            padding_left=f"{bar.depth}rem",
        ),
        rx.el.span(
            rx.el.i(
                left=f"{bar.left_percent}%",
                width=f"{bar.width_percent}%",
                class_name=f"bar-{bar.layer}",
            ),
            class_name="bar-track",
            aria_hidden="true",
        ),
        rx.el.span(
            bar.duration,
            rx.el.span(" from ", bar.start, class_name="muted"),
            class_name="num bar-time",
        ),
        class_name="waterfall-row",
    )


def waterfall(trace: Waterfall) -> rx.Component:
    """One kept trace."""
    return rx.el.section(
        rx.el.h2(trace.name, id="trace", tab_index=-1, class_name="trace-name"),
        rx.el.p(
            trace.kind,
            " · ",
            trace.at,
            " UTC · ",
            rx.el.b(trace.duration),
            rx.cond(trace.is_failure, rx.el.b(" · failed", class_name="bad-word")),
            " · ",
            trace.instance,
            class_name="muted num",
        ),
        rx.el.ol(rx.foreach(trace.bars, _bar), class_name="waterfall"),
        rx.cond(trace.more != "", rx.el.p(trace.more, class_name="muted small")),
        rx.el.ul(
            *(
                rx.el.li(rx.el.i(class_name=f"bar-{slug}", aria_hidden="true"), words)
                for slug, words in LAYERS
            ),
            class_name="legend",
        ),
        rx.el.p("Trace ", rx.el.code(trace.id), class_name="muted small"),
        aria_labelledby="trace",
        class_name="chart",
    )
