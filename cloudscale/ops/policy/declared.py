"""The shop's own scaling policy: the one place that declares its numbers.

`python -m cloudscale policy --write` writes it to `terraform/policy.json`.
"""

from cloudscale.ops.policy.rules import Alarm, Condition, Step, StepScaling
from cloudscale.ops.policy.scaling import ScalingPolicy

FURTHER_STEPS = 9  # as far as it goes in one step; whoever needs more gets it in the next

CPU_OUT = StepScaling(
    name="cpu-out",
    alarm=Alarm(
        conditions=(
            Condition(metric="cpu_percent", comparison=">=", threshold="cpu_scale_out_percent"),
        ),
        period_seconds=60,  # AWS measures CPU once a minute
        evaluation_periods=2,
        datapoints_to_alarm=2,  # one busy minute is no trend
    ),
    steps=(Step(lower=0, upper=15, adjustment=1), Step(lower=15, adjustment=2)),
)

USERS_OUT = StepScaling(
    name="users-out",
    alarm=Alarm(
        # The gap and not the users: four people who stay ask for one instance, once.
        conditions=(Condition(metric="users_gap", comparison=">=", threshold=1),),
        period_seconds=10,
        evaluation_periods=1,
        datapoints_to_alarm=1,
    ),
    steps=(
        *(Step(lower=n, upper=n + 1, adjustment=n + 1) for n in range(FURTHER_STEPS)),
        Step(lower=FURTHER_STEPS, adjustment=FURTHER_STEPS + 1),
    ),
    warm_up_seconds=0,  # the gap counts what is on its way itself; twice would be too few
)

CALM_IN = StepScaling(
    name="calm-in",
    alarm=Alarm(
        conditions=(
            Condition(metric="cpu_percent", comparison="<", threshold="cpu_scale_in_percent"),
            Condition(
                metric="active_users",
                comparison="<",
                threshold="active_users_scale_out",
                statistic="Maximum",  # few at each moment, and not on average
            ),
        ),
        period_seconds=60,
        evaluation_periods=10,  # whoever comes back within minutes finds the fleet as it was
        datapoints_to_alarm=10,
    ),
    steps=(Step(upper=0, adjustment=-1),),
)

POLICY = ScalingPolicy(
    name="mission",
    description="Out at 70 % CPU or by users, in when CPU is below 30 % and users are few.",
    rules=(CPU_OUT, USERS_OUT, CALM_IN),
)

THRESHOLDS = POLICY.thresholds
