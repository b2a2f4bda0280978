"""A body that never comes in whole ends in words, and nothing is begun for it."""

import asyncio
from typing import Any

import pytest

from cloudscale.api import create_api, guards

SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "POST",
    "path": "/api/login",
    "raw_path": b"/api/login",
    "query_string": b"",
    "root_path": "",
    "scheme": "http",
    "http_version": "1.1",
    "headers": [(b"content-type", b"application/json")],
    "client": ("203.0.113.9", 4711),
    "server": ("localhost", 8000),
}


async def post(*chunks: tuple[float, bytes], goes: bool = False) -> list[dict[str, Any]]:
    """What is sent to a client whose chunks take so many seconds, and which then waits, or goes."""
    waiting, sent = list(chunks), []

    async def receive() -> dict[str, Any]:
        if waiting:
            seconds, body = waiting.pop(0)
            await asyncio.sleep(seconds)
            return {"type": "http.request", "body": body, "more_body": True}
        await asyncio.sleep(0 if goes else 60)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await create_api()(SCOPE, receive, send)
    return sent


@pytest.mark.parametrize(
    ("chunks", "chunk_seconds", "body_seconds"),
    [
        ([(0, b"{")], 0.2, 30),  # the next part never comes
        ([(0.05, b" ")] * 1000, 30, 0.5),  # each part comes in time, the whole does not
    ],
)
async def test_a_slow_body_is_told_that_it_is_late(
    monkeypatch, chunks, chunk_seconds, body_seconds
):
    monkeypatch.setattr(guards, "CHUNK_TIMEOUT_SECONDS", chunk_seconds)
    monkeypatch.setattr(guards, "BODY_TIMEOUT_SECONDS", body_seconds)
    start, body = await asyncio.wait_for(post(*chunks), 20)
    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]
    assert b"did not arrive in whole" in body["body"]


async def test_half_a_body_of_a_client_that_went_is_not_taken_for_the_whole():
    start, _ = await post((0, b'{"email": "a@example.com", "password": "x"}'), goes=True)
    assert start["status"] == 408
