"""Why the fleet changes, in words that a person reads beside a chart. Pure."""

from cloudscale.ops.policy.rules import Alarm, Comparison, Condition, Metric

SAID: dict[Metric, str] = {
    "cpu_percent": "CPU was",
    "active_users": "active users were",
    "users_gap": "instances that active users take and the fleet lacks were",
    "requests_per_second": "requests were",
    "response_p95_ms": "response p95 was",
}
UNIT: dict[Metric, str] = {
    "cpu_percent": " %",
    "active_users": "",
    "users_gap": "",
    "requests_per_second": " a second",
    "response_p95_ms": " ms",
}
COMPARED: dict[Comparison, str] = {
    ">=": "{} or more",
    ">": "above {}",
    "<": "below {}",
    "<=": "{} or less",
}


def number(value: float) -> str:
    """A number as short as it can be said: 82, 4.5, 0.07."""
    if value >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.2g}" if value < 1 else f"{value:.1f}".removesuffix(".0")


def condition_in_words(condition: Condition, value: float, limit: float) -> str:
    """A condition with its value and limit: "CPU was 82 % (70 % or more)"."""
    unit = UNIT[condition.metric]
    compared = COMPARED[condition.comparison].format(number(limit) + unit)
    return f"{SAID[condition.metric]} {number(value)}{unit} ({compared})"


def gap_in_words(users: float, floor: int, gap: float) -> str:
    """What users ask for: "active users were 4, which takes 3 instances, …"."""
    lacking = f"{number(gap)} more than were asked for"
    return f"active users were {number(users)}, which takes {floor} instances, {lacking},"


def periods_in_words(bad: int, alarm: Alarm) -> str:
    """Of how many periods it is true: "for 2 of 2 minutes"."""
    seconds = alarm.period_seconds
    unit = "minutes" if seconds == 60 else f"periods of {seconds} s"
    if alarm.evaluation_periods == 1:
        unit = "minute" if seconds == 60 else f"period of {seconds} s"
    return f"for {bad} of {alarm.evaluation_periods} {unit}"


def sentence(why: str, before: int, wanted: int, desired: int) -> str:
    """The whole reason: why, from how many to how many, and what the bounds allowed of it."""
    change = f"{before} -> {desired} {'instance' if desired == 1 else 'instances'}"
    bound = "" if wanted == desired else f", as {wanted} would be outside of the bounds"
    return f"{why[:1].upper()}{why[1:]}: {change}{bound}."
