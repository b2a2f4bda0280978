"""A call of the guides, made by boto3 as AWS's command line would make it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name

from tests.aws_server import Aws
from tests.unit.guide import aws_words
from tests.unit.guide.commands import Command

STACK = "cloudscale-production"
FILLED = "1700000000000"
"""What stands for `$(date …)`, the one command that a shell would put in a call's place."""


@dataclass(frozen=True)
class Caller:
    """Makes the calls on an AWS.

    Attributes:
        aws: Which.
        names: What a shell puts in the place of `$NAME`.
    """

    aws: Aws
    names: Mapping[str, str]

    def make(self, command: Command) -> dict[str, Any]:
        """Make a call, or wait; what was answered."""
        service = aws_words.judged(command.words).service
        client = self.aws.client(service)
        if command.words[2] == "wait":
            return self._wait(client, command)
        call = aws_words.judged(command.words)
        members = self._members(client, client.meta.method_to_api_mapping[call.operation])
        return getattr(client, call.operation)(**self._arguments(members, call.options))

    def _wait(self, client: Any, command: Command) -> dict[str, Any]:
        waiter = client.get_waiter(xform_name(command.words[3]).replace("-", "_"))
        members = self._members(client, waiter.config.operation)
        given = self._arguments(members, aws_words.judged(command.words).options)
        waiter.wait(**given, WaiterConfig={"Delay": 0, "MaxAttempts": 3})
        return {}

    def _members(self, client: Any, operation: str) -> Mapping[str, Any]:
        return client.meta.service_model.operation_model(operation).input_shape.members

    def _arguments(
        self, members: Mapping[str, Any], options: Mapping[str, list[str]]
    ) -> dict[str, Any]:
        """The options of a command as boto3 takes them."""
        known = {xform_name(name, "-"): name for name in members}
        given = {}
        for option, values in options.items():
            plain = option if option in known else option.removeprefix("no-")
            if plain in known:
                shape = members[known[plain]]
                is_no = shape.type_name == "boolean" and plain != option
                given[known[plain]] = False if is_no else self._value(shape, values)
        return given

    def _value(self, shape: Any, values: list[str]) -> Any:
        filled = [self._filled(value) for value in values]
        if shape.type_name == "boolean":
            return True
        if shape.type_name in {"integer", "long"}:
            return int(filled[0])
        if shape.type_name != "list":
            return filled[0]
        if shape.member.type_name != "structure":
            return filled
        return [_row(shape.member, text) for text in filled]

    def _filled(self, text: str) -> str:
        for name, value in self.names.items():
            text = text.replace(f"${name}", value)
        text = text.replace("FILLED", FILLED)
        assert not re.search(r"\$[A-Z]", text), f"nothing is put in the place of {text}"
        return text


def _row(shape: Any, text: str) -> dict[str, Any]:
    """The command line's own way to write a structure: Key=Project,Values=cloudscale."""
    pairs = dict(part.split("=", 1) for part in text.split(","))
    return {
        name: [value] if shape.members[name].type_name == "list" else value
        for name, value in pairs.items()
    }
