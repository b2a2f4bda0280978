"""The product page's state over the real catalogue."""

from cloudscale.db import unit_of_work
from cloudscale.live.news import news_of
from cloudscale.services import changes
from cloudscale.state.product import ProductState
from tests import shop
from tests.integration.state.conftest import Visitor, run


async def test_what_is_shown_says_which_url_it_is_of(guest: Visitor, demo: dict[str, int]):
    product_id = demo["wool-scarf"]
    state = guest.state(ProductState, f"/product/{product_id}")
    assert state.asked == ""  # so that the page waits
    await run(state.load())
    assert (state.asked, state.status, state.product.card.name) == (
        str(product_id),
        "ready",
        "Wool Scarf",
    )


async def test_what_is_no_product_is_missing_under_its_own_url(
    guest: Visitor, demo: dict[str, int]
):
    for end in ("999999", "0", "-1", "abc", "9" * 5000, "\u00b2", "a%20b"):
        state = guest.state(ProductState, f"/product/{end}")
        await run(state.load())
        assert state.status == "missing", end
        assert state.asked == end.replace("%20", " ")


async def test_a_new_connection_keeps_the_picture_and_the_quantity(
    guest: Visitor, demo: dict[str, int]
):
    state = guest.state(ProductState, f"/product/{demo['smartwatch-pro']}")
    await run(state.load())
    await run(state.look_at(1))
    await run(state.more())
    await run(state.load())
    assert (state.picture, state.quantity) == (1, 2)
    assert await run(state.look_at(len(state.product.pictures)))
    assert state.picture == 1


async def test_a_product_that_is_withdrawn_while_it_is_looked_at_is_missing(
    guest: Visitor, demo: dict[str, int]
):
    product_id = demo["wool-scarf"]
    state = guest.state(ProductState, f"/product/{product_id}")
    await run(state.load())
    other = state.related[0]
    topics = {changes.product(product_id), changes.product(other.id)}
    with unit_of_work() as session:
        shop.change_product(session, other.id, price_cents=1_00)
    await state._renew(await news_of(topics))
    assert (state.status, state.related[0].price) == ("ready", "$1.00")
    with unit_of_work() as session:
        shop.change_product(session, product_id, is_published=False)
    await state._renew(await news_of(topics))
    assert state.status == "missing"


async def test_a_product_without_a_picture_shows_the_one_that_says_so(
    guest: Visitor, demo: dict[str, int]
):
    with unit_of_work() as session:
        product_id = shop.product(session, pictures=[])
    state = guest.state(ProductState, f"/product/{product_id}")
    await run(state.load())
    assert [picture.src for picture in state.product.pictures] == ["/products/no-picture.svg"]
    assert state.product.card.picture == "/products/no-picture.svg"
