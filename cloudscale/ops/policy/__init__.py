"""When the fleet grows and shrinks, and when somebody is told: declared once, here.

rules     what a scaling policy can say, as AWS means it
scaling   a whole policy, checked
declared  the shop's own
document  a policy as a document: read, refused in words, written
in_words  a policy as a table
alarms    when somebody should look
in_force  the one that is in force, without I/O; `keeping` has it in the database
"""

from cloudscale.ops.policy.alarms import ALARMS, Alarm
from cloudscale.ops.policy.declared import POLICY, THRESHOLDS
from cloudscale.ops.policy.scaling import Bounds, ScalingPolicy, Thresholds

__all__ = ["ALARMS", "POLICY", "THRESHOLDS", "Alarm", "Bounds", "ScalingPolicy", "Thresholds"]
