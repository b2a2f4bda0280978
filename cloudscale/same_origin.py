"""A Reflex build plugin: one front-end build serves any host, port and scheme.

Reflex bakes the back end's address into a chunk of its own. Built for one port and served on
another, a page looks fine and is dead. The back end always serves the front end here, so after
the build each baked address becomes the one that the page itself came from.

    reflex-env-*.js: `ws://localhost:8000/_event` --post_build--> the page's origin + `/_event`

On localhost Reflex then takes the port off again where the page came over HTTPS; it is kept.
"""

import re
from pathlib import Path
from typing import Any

from reflex_base.plugins.base import Plugin

ENV_CHUNK = "assets/reflex-env-*.js"
# Reflex's default api_url, whatever the port; a template literal in the minified chunk.
BAKED_URL = re.compile(r"`(?P<scheme>https?|wss?)://localhost(:\d+)?(?P<path>/[^`$]*)`")
PAGE_ORIGIN = "location.origin"
PAGE_SOCKET_ORIGIN = 'location.origin.replace(/^http/,"ws")'
# The only place in the whole build where a URL loses its port.
CHUNKS = "assets/*.js"
DROPPED_PORT = re.compile(r"\b(?P<url>[\w$]+)\.port=``")
# Without these the page cannot hydrate; a build that lost one must not look built.
REQUIRED_PATHS = frozenset({"/ping", "/_event"})


class FrontEndChanged(SystemExit):
    """Reflex builds its addresses in another way than this plugin knows; the build fails."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"SameOriginPlugin: {reason}; Reflex changed how it bakes addresses")


def same_origin(chunk: str) -> str:
    """Replace every baked back-end address in a chunk by the page's own origin.

    Args:
        chunk: JavaScript of Reflex's env chunk.

    Returns:
        JavaScript that asks the browser for the origin.

    Raises:
        FrontEndChanged: An address that the page needs was not found, or one is left.
    """
    found: set[str] = set()

    def replace(match: re.Match[str]) -> str:
        found.add(match["path"])
        origin = PAGE_ORIGIN if match["scheme"].startswith("http") else PAGE_SOCKET_ORIGIN
        return f"{origin}+`{match['path']}`"

    patched = BAKED_URL.sub(replace, chunk)
    if missing := REQUIRED_PATHS - found:
        raise FrontEndChanged(f"no baked address for {', '.join(sorted(missing))}")
    if "localhost" in patched:
        raise FrontEndChanged("an address is left in the env chunk")
    return patched


def keep_port(chunk: str) -> tuple[str, int]:
    """Leave each URL of a chunk the port of the page, where Reflex would take it off.

    Returns:
        The chunk, and how many places there were.
    """
    return DROPPED_PORT.subn(r"\g<url>.port=location.port", chunk)


class SameOriginPlugin(Plugin):
    """Make the built page talk to the host, port and scheme that it was loaded from."""

    def post_build(self, **context: Any) -> None:
        """Patch the chunks of a finished build, before Reflex compresses them.

        Args:
            **context: Reflex's build context; `static_dir` is the built site.

        Raises:
            FrontEndChanged: A chunk is not there once, or not what this plugin knows.
        """
        chunks = list(context["static_dir"].glob(ENV_CHUNK))
        if len(chunks) != 1:
            raise FrontEndChanged(f"{len(chunks)} env chunks instead of one")
        chunks[0].write_text(same_origin(chunks[0].read_text()))
        self._keep_port(list(context["static_dir"].glob(CHUNKS)))

    @staticmethod
    def _keep_port(chunks: list[Path]) -> None:
        places = 0
        for chunk in chunks:
            patched, found = keep_port(chunk.read_text())
            if found:
                chunk.write_text(patched)
            places += found
        if places != 1:
            raise FrontEndChanged(f"{places} places that drop the port instead of one")
