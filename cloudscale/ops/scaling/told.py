"""What the simulated fleet did, and why, as events of the timeline. Never commits.

Happened, Decision, alarm states --tell_…--> the timeline, each marked as simulated
"""

from collections.abc import Iterable, Mapping

from cloudscale.ops import events
from cloudscale.ops.events import Door
from cloudscale.ops.policy.rules import SimpleScaling, StepScaling
from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.ops.scaling.alarm_states import AlarmState
from cloudscale.ops.scaling.board import AlarmRow
from cloudscale.ops.scaling.model import Happened
from cloudscale.ops.scaling.model.happened import Kind
from cloudscale.ops.scaling.observed import Capacity, Decision
from cloudscale.ops.telemetry.clock import moment

PREFIX = "simulated:"
CHANGE = f"{PREFIX}change"


def tell_happened(door: Door, happened: Iterable[Happened]) -> None:
    """Tell what became of instances: each comes from its launch to its service, and leaves."""
    for one in happened:
        _tell(door, one)


def _tell(door: Door, one: Happened) -> None:
    coming, leaving = f"{PREFIX}comes:{one.instance}", f"{PREFIX}leaves:{one.instance}"
    match one.kind:
        case Kind.LAUNCHED:
            _begin(door, coming, one, f"{one.instance} is pending in {one.zone}")
        case Kind.IN_SERVICE:
            _end(door, coming, one, f"In service. {one.cause}", "good")
        case Kind.LAUNCH_FAILED:
            _end(door, coming, one, f"The launch failed: {one.cause}", "bad")
        case Kind.TERMINATING:
            _end(door, coming, one, "It left before it served.", "info")
            _begin(door, leaving, one, f"{one.instance} is terminating")
        case Kind.UNHEALTHY:
            _end(door, coming, one, f"It never served. {one.cause}", "bad")
            _begin(door, leaving, one, f"{one.instance} is unhealthy and replaced")
        case Kind.GONE:
            _end(door, leaving, one, f"Gone. {one.cause}", "good")


def _begin(door: Door, key: str, one: Happened, title: str) -> None:
    at = moment(one.at)
    more = {"subject": one.instance, "source": "simulated", "started_at": at}
    events.begin(door, key, "scaling", "info", title, one.cause, **more)


def _end(door: Door, key: str, one: Happened, effect: str, tone: events.Tone) -> None:
    events.end(door, key, effect, tone, moment(one.at), may_recur=True)


def tell_decision(door: Door, decision: Decision, policy: ScalingPolicy) -> None:
    """Tell a change of the fleet's size; it lasts until the fleet has it."""
    end_change(door, decision.at, "Another change came before it was done.", "info")
    way = "out" if decision.desired > decision.before else "in"
    title = f"Scaling {way}: {decision.before} → {decision.desired} instances"
    effect = f"Policy '{policy.name}', {_by(decision)}."
    more = {"source": "simulated", "started_at": moment(decision.at), "subject": decision.rule}
    events.begin(door, CHANGE, "scaling", "info", title, decision.reason, effect, **more)


def _by(decision: Decision) -> str:
    return "its bounds" if decision.rule == "bounds" else f"rule {decision.rule}"


def tell_settled(door: Door, capacity: Capacity, now: float) -> None:
    """Tell that the fleet has its size, if a change was in progress."""
    if capacity.in_service == capacity.desired and not capacity.pending + capacity.terminating:
        end_change(door, now, f"Done: {capacity.in_service} in service.", "good")


def end_change(door: Door, now: float, effect: str, tone: events.Tone) -> None:
    """Tell that a change of size is over, if one was in progress."""
    events.end(door, CHANGE, effect, tone, moment(now), may_recur=True)


def tell_alarms(
    door: Door,
    policy: ScalingPolicy,
    before: Mapping[str, AlarmState],
    now_states: Mapping[str, AlarmState],
    rows: Iterable[AlarmRow],
    now: float,
) -> None:
    """Tell which alarms that make the fleet grow went off or ended.

    One that makes it shrink is in alarm whenever a shop is quiet: the panel shows it, and what
    follows from it is told.
    """
    growing = set(_growing(policy))
    for name in before.keys() - now_states.keys():  # another policy has no such rule
        events.end(door, f"{PREFIX}alarm:{name}", ended_at=moment(now), may_recur=True)
    for row in rows:
        was, state = before.get(row.name, AlarmState()), now_states[row.name]
        if row.name not in growing or was.state == state.state:
            continue
        key = f"{PREFIX}alarm:{row.name}"
        if state.state == "ALARM":
            title = f"Scaling alarm {row.name} went off"
            more = {"source": "simulated", "started_at": moment(now), "subject": row.name}
            cause = f"It looks at its threshold in policy '{policy.name}': {row.words}."
            events.begin(door, key, "alarm", "warn", title, cause, **more)
        elif was.state == "ALARM":
            events.end(door, key, f"Ended: {row.words}.", ended_at=moment(now), may_recur=True)


def _growing(policy: ScalingPolicy) -> Iterable[str]:
    for rule in policy.rules:
        if isinstance(rule, StepScaling | SimpleScaling):
            if rule.alarm.conditions[0].comparison in (">", ">="):
                yield rule.name
        else:
            yield f"{rule.name}:high"


def forget(door: Door, now: float) -> None:
    """End whatever was in progress of a simulated fleet that nobody goes on with."""
    for kind in ("scaling", "alarm"):
        for event in events.in_progress(door, kind):
            if event.key.startswith(PREFIX):
                effect = "The simulated fleet was started anew."
                events.end(door, event.key, effect, "info", moment(now), may_recur=True)
