"""AWS's command line, judged by botocore's models of the services, which it is made from.

`aws SERVICE OPERATION --name value …` --> Call: what boto3 would be asked
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import jmespath
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

EVERYWHERE = {"query", "output", "region", "no-cli-pager", "no-paginate"}
PAGING = {"max-items", "page-size", "starting-token"}
SERVICES = {"s3api": "s3"}
"""What the command line calls a service, where that is not botocore's name."""


class WrongCall(Exception):
    """AWS's command line would refuse it; the message says why."""


@dataclass(frozen=True)
class Call:
    """One call, as boto3 makes it; `options` are as they were written."""

    service: str
    operation: str
    options: dict[str, list[str]]


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def judged(words: tuple[str, ...]) -> Call:
    """The call that a command makes.

    Raises:
        WrongCall: A name is none, something required is missing, or a value is none of those known.
    """
    service, action, rest = SERVICES.get(words[1], words[1]), words[2], list(words[3:])
    if service not in Loader().list_available_services("service-2"):
        raise WrongCall(f"there is no service {service}")
    if action == "wait":
        return _waited(service, rest)
    model = _model(service)
    named = {xform_name(name, "-"): name for name in model.operation_names}
    if action not in named:
        raise WrongCall(f"{service} has no operation {action}")
    operation = model.operation_model(named[action])
    options = _options(rest)
    _judge(service, operation, options)
    return Call(service, xform_name(operation.name), options)


def _options(words: list[str]) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            name, has_value, value = word.removeprefix("--").partition("=")
            options[name] = [value] if has_value else []
        elif options:
            options[list(options)[-1]].append(word)
        else:
            raise WrongCall(f"{word} belongs to no option")
    return options


def _judge(service: str, operation: OperationModel, options: dict[str, list[str]]) -> None:
    members: dict[str, Shape] = dict(operation.input_shape.members) if operation.input_shape else {}
    known = {xform_name(name, "-"): name for name in members}
    given = set()
    for name, values in options.items():
        if name in EVERYWHERE:
            if name == "query":
                jmespath.compile(values[0])
            continue
        if name in PAGING and _is_paged(service, operation.name):
            continue
        plain = name if name in known else name.removeprefix("no-")
        if plain not in known:
            raise WrongCall(f"{operation.name} has no option --{name}")
        given.add(known[plain])
        _judge_values(members[known[plain]], name, values)
    required = set(operation.input_shape.required_members) if operation.input_shape else set()
    if missing := required - given:
        raise WrongCall(f"{operation.name} needs {', '.join(sorted(missing))}")


def _judge_values(shape: Any, name: str, values: list[str]) -> None:
    if shape.type_name == "boolean":
        if values:
            raise WrongCall(f"--{name} takes no value")
        return
    if not values:
        raise WrongCall(f"--{name} needs a value")
    if shape.type_name in {"string", "integer", "long"} and len(values) > 1:
        raise WrongCall(f"--{name} takes one value")
    element = shape.member if shape.type_name == "list" else shape
    for value in values:
        allowed = getattr(element, "enum", None)
        if allowed and "$" not in value and value not in allowed:
            raise WrongCall(f"--{name} knows no {value}")


def _is_paged(service: str, operation: str) -> bool:
    return operation in Loader().load_service_model(service, "paginators-1")["pagination"]


def _waited(service: str, words: list[str]) -> Call:
    waiters = Loader().load_service_model(service, "waiters-2")["waiters"]
    named = {xform_name(name, "-"): waiter for name, waiter in waiters.items()}
    if words[0] not in named:
        raise WrongCall(f"{service} waits for no {words[0]}")
    operation = _model(service).operation_model(named[words[0]]["operation"])
    options = _options(words[1:])
    _judge(service, operation, options)
    return Call(service, "", options)
