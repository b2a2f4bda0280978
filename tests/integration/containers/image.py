"""The Dockerfile, read: its stages, what they copy, what they run, and how the store is started.

No Docker runs here, so each instruction that the tests need is understood, and no other is let by.
"""

import json
import re
import shlex
from dataclasses import dataclass, field

from cloudscale.settings import ROOT

KNOWN = {
    *("FROM", "ARG", "ENV", "WORKDIR", "RUN", "COPY", "LABEL", "USER", "VOLUME", "EXPOSE"),
    *("STOPSIGNAL", "HEALTHCHECK", "CMD"),
}


@dataclass(frozen=True)
class Copy:
    """One COPY.

    Attributes:
        origin: The stage that is copied from; empty for the folder that is built.
        sources: What is copied.
        target: Where to, as it is written.
    """

    origin: str
    sources: tuple[str, ...]
    target: str


@dataclass
class Stage:
    """One stage, in the order of its instructions."""

    name: str
    base: str
    copies: list[Copy] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    """Every other instruction; the last one wins."""


def stages() -> dict[str, Stage]:
    """The Dockerfile's stages by name.

    Raises:
        AssertionError: It has an instruction that is not understood here.
    """
    found: dict[str, Stage] = {}
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    for line in (line for line in lines if line and not line.startswith("#")):
        kind, _, rest = line.partition(" ")
        assert kind in KNOWN, line
        if kind == "FROM":
            base, name = re.fullmatch(r"(\S+) AS (\S+)", rest).groups()  # type: ignore[union-attr]
            found[name] = Stage(name, base)
        elif found:
            _add(list(found.values())[-1], kind, rest)
    return found


def _add(stage: Stage, kind: str, rest: str) -> None:
    if kind == "RUN":
        stage.runs.append(rest)
    elif kind == "COPY":
        words = shlex.split(rest)
        named = [word.removeprefix("--from=") for word in words if word.startswith("--from=")]
        paths = [word for word in words if not word.startswith("--")]
        stage.copies.append(Copy("".join(named), tuple(paths[:-1]), paths[-1]))
    elif kind == "ENV":
        stage.environment |= dict(word.split("=", 1) for word in shlex.split(rest))
    else:
        stage.said[kind] = rest


def command(stage: Stage, kind: str) -> list[str]:
    """The words of CMD, or of the command that HEALTHCHECK runs."""
    return json.loads(stage.said[kind][stage.said[kind].index("[") :])
