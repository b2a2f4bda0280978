"""The timeline for programs: filters, pages, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.db import unit_of_work
from cloudscale.models import Role
from cloudscale.ops import events
from cloudscale.ops.events import Happening
from cloudscale.services import access_tokens
from tests import shop

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def told(module_database: str) -> None:
    """Twelve moments of an hour each, and an alarm that lasts."""
    with unit_of_work() as session:
        events.record(session, [
            *(Happening(f"m{n}", "system", "info", f"Moment {n}", "A test.", is_moment=True,
                        started_at=START + timedelta(hours=n)) for n in range(12)),
            Happening("alarm:x", "alarm", "bad", "It burns", "CPU was 74 %.", started_at=START),
        ])  # fmt: skip


@pytest.fixture
def ops(program, told: None):
    """A program of somebody of ops."""
    with unit_of_work() as session:
        someone = shop.member(session, Role.OPS)
        token, _ = access_tokens.create(session, someone, "pager", ["staff"])
    return program(token)


async def titles(ops, **params) -> list[str]:
    answer = await ops.get("/api/events", params=params)
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()]


async def test_an_event_is_told_whole(ops):
    answer = await ops.get("/api/events", params={"limit": 2})
    alarm, moment = answer.json()
    assert alarm.pop("id") > 0 and moment.pop("id") > 0
    assert alarm == {
        "kind": "alarm", "tone": "bad", "source": "measured", "title": "It burns",
        "cause": "CPU was 74 %.", "effect": "", "subject": "", "startedAt": "2026-03-01T12:00:00Z",
        "endedAt": None, "durationSeconds": None,
    }  # fmt: skip
    assert (moment["title"], moment["durationSeconds"]) == ("Moment 11", 0)
    assert "no-store" in answer.headers["cache-control"]


async def test_pages_lead_to_one_another_and_keep_the_filter(ops):
    seen, path = [], "/api/events?kind=system&limit=5"
    while path:
        answer = await ops.get(path)
        seen += [one["title"] for one in answer.json()]
        path = answer.links.get("next", {}).get("url")
    assert seen == [f"Moment {n}" for n in range(11, -1, -1)]


async def test_it_is_narrowed_by_time_kind_and_words(ops):
    hours = {n: (START + timedelta(hours=n)).isoformat() for n in (3, 5)}
    span = {"since": hours[3], "until": hours[5]}
    assert await titles(ops, **span) == ["It burns", "Moment 5", "Moment 4", "Moment 3"]
    assert await titles(ops, kind=["alarm", "deploy"]) == ["It burns"]
    assert await titles(ops, q="cpu 74") == ["It burns"]
    assert await titles(ops, q="\x00%") == ["It burns"]


@pytest.mark.parametrize(
    "params",
    [
        {"kind": "weather"}, {"limit": 0}, {"limit": 101}, {"cursor": "12"}, {"cursor": "9.9.9"},
        {"since": "yesterday"}, {"since": "2026-03-01T12:00:00"}, {"q": "x" * 201},
        {"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
    ],
    ids=str,
)  # fmt: skip
async def test_what_cannot_be_asked_is_refused_by_the_fields_name(ops, params):
    answer = await ops.get("/api/events", params=params)
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    ("params", "field", "message"),
    [
        ({"since": "yesterday"}, "since", "Since must be a time such as 2026-03-01T12:00:00Z."),
        (
            {"until": "2026-13-01T12:00:00Z"},
            "until",
            "Until must be a time such as 2026-03-01T12:00:00Z.",
        ),
        (
            {"kind": "weather"},
            "kind.0",
            "Kind must be one of 'scaling', 'healing', 'deploy', 'alarm' or 'system'.",
        ),
        (
            {"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
            "since",
            "Since must not be later than until.",
        ),
    ],
)
async def test_a_refusal_says_in_words_what_is_wrong(ops, params, field: str, message: str):
    told = (await ops.get("/api/events", params=params)).json()
    assert told == {"message": message, "errors": [{"field": field, "message": message}]}


@pytest.mark.parametrize(
    "since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00Z"]
)
async def test_the_ends_of_the_calendar_are_times_like_others(ops, since: str):
    answer = await ops.get("/api/events", params={"since": since, "until": "9999-12-31T23:59:59Z"})
    assert answer.status_code in (200, 422)
