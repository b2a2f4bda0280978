"""Logging, set up once a process: text for people, JSON for collectors, and never a secret.

Every logger, ours and those of libraries, ends in one handler on stderr.
"""

import logging
import re
import sys
import traceback
from collections.abc import Mapping
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor

HIDDEN = "***"
SECRET_NAMES = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|cookie|authorization|api_?key|credential|card_?number",
    re.IGNORECASE,
)
# Where a secret may sit inside a text: credentials in a URL, a bearer, our cookies.
SECRET_TEXTS = (
    (re.compile(r"(?<=://)([^\s:/@]*):([^\s@/]+)@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"(?i)(bearer\s+)[\w.~+/=-]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(cs_session=)[^\s;,'\"]+"), rf"\1{HIDDEN}"),
    # Reflex quotes an event that it cannot handle, and an event may be a form with a password.
    (re.compile(r"(?is)\b(event data\b).+"), rf"\1 {HIDDEN}"),
    (re.compile(r"(cs_pat_)[\w-]+"), rf"\1{HIDDEN}"),
)


def hide(value: Any) -> Any:
    """A value as it may be logged: secrets inside texts and mappings are replaced by stars."""
    if isinstance(value, str):
        for pattern, replacement in SECRET_TEXTS:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, Mapping):
        return {
            name: HIDDEN if SECRET_NAMES.search(str(name)) and inner else hide(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [hide(inner) for inner in value]
    return value


def fault(error: BaseException) -> dict[str, str]:
    """What may be logged of an error: its kind and place, not its words, which may quote a form."""
    places = "".join(traceback.format_tb(error.__traceback__))
    return {"error": type(error).__qualname__, "places": places}


def _hide_secrets(_logger: object, _method: str, event: EventDict) -> EventDict:
    return hide(event)


def _processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]


def configure(log_format: Literal["text", "json"]) -> None:
    """Send every log line of this process to stderr, in one format.

    Args:
        log_format: `text`, one readable line an event; `json`, one object a line.
    """
    renderer: Processor = structlog.processors.JSONRenderer()
    if log_format == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[*_processors(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_processors(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _hide_secrets,
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    server = logging.getLogger("_granian")  # has a handler of its own, on stdout
    server.handlers.clear()
    server.propagate = True
    server.setLevel(logging.WARNING)
    # Reflex quotes there what was typed, when it is of another type than the handler's.
    logging.getLogger("reflex_base.event.processor.base_state_processor").setLevel(logging.ERROR)
    # A line a migration or a request is for those who look for it.
    for chatty in ("alembic", "httpx", "httpcore", "watchfiles", "engineio", "socketio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
