"""Who is active, over HTTP: for those who run the shop, in the browser and by their programs."""

from datetime import datetime, timedelta

import pytest

from cloudscale.db import unit_of_work
from cloudscale.models import Role, User, Visit, utc_now
from cloudscale.services import access_tokens, sessions
from cloudscale.services.identity import Client
from tests import shop

PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


def signed_in(role: Role, ip: str = "198.51.100.7") -> tuple[str, str]:
    """The cookie's token and the name of somebody who is signed in."""
    with unit_of_work() as session:
        user = shop.member(session, role).require_user()
        row = session.get_one(User, user.id)
        return sessions.start(session, None, Client(ip, PHONE), row), user.username


@pytest.mark.parametrize(
    ("role", "ip"),
    [(Role.OPS, "198.51.100.x"), (Role.STAFF, "198.51.100.x"), (Role.OWNER, "198.51.100.7")],
)
async def test_who_runs_the_shop_sees_who_is_active(program, role: Role, ip: str):
    _, name = signed_in(Role.MEMBER)
    token, _ = signed_in(role)
    answer = await program().get("/api/activity", headers={"cookie": f"cs_session={token}"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    member = next(one for one in answer.json() if one["username"] == name and one["ip"])
    at = datetime.fromisoformat(member.pop("lastActiveAt"))
    assert abs(utc_now() - at) < timedelta(minutes=1)
    assert member == {
        "kind": "member",
        "username": name,
        "device": "Chrome on Android phone",
        "ip": ip,
        "isVirtual": False,
    }


async def test_a_guest_has_no_name(program):
    with unit_of_work() as session:
        guest = Client("2001:db8:7::9", "Firefox/140")
        shopper = sessions.identify(session, sessions.new_token(), guest)
        session.get_one(Visit, shopper.visit_id).last_active_at = utc_now() + timedelta(minutes=1)
        owner = shop.member(session, Role.STAFF)
        token, _ = access_tokens.create(session, owner, "screen", ["staff"])
    answer = await program(token).get("/api/activity?limit=1")
    [one] = answer.json()
    assert (one["kind"], one["username"], one["ip"]) == ("guest", None, "2001:db8:7::/48")


async def test_virtual_shoppers_are_listed_only_when_they_are_asked_for(program):
    with unit_of_work() as session:
        client = Client("127.0.0.1", "Lab/1", is_virtual=True)
        sessions.identify(session, sessions.new_token(), client)
        token, _ = access_tokens.create(session, shop.member(session, Role.OPS), "s", ["staff"])
    ops = program(token)
    assert not any(one["isVirtual"] for one in (await ops.get("/api/activity?limit=50")).json())
    [found] = (await ops.get("/api/activity?virtual=true")).json()
    assert (found["isVirtual"], found["kind"]) == (True, "guest")


async def test_a_member_is_refused_with_the_cookie_too(program):
    token, _ = signed_in(Role.MEMBER)
    answer = await program().get("/api/activity", headers={"cookie": f"cs_session={token}"})
    assert answer.status_code == 403
    assert (await program().get("/api/activity")).status_code == 401


@pytest.mark.parametrize("limit", ["0", "51", "x", ""])
async def test_a_limit_that_cannot_be_is_named(program, limit: str):
    token, _ = signed_in(Role.OPS)
    cookie = {"cookie": f"cs_session={token}"}
    answer = await program().get(f"/api/activity?limit={limit}", headers=cookie)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["limit"]
