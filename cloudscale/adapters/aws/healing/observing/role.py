"""IAM roles with their policies, and instance profiles."""

from collections.abc import Mapping, Sequence

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import rows as reading
from cloudscale.adapters.aws.healing.observing.rows import Row
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.observed import Found, Sight
from cloudscale.ops.healing.resource import Ref, Resource

PAGE = 1000
"""As many roles in an answer as IAM gives."""

QUESTION: Row = {"Filter": ["Role"], "PaginationConfig": {"PageSize": PAGE}}


def observe(calls: Calls, resources: Sequence[Resource], stack: StackFacts) -> Mapping[Ref, Sight]:
    """All of them from one question, which tells the account's roles whole.

    Asking each role for itself would take four calls or more a role, each minute.
    """
    wanted = {one.id for one in resources}
    found: dict[str, Row] = {}
    for page in calls.pages("iam", "get_account_authorization_details", **QUESTION):
        rows = [row for row in page["RoleDetailList"] if row["RoleName"] in wanted]
        found |= reading.by(rows, "RoleName")
        if wanted <= found.keys():
            break
    return reading.sights(resources, found, _found)


def _found(resource: Resource, row: Row) -> Sight:
    policies = row.get("RolePolicyList", ())
    attached = row.get("AttachedManagedPolicies", ())
    fields = {
        "trust": row["AssumeRolePolicyDocument"],
        "inline": {one["PolicyName"]: one["PolicyDocument"] for one in policies},
        "attached": [one["PolicyArn"] for one in attached],
        "tags": reading.tags(row.get("Tags")),
    }
    return reading.as_found(fields, arn=row["Arn"])


def observe_profiles(
    calls: Calls, resources: Sequence[Resource], stack: StackFacts
) -> Mapping[Ref, Sight]:
    """From the roles, which tell their profiles; one that no role has is asked for itself."""
    roles = _roles_of_profiles(calls, {one.id for one in resources})
    return reading.each(resources, lambda one: roles.get(one.id) or _profile(calls, one.id))


def _roles_of_profiles(calls: Calls, wanted: set[str]) -> dict[str, Sight]:
    found: dict[str, Sight] = {}
    for page in calls.pages("iam", "get_account_authorization_details", **QUESTION):
        for role in page["RoleDetailList"]:
            for row in role.get("InstanceProfileList", ()):
                about = {"arn": row["Arn"], "tags": reading.tags(row.get("Tags"))}
                found[row["InstanceProfileName"]] = Found({"role": role["RoleName"]}, about=about)
        if wanted <= found.keys():
            break
    return found


def _profile(calls: Calls, name: str) -> Sight:
    answer = calls.ask("iam", "get_instance_profile", InstanceProfileName=name)
    profile: Row = answer["InstanceProfile"]
    roles = [one["RoleName"] for one in profile.get("Roles", ())]
    about = {"arn": profile["Arn"], "tags": reading.tags(profile.get("Tags"))}
    return Found({"role": roles[0] if roles else None}, about=about)
