"""Terraform, and an AWS on loopback that it builds on."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cloudscale.serving import healer_package
from tests import aws_server
from tests.aws_server import Aws
from tests.terraform import inventory, program, recording
from tests.terraform.program import Program
from tests.terraform.recording import Call
from tests.terraform.stack import Stack, copied
from tests.unit.guide.commands import commands

MOTO = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "true", "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
COMMIT = "89abcdef01" * 4
VARIABLES = {
    "application_ref": COMMIT,
    "application_repository": "https://example.com/shop.git",
    "notification_email": "ops@example.com",
    "deletion_protection": False,  # it is destroyed again
    "healing_mode": "apply",
}
BUILDING_SECONDS = 900  # a whole stack is built in the first test that looks at it


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return program.find(tmp_path_factory.mktemp("terraform"))


@contextmanager
def empty_aws(folder: Path) -> Iterator[Aws]:
    """An AWS in which nothing has been built."""
    with aws_server.running(folder, MOTO) as running:
        # Before anything is built: there is no Docker that could run a function.
        running.tell("config", b'{"lambda": {"use_docker": false}}')
        yield running


@dataclass(frozen=True)
class Built:
    """The whole stack on an AWS of its own.

    Attributes:
        aws: Where it is.
        before: What was there before it.
        stack: The stack.
        log: What Terraform printed while it built it.
    """

    aws: Aws
    before: set[str]
    stack: Stack
    log: str


def build(terraform: Program, aws: Aws, folder: Path) -> Built:
    """Build the stack by the guide's commands, which takes minutes of waiting."""
    before = inventory.everything(aws)
    aws.tell("recorder/start-recording")
    package = folder / "healer.zip"
    healer_package.write(package)
    variables = {**VARIABLES, "healer_package": str(package)}
    stack = Stack(terraform, copied(folder), aws, variables)
    told = [stack.told(*words) for words in guided()]
    return Built(aws, before, stack, "".join(told))


def guided() -> list[tuple[str, ...]]:
    """What the guide has people tell Terraform to build the stack."""
    told = [one.words for one in commands("terraform") if one.words[0] == "terraform"]
    begin, end = told.index(("terraform", "init")), told.index(("terraform", "apply", "plan"))
    return [
        tuple(word.replace("FILLED", COMMIT) for word in one[1:]) for one in told[begin : end + 2]
    ]


@pytest.fixture(scope="session", autouse=True)
def being_built(
    request: pytest.FixtureRequest, terraform: Program, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Future[Built] | None]:
    """The stack, which is built while the other tests run; `None` where no test looks at it."""
    if not any("built" in getattr(item, "fixturenames", ()) for item in request.session.items):
        yield None
        return
    with (
        empty_aws(tmp_path_factory.mktemp("aws")) as aws,
        ThreadPoolExecutor(1, "building") as builder,
    ):
        yield builder.submit(build, terraform, aws, tmp_path_factory.mktemp("stack"))


@pytest.fixture(scope="session")
def built(being_built: Future[Built]) -> Built:
    return being_built.result()


@pytest.fixture(scope="session", autouse=True)
def recorded() -> Iterator[dict[Call, None]]:
    """The calls that healing makes in all of these tests."""
    with recording.recorded() as calls:
        yield calls


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(BUILDING_SECONDS))
