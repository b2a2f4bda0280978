"""The store page's state over the real catalogue: the URL decides, and no text does harm."""

from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from cloudscale.state.auth import AuthState
from cloudscale.state.listing import Listing
from cloudscale.state.search import SearchState
from cloudscale.state.store import StoreState
from tests.deadline import within
from tests.integration.state.conftest import Visitor, run

TAGS = [f"<reflex.Var>{inside}</reflex.Var>" for inside in ("x", "7", "²")]
NASTY = [
    *TAGS,
    "'; DROP TABLE product; --",
    "<script>alert(1)</script>",
    "\u2028</script>",
    "\ud800",
]


def sent(events: list[Any]) -> dict[str, Any]:
    """The arguments of the first event that a handler answered with."""
    event = events[0]
    return {name._js_expr: value._decode() for name, value in event.args}


def asked_by(events: list[Any]) -> dict[str, str]:
    """The parameters of the URL that a handler led to."""
    return dict(parse_qsl(urlsplit(sent(events)["path"]).query))


async def opened(visitor: Visitor, url: str) -> StoreState:
    """The state of a store page that has loaded."""
    state = visitor.state(StoreState, url)
    await run(state.load())
    return state


@pytest.mark.parametrize("text", NASTY)
async def test_any_text_is_searched_for_and_nothing_else(guest: Visitor, text: str):
    for url in (f"/?q={quote(text, errors='replace')}", f"/?q={text}", f"/?category={text}"):
        state = guest.state(StoreState, url)
        with within(20):
            [event] = await run(state.load())
        assert "<" not in event.args[0][1]._decode()
    with within(20):
        assert asked_by(await run(state.search(text)))["q"]


@pytest.mark.parametrize("text", TAGS)
async def test_a_guest_is_sent_to_sign_in_from_any_path(guest: Visitor, text: str):
    state = guest.state(AuthState, f"/orders/{text}")
    with within(20):
        where = asked_by(await run(state.require()))
    assert where["next"].startswith("/orders/")


async def test_a_search_is_one_step_of_the_history(guest: Visitor):
    state = await opened(guest, "/")
    first = sent(await run(state.search("l")))
    second = sent(await run(state.search("la")))
    assert (first["replace"], second["replace"]) == (False, True)
    assert await run(state.search("la ")) == []  # Enter, or a space: the same words

    again = await opened(guest, "/?q=la")
    assert sent(await run(again.search("lam")))["replace"] is True
    back = await opened(guest, "/")
    assert sent(await run(back.search("x")))["replace"] is False


async def test_what_else_was_chosen_stays_when_one_searches(guest: Visitor):
    chosen = {"category": "electronics", "sort": "price", "min": "10", "max": "900", "stock": "1"}
    url = f"/?{urlencode(chosen)}"
    typed = await run((await opened(guest, url)).search("smart"))
    entered = await run((await opened(guest, url)).submit_search({"q": "smart"}))
    assert asked_by(typed) == asked_by(entered) == {**chosen, "q": "smart"}


async def test_elsewhere_the_box_searches_the_whole_store(guest: Visitor):
    state = guest.state(SearchState, "/product/1")
    assert asked_by(await run(state.submit({"q": " smart "}))) == {"q": "smart"}


async def test_where_a_category_has_nothing_there_is_a_way_to_the_whole_store(guest: Visitor):
    state = await opened(guest, "/?category=books&q=laptop&sort=price")
    assert state.around.widen_href == Listing(q="laptop", sort="price").href()
    assert (await opened(guest, "/?q=laptop&sort=price")).around.widen_href == ""


@pytest.mark.parametrize(
    "wrong",
    ["min=cheap", "max=1e999999", "min=9&max=1", "sort=random()", "cursor=zzz", "category=nothing"],
)
async def test_no_link_leads_back_into_what_was_refused(guest: Visitor, wrong: str):
    state = await opened(guest, f"/?{wrong}")
    assert state.error
    assert len(state.products) == 24
    hrefs = [chip.href for chip in state.chips]
    hrefs += [getattr(state.around, name) for name in vars(state.around) if name.endswith("_href")]
    for href in {*hrefs, sent(await run(state.search("lamp")))["path"]}:
        followed = await opened(guest, href or "/")
        assert followed.error == "", href


async def test_a_price_range_is_checked_before_the_page_follows_it(guest: Visitor):
    state = await opened(guest, "/?category=electronics")
    answer = await run(state.choose_prices({"min": " 10 ", "max": "$1,000"}))
    assert asked_by(answer) == {"category": "electronics", "min": "10", "max": "$1,000"}
    for form in ({"min": "cheap"}, {"max": "-1"}, {"min": "9", "max": "1"}, {"min": "1e999999"}):
        guest.toast.text = ""
        await run(state.choose_prices(form))
        assert "price" in guest.toast.text, form
        assert guest.toast.is_refusal
