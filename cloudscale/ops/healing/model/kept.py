"""The modelled stack and its switches in the database. Each call is a transaction of its own.

KeptStack --StackKeeper--> ModelWorld        ModelSource --Source--> a run
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select, update

from cloudscale.ops.healing.desired import Desired, Pointer
from cloudscale.ops.healing.keeping import Transaction, ensure, states
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.model import stack
from cloudscale.ops.healing.ports import Switches
from cloudscale.ops.policy import in_force

POINTER = Pointer("model", "model", "model", stack.CHANGE)


class KeptStack:
    """The modelled stack. Any thread may use it.

    Args:
        transaction: Opens a transaction.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def load(self) -> Mapping[str, Any]:
        """The stack as it is: fields by ref."""
        with self._transaction() as session:
            kept = session.connection().scalar(select(states.c.stack))
        return (kept or {}).get("there", {})

    def change(self, how: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Change it, alone."""
        self._change(lambda kept: {**kept, "there": how(kept.get("there", {}))})

    def follow(self, wanted: Desired) -> None:
        """Another policy may be in force: what it wants otherwise moves; a new stack is whole."""
        now = stack.as_wanted(wanted)

        def moved(kept: dict[str, Any]) -> dict[str, Any]:
            before = kept.get("wanted")
            if before == now:
                return kept
            there = now if before is None else stack.followed(kept["there"], before, now)
            return {"wanted": now, "there": there}

        self._change(moved)

    def _change(self, how: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        with self._transaction() as session:
            ensure(session)
            connection = session.connection()
            kept = connection.scalars(select(states.c.stack).with_for_update()).one()
            if (changed := how(kept)) != kept:
                connection.execute(update(states).values(stack=changed))


class ModelSource:
    """What there should be in the model: made of the policy in force.

    Args:
        transaction: Opens a transaction.
        region: The region that the model says it is in.
        mode: What healing may do.
    """

    def __init__(self, transaction: Transaction, region: str, mode: Mode) -> None:
        self._transaction, self._region, self._mode = transaction, region, mode

    def switches(self) -> Switches:
        """Whether the kill switch lets it; there is no apply to wait for."""
        with self._transaction() as session:
            is_on = session.connection().scalar(select(states.c.is_on))
        return Switches(is_on is not False, POINTER)

    def desired(self, pointer: Pointer = POINTER) -> Desired:
        """What there should be now."""
        return stack.desired(in_force.in_force(), self._region, self._mode)
