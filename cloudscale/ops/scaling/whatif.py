"""What if the fleet followed another policy? One question, as pages and terminals ask it. Pure.

Question --demand--> Demand --compare--> Answer
"""

from array import array
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Protocol

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from cloudscale.ops.policy import document
from cloudscale.ops.policy.rules import Part
from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.ops.scaling import scenarios, traces
from cloudscale.ops.scaling.compare import ORACLE, Result, compare
from cloudscale.ops.scaling.model.demand import Demand
from cloudscale.ops.scaling.model.settings import GroupSettings, Spread
from cloudscale.ops.scaling.traces import Trace

MOST_POLICIES = 6
WHOLE = "question"
"""What a fault of the whole question is named by."""
USUAL_BOOT_SECONDS = 120  # of GroupSettings' own
Count = Annotated[float, Field(ge=0, le=1e12)]


class Question(Part):
    """What is asked.

    Attributes:
        scenario: The name of one; or …
        counts: … requests that were counted, step by step.
        step_seconds: The length of a step of those.
        title: What those are called.
        peak_requests_per_second: Scales those so that the busiest step is so busy; as counted when
            not given.
        policies: What to compare.
        boot_seconds: How long an instance takes from its launch to its first answer, at the median.
        seed: Of all chance. The same question gets the same answer.
    """

    scenario: scenarios.ScenarioName | None = None
    counts: tuple[Count, ...] | None = Field(
        default=None, min_length=traces.SMALLEST_ROWS, max_length=traces.LARGEST_ROWS
    )
    step_seconds: int = Field(default=60, ge=1, le=traces.LONGEST_STEP_SECONDS)
    title: str = Field(default="Your trace", max_length=80)
    peak_requests_per_second: float | None = Field(default=None, gt=0, le=100_000)
    policies: tuple[ScalingPolicy, ...] = Field(min_length=1, max_length=MOST_POLICIES)
    boot_seconds: int = Field(default=120, ge=5, le=1_800)
    seed: int = Field(default=1, ge=0, le=2**31 - 1)

    @model_validator(mode="after")
    def _asks_one_thing(self) -> "Question":
        if (self.scenario is None) == (self.counts is None):
            raise ValueError("needs either a scenario or counts")
        names = [policy.name for policy in self.policies]
        if len(set(names)) < len(names):
            raise ValueError("policies: each must have a name of its own")
        if ORACLE in names:
            raise ValueError(f"policies: {ORACLE} is what they are compared with")
        return self

    @classmethod
    def parse(cls, text: str | bytes) -> "Question":
        """Read one that was written as JSON.

        Raises:
            InvalidInput: It makes no sense; each field that is at fault is named.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as wrong:
            raise document.refusal(wrong, WHOLE) from None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it.

    Attributes:
        title: Of the traffic.
        hours: How long it lasted.
        seed: Of all chance.
        results: One a policy, and the oracle's last.
    """

    title: str
    hours: float
    seed: int
    results: tuple[Result, ...]

    @classmethod
    def of_json(cls, written: Any) -> "Answer":
        """What `as_json` made, read again."""
        return TypeAdapter(cls).validate_python(written)

    def as_json(self) -> dict[str, Any]:
        """As programs get it."""
        return asdict(self)


def answer(question: Question, progress: Callable[[float], None] = lambda share: None) -> Answer:
    """Run it; takes seconds, and a minute for a long trace.

    Args:
        question: What is asked.
        progress: Told the share that is done, 0 to 1.

    """
    title, demand = _demand(question)
    settings = booting_in(question.boot_seconds)
    results = compare(demand, question.policies, settings, question.seed, progress)
    hours = len(demand.requests_per_second) * demand.step_seconds / 3_600
    return Answer(title, hours, question.seed, results)


def booting_in(seconds: float) -> GroupSettings:
    """The usual fleet, with instances that take so long from launch to first answer, at the median.

    All parts of that time, and how they differ from one instance to the next, change alike.
    """
    usual = GroupSettings()
    factor = seconds / USUAL_BOOT_SECONDS

    def scaled(spread: Spread) -> Spread:
        median, p95 = spread.median_seconds * factor, spread.p95_seconds * factor
        return Spread(median_seconds=median, p95_seconds=p95)

    changed = {name: scaled(getattr(usual, name)) for name in ("launch", "boot", "warm_start")}
    return usual.model_copy(update=changed)


class Simulator(Protocol):
    """Somewhere to run a question, so that whoever asks can do something else meanwhile."""

    async def answer(
        self, question: Question, progress: Callable[[float], Awaitable[None]]
    ) -> dict[str, Any]:
        """The answer as `Answer.as_json` has it. Ended with whoever waits for it.

        Args:
            question: What is asked.
            progress: Told the share that is done, 0 to 1.

        Raises:
            Busy: Too many are asked already (503).
            SimulationFailed: It did not end well, or not in time.
        """
        ...


def checked(fields: dict[str, Any]) -> Question:
    """A question from its fields.

    Raises:
        InvalidInput: It makes no sense; each field that is at fault is named.
    """
    try:
        return Question(**fields)
    except ValidationError as wrong:
        raise document.refusal(wrong, WHOLE) from None


def _demand(question: Question) -> tuple[str, Demand]:
    if question.scenario is not None:
        scenario = scenarios.BY_NAME[question.scenario]
        return scenario.title, scenario.demand(question.seed)
    trace = Trace(question.step_seconds, array("d", question.counts or ()), 0.0)
    return question.title, trace.demand(question.peak_requests_per_second)
