"""What each kind of resource is like on AWS now.

wanted resources of one kind --Observe--> a sight for each, from as few calls as AWS allows

An observer may raise CloudFault: then nobody knows any of them, and the other kinds are read.
"""

from collections.abc import Callable, Mapping, Sequence

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.observed import Sight
from cloudscale.ops.healing.resource import Ref, Resource

Observe = Callable[[Calls, Sequence[Resource], StackFacts], Mapping[Ref, Sight]]
"""Looks at all wanted resources of one kind at once."""

OBSERVERS: Mapping[str, Observe] = {}
"""The observer of each kind, by the kind's name."""
