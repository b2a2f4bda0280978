"""An operator's choice of a policy: asked for on a page or by a program, and audited."""

from sqlmodel import Session

from cloudscale.errors import RuleRefused
from cloudscale.ops.policy import keeping
from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.services import audit
from cloudscale.services.identity import Shopper


def put_in_force(session: Session, operator: Shopper, policy: ScalingPolicy) -> bool:
    """Have the fleet follow a policy from now on; every process does within a second or so.

    Args:
        session: Open transaction.
        operator: Staff or the owner.
        policy: The policy.

    Returns:
        Whether that changed anything.

    Raises:
        NotSignedIn: The operator is a guest (401).
        NotAllowed: The user is neither staff nor the owner, or the token lacks the scope (403).
        RuleRefused: Terraform decides here, so its variables must be changed (409).
    """
    user = operator.require_staff()
    before = keeping.newest(session)
    if before is not None and before.origin == "terraform":
        raise RuleRefused(
            "Here Terraform decides: set these values in its variables and apply them. The shop "
            "follows within a minute."
        )
    id_ = keeping.put(session, policy, "operator", user.username)
    if id_ is None:
        return False
    was = before.policy.model_dump(mode="json") if before else {}
    audit.record(
        session, operator, "put_in_force", "policy", id_, was, policy.model_dump(mode="json")
    )
    return True
