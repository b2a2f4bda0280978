"""Every HTTP request is timed and counted, whatever becomes of it."""

import asyncio

import pytest

from cloudscale.ops.telemetry.requests import RequestTiming
from cloudscale.ops.telemetry.serving import Kind, Serving
from tests.samples import values_of

HTTP = {"type": "http", "path": "/slow"}


def answering(status: int = 200, seconds: float = 0.0, error: BaseException | None = None):
    """An ASGI app that answers in two parts after a while, or fails."""

    async def app(scope, receive, send):
        await asyncio.sleep(seconds)
        if error:
            raise error
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"b"})

    return app


async def ask(app, serving: Serving, scope=HTTP, name_of=None) -> list[dict]:
    sent: list[dict] = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    timing = RequestTiming(app, serving, name_of or (lambda scope: (Kind.PAGE, scope["path"])))
    await timing(dict(scope), receive, send)
    return sent


async def test_a_request_shows_in_the_percentiles():
    serving = Serving()
    sent = await ask(answering(seconds=0.03), serving)
    assert [message["type"] for message in sent] == [
        "http.response.start",
        "http.response.body",
        "http.response.body",
    ]
    values = values_of(serving)
    assert 29 < values["response_p50_ms"] < 300
    assert values["failures_per_minute"] == 0


@pytest.mark.parametrize(("status", "failures"), [(200, 0), (404, 0), (500, 1), (503, 1)])
async def test_a_server_error_is_a_failure_and_a_refusal_is_not(status: int, failures: int):
    serving = Serving()
    await ask(answering(status), serving)
    assert values_of(serving)["failures_per_minute"] == failures


async def test_a_request_is_under_way_until_its_answer_is_whole():
    serving = Serving()
    asked = asyncio.create_task(ask(answering(seconds=0.05), serving))
    await asyncio.sleep(0.01)
    assert (serving.requests, serving.is_busy) == (1, True)
    await asked
    with pytest.raises(ZeroDivisionError):
        await ask(answering(error=ZeroDivisionError()), serving)
    assert (serving.requests, serving.is_busy) == (0, False)


async def test_a_poll_that_waits_on_purpose_is_not_under_way():
    serving = Serving()
    timing = RequestTiming(answering(seconds=0.05), serving, lambda _: None, waiting=("/_event",))

    async def send(_message) -> None: ...

    polled = asyncio.create_task(timing({"type": "http", "path": "/_event/"}, send, send))
    await asyncio.sleep(0.01)
    assert not serving.is_busy
    await polled
    assert serving.requests == 0


async def test_an_exception_is_a_failure_and_goes_on_up():
    serving = Serving()
    with pytest.raises(ZeroDivisionError):
        await ask(answering(error=ZeroDivisionError()), serving)
    assert serving.by_name[Kind.PAGE, "/slow"].failures == 1


async def test_work_after_the_answer_is_not_part_of_the_response_time():
    serving = Serving()

    async def app(scope, receive, send):
        await answering()(scope, receive, send)
        await asyncio.sleep(0.2)

    await ask(app, serving)
    assert values_of(serving)["response_p50_ms"] < 150


async def test_a_file_that_the_server_sends_by_its_path_is_no_failure():
    serving = Serving()

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": "/some/file"})
        await asyncio.sleep(0.2)

    await ask(app, serving)
    values = values_of(serving)
    assert values["failures_per_minute"] == 0
    assert values["response_p50_ms"] < 150


async def test_a_client_that_goes_away_is_no_failure():
    serving = Serving()
    with pytest.raises(asyncio.CancelledError):
        await ask(answering(error=asyncio.CancelledError()), serving)
    assert serving.by_name[Kind.PAGE, "/slow"].failures == 0


async def test_a_websocket_is_passed_on_uncounted():
    serving = Serving()
    reached = []

    async def app(scope, receive, send):
        reached.append(scope["type"])

    await ask(app, serving, {"type": "websocket", "path": "/_event"})
    assert reached == ["websocket"]
    assert serving.by_name == {}


async def test_what_has_no_name_is_not_counted():
    serving = Serving()
    await ask(answering(), serving, name_of=lambda scope: None)
    assert serving.by_name == {}


async def test_the_name_is_asked_for_when_the_router_has_left_its_route():
    serving = Serving()

    async def app(scope, receive, send):
        scope["path"] = "/product/{id}"
        await answering()(scope, receive, send)

    await ask(app, serving)
    assert (Kind.PAGE, "/product/{id}") in serving.by_name
