"""A root module in a folder of its own, applied to an AWS on loopback.

with copied(folder) as root:      terraform/ with local_aws.tf laid over it, nothing else changed
Stack(program, root, aws).apply() .plan() .outputs() .destroy()
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from copy import copy
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from cloudscale.settings import ROOT
from tests.aws_server import CREDENTIALS, Aws
from tests.terraform.program import LEFT, Program

SOURCE = ROOT / "terraform"
EXCEPTIONS = Path(__file__).with_name("local_aws.tf")
APPLY_SECONDS = 600  # 210 on two idle cores
NOTHING_TO_DO, CHANGES = 0, 2  # exit codes of `plan -detailed-exitcode`


def copied(folder: Path, is_local: bool = True) -> Path:
    """A copy of all of `terraform/`.

    Args:
        folder: Where to.
        is_local: Whether the exceptions for the local server are laid over it.
    """
    root = shutil.copytree(SOURCE, folder / "terraform", ignore=LEFT)
    if is_local:
        for name, text in exceptions():
            (root / name).write_text(text)
    return root


def exceptions() -> Iterator[tuple[str, str]]:
    """Name and text of each override file."""
    parts = re.split(r"(?m)^#> (\S+)\n", EXCEPTIONS.read_text())[1:]
    yield from zip(parts[::2], parts[1::2], strict=True)


class Stack:
    """A root module on an AWS.

    Args:
        program: Terraform.
        root: The root module's folder.
        aws: Where it is applied.
        variables: The module's.
    """

    def __init__(
        self, program: Program, root: Path, aws: Aws, variables: Mapping[str, Any] | None = None
    ) -> None:
        self.root = root
        self._program = program
        self._environment = {
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": aws.url,
            **{f"TF_VAR_{name}": _written(value) for name, value in (variables or {}).items()},
        }

    def run(self, *arguments: str, timeout_seconds: float = 120) -> CompletedProcess[str]:
        """Any command; its exit code is the caller's to judge."""
        return self._program.run(
            self.root, *arguments, timeout_seconds=timeout_seconds, environment=self._environment
        )

    def told(self, command: str, *arguments: str) -> str:
        """Any command as a person types it, who sees it done; what it printed."""
        quiet = QUIET if command in {"plan", "apply"} else ()
        done = self.run(command, *quiet, *arguments, timeout_seconds=APPLY_SECONDS)
        return self._done(done).stdout

    def beside(self, folder: Path) -> "Stack":
        """The same stack with a state of its own, which may be changed."""
        made = copy(self)
        made.root = shutil.copytree(self.root, folder / "terraform", symlinks=True)
        return made

    def init(self, *arguments: str) -> None:
        """Make it ready."""
        self._done(self.run("init", "-no-color", *arguments))

    def apply(self) -> str:
        """Build it all; tells what Terraform printed."""
        done = self.run("apply", *QUIET, "-auto-approve", timeout_seconds=APPLY_SECONDS)
        return self._done(done).stdout

    def plan(self, *arguments: str) -> CompletedProcess[str]:
        """What `apply` would do now; the exit code is `NOTHING_TO_DO` or `CHANGES`, or an error."""
        command = ("plan", *QUIET, "-detailed-exitcode", *arguments)
        return self.run(*command, timeout_seconds=APPLY_SECONDS)

    def outputs(self) -> dict[str, Any]:
        """The outputs by name."""
        told = self._done(self.run("output", "-json")).stdout
        return {name: output["value"] for name, output in json.loads(told).items()}

    def resources(self) -> list[str]:
        """The addresses of what the state holds."""
        return self._done(self.run("state", "list")).stdout.split()

    def hundreds(self) -> float:
        """How many hundreds of resources the state holds, without what Terraform only reads."""
        return sum("data." not in address for address in self.resources()) / 100

    def destroy(self) -> None:
        """Take it all away."""
        self._done(self.run("destroy", *QUIET, "-auto-approve", timeout_seconds=APPLY_SECONDS))

    def _done(self, process: CompletedProcess[str]) -> CompletedProcess[str]:
        assert process.returncode == 0, process.stdout[-4000:] + process.stderr
        return process


QUIET = ("-no-color", "-input=false", "-lock-timeout=5s", "-parallelism=20")


def _written(value: Any) -> str:
    """A variable's value as the environment holds it."""
    return value if isinstance(value, str) else json.dumps(value)
