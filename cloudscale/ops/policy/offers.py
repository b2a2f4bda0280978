"""What can be tried and chosen now: the policies to choose from, and the one that is in force."""

from collections.abc import Mapping

from cloudscale.ops.policy import in_force
from cloudscale.ops.policy.choices import CHOICES
from cloudscale.ops.policy.scaling import ScalingPolicy

IN_FORCE = "in-force"
"""What the policy in force is called where it is none of the choices: it may share their names."""
LONGEST_DESCRIPTION = 300


def is_another() -> bool:
    """Whether the policy in force is none of the choices, such as one that Terraform changed."""
    return in_force.in_force() not in CHOICES.values()


def offered() -> Mapping[str, ScalingPolicy]:
    """All policies by name, the one in force among them."""
    if not is_another():
        return CHOICES
    now = in_force.in_force()
    about = f"What the fleet follows now, “{now.name}”: {now.description}"[:LONGEST_DESCRIPTION]
    return {
        IN_FORCE: now.model_copy(update={"name": IN_FORCE, "description": about}),
        **CHOICES,
    }


def name_in_force() -> str:
    """The name, among those offered, of the policy that is in force."""
    return IN_FORCE if is_another() else in_force.in_force().name
