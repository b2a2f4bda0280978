"""One product: gallery, facts, stock, and the button."""

import reflex as rx

from cloudscale import routes
from cloudscale.components.product_card import product_grid
from cloudscale.components.shell import ON_LOAD, shell
from cloudscale.state.cart import CartState
from cloudscale.state.product import Picture, ProductState, Specification
from cloudscale.state.sidebar import SidebarState

PRODUCT = ProductState.product
# Known to the browser as soon as it moves on, before the server hears of it.
ID_IN_URL = rx.Var(
    "urlParams.product_id",
    _var_type=str,
    _var_data=rx.vars.VarData(
        imports={"react-router": "useParams"}, hooks={"const urlParams = useParams()": None}
    ),
)


def _crumbs() -> rx.Component:
    return rx.el.nav(
        rx.el.ol(
            rx.el.li(rx.el.a("Store", href=routes.STORE)),
            rx.el.li(rx.el.a(PRODUCT.category, href=PRODUCT.category_href)),
            rx.el.li(rx.el.span(PRODUCT.card.name, aria_current="page")),
            class_name="crumbs",
        ),
        aria_label="Breadcrumb",
    )


def _thumb(picture: Picture) -> rx.Component:
    return rx.el.button(
        rx.el.img(src=picture.src, alt=""),
        type="button",
        class_name=f"pic {PRODUCT.card.tint}",
        aria_label=f"Show picture {picture.position + 1}",
        aria_pressed=rx.cond(ProductState.picture == picture.position, "true", "false"),
        on_click=ProductState.look_at(picture.position),
    )


def _gallery() -> rx.Component:
    shown = PRODUCT.pictures[ProductState.picture]
    return rx.el.div(
        rx.el.div(
            rx.el.img(src=shown.src, alt=shown.alt),
            class_name=f"pic {PRODUCT.card.tint}",
        ),
        rx.cond(
            PRODUCT.pictures.length() > 1,
            rx.el.div(
                rx.foreach(PRODUCT.pictures, _thumb),
                class_name="thumbs",
                role="group",
                aria_label="Pictures",
            ),
        ),
        class_name="gallery",
    )


def _quantity() -> rx.Component:
    return rx.el.div(
        rx.el.button(
            "−",  # noqa: RUF001
            type="button",
            aria_label="Fewer",
            disabled=ProductState.quantity <= 1,
            on_click=ProductState.fewer,
        ),
        rx.el.output(ProductState.quantity, class_name="num", aria_label="Quantity to add"),
        rx.el.button(
            "+",
            type="button",
            aria_label="More",
            disabled=ProductState.quantity >= PRODUCT.most,
            on_click=ProductState.more,
        ),
        class_name="stepper",
    )


def _specification(row: Specification) -> rx.Component:
    return rx.el.tr(rx.el.th(row.name, scope="row"), rx.el.td(row.value))


def _buy() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h1(PRODUCT.card.name),
            rx.el.p(PRODUCT.card.tagline, class_name="muted"),
            class_name="stack-tight",
        ),
        rx.el.div(
            rx.el.span(PRODUCT.card.price, class_name="price num"),
            rx.el.span(PRODUCT.card.stock, class_name=f"tag {PRODUCT.card.tone}"),
            class_name="row",
        ),
        rx.cond(
            PRODUCT.card.can_buy,
            rx.el.div(
                _quantity(),
                rx.el.button(
                    "Add to cart",
                    type="button",
                    class_name="btn",
                    on_click=CartState.add(PRODUCT.card.id, ProductState.quantity),
                ),
                class_name="buy-row",
            ),
            rx.el.p("Sold out for now. Something close to it is below.", class_name="notice"),
        ),
        rx.el.p(PRODUCT.description),
        rx.el.table(
            rx.el.caption("Specification", class_name="visually-hidden"),
            rx.el.tbody(rx.foreach(PRODUCT.specifications, _specification)),
            class_name="specs",
        ),
        class_name="buy",
    )


def _ready() -> rx.Component:
    return rx.fragment(
        _crumbs(),
        rx.el.article(_gallery(), _buy(), class_name="product"),
        rx.cond(
            ProductState.related.length() > 0,
            rx.el.section(
                rx.el.h2("Close to this", class_name="section-title"),
                product_grid(ProductState.related),
                aria_label="Close to this",
            ),
        ),
    )


def _loading() -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.el.div(class_name="pic skeleton"), class_name="gallery"),
        rx.el.div(
            rx.el.div(class_name="skeleton loading-title"),
            rx.el.div(class_name="skeleton loading-line"),
            rx.el.div(class_name="skeleton loading-line"),
            rx.el.div(class_name="skeleton loading-block"),
            class_name="buy",
        ),
        class_name="product product-loading",
        aria_busy="true",
        aria_label="Loading the product",
        role="status",
    )


def _missing() -> rx.Component:
    return rx.el.div(
        rx.el.h1("We don't sell that"),
        rx.el.p("The product is gone or was never here. The store has plenty of others."),
        rx.el.a("To the store", href=routes.STORE, class_name="btn"),
        class_name="empty",
    )


def page() -> rx.Component:
    """The product page."""
    return shell(
        rx.cond(
            ProductState.asked == ID_IN_URL,
            rx.cond(ProductState.status == "ready", _ready(), _missing()),
            _loading(),
        ),
        has_metrics=True,
        class_name="wrap product-page",
    )


def add(app: rx.App) -> None:
    """Register the page; its title and description in the first HTML are the edge's work."""
    app.add_page(
        page,
        route=routes.PRODUCT,
        title=ProductState.title,
        on_load=[ProductState.load, ProductState.watch, *ON_LOAD, SidebarState.watch],
    )
