"""A model of the fleet: an Auto Scaling group behind a load balancer, on a clock of its own.

settings    what an instance is and how long everything takes
group       the group: how many instances there should be, and where; roster: their lives
queueing    how long requests take at a load; work: requests, step by step
simulation  demand --> fleet --> policy --> fleet, on a clock of its own

Deterministic: the same seed gives the same run. It reads no clock and touches nothing outside.
"""

from cloudscale.ops.scaling.model.group import Group
from cloudscale.ops.scaling.model.happened import Happened
from cloudscale.ops.scaling.model.instances import ModelInstance
from cloudscale.ops.scaling.model.settings import GroupSettings, Server, Spread, ZoneOutage

__all__ = ["Group", "GroupSettings", "Happened", "ModelInstance", "Server", "Spread", "ZoneOutage"]
