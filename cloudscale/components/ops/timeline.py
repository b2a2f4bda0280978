"""What happened, and why: the activity timeline."""

import reflex as rx
from reflex_components_core.el.elements.inline import A

from cloudscale.components.icons import icon
from cloudscale.state.timeline import TimelineState
from cloudscale.state.timeline_rows import KIND_NAMES, Row

TITLE = "What happened, and why"
ICONS = {"good": "check", "warn": "warn", "bad": "close", "info": "info"}


def _tone(row: Row) -> rx.Component:
    """How it is to be taken: by form, by colour, and in a word for those who see neither."""
    shapes = ((tone, icon(name, 14)) for tone, name in ICONS.items())
    return rx.el.span(
        rx.match(row.tone, *shapes, icon("info", 14)),
        rx.el.span(row.tone_name, ":", class_name="visually-hidden"),
        class_name=f"event-tone {row.tone}",
    )


def _time(row: Row) -> rx.Component:
    return rx.el.p(
        rx.el.time(row.clock, custom_attrs={"dateTime": row.iso}),
        rx.el.span(class_name="ago", custom_attrs={"data-ago": row.since_ms}),
        class_name="event-time num",
    )


def _length(row: Row) -> rx.Component:
    """How long it took; the browser counts on while it lasts."""
    return rx.el.p(
        rx.cond(
            row.is_running,
            rx.el.span(
                "In progress, ",
                rx.el.span(custom_attrs={"data-running": row.since_ms}),
                class_name="tag running",
            ),
            rx.el.span(row.lasted),
        ),
        rx.el.span(row.badge.upper(), class_name=f"badge {row.badge}"),
        class_name="event-length num",
    )


def _more(row: Row) -> rx.Component:
    """What is shown of an event that is opened."""
    return rx.el.div(
        rx.el.dl(
            rx.el.dt("When"),
            rx.el.dd(row.span, class_name="num"),
            rx.el.dt("Kind"),
            rx.el.dd(row.kind),
            rx.cond(
                row.subject != "", rx.fragment(rx.el.dt("Of"), rx.el.dd(row.subject)), rx.fragment()
            ),
        ),
        A.create("Link to this event", href=row.href),
        class_name="event-more",
    )


def _event(row: Row) -> rx.Component:
    is_open = TimelineState.opened == row.id
    return rx.el.li(
        _time(row),
        _tone(row),
        rx.el.div(
            rx.el.h3(
                rx.el.button(
                    row.title,
                    type="button",
                    aria_expanded=is_open,
                    on_click=TimelineState.open_event(rx.cond(is_open, 0, row.id)),
                    class_name="event-title",
                )
            ),
            rx.el.p(row.cause),
            rx.cond(row.effect != "", rx.el.p(row.effect, class_name="event-effect")),
            rx.cond(is_open, _more(row)),
            class_name="event-words",
        ),
        _length(row),
        key=row.id.to(str),
        id=rx.Var.create(f"event-{row.id}"),
        class_name=rx.cond(is_open, "event opened", "event"),
        custom_attrs={"data-event": row.id},
    )


def _kind(kind: str, name: str) -> rx.Component:
    return rx.el.button(
        name,
        type="button",
        aria_pressed=TimelineState.kind == kind,
        on_click=TimelineState.choose_kind(kind),
        class_name="event-kind",
    )


def _filters() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            icon("search", 16),
            rx.el.input(
                id="event-search",
                type="search",
                aria_label="Search what happened",
                placeholder="Search what happened",
                auto_complete="off",
                max_length=100,
                on_change=TimelineState.search.debounce(250),
            ),
            role="search",
            class_name="event-search",
        ),
        rx.el.div(
            _kind("", "All"),
            *(_kind(kind, name) for kind, name in KIND_NAMES.items()),
            role="group",
            aria_label="Kinds of events",
            class_name="event-kinds",
        ),
        class_name="event-filters",
    )


def timeline_panel() -> rx.Component:
    """The panel; `ops_events.js` counts its times, and keeps the address in step."""
    return rx.el.section(
        rx.el.script(src="/js/ops_events.js", async_=True),
        rx.el.link(
            rel="stylesheet", href="/css/ops_events.css", custom_attrs={"precedence": "default"}
        ),
        rx.el.h2(TITLE, id="timeline-title"),
        _filters(),
        rx.el.p(TimelineState.note, role="status", class_name="event-note"),
        rx.el.ol(rx.foreach(TimelineState.rows, _event), class_name="events"),
        rx.cond(
            TimelineState.has_older,
            rx.el.button(
                "Older", type="button", on_click=TimelineState.show_older, class_name="btn quiet"
            ),
        ),
        rx.el.p(role="status", class_name="visually-hidden", custom_attrs={"data-event-news": ""}),
        id="timeline",
        aria_labelledby="timeline-title",
        class_name="chart happened",
        custom_attrs={"data-now": TimelineState.now_ms, "data-kind": TimelineState.kind},
    )
