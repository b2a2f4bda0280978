"""Choosing the policy that the fleet follows, on the what-if page.

consider --dialog--> use --put_in_force--> database --> every process        variables --> a file
"""

import reflex as rx

from cloudscale.db import in_reading
from cloudscale.errors import NotFound, StoreError
from cloudscale.ops.policy import in_force, keeping, offers
from cloudscale.ops.policy.changes import differences
from cloudscale.ops.policy.choosing import put_in_force
from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.ops.policy.variables import FILE_NAME, as_variables
from cloudscale.services import operators
from cloudscale.services.identity import STAFF_ROLES
from cloudscale.state.auth import ask, token_of
from cloudscale.state.what_if import WhatIfState
from cloudscale.state.what_if_rows import marked

DIALOG_ID = "use-policy"
OPEN, CLOSE = (f"document.getElementById('{DIALOG_ID}')?.{act}()" for act in ("showModal", "close"))


class PolicyChoiceState(rx.State):
    """Which policy is in force, and the one that is asked about.

    `may_choose` is whether buttons are shown; the service asks again.
    """

    may_choose: bool = False
    in_force: str = ""
    is_another: bool = False
    asked: str = ""
    changes: str = ""
    told: str = ""
    is_refused: bool = False

    @rx.event
    async def load(self):
        """Show what is in force to those who may look."""
        self.reset()
        try:
            user = await in_reading(operators.require_operator, token_of(self))
        except StoreError:
            return  # the rest of the page says why
        self.may_choose = user.role in STAFF_ROLES
        self._show()

    @rx.event
    async def consider(self, name: str):
        """Ask whether a policy should be put in force, and say what that changes."""
        try:
            await in_reading(operators.require_operator, token_of(self))
            policy = _policy(name)
        except StoreError as refusal:
            self.told, self.is_refused = refusal.message, True
            return None
        self.asked, self.told = policy.name, ""
        self.changes = differences(in_force.in_force(), policy)
        return rx.call_script(OPEN)

    @rx.event
    async def use(self):
        """Put the policy that was asked about in force."""
        try:
            policy = _policy(self.asked)
            is_new = await ask(self, put_in_force, policy)
            await in_reading(keeping.refresh)
        except StoreError as refusal:
            self.told, self.is_refused = refusal.message, True
            return rx.call_script(CLOSE)
        done = "is in force" if is_new else "was in force already"
        self.told, self.is_refused = f"{policy.name} {done}.", False
        self._show()
        shown = await self.get_state(WhatIfState)
        shown.report = marked(shown.report, offers.name_in_force())
        return rx.call_script(CLOSE)

    @rx.event
    async def variables(self, name: str):
        """Hand a policy out as variables of Terraform."""
        try:
            await in_reading(operators.require_operator, token_of(self))
            policy = in_force.in_force() if name == offers.IN_FORCE else _policy(name)
        except StoreError as refusal:
            self.told, self.is_refused = refusal.message, True
            return None
        return rx.download(data=as_variables(policy), filename=FILE_NAME)

    def _show(self) -> None:
        held = in_force.held()
        self.in_force, self.is_another = held.policy.name, offers.is_another()


def _policy(name: object) -> ScalingPolicy:
    """One that is offered.

    Raises:
        NotFound: None is called so.
    """
    policy = offers.offered().get(name) if isinstance(name, str) else None
    if policy is None:
        raise NotFound("policy")
    return policy
