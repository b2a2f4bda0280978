"""An AWS of its own, what was put there, and what of it Terraform would have written down."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import OBSERVERS
from cloudscale.ops.healing.action import Action
from cloudscale.ops.healing.desired import Desired, StackFacts
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.limits import Limits, Mode
from cloudscale.ops.healing.observed import Observed, Sight
from cloudscale.ops.healing.plan import plan
from cloudscale.ops.healing.resource import Fields, Ref, Resource
from tests.aws_server import REGION, Aws

GROUP = "shop"
NAME = "shop-test"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@dataclass
class Stage:
    """What was put there.

    Attributes:
        aws: Where.
        ids: What AWS called it, by our words.
        resources: What of it is wanted, by name.
        clients: Those that were made.
    """

    aws: Aws
    ids: dict[str, Any] = field(default_factory=dict)
    resources: dict[Ref, Resource] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Whoever sets the stage, or spoils it; each is made once."""
        if service not in self.clients:
            self.clients[service] = self.aws.client(service)
        return self.clients[service]

    def want(self, kind: str, name: str, id_: str, fields: Fields, **about: Any) -> None:
        """Write one down as Terraform does: JSON and back."""
        ref = Ref(kind, name)
        text = json.loads(json.dumps(fields))
        self.resources[ref] = Resource(ref, id_, f"module.x.aws_{kind}.{name}", text, about)

    @property
    def desired(self) -> Desired:
        facts = StackFacts(NAME, REGION, "123456789012", group=GROUP)
        return Desired("change", facts, Limits(Mode.APPLY), tuple(self.resources.values()))

    def observe(self, calls: Calls | None = None, *kinds: str) -> Observed:
        """Look at all, or at some kinds, as healing does."""
        calls = calls or Calls(self.client)
        sights: dict[Ref, Sight] = {}
        for kind, look in OBSERVERS.items():
            wanted = [one for one in self.resources.values() if one.ref.kind == kind]
            if wanted and (not kinds or kind in kinds):
                sights |= look(calls, wanted, self.desired.stack)
        return Observed(NOW, sights)

    def planned(self, *kinds: str) -> tuple[Action, ...]:
        """What healing would do now."""
        observed = self.observe(None, *kinds)
        found = plan(self.desired, observed, History(NOW), NOW, diagnoses=())
        assert found.comparison.unreadable == {}
        assert found.comparison.unknown == ()
        return tuple(one.action for one in found.planned)

    def make(self, action: Action, *, undo: bool = False) -> None:
        """Make an action's calls, or those that take it back."""
        for command in action.undo if undo else action.commands:
            getattr(self.client(command.service), command.operation)(**command.arguments)
