"""What an examination comes to: all is well, something to know, or something to mend.

examine(name, ask) --ask()--> what is well, in words | raises Remark | raises Ailment --> Finding
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from cloudscale.serving.terminal import plain, say

Examination = Callable[[], str]
"""Says in words what is well; raises `Remark` or `Ailment` where something is not."""


class Verdict(StrEnum):
    """How something stands, as it is printed."""

    WELL = "ok"
    NOTE = "note"
    MEND = "MEND"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one examination came to.

    Attributes:
        name: What was examined.
        verdict: How it stands.
        words: What was found; tells no secret.
        mend: What to do about it; empty where nothing is to be done.
    """

    name: str
    verdict: Verdict
    words: str
    mend: str = ""

    def __str__(self) -> str:
        """One line for people."""
        return f"  {self.verdict:<5} {self.name:<18} {self.words} {self.mend}".rstrip()


class Ailment(Exception):
    """Something is wrong.

    Attributes:
        words: What.
        mend: How to mend it.
    """

    verdict = Verdict.MEND

    def __init__(self, words: str, mend: str = "") -> None:
        super().__init__(words)
        self.words, self.mend = words, mend


class Remark(Ailment):
    """Something that may be meant so, and should be known."""

    verdict = Verdict.NOTE


def examine(name: str, ask: Examination) -> Finding:
    """Ask one thing, and say what it came to; words may hold what a stranger told."""
    try:
        return Finding(name, Verdict.WELL, plain(ask()))
    except Ailment as found:
        return Finding(name, found.verdict, plain(found.words), found.mend)


def examined(examinations: Mapping[str, Examination]) -> Iterator[Finding]:
    """One finding after the other, as they are made."""
    for name, ask in examinations.items():
        yield examine(name, ask)


def report(findings: Iterable[Finding], *, is_json: bool) -> int:
    """Tell the findings as they are made.

    Args:
        findings: What was found.
        is_json: Whether programs are told, on stdout, instead of people on stderr.

    Returns:
        Exit code: 0 nothing is to be mended, 1 something is.
    """
    told = []
    for finding in findings:
        told.append(finding)
        if not is_json:
            say(str(finding))
    ailing = sum(finding.verdict is Verdict.MEND for finding in told)
    if is_json:
        sys.stdout.write(_as_json(told, ailing))
    else:
        say("All is well." if not ailing else f"{ailing} to mend.")
    return 1 if ailing else 0


def _as_json(told: Iterable[Finding], ailing: int) -> str:
    rows = [
        {"name": one.name, "verdict": one.verdict.lower(), "words": one.words, "mend": one.mend}
        for one in told
    ]
    return json.dumps({"toMend": ailing, "findings": rows}, indent=2) + "\n"
