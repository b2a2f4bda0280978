"""What a scaling policy is: bounds, thresholds, the floor that users set, and rules. Pure.

A policy is a document: it is written to `terraform/policy.json`, overridden by Terraform's
variables, kept in the database, drawn on charts, simulated, and followed by the live loop. Whoever
reads one reads it through these classes, which refuse what makes no sense with the field named.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from cloudscale.ops.policy.rules import Part, Rule, ThresholdName


class Bounds(Part):
    """How many instances there may be.

    Attributes:
        min_instances: The fewest; also what the shop has when nobody is there.
        max_instances: The most that may be paid for.
        desired_instances: How many a new fleet starts with. Never applied to one that runs.
    """

    min_instances: int = Field(default=2, ge=1, le=100)  # one a zone
    max_instances: int = Field(default=8, ge=1, le=100)
    desired_instances: int = Field(default=2, ge=1, le=100)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_instances > self.max_instances:
            raise ValueError(
                f"min_instances ({self.min_instances}) must not be above "
                f"max_instances ({self.max_instances})"
            )
        if not self.min_instances <= self.desired_instances <= self.max_instances:
            raise ValueError(
                f"desired_instances ({self.desired_instances}) must be between min_instances "
                f"({self.min_instances}) and max_instances ({self.max_instances})"
            )
        return self

    def clamp(self, instances: int) -> int:
        """The nearest number of instances that is allowed."""
        return min(max(instances, self.min_instances), self.max_instances)


class Thresholds(Part):
    """When the fleet should grow or shrink.

    Attributes:
        cpu_scale_out_percent: Grow at or above this CPU.
        cpu_scale_in_percent: Shrink below this CPU, with few users only.
        active_users_scale_out: From so many active users on one more instance; shrink below.
    """

    cpu_scale_out_percent: float = Field(default=70.0, gt=0, le=100)
    cpu_scale_in_percent: float = Field(default=30.0, ge=0, lt=100)
    active_users_scale_out: int = Field(default=4, ge=1, le=1_000_000)

    @model_validator(mode="after")
    def _do_not_cross(self) -> Self:
        if self.cpu_scale_in_percent >= self.cpu_scale_out_percent:
            raise ValueError(
                f"cpu_scale_in_percent ({self.cpu_scale_in_percent:g}) must be below "
                f"cpu_scale_out_percent ({self.cpu_scale_out_percent:g}): the fleet would grow and "
                "shrink in turns"
            )
        return self


class ScalingPolicy(Part):
    """How a fleet follows its users and its load.

    Attributes:
        name: Its slug, such as `mission`.
        description: What it does, in a sentence.
        bounds: How many instances there may be.
        thresholds: The numbers that rules refer to by name.
        users_per_instance: Above `active_users_scale_out`, one more instance for each so many.
        warm_up_seconds: A new instance counts as capacity on its way for so long, and what it
            measures is left out of the fleet's mean.
        health_grace_seconds: So long a new instance is not replaced for failing its checks.
        rules: All that can change the fleet; where several act at once the largest capacity wins.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    description: Annotated[str, Field(max_length=300)] = ""
    bounds: Bounds = Bounds()
    thresholds: Thresholds = Thresholds()
    users_per_instance: int = Field(default=50, ge=1, le=1_000_000)
    warm_up_seconds: int = Field(default=120, ge=0, le=3_600)
    health_grace_seconds: int = Field(default=180, ge=0, le=7_200)
    rules: tuple[Rule, ...] = Field(max_length=20)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [rule.name for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"rules: {', '.join(twice)} is the name of more than one rule")
        return self

    def users_floor(self, active_users: float) -> int:
        """The fewest instances for so many active users, within the bounds.

        The minimum below `active_users_scale_out`, one more at it, and one more for each further
        `users_per_instance`: a level, so that those who stay ask for nothing more.
        """
        beyond = active_users - self.thresholds.active_users_scale_out
        if beyond < 0:
            return self.bounds.min_instances
        more = 1 + int(beyond // self.users_per_instance)
        return self.bounds.clamp(self.bounds.min_instances + more)

    def users_gap(self, active_users: float, desired: int) -> int:
        """How many instances the desired capacity lacks of the users' floor; at least 0.

        It counts what was asked for and is on its way, so that it is 0 once it was acted on.
        """
        return max(self.users_floor(active_users) - desired, 0)

    def limit(self, threshold: float | ThresholdName) -> float:
        """The number that a rule compares with: its own, or the threshold that it names."""
        return getattr(self.thresholds, threshold) if isinstance(threshold, str) else threshold
