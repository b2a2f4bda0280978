"""The few icons of our own, drawn on a 24 px grid; they name nothing by themselves."""

import reflex as rx

PATHS = {
    "search": ("M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14z", "M20 20l-4-4"),
    "cart": ("M4 5h2.2l2 10.5h9.6L20 8H7", "M9.5 19.5h.01", "M16.5 19.5h.01"),
    "close": ("M6 6l12 12", "M18 6L6 18"),
    "moon": ("M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5z",),
    "user": ("M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M5 20a7 7 0 0 1 14 0"),
    "download": ("M12 4v11", "M7.5 11l4.5 4.5 4.5-4.5", "M5 20h14"),
    "pulse": ("M3 12h4l2.5-7 5 14 2.5-7h4",),
    "check": ("M5 12.5l4.5 4.5L19 7.5",),
    "warn": ("M12 5v9", "M12 19h.01"),
    "info": ("M12 11v8", "M12 5.5h.01"),
}


def icon(name: str, size: int = 20) -> rx.Component:
    """One icon, hidden from assistive technology.

    Args:
        name: A key of PATHS.
        size: Width and height in px.
    """
    return rx.el.svg(
        *(rx.el.path(d=path) for path in PATHS[name]),
        width=str(size),
        height=str(size),
        view_box="0 0 24 24",
        fill="none",
        stroke="currentColor",
        stroke_width="2",
        stroke_linecap="round",
        stroke_linejoin="round",
        aria_hidden="true",
    )
