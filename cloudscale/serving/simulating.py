"""`python -m cloudscale simulate`: policies against each other in a terminal, or for programs."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cloudscale.ops.policy.choices import CHOICES
from cloudscale.ops.scaling import traces, whatif
from cloudscale.ops.scaling.compare import Result
from cloudscale.ops.scaling.scenarios import BY_NAME
from cloudscale.ops.scaling.whatif import Answer, Question
from cloudscale.serving import policy_file
from cloudscale.serving.refusal import Refused
from cloudscale.serving.terminal import say

COLUMNS = (
    ("policy", 16),
    ("late %", 8),
    ("cost $", 9),
    ("inst.-h", 8),
    ("flaps", 6),
    ("changes", 8),
    ("reaction s", 11),
    ("theta U/O %", 15),
    ("tau U/O %", 13),
    ("instab. %", 9),
)


def question_of(
    trace: Path | None,
    scenario: str | None,
    policies: Sequence[str],
    **asked: object,
) -> Question:
    """The question that a command line asks.

    Args:
        trace: A CSV.
        scenario: Or the name of a scenario.
        policies: Files, or names; all that there are to choose from when empty.
        **asked: What `Question` has besides, and `fill_gaps`.

    Raises:
        InvalidInput, Refused: Something of it cannot be used.
    """
    is_filled = bool(asked.pop("fill_gaps", False))
    fields = {name: value for name, value in asked.items() if value is not None}
    fields["policies"] = tuple(map(policy_file.named, policies)) or tuple(CHOICES.values())
    if trace is not None:
        found = _trace(trace, is_filled)
        fields |= {"counts": tuple(found.requests), "step_seconds": found.step_seconds}
        fields["title"] = trace.name[:80]
    if scenario is not None:
        if scenario not in BY_NAME:
            raise Refused(f"There is no scenario {scenario}. There are: {', '.join(BY_NAME)}.")
        fields["scenario"] = scenario
    return whatif.checked(fields)


def asked_by_program(source: str) -> Question:
    """A whole question as JSON, from a file or (`-`) from stdin."""
    if source == "-":
        return Question.parse(sys.stdin.buffer.read())
    with _opened(Path(source)) as file:
        return Question.parse(file.read())


def run(question: Question, *, is_json: bool) -> None:
    """Answer a question: data to stdout, how far it is to stderr."""
    answer = whatif.answer(question, _progress())
    if is_json:
        sys.stdout.write(json.dumps(answer.as_json()) + "\n")
    else:
        sys.stdout.write(table(answer))


def table(answer: Answer) -> str:
    """The answer for people."""
    head = (
        f"{answer.title}, {answer.hours:g} h, seed {answer.seed}. SIMULATED: no such traffic ran."
    )
    names = "".join(
        name.rjust(width) if at else name.ljust(width) for at, (name, width) in enumerate(COLUMNS)
    )
    rows = "\n".join(map(_row, answer.results))
    best = ", ".join(one.name for one in answer.results if one.is_best)
    return (
        f"{head}\n\n{names}\n{rows}\n\n"
        f"Late: over 300 ms, or given up. Nobody beats, on both late requests and cost: {best}.\n"
    )


def _row(one: Result) -> str:
    told = one.elasticity
    reaction = "-" if one.reaction.mean_seconds is None else f"{one.reaction.mean_seconds:.0f}"
    cells = (
        one.name,
        f"{one.late_percent:.3f}",
        f"{one.cost:.2f}",
        f"{one.instance_hours:.1f}",
        f"{one.flaps}",
        f"{one.changes}",
        reaction,
        f"{told.under_accuracy:.1f}/{told.over_accuracy:.1f}",
        f"{told.under_timeshare:.1f}/{told.over_timeshare:.1f}",
        f"{told.instability:.1f}",
    )
    pairs = enumerate(zip(cells, COLUMNS, strict=True))
    return "".join(
        cell.rjust(width) if at else cell.ljust(width) for at, (cell, (_, width)) in pairs
    )


def _progress() -> Callable[[float], None]:
    """Tells every percent once."""
    told = -1

    def progress(share: float) -> None:
        nonlocal told
        if (percent := int(share * 100)) > told:
            told = percent
            say(f"{percent} %")

    return progress


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as fault:
        raise Refused(f"{path} cannot be read: {fault.strerror}.") from None


def _trace(path: Path, fill_gaps: bool) -> traces.Trace:
    with _opened(path) as file:
        lines = (line.decode("utf-8", errors="replace") for line in file)
        return traces.read(lines, fill_gaps=fill_gaps)
