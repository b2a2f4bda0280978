"""What each kind of resource is like on AWS now.

wanted resources of one kind --Observe--> a sight for each, from as few calls as AWS allows

An observer may raise CloudFault: then nobody knows any of them, and the other kinds are read.
"""

from collections.abc import Callable, Mapping, Sequence

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import (
    alarm,
    auto_scaling_group,
    balancing,
    keeping,
    launch_template,
    lifecycle_hook,
    role,
    scaling_policy,
    security_group,
    storing,
    telling,
)
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.observed import Sight
from cloudscale.ops.healing.resource import Ref, Resource

Observe = Callable[[Calls, Sequence[Resource], StackFacts], Mapping[Ref, Sight]]
"""Looks at all wanted resources of one kind at once."""

OBSERVERS: Mapping[str, Observe] = {
    "load_balancer": balancing.load_balancers,
    "listener": balancing.listeners,
    "listener_rule": balancing.listener_rules,
    "target_group": balancing.target_groups,
    "topic": telling.topics,
    "subscription": telling.subscriptions,
    "queue": telling.queues,
    "event_rule": telling.event_rules,
    "log_group": keeping.log_groups,
    "parameter": keeping.parameters,
    "secret": keeping.secrets,
    "key": keeping.keys,
    "database": storing.databases,
    "parameter_group": storing.parameter_groups,
    "bucket": storing.buckets,
    "alarm": alarm.observe,
    "auto_scaling_group": auto_scaling_group.observe,
    "instance_profile": role.observe_profiles,
    "launch_template": launch_template.observe,
    "lifecycle_hook": lifecycle_hook.observe,
    "role": role.observe,
    "scaling_policy": scaling_policy.observe,
    "security_group": security_group.observe,
}
"""The observer of each kind, by the kind's name."""


def batches_of(wanted: Mapping[str, Sequence[Resource]]) -> Mapping[str, Sequence[str]]:
    """What observers of several kinds ask alike: tags of all that hangs on the balancer."""
    rows = [one for kind in balancing.KINDS for one in wanted.get(kind, ())]
    return {balancing.TAGS: balancing.tagged(rows)}
