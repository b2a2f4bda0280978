"""Calls that tag, and that take tags back: each service has words of its own for it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds import tags
from cloudscale.ops.healing.kinds.kind import Broken


@dataclass(frozen=True)
class Tagging:
    """How one service tags.

    Attributes:
        service: As boto3 names it.
        whose: Its word for what is tagged.
        tag: Its call that tags.
        untag: Its call that takes tags away.
        written: Tags as it takes them.
        tags: Its word for tags.
        keys: Its word for the names of tags.
    """

    service: str
    whose: str
    tag: str = "tag_resource"
    untag: str = "untag_resource"
    written: Callable[[Mapping[str, str]], Any] = tags.pairs
    tags: str = "Tags"
    keys: str = "TagKeys"

    def both_ways(self, broken: Broken, whose: Any) -> tuple[list[Command], list[Command]]:
        """What tags a resource that is there as wanted, and what takes that back.

        Args:
            broken: The resource.
            whose: What this service calls it.
        """
        if not broken.has("tags"):
            return [], []
        of, undo = {self.whose: whose}, []
        if said := tags.before(broken):
            undo.append(Command(self.service, self.tag, {**of, self.tags: self.written(said)}))
        if names := tags.lost(broken):
            undo.append(Command(self.service, self.untag, {**of, self.keys: names}))
        told = {**of, self.tags: self.written(tags.missing(broken))}
        return [Command(self.service, self.tag, told)], undo


def _of_kms(said: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"TagKey": name, "TagValue": value} for name, value in sorted(said.items())]


ELB = Tagging("elbv2", "ResourceArns", "add_tags", "remove_tags")
KMS = Tagging("kms", "KeyId", written=_of_kms)
LOGS = Tagging("logs", "resourceArn", written=dict, tags="tags", keys="tagKeys")
RDS = Tagging("rds", "ResourceName", "add_tags_to_resource", "remove_tags_from_resource")
SECRETS = Tagging("secretsmanager", "SecretId")
SNS = Tagging("sns", "ResourceArn")
