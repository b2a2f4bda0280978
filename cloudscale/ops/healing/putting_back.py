"""Putting back what was broken on purpose: again and again, and told either way.

undo --> made, told     refused --> tried again for a while --> told as a person would type it
"""

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.desired import DesiredFault
from cloudscale.ops.healing.ports import Refused
from cloudscale.ops.healing.staging import Staged
from cloudscale.ops.healing.trial_ports import Means
from cloudscale.ops.healing.words import typed
from cloudscale.ops.ports import CloudFault

PATIENCE_SECONDS = 180
"""So long it is tried: a server that is stopping cannot be started yet."""


def put_back(means: Means, staged: Staged) -> str:
    """Put back what a trial broke; what came of it, in a sentence."""
    if _is_member_going(means, staged.member):
        means.say(f"nothing to put back: the group ends {staged.member}, and starts another.")
        return "The group ended it, so there was nothing to put back."
    refusals = [_undone(means, command) for command in staged.undo]
    failed = next(filter(None, refusals), "")
    return f"IT WAS NOT PUT BACK: {failed}" if failed else "It was put back."


def _undone(means: Means, command: Command) -> str:
    """Make one call of the undo, and tell of it; why it was refused, in the end."""
    refused = _tried(means, command)
    if refused:
        means.say(f"NOT PUT BACK: {refused} Do it by hand: {typed(command)}")
    else:
        means.say(f"put back: {typed(command)}")
    return refused


def _tried(means: Means, command: Command) -> str:
    clock = means.parts.clock
    end = clock.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            means.hands.do(command)
        except Refused as refused:
            if refused.is_vanished or clock.monotonic() >= end:
                return refused.reason
            clock.sleep(means.terms.look_seconds)
        else:
            return ""


def _is_member_going(means: Means, member: str) -> bool:
    """Whether what was done to a server goes with it."""
    if not member:
        return False
    try:
        members = means.fleet().members
    except (CloudFault, DesiredFault):  # then the undo says what it meets
        return False
    one = next((one for one in members if one.id == member), None)
    return one is None or one.lifecycle == "Terminating" or one.machine == "terminated"
