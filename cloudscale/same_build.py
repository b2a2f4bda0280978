"""A Reflex build plugin: the same sources give the same front end, byte for byte.

Reflex bundles `reflex.json` whole, of which pages read the version alone. With it come a random
number and the time, and so each build names its files anew: of two servers that each built for
themselves, one does not have what the page of the other asks for.
"""

from typing import Any

from reflex_base.plugins.base import Plugin

STATE_SCRIPT = "utils/state.js"
WHOLE = 'import reflexEnvironment from "$/reflex.json";'
USE = "reflexEnvironment.version"
ALONE = (
    'import { version as reflexVersion } from "$/reflex.json";\n'
    "const reflexEnvironment = { version: reflexVersion };"
)


def version_alone(script: str) -> str:
    """Have a script take nothing but the version out of `reflex.json`.

    Args:
        script: Reflex's `utils/state.js`, or what this made of it.

    Raises:
        RuntimeError: It is not what this plugin knows, so that builds would differ.
    """
    if ALONE in script:
        return script
    changed = script.replace(WHOLE, ALONE)
    if changed == script or changed.count("reflexEnvironment.") != changed.count(USE):
        raise RuntimeError("SameBuildPlugin: Reflex reads reflex.json in another way than before")
    return changed


class SameBuildPlugin(Plugin):
    """Keep out of the bundle what differs from one build to the next."""

    def pre_compile(self, **context: Any) -> None:
        """Ask for the change of the script that reads `reflex.json`.

        Args:
            **context: Reflex's compile context.
        """
        context["add_modify_task"](STATE_SCRIPT, version_alone)
