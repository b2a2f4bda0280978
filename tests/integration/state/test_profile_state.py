"""The profile page's state over the real services and database."""

from collections.abc import Callable

import pytest

from cloudscale.db import unit_of_work
from cloudscale.services import addresses, sessions
from cloudscale.services.identity import Client
from cloudscale.state.auth import AuthState
from cloudscale.state.profile import NO_ADDRESS, ProfileState, Screen
from tests.integration.state.conftest import Visitor, run
from tests.integration.state.members import HOME

PASSWORD = "a long sentence is a good password"
TYPED = {
    "address_type": "billing",
    "address_street": "1 Quay",
    "address_city": "Goa",
    "address_zip_code": "403001",
    "address_country": "India",
}


@pytest.fixture
def anna(new_member: Callable[[str], Visitor]) -> Visitor:
    """A member with one address."""
    member = new_member("anna")
    member.ask(addresses.add, HOME)
    return member


async def shown(member: Visitor) -> ProfileState:
    """The loaded page."""
    state = member.state(ProfileState, "/profile")
    await run(state.load())
    return state


def second_browser(email: str) -> Visitor:
    """The same member, signed in elsewhere."""
    with unit_of_work() as session:
        token, _ = sessions.sign_in(session, None, Client("192.0.2.8", "test"), email, PASSWORD)
    return Visitor(token)


async def test_changed_details_are_kept_and_reach_the_header(anna: Visitor):
    state = await shown(anna)
    form = {"username": "anna.b", "first_name": "Anna", "last_name": "B", "phone": "+91 22"}
    events = await run(state.save_details(form))
    assert anna.toast.text == "Your details are saved."
    assert events[-1] is AuthState.load
    assert state.screen.details.username == "anna.b"
    assert (await shown(anna)).screen.details == state.screen.details


async def test_details_that_cannot_be_taken_are_refused_beside_their_fields(
    anna: Visitor, new_member: Callable[[str], Visitor]
):
    new_member("ben")
    state = await shown(anna)
    await run(state.save_details({"username": "Ben", "first_name": "", "phone": ""}))
    assert list(state.faults) == ["username"]
    await run(state.save_details({"username": "anna", "first_name": "x" * 81, "phone": "call me"}))
    assert list(state.faults) == ["first_name", "phone"]
    assert anna.toast.is_refusal
    assert (await shown(anna)).screen.details.first_name == ""


async def test_a_changed_password_ends_the_other_sessions(anna: Visitor):
    other = second_browser("anna@cloudscale.example")
    state = await shown(anna)
    assert len(state.screen.sessions) == 2
    await run(state.change_password({"current": PASSWORD, "new": "quite another sentence"}))
    assert anna.toast.text == "Your password is changed. Other devices are signed out."
    assert [row.is_current for row in state.screen.sessions] == [True]
    page = other.state(ProfileState)
    await run(page.load())
    assert "session has ended" in page.trouble


async def test_a_password_change_keeps_an_open_address_form(anna: Visitor):
    state = await shown(anna)
    await run(state.edit_address(0))
    await run(state.change_password({"current": PASSWORD, "new": "quite another sentence"}))
    assert state.is_editing


async def test_a_new_connection_keeps_an_open_address_form(anna: Visitor):
    state = await shown(anna)
    await run(state.edit_address(state.screen.addresses[0].id))
    await run(state.load())
    assert (state.is_editing, state.editing.street) == (True, "12 Marigold Lane")


async def test_a_password_that_is_not_right_is_told_beside_its_field(anna: Visitor):
    state = await shown(anna)
    await run(state.change_password({"current": "wrong", "new": "quite another sentence"}))
    assert state.faults == {"password_current": "The current password is not right."}
    await run(state.change_password({"current": PASSWORD, "new": "short"}))
    assert list(state.faults) == ["password_password"]


async def test_another_session_can_be_ended_once(anna: Visitor):
    second_browser("anna@cloudscale.example")
    state = await shown(anna)
    (other,) = (row for row in state.screen.sessions if not row.is_current)
    await run(state.end_session(other.id))
    assert (anna.toast.text, len(state.screen.sessions)) == ("That device is signed out.", 1)
    await run(state.end_session(other.id))
    assert (anna.toast.text, anna.toast.is_refusal) == ("We could not find that session.", True)


async def test_ending_ones_own_session_ends_in_words(anna: Visitor):
    state = await shown(anna)
    (own,) = state.screen.sessions
    await run(state.end_session(own.id))
    assert anna.toast.text == "That device is signed out."
    assert "session has ended" in state.trouble
    assert state.screen == Screen()
    await run(state.end_session(own.id))
    assert "session has ended" in state.trouble


async def test_addresses_are_added_changed_made_the_default_and_deleted(anna: Visitor):
    state = await shown(anna)
    (home,) = state.screen.addresses
    await run(state.edit_address(0))
    assert (state.is_editing, state.editing) == (True, NO_ADDRESS)
    await run(state.save_address(TYPED | {"address_type": "shipping"}))
    assert [row.is_default for row in state.screen.addresses] == [True, False]
    assert not state.is_editing
    added = state.screen.addresses[1]
    await run(state.edit_address(added.id))
    changed = {"address_type": "shipping", "address_city": "Panaji", "address_is_default": "on"}
    await run(state.save_address(TYPED | changed))
    assert [(row.id, row.city) for row in state.screen.addresses if row.is_default] == [
        (added.id, "Panaji")
    ]
    await run(state.delete_address(added.id))
    assert [(row.id, row.is_default) for row in state.screen.addresses] == [(home.id, True)]


async def test_what_is_missing_from_an_address_is_told_and_the_form_stays(anna: Visitor):
    state = await shown(anna)
    await run(state.edit_address(0))
    await run(state.save_address(TYPED | {"address_city": " ", "address_type": "moon"}))
    assert set(state.faults) == {"address_city", "address_type"}
    assert state.is_editing
    assert len((await shown(anna)).screen.addresses) == 1


async def test_an_address_that_another_tab_deleted_is_told_and_one_it_added_can_be_opened(
    anna: Visitor,
):
    state = await shown(anna)
    (home,) = state.screen.addresses
    await run(state.edit_address(home.id))
    anna.ask(addresses.delete, home.id)
    await run(state.save_address(TYPED))
    assert anna.toast.text == "We could not find that address."
    assert state.is_editing
    added = anna.ask(addresses.add, HOME)
    await run(state.edit_address(added.id))
    assert state.editing.id == added.id


async def test_deleting_another_address_keeps_the_form_and_deleting_this_one_closes_it(
    anna: Visitor,
):
    other = anna.ask(addresses.add, HOME)
    state = await shown(anna)
    first = state.screen.addresses[0]
    await run(state.edit_address(first.id))
    await run(state.delete_address(other.id))
    assert state.is_editing
    await run(state.delete_address(first.id))
    assert not state.is_editing


async def test_the_most_addresses_are_told(anna: Visitor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(addresses, "MOST_ADDRESSES", 1)
    state = await shown(anna)
    await run(state.edit_address(0))
    await run(state.save_address(TYPED))
    assert anna.toast.text == "You have 1 addresses. Delete one to add another."
    assert state.is_editing


async def test_a_session_that_is_over_is_told_in_place_of_the_account(anna: Visitor):
    state = await shown(anna)
    with unit_of_work() as session:
        sessions.sign_out(session, anna.token)
    await run(state.save_details({"username": "anna"}))
    assert "session has ended" in state.trouble
    assert (state.screen, state.editing, state.faults) == (Screen(), NO_ADDRESS, {})
