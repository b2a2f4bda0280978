"""The page's websocket, spoken to by programs that are not the page."""

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_socket

from cloudscale.state.auth import AuthState
from cloudscale.state.cart import CartState
from cloudscale.state.credentials import CredentialsState
from cloudscale.state.orders import OrdersState, OrderState
from cloudscale.state.product import ProductState
from cloudscale.state.profile import ProfileState
from cloudscale.state.search import SearchState
from cloudscale.state.store import StoreState
from cloudscale.state.toast import ToastState
from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess, wait_until

NAMESPACE = "/_event,"
SECRET = "hunter2-correct-horse"


class Client:
    """A program that speaks the page's protocol."""

    address = "/"

    def __init__(self, store: StoreProcess, origin: str | None = None) -> None:
        query = f"EIO=4&transport=websocket&token={uuid.uuid4()}"
        url = f"ws://localhost:{store.port}/_event/?{query}"
        headers = {"Origin": origin or store.url}
        with ExitStack() as opening:
            socket = open_socket(url, additional_headers=headers, max_size=None, open_timeout=10)
            self.socket: ClientConnection = opening.enter_context(socket)
            self.close = opening.pop_all().close

    def greet(self) -> "Client":
        """Connect to the namespace."""
        self.send("40" + NAMESPACE)
        while not self.socket.recv(10).startswith("40" + NAMESPACE):
            pass
        return self

    def send(self, frame: str | bytes) -> None:
        """Send one raw frame."""
        self.socket.send(frame)

    def call(self, name: str, **payload: Any) -> None:
        """Call an event handler, as the page at `address` does."""
        router = {"pathname": self.address, "asPath": self.address, "query": {}}
        call = {"name": name, "payload": payload, "router_data": router}
        self.send("42" + NAMESPACE + json.dumps(["event", call]))

    def is_answered(self) -> bool:
        """Whether the server still answers on this socket."""
        self.send("42" + NAMESPACE + '["ping"]')
        while True:
            if self.socket.recv(10) == "42" + NAMESPACE + '["ping","pong"]':
                return True

    def is_through(self) -> bool:
        """Whether the server has handled all that was called so far."""
        form = f"{CredentialsState.get_full_name()}.start"
        self.call(form, form="")
        self.call(form, form="register")  # events of one page are handled in their order
        while '"register"' not in str(self.socket.recv(30)):
            pass
        return True


@pytest.fixture
def client(store: StoreProcess) -> Iterator[Callable[[], Client]]:
    """Makes connected clients of the shared store."""
    made: list[Client] = []

    def make() -> Client:
        made.append(Client(store).greet())
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def new_lines(store: StoreProcess) -> Callable[[], str]:
    """What the server logged since the test began."""
    begin = len(store.log)
    return lambda: store.log[begin:]


def test_a_foreign_origin_gets_no_socket(store):
    for origin in ("http://evil.example", "null", f"http://localhost:{store.port}.evil.example"):
        with pytest.raises(InvalidStatus) as refusal:
            Client(store, origin)
        assert refusal.value.response.status_code == 403
    ours = Client(store, f"http://127.0.0.1:{store.port}").greet()
    assert ours.is_answered()
    ours.close()


def test_the_polling_transport_is_closed_to_everyone(store):
    for origin in ("http://evil.example", store.url):
        url = f"{store.url}/_event/?EIO=4&transport=polling&token={uuid.uuid4()}"
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(urllib.request.Request(url, headers={"Origin": origin}))
        assert refusal.value.code == 404
        refusal.value.close()


def test_two_megabytes_end_the_socket_that_sent_them_and_no_other(store, client, new_lines):
    innocent, sender = client(), client()
    with pytest.raises(ConnectionClosed) as end:
        sender.call("x", text=SECRET + "x" * 2_000_000)
        sender.is_answered()
    assert end.value.rcvd is not None
    assert end.value.rcvd.code == 1009
    assert innocent.is_answered()
    wait_until(lambda: "too large" in new_lines(), "the refusal is logged")
    assert len(new_lines()) < 1_000
    assert SECRET not in new_lines()


