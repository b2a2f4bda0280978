"""A Reflex build plugin for development: the page's port passes the API on to the other one.

In development Vite serves the pages on a port of its own; what the page fetches from its own
origin (`/api/login`, say) must reach the back end all the same. Builds are left alone.
"""

import json
from typing import Any

from reflex_base import constants
from reflex_base.config import get_config
from reflex_base.environment import environment
from reflex_base.plugins.base import Plugin

ANCHOR = "  server: {\n"
VITE_CONFIG = "vite.config.js"


def with_proxy(vite_config: str, paths: tuple[str, ...], target: str) -> str:
    """Add a proxy to Vite's development server.

    Args:
        vite_config: Reflex's Vite configuration.
        paths: URL prefixes to pass on.
        target: Origin of the back end.

    Raises:
        RuntimeError: The configuration is not what this plugin knows.
    """
    if "proxy:" in vite_config:
        return vite_config
    if vite_config.count(ANCHOR) != 1:
        raise RuntimeError("DevProxyPlugin: Reflex changed its Vite configuration")
    proxy = json.dumps({path: {"target": target, "ws": path == "/ws"} for path in paths})
    return vite_config.replace(ANCHOR, f"{ANCHOR}    proxy: {proxy},\n")


class DevProxyPlugin(Plugin):
    """Pass some URL prefixes of the development server on to the back end.

    Args:
        *paths: The prefixes, such as `/api`.
    """

    def __init__(self, *paths: str) -> None:
        self._paths = paths

    def pre_compile(self, **context: Any) -> None:
        """Change the Vite configuration, in development only."""
        if environment.REFLEX_ENV_MODE.get() is not constants.Env.DEV:
            return
        target = f"http://localhost:{get_config().backend_port}"
        context["add_modify_task"](
            VITE_CONFIG, lambda config: with_proxy(config, self._paths, target)
        )
