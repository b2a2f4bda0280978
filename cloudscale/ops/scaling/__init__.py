"""How the fleet follows its users and its load: from what was measured to a wish with its reason.

observed      what goes in and what comes out: a slot of measurements, a fleet, a decision
periods       slots gathered into the periods that alarms look at
alarm_states  alarms, as CloudWatch judges them
watch         one alarm of a policy, watched
adjustments   the arithmetic of steps, percentages and targets
offered_load  the fleet's size from the work that arrives, and where it is going
wishes        what each rule wants now
reasons       why, in words
memory        what is remembered from one decision to the next
decide        the decision: all rules together, within the bounds
"""

from cloudscale.ops.scaling.decide import Scaler, decide
from cloudscale.ops.scaling.memory import Memory
from cloudscale.ops.scaling.observed import SLOT_SECONDS, Capacity, Decision, Observation

__all__ = ["SLOT_SECONDS", "Capacity", "Decision", "Memory", "Observation", "Scaler", "decide"]
