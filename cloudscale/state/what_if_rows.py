"""What the what-if page shows of an answer, as text and figures. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cloudscale.errors import InvalidInput
from cloudscale.ops.policy.offers import offered
from cloudscale.ops.scaling import pictures, whatif
from cloudscale.ops.scaling.compare import ORACLE
from cloudscale.ops.scaling.whatif import Answer, Question
from cloudscale.services.scaling_traces import TraceView

POLICY_FIELD = "policy-"


@dataclass(frozen=True)
class Row:
    """How one policy did, in words."""

    name: str
    description: str
    late: str
    cost: str
    hours: str
    flaps: str
    changes: str
    reaction: str
    accuracy: str
    timeshare: str
    instability: str
    is_best: bool
    is_choice: bool
    is_in_force: bool


@dataclass(frozen=True)
class Report:
    """A whole answer."""

    title: str = ""
    rows: list[Row] = field(default_factory=list)
    verdict: str = ""
    capacity: str = ""
    response: str = ""
    pareto: str = ""


@dataclass(frozen=True)
class Upload:
    """The trace that is there to be used."""

    id: int = 0
    words: str = ""


def upload_of(trace: TraceView) -> Upload:
    """A kept trace in words."""
    filled = f", {trace.filled_steps} of them filled" if trace.filled_steps else ""
    words = f"{trace.name}: {trace.steps:,} steps of {trace.step_seconds} s{filled}, from "
    return Upload(trace.id, f"{words}{trace.began_at:%Y-%m-%d %H:%M} UTC")


def question_of(
    form: Mapping[str, Any], counts: Sequence[float], trace: TraceView | None
) -> Question:
    """What the page's form asks; anything may be in it.

    Args:
        form: The form's fields as the browser sent them.
        counts: The uploaded trace's requests, where the form asks for it.
        trace: That trace.

    Raises:
        InvalidInput: It makes no sense; each field that is at fault is named.
    """
    chosen = [one for name, one in offered().items() if form.get(f"{POLICY_FIELD}{name}")]
    if len(chosen) < 2:
        raise InvalidInput.of("policies", "Choose two policies or more, to compare.")
    fields: dict[str, Any] = {
        "policies": tuple(chosen),
        "boot_seconds": _number(form, "boot_seconds"),
        "seed": _number(form, "seed"),
        "peak_requests_per_second": _number(form, "peak_requests_per_second"),
    }
    if trace is None:
        fields["scenario"] = form.get("scenario")
    else:
        fields |= {"counts": tuple(counts), "step_seconds": trace.step_seconds}
        fields["title"] = trace.name
    return whatif.checked({name: value for name, value in fields.items() if value is not None})


def _number(form: Mapping[str, Any], name: str) -> Any:
    """What stands in a field; an empty one is not asked, and nonsense is refused by `Question`."""
    value = form.get(name)
    return None if value in (None, "") else value


def report_of(answer: Answer, in_force: str) -> Report:
    """An answer in words and pictures.

    Args:
        answer: The answer.
        in_force: The name, among those offered, of the policy that the fleet follows now.
    """
    results = answer.results
    best = [one.name for one in results if one.is_best]
    return Report(
        title=f"{answer.title}, {_hours(answer.hours)}",
        rows=[_row(one, in_force) for one in results],
        verdict=f"Nobody is better on both late requests and cost than {_listed(best)}.",
        capacity=json.dumps(pictures.capacity(results)),
        response=json.dumps(pictures.response(results)),
        pareto=json.dumps(pictures.pareto(results, in_force)),
    )


def marked(report: Report, in_force: str) -> Report:
    """The same report after another policy was put in force."""
    rows = [replace(row, is_in_force=row.name == in_force) for row in report.rows]
    pareto = report.pareto and json.dumps(pictures.marked(json.loads(report.pareto), in_force))
    return replace(report, rows=rows, pareto=pareto)


def _hours(count: float) -> str:
    shown = f"{count:,.1f}".removesuffix(".0")
    return f"{shown} hour" if shown == "1" else f"{shown} hours"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _row(one: Any, in_force: str) -> Row:
    told, reaction = one.elasticity, one.reaction
    return Row(
        name=one.name,
        description=one.description,
        late=f"{one.late_percent:.2f} %",
        cost=f"${one.cost:,.2f}",
        hours=f"{one.instance_hours:,.1f}",
        flaps=f"{one.flaps}",
        changes=f"{one.changes}",
        reaction="none" if reaction.mean_seconds is None else f"{reaction.mean_seconds:.0f} s",
        accuracy=f"{told.under_accuracy:.1f} / {told.over_accuracy:.1f} %",
        timeshare=f"{told.under_timeshare:.1f} / {told.over_timeshare:.1f} %",
        instability=f"{told.instability:.1f} %",
        is_best=one.is_best,
        is_choice=one.name != ORACLE,
        is_in_force=one.name == in_force,
    )
