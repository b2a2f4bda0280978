"""The programs of a member: made, shown once, revoked; never by or for anybody else."""

import re
from collections.abc import Callable
from typing import Any

from cloudscale.db import unit_of_work
from cloudscale.services import access_tokens
from cloudscale.state.programs import ProgramsState
from tests.integration.state.conftest import Visitor, run
from tests.integration.state.test_odd_arguments import ODD


async def page_of(visitor: Visitor) -> ProgramsState:
    """The loaded section."""
    state = visitor.state(ProgramsState, "/profile")
    await run(state.load())
    return state


def till(**scopes: Any) -> dict[str, Any]:
    """The form for a program called "till"."""
    return {"name": "till", **{f"scope_{name}": on for name, on in scopes.items()}}


def token_in(events: list[Any]) -> str:
    """The token that a handler sends to the browser, and nowhere else."""
    (found,) = set(re.findall(r"cs_pat_[\w-]{43}", str(events)))
    return found


async def test_a_token_is_shown_once_works_and_is_revoked(new_member: Callable):
    anna = new_member("anna")
    state = await page_of(anna)
    token = token_in(await run(state.create(till(read="on", shop=True))))
    assert token not in str(state.dict())
    with unit_of_work() as session:
        assert access_tokens.identify(session, token).user.username == "anna"
    (row,) = state.rows
    assert (row.name, row.rights) == ("till", "read, shop")
    assert token[-4:] in row.detail
    again = await page_of(anna)
    assert again.fresh_id == 0
    assert "last used" in again.rows[0].detail
    assert token not in str(again.rows)
    await run(state.revoke(row.id))
    assert (state.rows, state.fresh_id) == ([], 0)


async def test_what_is_missing_is_told_beside_its_field(new_member: Callable):
    state = await page_of(new_member("anna"))
    await run(state.create({"name": " ", "scope_read": "on"}))
    assert list(state.faults) == ["name"]
    await run(state.create({"name": "till"}))
    assert list(state.faults) == ["scopes"]
    assert state.rows == []


async def test_a_member_cannot_give_what_is_staffs(new_member: Callable):
    anna = new_member("anna")
    state = await page_of(anna)
    assert not state.is_staff
    await run(state.create(till(staff="on")))
    assert "not staff" in anna.toast.text
    assert (state.fresh_id, state.rows) == (0, [])


async def test_a_guest_and_a_stranger_reach_nothing(guest: Visitor, new_member: Callable):
    anna, ben = new_member("anna"), new_member("ben")
    mine = await page_of(anna)
    await run(mine.create(till(read="on")))
    theirs = await page_of(ben)
    assert theirs.rows == []
    await run(theirs.revoke(mine.rows[0].id))
    assert ben.toast.is_refusal
    state = await page_of(guest)
    await run(state.create(till(read="on")))
    assert "sign in" in state.trouble.lower()
    await run(state.revoke(mine.rows[0].id))
    assert (state.fresh_id, state.rows) == (0, [])
    assert len((await page_of(anna)).rows) == 1


async def test_odd_arguments_are_refused_in_words(new_member: Callable):
    anna = new_member("anna")
    state = await page_of(anna)
    for odd in ODD:
        anna.toast.text = ""
        await run(state.revoke(odd))
        assert anna.toast.text, odd
        await run(state.create(odd))
        assert state.faults, odd
        await run(state.create({"name": odd, "scope_admin": "on"}))
        await run(state.create({"name": "till", "scope_read": odd if odd is not True else 7}))
        assert state.faults, odd
    assert state.rows == []
