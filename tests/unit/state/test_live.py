"""What a page does with what is new."""

from cloudscale.services.catalogue import ProductCard
from cloudscale.state import live
from cloudscale.state.product import NOTHING_YET, with_card
from cloudscale.state.views import card


def scarf(price_cents: int, stock: int) -> ProductCard:
    names = ("A scarf", "", "", "fashion", "Fashion")
    return ProductCard(7, *names, price_cents, stock, "scarf.svg", "A scarf")


def test_cards_that_changed_are_renewed_and_keep_their_places():
    before = [card(scarf(59_00, 9)), NOTHING_YET.card]
    after = live.renewed(before, {"product:7": scarf(49_00, 2), "product:8": scarf(1_00, 1)})
    assert [(shown.price, shown.stock) for shown in after] == [("$49.00", "Only 2 left"), ("", "")]


def test_a_card_that_is_no_longer_sold_says_so_and_cannot_be_bought():
    (after,) = live.renewed([card(scarf(59_00, 9))], {"product:7": None})
    assert (after.name, after.price, after.stock) == ("A scarf", "$59.00", "No longer sold")
    assert not after.can_buy


def test_the_product_page_offers_no_more_than_there_is_now():
    shown = with_card(NOTHING_YET, scarf(49_00, 2))
    assert (shown.card.price, shown.most) == ("$49.00", 2)
    assert with_card(shown, scarf(49_00, 0)).most == 1


def test_what_has_no_number_yet_is_not_followed():
    assert live.of_products([-1, 0, 7]) == ["product:7"]
