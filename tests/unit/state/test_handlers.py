"""What a browser may call. Any client can call any public handler with any argument, so that a
handler that is added here was thought about; the rules themselves are in the services.
"""

import inspect

import reflex as rx

from cloudscale.cloudscale import app
from cloudscale.state import (
    auth,
    cart,
    checkout,
    credentials,
    healing,
    load_lab,
    ops,
    orders,
    policy_choice,
    product,
    profile,
    programs,
    search,
    sidebar,
    slo,
    slow,
    store,
    timeline,
    toast,
    what_if,
)

ALLOWED = {
    auth.AuthState: {"load", "lead_on", "require"},
    cart.CartState: {
        "load", "changed_elsewhere", "add", "increase", "decrease", "remove", "undo_remove",
    },
    cart.CartWatchState: {"watch"},
    checkout.CheckoutState: {
        "load", "cart_changed", "choose", "place_order",
    },
    credentials.CredentialsState: {"start", "answered", "reset_form"},
    healing.HealingState: {
        "watch", "approve", "close_breaker", "turn", "older", "newer", "consider", "begin",
    },
    load_lab.LoadLabState: {"watch", "start", "stop"},
    ops.OpsState: {"watch", "download"},
    orders.OrdersState: {"load", "watch", "show_more"},
    orders.OrderState: {"load", "watch", "cancel", "order_again"},
    product.ProductState: {"load", "watch", "look_at", "more", "fewer"},
    policy_choice.PolicyChoiceState: {"load", "consider", "use", "variables"},
    profile.ProfileState: {
        "load", "save_details", "change_password", "end_session", "edit_address",
        "close_address", "save_address", "delete_address",
    },
    programs.ProgramsState: {"load", "create", "revoke", "put_away"},
    search.SearchState: {"submit"},
    slow.SlowState: {"load"},
    sidebar.SidebarState: {"watch", "shown"},
    slo.SloState: {"watch"},
    store.StoreState: {
        "load", "watch", "search", "submit_search", "choose_sort", "choose_prices",
    },
    timeline.TimelineState: {"watch", "choose_kind", "search", "show_older", "open_event"},
    toast.ToastState: {"dismiss", "expire", "settle", "answered", "went_wrong"},
    what_if.WhatIfState: {"load", "taken", "run", "stop"},
}  # fmt: skip
# Every state inherits this from Reflex. It reaches only `set_` handlers, and there are none.
INHERITED = {"setvar"}


def states_of_ours() -> set[type]:
    """Every state class that the app registers from this package."""
    found, todo = set(), [app._state]
    while todo:
        state = todo.pop()
        todo.extend(state.get_substates())
        if state.__module__.startswith("cloudscale."):
            found.add(state)
    return found


def test_every_state_is_on_the_list():
    assert states_of_ours() == set(ALLOWED)


def test_no_state_has_a_handler_that_is_not_on_the_list():
    for state, names in ALLOWED.items():
        assert set(state.event_handlers) - INHERITED == names, state.__name__


def test_every_state_stays_thin():
    for state in ALLOWED:
        assert len(state.__fields__.keys() - rx.State.__fields__.keys()) <= 8, state.__name__
        assert len(inspect.getsource(state).splitlines()) <= 100, state.__name__
