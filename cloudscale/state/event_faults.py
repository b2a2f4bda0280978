"""Whether an event that a browser sent can be handled at all, and what happens when it cannot.

Nothing here quotes a value: an event may carry a password.
"""

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import structlog
from redis.exceptions import RedisError
from reflex.event import EventSpec
from reflex_base.registry import RegistrationContext

from cloudscale.logs import fault
from cloudscale.presence import PRESENCE
from cloudscale.state.event_timing import log_ids
from cloudscale.state.toast import ToastState

# Every state inherits it, and it sets by name; nothing here has a setter to reach.
SETTER = ".setvar"

log = structlog.get_logger(__name__)


@cache
def _signature(handler: Any) -> inspect.Signature:
    return inspect.signature(handler)


def event_fault(name: str, arguments: Mapping[str, Any]) -> str | None:
    """What is wrong with a call of an event handler.

    Args:
        name: Full name, as the browser sent it.
        arguments: By name, as the browser sent them.

    Returns:
        Words without any value, or None if there is such a handler and it takes such arguments.
    """
    registered = RegistrationContext.get().event_handlers.get(name)
    if registered is None or name.endswith(SETTER):
        return "no such handler"
    try:
        _signature(registered.handler.fn).bind(None, **arguments)
    except TypeError:
        return "wrong arguments"
    return None


def event_failed(exception: Exception) -> EventSpec | None:
    """Log what no handler foresaw, and say so on the page (`rx.App.backend_exception_handler`).

    Without Redis nothing can be said through a page's state: its socket ends instead, the page says
    so by itself, and whoever watches Redis has logged it once.
    """
    if isinstance(exception, RedisError) and not PRESENCE.is_here:
        return None
    log.error("event_failed", **fault(exception), **log_ids(exception))
    return cast(EventSpec, ToastState.went_wrong())
