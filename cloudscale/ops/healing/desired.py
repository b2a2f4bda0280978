"""The desired document: what Terraform wrote that there should be, read and checked. Pure.

SSM parameter: {schema, bucket, key, sha256, change}      which document is the newest
S3 object:     {schema, change, stack, limits, resources} the document itself
SSM parameter: {change, hold_until}                       an apply is under way

Whatever is wrong with it: nothing is acted on, and people are told.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cloudscale.ops.healing.limits import Limits
from cloudscale.ops.healing.resource import Ref, Resource

SCHEMA = 1
"""The version of the document that this code reads."""


class DesiredFault(Exception):
    """There is no desired document that could be followed.

    Attributes:
        reason: What is wrong with it, in words safe to show.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StackFacts:
    """Where the stack is, and the names that healing needs besides its resources.

    Attributes:
        name: What everything is named after, such as `cloudscale-production`.
        region: The AWS region.
        account: The account's number.
        partition: `aws`, as in ARNs.
        group: The Auto Scaling group's name.
        target_group: The ARN of the target group.
        database: The database's identifier; empty where there is none.
        environment: The shop's ENVIRONMENT, a dimension of its figures.
        namespace: Of the shop's own figures in CloudWatch.
    """

    name: str
    region: str
    account: str = ""
    partition: str = "aws"
    group: str = ""
    target_group: str = ""
    database: str = ""
    environment: str = "production"
    namespace: str = "CloudScale/Commerce"


@dataclass(frozen=True, slots=True)
class Desired:
    """All that there should be.

    Attributes:
        change: Names the state of Terraform's inputs that it was written for.
        stack: Where.
        limits: How far healing may go.
        resources: Each one.
    """

    change: str
    stack: StackFacts
    limits: Limits
    resources: Sequence[Resource]

    def by_ref(self) -> dict[Ref, Resource]:
        """The resources by their names."""
        return {one.ref: one for one in self.resources}


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which document is the newest, as the parameter says.

    Attributes:
        bucket: Where it is kept.
        key: Its name there.
        sha256: Of its bytes, in hexadecimal.
        change: As in the document.
    """

    bucket: str
    key: str
    sha256: str
    change: str


@dataclass(frozen=True, slots=True)
class Hold:
    """An apply is under way.

    Attributes:
        change: What it leads to; it is over once the pointer says the same.
        until: When it counts as over in any case, aware UTC.
    """

    change: str
    until: datetime

    def is_on(self, pointer: Pointer, now: datetime) -> bool:
        """Whether healing only observes."""
        return self.change != pointer.change and now < self.until


def pointer_of(text: str) -> Pointer:
    """The pointer as the parameter holds it.

    Raises:
        DesiredFault: It is damaged, or of another version.
    """
    document = _json(text, "The parameter that names the desired document")
    _check_schema(document)
    try:
        return Pointer(*(_text(document, name) for name in ("bucket", "key", "sha256", "change")))
    except (KeyError, ValueError) as wrong:
        raise DesiredFault(f"The parameter that names the desired document: {wrong}") from wrong


def hold_of(text: str | None) -> Hold | None:
    """The hold as its parameter holds it; `None` where there is no such parameter.

    Raises:
        DesiredFault: It is damaged; then nobody knows whether an apply is under way.
    """
    if text is None:
        return None
    document = _json(text, "The parameter that says whether an apply is under way")
    try:
        until = datetime.fromisoformat(_text(document, "hold_until"))
        if until.tzinfo is None:
            raise ValueError("hold_until has no time zone")
        return Hold(_text(document, "change"), until)
    except (KeyError, ValueError) as wrong:
        words = f"The parameter that says whether an apply is under way: {wrong}"
        raise DesiredFault(words) from wrong


def desired_of(body: bytes, pointer: Pointer) -> Desired:
    """The document itself, if it is the one that the pointer means.

    Raises:
        DesiredFault: It is another one, damaged, or of another version.
    """
    if hashlib.sha256(body).hexdigest() != pointer.sha256:
        raise DesiredFault(
            "The desired document is not the one that Terraform named: its hash differs."
        )
    document = _json(body.decode("utf-8", "replace"), "The desired document")
    _check_schema(document)
    try:
        return _read(document)
    except (KeyError, TypeError, ValueError) as wrong:
        raise DesiredFault(f"The desired document cannot be read: {wrong}") from wrong


def _read(document: Mapping[str, Any]) -> Desired:
    rows = document["resources"]
    if not isinstance(rows, list) or not rows:
        raise ValueError("it names no resources")
    resources = tuple(_resource(row) for row in rows)
    refs = {one.ref for one in resources}
    if len(refs) != len(resources):
        raise ValueError("it names a resource twice")
    return Desired(
        change=_text(document, "change"),
        stack=StackFacts(**document["stack"]),
        limits=Limits.of_json(document.get("limits", {})),
        resources=resources,
    )


def _resource(row: Mapping[str, Any]) -> Resource:
    fields, about = row["fields"], row.get("about") or {}
    if not isinstance(fields, dict) or not isinstance(about, dict):
        raise ValueError(f"fields of {row['kind']}/{row['name']} are no object")
    ref = Ref(_text(row, "kind"), _text(row, "name"))
    return Resource(ref, _text(row, "id"), _text(row, "address"), fields, about)


def _check_schema(document: Mapping[str, Any]) -> None:
    found = document.get("schema")
    if found == SCHEMA:
        return
    if isinstance(found, int) and found > SCHEMA:
        words = (
            f"version {found}, newer than the {SCHEMA} that this healer reads: deploy a newer one"
        )
    elif isinstance(found, int):
        words = f"version {found}, older than {SCHEMA}: run terraform apply"
    else:
        words = "no version that this healer knows"
    raise DesiredFault(f"The desired state is of {words}.")


def _json(text: str, what: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as wrong:
        raise DesiredFault(f"{what} is no JSON.") from wrong
    if not isinstance(document, dict):
        raise DesiredFault(f"{what} is no JSON object.")
    return document


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document[name]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is no text")
    return value
