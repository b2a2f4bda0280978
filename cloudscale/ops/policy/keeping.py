"""Where the policy in force is kept: put there once, read by every process.

put (the leader, an operator) --> scaling_policy, and an event --refresh--> in_force
"""

import hashlib
import json
import logging
from dataclasses import replace

from pydantic import ValidationError
from sqlalchemy import func, insert, select, text

from cloudscale.errors import InvalidInput
from cloudscale.models import PutInForce
from cloudscale.models.base import table_of
from cloudscale.ops import events
from cloudscale.ops.events.table import Door, connection_of
from cloudscale.ops.policy import in_force
from cloudscale.ops.policy.changes import differences
from cloudscale.ops.policy.declared import POLICY
from cloudscale.ops.policy.document import parse
from cloudscale.ops.policy.in_force import DECLARED, InForce, Origin
from cloudscale.ops.policy.scaling import ScalingPolicy

logger = logging.getLogger(__name__)

rows = table_of(PutInForce)
_COLUMNS = rows.c["id", "document", "origin", "put_in_force_by", "since"]
_NEWEST = select(*_COLUMNS).order_by(rows.c.id.desc()).limit(1)
_IS_NEWEST = rows.c.id == select(func.max(rows.c.id)).scalar_subquery()
# What is told of a refusal names the field and the reason, and never the whole document.
MOST_FAULTS = 3


def digest(policy: ScalingPolicy) -> str:
    """The SHA-256 of a policy: the same for the same policy, however it was written."""
    canonical = json.dumps(policy.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def faults(refusal: InvalidInput) -> str:
    """Why a document is no policy, in words: the fields and the reasons."""
    told = [f"{one.field} {one.message.rstrip('.')}" for one in refusal.errors]
    return "; ".join(told[:MOST_FAULTS])


def newest(door: Door) -> InForce | None:
    """The policy that is in force; `None` before the first, or where nobody can read it."""
    row = connection_of(door).execute(_NEWEST).one_or_none()
    return None if row is None else _of_row(row)


def refresh(door: Door) -> None:
    """Hold what is in force now; a row that is known already is not read again.

    What this version cannot read is logged, and the policy before it stays.
    """
    known = in_force.held()
    row = (
        connection_of(door)
        .execute(select(*_COLUMNS).where(_IS_NEWEST, rows.c.id != known.id))
        .one_or_none()
    )
    if row is not None:
        in_force.hold(_of_row(row) or replace(known, id=row.id))


def put(door: Door, policy: ScalingPolicy, origin: Origin, by: str) -> int | None:
    """Put a policy in force, and tell it as an event where it replaces another.

    Args:
        door: Open transaction.
        policy: The policy.
        origin: Who decides.
        by: Who it is, in words.

    Returns:
        Its id, or `None`: the same is in force already, from the same origin.
    """
    connection = connection_of(door)
    # Two that put one at the same time come one after the other.
    connection.execute(text("LOCK TABLE scaling_policy IN SHARE ROW EXCLUSIVE MODE"))
    before = newest(door)
    if before and before.origin == origin and digest(before.policy) == digest(policy):
        return None
    values = {
        "name": policy.name,
        "document": policy.model_dump(mode="json"),
        "sha256": digest(policy),
        "origin": origin,
        "put_in_force_by": by,
        "since": func.clock_timestamp(),
    }
    id_ = connection.execute(insert(rows).values(values).returning(rows.c.id)).scalar_one()
    if before is not None:
        _tell(door, id_, before.policy, policy, by)
    return id_


def put_declared(door: Door) -> int | None:
    """Put the shop's own policy in force, unless an operator chose another since it was declared.

    Returns:
        Its id, or `None` where nothing changed.
    """
    before = newest(door)
    if before is not None and before.origin == "operator":
        last = select(rows.c.sha256).where(rows.c.origin == "declared").order_by(rows.c.id.desc())
        if connection_of(door).execute(last.limit(1)).scalar() == digest(POLICY):
            return None
    return put(door, POLICY, "declared", DECLARED.put_in_force_by)


def put_from_terraform(door: Door, document: str, version: str) -> str:
    """Put in force what Terraform has; what is no policy is refused, and told as an event.

    Args:
        door: Open transaction.
        document: JSON.
        version: Which version of the parameter it is, for the event's key.

    Returns:
        Why it was refused, in words; empty where it is in force.
    """
    try:
        policy = parse(document)
    except InvalidInput as refusal:
        why = faults(refusal)
        events.happened(
            door,
            f"policy:refused:{version}",
            "scaling",
            "bad",
            "Terraform's scaling policy was refused",
            f"It is not one that can be followed: {why}.",
            f"'{in_force.in_force().name}' stays in force.",
        )
        return why
    put(door, policy, "terraform", "Terraform")
    return ""


def _of_row(row) -> InForce | None:  # noqa: ANN001
    try:
        policy = ScalingPolicy.model_validate(row.document)
    except ValidationError as refusal:
        faulty = refusal.error_count()
        logger.error("Policy %s cannot be read by this version: %s faults", row.id, faulty)
        return None
    return InForce(row.id, policy, row.origin, row.put_in_force_by, row.since)


def _tell(door: Door, id_: int, before: ScalingPolicy, after: ScalingPolicy, by: str) -> None:
    changed = differences(before, after)
    if before.name == after.name and not changed:
        title = f"Policy '{after.name}' is now that of {by}"
    elif before.name == after.name:
        title = f"Policy '{after.name}' changed by {by}"
    else:
        title = f"Policy '{before.name}' replaced by '{after.name}' by {by}"
    cause = f"{changed}." if changed else "Nothing in it differs."
    events.happened(door, f"policy:{id_}", "scaling", "info", title, cause, subject=after.name)
