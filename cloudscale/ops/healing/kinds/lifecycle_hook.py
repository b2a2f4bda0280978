"""Lifecycle hooks of the group: until when a server is waited for as it comes and goes."""

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds import spelling
from cloudscale.ops.healing.kinds.kind import Broken, Field, Kind, Remedy
from cloudscale.ops.healing.resource import Fields


def _mend(broken: Broken) -> Remedy:
    undo = (
        (_put(broken, {**broken.resource.fields, **broken.found.fields}),) if broken.found else ()
    )
    words = "" if broken.found else "Nothing to undo: it was gone."
    return Remedy((_put(broken, broken.resource.fields),), undo, words)


def _put(broken: Broken, fields: Fields) -> Command:
    arguments = {
        "LifecycleHookName": broken.resource.id,
        "AutoScalingGroupName": broken.resource.about["group"],
        "LifecycleTransition": fields["transition"],
        "DefaultResult": fields["default_result"],
        "HeartbeatTimeout": spelling.whole(fields["timeout_seconds"]),
    }
    return Command("autoscaling", "put_lifecycle_hook", arguments)


LIFECYCLE_HOOK = Kind(
    "lifecycle_hook",
    "lifecycle hook",
    (
        Field("transition", canonical=spelling.text),
        Field("default_result", canonical=spelling.text),
        Field("timeout_seconds", canonical=spelling.number),
    ),
    _mend,
)
