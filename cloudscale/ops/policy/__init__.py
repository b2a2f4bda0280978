"""When the fleet grows and shrinks, and when somebody is told: declared once, here.

rules    what a scaling policy can say, as AWS means it
scaling  a whole policy, checked
declared the shop's own
alarms   when somebody should look
"""

from cloudscale.ops.policy.alarms import ALARMS, Alarm
from cloudscale.ops.policy.declared import POLICY, THRESHOLDS
from cloudscale.ops.policy.scaling import Bounds, ScalingPolicy, Thresholds

__all__ = ["ALARMS", "POLICY", "THRESHOLDS", "Alarm", "Bounds", "ScalingPolicy", "Thresholds"]
