"""Every kind of resource that is healed, by its name.

To add one: its `Kind` in a module here and in `KINDS`, its observer in
`adapters/aws/healing/observing/`, and its rows in a module's `desired` output of Terraform.
"""

from collections.abc import Mapping

from cloudscale.ops.healing.kinds.alarm import ALARM
from cloudscale.ops.healing.kinds.auto_scaling_group import AUTO_SCALING_GROUP
from cloudscale.ops.healing.kinds.balancing import (
    LISTENER,
    LISTENER_RULE,
    LOAD_BALANCER,
    TARGET_GROUP,
)
from cloudscale.ops.healing.kinds.keeping import KEY, LOG_GROUP, PARAMETER, SECRET
from cloudscale.ops.healing.kinds.kind import Kind
from cloudscale.ops.healing.kinds.launch_template import LAUNCH_TEMPLATE
from cloudscale.ops.healing.kinds.lifecycle_hook import LIFECYCLE_HOOK
from cloudscale.ops.healing.kinds.role import INSTANCE_PROFILE, ROLE
from cloudscale.ops.healing.kinds.scaling_policy import SCALING_POLICY
from cloudscale.ops.healing.kinds.security_group import SECURITY_GROUP
from cloudscale.ops.healing.kinds.storing import BUCKET, DATABASE, PARAMETER_GROUP
from cloudscale.ops.healing.kinds.telling import EVENT_RULE, QUEUE, SUBSCRIPTION, TOPIC

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        *(SECURITY_GROUP, AUTO_SCALING_GROUP, LAUNCH_TEMPLATE, SCALING_POLICY, ALARM),
        *(LIFECYCLE_HOOK, ROLE, INSTANCE_PROFILE),
        *(LOAD_BALANCER, LISTENER, LISTENER_RULE, TARGET_GROUP),
        *(TOPIC, SUBSCRIPTION, QUEUE, EVENT_RULE),
        *(LOG_GROUP, PARAMETER, SECRET, KEY),
        *(DATABASE, PARAMETER_GROUP, BUCKET),
    )
}
