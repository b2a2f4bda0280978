"""Commands as a person would type them. Pure."""

import json
import shlex

from cloudscale.ops.healing.action import Command


def typed(command: Command) -> str:
    """A call as AWS's command line takes it, every argument spelled out."""
    operation = command.operation.replace("_", "-")
    arguments = json.dumps(command.arguments, sort_keys=True)
    return f"aws {command.service} {operation} --cli-input-json {shlex.quote(arguments)}"
