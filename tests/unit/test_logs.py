"""Every log line has one format, and no secret."""

import json
import re
import subprocess
import sys

import pytest

from cloudscale.logs import hide
from cloudscale.settings import ROOT

EVENT_SCRIPT = """
import asyncio
import logging
import structlog
import reflex as rx
from reflex.app_mixins.middleware import MiddlewareMixin
from reflex.event import Event
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.utils.format import format_event_handler
from cloudscale import logs
from cloudscale.ops.telemetry.serving import Serving
from cloudscale.state.event_timing import HandlerContext, time_events

class ShopState(rx.State):
    @rx.event
    async def add(self):
        await asyncio.to_thread(structlog.get_logger("cloudscale.shop").info, "added")
        logging.getLogger("library").warning("slow")

async def main():
    middleware = MiddlewareMixin(_middlewares=[HandlerContext()])
    processor = BaseStateEventProcessor(middleware=middleware)
    async with processor.configure():
        time_events(processor, Serving())
        name = format_event_handler(ShopState.event_handlers["add"])
        await (await processor.enqueue("a-tab", Event(name=name, payload={})))
    logging.getLogger("library").warning("later")

logs.configure("json")
asyncio.run(main())
"""

SCRIPT = """
import logging
import structlog
from cloudscale import logs
from granian.log import configure_logging, LogLevels

configure_logging(LogLevels.critical)
logs.configure({log_format!r})
log = structlog.get_logger("cloudscale.shop")
with structlog.contextvars.bound_contextvars(request_id="r-1"):
    log.info("signed_in", email="a@example.com", password="hunter22", form={{"newPassword": "x9"}})
logging.getLogger("library").warning("cannot reach %s", "postgresql://shop:hunter22@db/shop")
logging.getLogger("alembic.runtime").info("a line a migration")
logging.getLogger("_granian").error("Application callable raised an exception")
try:
    raise ValueError("Authorization: Bearer hunter22.abc")
except ValueError:
    log.exception("failed")
"""


def lines(log_format: str) -> list[str]:
    script = SCRIPT.format(log_format=log_format)
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == ""
    assert "hunter22" not in ran.stderr
    assert "x9" not in ran.stderr
    return ran.stderr.splitlines()


def test_json_is_one_object_a_line_and_without_secrets():
    signed_in, reach, server, failed = [json.loads(line) for line in lines("json")]
    assert signed_in["event"] == "signed_in"
    assert signed_in["logger"] == "cloudscale.shop"
    assert signed_in["request_id"] == "r-1"
    assert signed_in["email"] == "a@example.com"
    assert signed_in["password"] == "***"
    assert signed_in["form"] == {"newPassword": "***"}
    assert signed_in["timestamp"].endswith("Z")
    assert reach["event"] == "cannot reach postgresql://shop:***@db/shop"
    assert (reach["level"], reach["logger"]) == ("warning", "library")
    assert server["logger"] == "_granian"
    assert "Traceback" in failed["exception"]
    assert "Bearer ***" in failed["exception"]


def test_json_names_the_event_in_every_line_that_its_handler_causes_in_any_thread():
    command = [sys.executable, "-c", EVENT_SCRIPT]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    written = [json.loads(line) for line in ran.stderr.splitlines() if line.startswith("{")]
    added, slow, later = [line for line in written if line["event"] in ("added", "slow", "later")]
    assert added["handler"] == slow["handler"] == "ShopState.add"
    assert added["event_id"] == slow["event_id"]
    assert re.fullmatch("[0-9a-f]{12}", added["event_id"])
    assert added["trace_id"] == slow["trace_id"]
    assert re.fullmatch("[0-9a-f]{32}", added["trace_id"])
    assert not {"event_id", "trace_id", "handler"} & later.keys()


def test_text_is_readable():
    written = "\n".join(lines("text"))
    assert "signed_in" in written
    assert "Traceback" in written


@pytest.mark.parametrize(
    ("value", "hidden"),
    [
        (
            {"token": "abc", "sign_in": {"Cookie": "c"}},
            {"token": "***", "sign_in": {"Cookie": "***"}},
        ),
        ({"password": ""}, {"password": ""}),
        ({"secrets": ["a"]}, {"secrets": "***"}),
        ("smtp://me:pass@mail:587", "smtp://me:***@mail:587"),
        ("cs_session=abc.def; other=1", "cs_session=***; other=1"),
        ("__Host-cs_session=abc", "__Host-cs_session=***"),
        (["Bearer abc", 7], ["Bearer ***", 7]),
        ("No token. Event data: {'payload':\n'x'}", "No token. Event data ***"),
        ("Failed to deserialize event data: {'a': 1}.", "Failed to deserialize event data ***"),
        ("http://localhost:8000/orders", "http://localhost:8000/orders"),
        ({"quantity": 3}, {"quantity": 3}),
    ],
)
def test_what_is_secret_is_hidden_and_nothing_else(value, hidden):
    assert hide(value) == hidden
