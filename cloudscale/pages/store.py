"""The store: browse, search, filter, and put things in the cart."""

import reflex as rx

from cloudscale import routes
from cloudscale.components.product_card import product_grid
from cloudscale.components.shell import ON_LOAD_IN_PLACE, shell
from cloudscale.state.listing import SORT_NAMES
from cloudscale.state.sidebar import SidebarState
from cloudscale.state.store import PRICES, StoreState
from cloudscale.state.storefront import Chip


def _hero() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h1("Things that work. ", rx.el.br(), "A store that never blinks."),
            rx.el.p(
                "Free delivery from $50 and checkout on one page. "
                "Behind the counter, the store watches itself."
            ),
            rx.el.a("Shop new arrivals", href="/?sort=newest", class_name="btn hero-cta"),
            rx.el.ul(
                rx.el.li("In stock means in stock"),
                rx.el.li("No account needed to fill a cart"),
                class_name="hero-trust",
            ),
        ),
        rx.el.div(rx.el.img(src="/hero.svg", alt=""), class_name="hero-art"),
        class_name="hero",
    )


def _chip(chip: Chip) -> rx.Component:
    return rx.el.button(
        chip.name,
        rx.el.span(chip.count, class_name="num", aria_hidden="true"),
        type="button",
        class_name="chip",
        aria_label=chip.name,
        aria_pressed=rx.cond(chip.is_on, "true", "false"),
        disabled=~StoreState.is_live,  # before, a click would be lost
        on_click=rx.redirect(chip.href),
    )


def _price_filter() -> rx.Component:
    def bound(name: str, label: str, value: rx.Var[str]) -> rx.Component:
        return rx.el.input(
            name=name,
            placeholder=label,
            aria_label=f"{label} price in dollars",
            input_mode="decimal",
            default_value=value,
            key=f"{name}{value}",
        )

    return rx.el.details(
        rx.el.summary(StoreState.around.price_label, class_name="chip"),
        rx.el.form(
            bound("min", "Lowest", StoreState.listing.min),
            bound("max", "Highest", StoreState.listing.max),
            rx.el.button("Set price", type="submit", class_name="btn"),
            class_name="menu-list price-filter",
            on_submit=StoreState.choose_prices,
        ),
        id=PRICES,
        class_name="menu",
    )


def _bar() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.foreach(StoreState.chips, _chip),
            class_name="chips",
            role="group",
            aria_label="Categories",
        ),
        rx.el.div(
            rx.el.button(
                "In stock only",
                type="button",
                class_name="chip",
                aria_pressed=rx.cond(StoreState.listing.stock == "1", "true", "false"),
                disabled=~StoreState.is_live,
                on_click=rx.redirect(StoreState.around.stock_href),
            ),
            _price_filter(),
            rx.el.select(
                *(rx.el.option(name, value=slug) for slug, name in SORT_NAMES.items()),
                aria_label="Sort",
                value=StoreState.listing.sort,
                on_change=StoreState.choose_sort,
            ),
            class_name="filters",
        ),
        class_name="bar",
    )


def _nothing() -> rx.Component:
    return rx.el.div(
        rx.el.h2("Nothing here matches"),
        rx.el.p("Try fewer or other words, another category, or a wider price range."),
        rx.cond(
            StoreState.around.widen_href != "",
            rx.el.a("Search the whole store", href=StoreState.around.widen_href, class_name="btn"),
        ),
        rx.el.a("Show everything", href=StoreState.around.clear_href, class_name="btn quiet"),
        class_name="empty",
    )


def _pager() -> rx.Component:
    def step(label: str, href: rx.Var[str]) -> rx.Component:
        return rx.cond(href != "", rx.el.a(label, href=href, class_name="btn quiet"))

    return rx.el.nav(
        step("← Previous", StoreState.around.previous_href),
        step("Next →", StoreState.around.next_href),
        class_name="pager",
        aria_label="Pages",
    )


def page() -> rx.Component:
    """The store page."""
    return shell(
        rx.cond(StoreState.around.is_front, _hero()),
        _bar(),
        rx.el.div(
            rx.cond(StoreState.error != "", rx.el.p(StoreState.error, class_name="notice bad")),
            role="alert",
        ),
        rx.el.div(
            rx.cond(
                StoreState.around.is_front,
                rx.el.h2(StoreState.around.heading),
                rx.el.h1(StoreState.around.heading, class_name="as-h2"),
            ),
            class_name="result-line",
            role="status",
        ),
        rx.cond(
            StoreState.products.length() > 0,
            rx.el.div(
                product_grid(StoreState.products),
                class_name=rx.cond(StoreState.is_live & ~rx.State.is_hydrated, "is-stale", ""),
                aria_busy=rx.cond(StoreState.is_live, "false", "true"),
            ),
            _nothing(),
        ),
        _pager(),
        is_store=True,
        has_metrics=True,
        class_name="wrap",
    )


def add(app: rx.App) -> None:
    """Register the page."""
    app.add_page(
        page,
        route=routes.STORE,
        title="CloudScale: things that work",
        description="Electronics, gadgets, fashion and more. Free delivery from $50, "
        "checkout on one page, and in stock means in stock.",
        on_load=[StoreState.load, StoreState.watch, *ON_LOAD_IN_PLACE, SidebarState.watch],
    )
