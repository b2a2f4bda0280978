"""The commands that the guides tell, by the kind of place that their fenced blocks need.

```sh local       this machine, from the project's folder
```sh terraform   the same in terraform/, with an AWS; the tests have one on loopback
```sh aws         an AWS account, by AWS's own command line
```sh server      a server of the fleet
```sh elsewhere   GitHub, Docker, or a machine that has nothing yet
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from cloudscale.settings import ROOT

GUIDES = ("deploy.md", "operate.md")
KINDS = {"local", "terraform", "aws", "server", "elsewhere"}
BLOCK = re.compile(r"^```(sh\b[^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILLED = re.compile(r"\$\([^()]*\)")
"""What a shell would put in place of `$(…)`."""


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        guide: Where it stands.
        kind: Of its block.
        line: As it is written.
        words: As a shell hands them on; `$(…)` and pipes are cut.
    """

    guide: str
    kind: str
    line: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.guide}: {self.line}"


def kinds(guide: str) -> list[str]:
    """What each block of shell commands says of itself."""
    return [head for head, _ in BLOCK.findall((ROOT / "docs" / guide).read_text())]


def commands(*of: str) -> list[Command]:
    """Every command of these kinds, in the guides' order."""
    return [
        command
        for guide in GUIDES
        for head, body in BLOCK.findall((ROOT / "docs" / guide).read_text())
        if head.removeprefix("sh").strip() in of
        for command in _commands(guide, head.removeprefix("sh").strip(), body)
    ]


def _commands(guide: str, kind: str, body: str) -> Iterator[Command]:
    for line in body.replace("\\\n", " ").splitlines():
        for part in re.split(r" (?:&&|\|) ", FILLED.sub("FILLED", line)):
            words = shlex.split(part.strip().strip("()"), comments=True)
            while words and (words[0] == "sudo" or re.fullmatch(r"[A-Z_]+=.*", words[0])):
                words = words[1:]
            words = list(takewhile(lambda word: word not in {"<", ">"}, words))
            if words and words[0] != "export":
                yield Command(guide, kind, line.strip(), tuple(words))