def test_nonsense_neither_stops_the_server_nor_reaches_the_log(client, new_lines):
    one = client()
    add = f"{CartState.get_full_name()}.add"
    nonsense = ('{"name":', f'"{SECRET}"', f'["{SECRET}"]', "5", "{}", "[" * 50_000)
    for text in nonsense:
        one.send("42" + NAMESPACE + f'["event",{text}]')
    one.send(b"\x00\x01")
    one.send("42" + NAMESPACE + json.dumps(["event", {"name": add, "payload": SECRET}]))
    one.call("state.nothing", password=SECRET)
    one.call(f"{CartState.get_full_name()}.setvar", var_name="lines", value=SECRET)
    one.call(add, password=SECRET)
    one.call(add, product_id=1, quantity=1, price=SECRET)
    assert one.is_answered()
    wait_until(lambda: "socket_message_refused" in new_lines(), "the refusal is logged")
    assert SECRET not in new_lines()
    assert "Traceback" not in new_lines()


@pytest.mark.parametrize("value", [SECRET, None, [], {"a": SECRET}, -1, 1e308, 2**80, True, "1"])
def test_arguments_of_the_wrong_type_do_no_harm(client, new_lines, value):
    one = client()
    one.call(f"{CartState.get_full_name()}.add", product_id=value, quantity=value)
    one.call(f"{ProductState.get_full_name()}.look_at", position=value)
    assert one.is_answered()
    assert SECRET not in new_lines()


ODD = [
    *(None, [], [1], {}, {"a": {"b": 1}}, 2**70, -1, 1.5, float("nan"), True),
    *("", "text", "\ud800", "<reflex.Var>x</reflex.Var>", "<reflex.Var>7</reflex.Var>"),
]
HANDLERS = {
    StoreState: {"search": ("text",), "submit_search": ("form",), "choose_sort": ("sort",)},
    SearchState: {"submit": ("form",)},
    ProductState: {"look_at": ("position",)},
    CredentialsState: {"start": ("form",), "answered": ("result",)},
    ToastState: {"answered": ("result",), "settle": ("serial", "is_read"), "expire": ("serial",)},
    CartState: {
        "add": ("product_id", "quantity"),
        "increase": ("line_id",),
        "decrease": ("line_id",),
        "remove": ("line_id",),
        "changed_elsewhere": ("key", "_old", "new", "_url"),
    },
    ProfileState: {
        "save_details": ("form",),
        "change_password": ("form",),
        "end_session": ("visit_id",),
        "edit_address": ("address_id",),
        "save_address": ("form",),
        "delete_address": ("address_id",),
    },
    OrderState: {"load": (), "cancel": (), "order_again": ()},
    OrdersState: {"load": (), "show_more": ()},
}


@pytest.mark.parametrize("state", HANDLERS, ids=lambda state: state.__name__)
def test_no_handler_of_the_shop_fails_over_an_odd_argument(client, new_lines, state):
    one = client()
    for handler, names in HANDLERS[state].items():
        for odd in [*ODD, *({"q": odd, "min": odd, "message": odd, "faults": odd} for odd in ODD)]:
            one.call(f"{state.get_full_name()}.{handler}", **dict.fromkeys(names, odd))
    assert one.is_through()
    assert "event_failed" not in new_lines()


@pytest.mark.parametrize("tag", ["<reflex.Var>x</reflex.Var>", "<reflex.Var>7</reflex.Var>"])
def test_a_tag_of_reflex_in_an_address_is_no_trap(client, new_lines, tag):
    one = client()
    for state, handler in ((StoreState, "load"), (AuthState, "require"), (ProductState, "load")):
        for address in (f"/?q={tag}", f"/?q={quote(tag)}", f"/orders/{tag}", f"/{tag}?{tag}#{tag}"):
            one.address = address
            one.call(f"{state.get_full_name()}.{handler}")
    assert one.is_through()
    assert "event_failed" not in new_lines()


def test_a_password_sent_by_someone_who_is_not_signed_in_stays_out_of_the_log(client, new_lines):
    one = client()
    form = {"current_password": SECRET, "password": SECRET, "new_password": SECRET}
    for given in (form, SECRET, [SECRET], None):
        one.call(f"{ProfileState.get_full_name()}.change_password", form=given)
        one.call(f"{ProfileState.get_full_name()}.change_password", form_data=given)
    assert one.is_answered()
    assert SECRET not in new_lines()


def test_the_page_of_another_shopper_never_notices(client, page: Page):
    open_live(page, "/")
    sender = client()
    for frame in ("zzz", "42/_event,[[[", '42/_event,["event",{}]') * 10:
        try:
            sender.send(frame)
        except ConnectionClosed:
            break
    with pytest.raises(ConnectionClosed):
        sender.is_answered()
    page.get_by_role("article").first.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("button", name="Cart").first).to_contain_text("1")
