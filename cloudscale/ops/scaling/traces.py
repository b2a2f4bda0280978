"""Real demand from a file: a CSV of time and requests, checked before anything runs. Pure.

    lines --read--> Trace --demand(peak)--> Demand

A trace that cannot be believed is refused with the line and the reason: a gap is not taken for
silence, and a number that is none not for 0.
"""

import csv
import math
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import mode

from cloudscale.errors import InvalidInput
from cloudscale.ops.scaling.model.demand import Demand
from cloudscale.ops.scaling.scenarios import demand_of

LARGEST_ROWS = 700_000  # a week by the second; more would take minutes to simulate
SMALLEST_ROWS = 3
LONGEST_STEP_SECONDS = 3_600
LONGEST_LINE = 1_000
LONGEST_FILLED_SECONDS = 900  # a longer gap is no slip of a counter
TIMES = ("time", "timestamp", "period", "date", "datetime", "at")
COUNTS = ("requests", "count", "value", "hits")


@dataclass(frozen=True, slots=True)
class Trace:
    """Requests that were counted, step by step.

    Attributes:
        step_seconds: The length of a step.
        requests: How many in each.
        began_at: When the first step began, in seconds since 1970.
        filled_steps: How many of them were not in the file, but drawn by straight lines.
    """

    step_seconds: int
    requests: array
    began_at: float
    filled_steps: int = 0

    def demand(self, peak_requests_per_second: float | None = None) -> Demand:
        """What it asks of a shop.

        Args:
            peak_requests_per_second: Scales all of it so that its busiest step is this busy;
                as counted when not given.
        """
        peak = max(self.requests) / self.step_seconds
        factor = peak_requests_per_second / peak if peak_requests_per_second and peak else 1.0
        step = next(each for each in (60, 10, 1) if self.step_seconds % each == 0)
        held = self.step_seconds // step  # the model's steps are 1, 10 or 60 s
        per_second = (count / self.step_seconds * factor for count in self.requests)
        return demand_of([rate for rate in per_second for _ in range(held)], step)

    def part(self, first: float, last: float) -> "Trace":
        """The stretch between two shares of it, 0 to 1."""
        steps = len(self.requests)
        begin, end = round(first * steps), round(last * steps)
        began_at = self.began_at + begin * self.step_seconds
        return Trace(self.step_seconds, self.requests[begin:end], began_at, 0)


def read(lines: Iterable[str], *, fill_gaps: bool = False) -> Trace:
    """A trace from the lines of a CSV with a column of times and one of requests.

    Args:
        lines: Of a file; no more are read than can be used. The first may name the columns
            (`time`, `requests`); times are ISO 8601 (UTC when they name no zone) or seconds since
            1970.
        fill_gaps: Draw straight lines over gaps of up to 15 minutes instead of refusing them.

    Raises:
        InvalidInput: It cannot be used; the field is `trace`, and the message names the line.
    """
    times, counts, numbers = array("d"), array("d"), array("L")
    for number, at, count in _rows(lines):
        if times and at <= times[-1]:
            raise _refused(number, "comes before, or is, the time above it: sort the file by time")
        if len(times) == LARGEST_ROWS:
            raise InvalidInput.of(
                "trace",
                f"It has more than {LARGEST_ROWS:,} rows: take a shorter stretch, or longer steps.",
            )
        times.append(at)
        counts.append(count)
        numbers.append(number)
    if len(times) < SMALLEST_ROWS:
        raise InvalidInput.of("trace", f"It has {len(times)} rows; {SMALLEST_ROWS} are the least.")
    return _regular(times, counts, numbers, fill_gaps)


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, float, float]]:
    """Line number, seconds since 1970 and requests of each row."""
    columns: tuple[int, int] | None = None
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise _refused(number, f"is longer than {LONGEST_LINE} characters: is this a CSV?")
        if "\0" in line:
            raise _refused(number, "is no text: is this a CSV?")
        cells = _cells(number, line)
        if not any(cell.strip() for cell in cells):
            continue
        if columns is None:
            columns = _columns(cells)
            if columns is not None:
                continue
            columns = (0, 1)
        if len(cells) <= max(columns):
            raise _refused(number, "has fewer than two columns; a time and requests are needed")
        yield number, _time(number, cells[columns[0]]), _count(number, cells[columns[1]])


def _cells(number: int, line: str) -> list[str]:
    try:
        return next(csv.reader([line.lstrip("\ufeff").rstrip("\r\n")]), [])
    except csv.Error:
        raise _refused(number, "is no line of a CSV") from None


def _columns(cells: list[str]) -> tuple[int, int] | None:
    """Where times and requests are, by a first line that names them."""
    names = [cell.strip().lower() for cell in cells]
    time = next((names.index(name) for name in TIMES if name in names), None)
    count = next((names.index(name) for name in COUNTS if name in names), None)
    return (time, count) if time is not None and count is not None else None


def _time(number: int, cell: str) -> float:
    text = cell.strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise _refused(
                number,
                f"has no time in “{text[:40]}”: write 2026-11-26T12:00:00Z, or seconds since 1970",
            ) from None
        seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(seconds):
        raise _refused(number, f"has no time in “{text[:40]}”")
    return seconds


def _count(number: int, cell: str) -> float:
    text = cell.strip()
    try:
        count = float(text)
    except ValueError:
        raise _refused(number, f"has no number of requests in “{text[:40]}”") from None
    if not math.isfinite(count):
        raise _refused(number, f"has no number of requests in “{text[:40]}”")
    if count < 0:
        raise _refused(number, f"has {text[:40]} requests; there cannot be fewer than 0")
    return count


def _regular(times: array, counts: array, numbers: array, fill_gaps: bool) -> Trace:
    """All steps of one length: the one that most neighbours have."""
    step = mode(after - before for before, after in pairwise(times))
    if step != round(step) or not 1 <= step <= LONGEST_STEP_SECONDS:
        raise InvalidInput.of(
            "trace",
            f"Its steps are {step:g} s long; whole seconds from 1 to "
            f"{LONGEST_STEP_SECONDS:,} can be used.",
        )
    requests, filled = array("d", counts[:1]), 0
    for index in range(1, len(times)):
        distance = times[index] - times[index - 1]
        missing = _missing(int(numbers[index]), distance, int(step), fill_gaps)
        if len(requests) + missing > LARGEST_ROWS:
            raise InvalidInput.of("trace", f"With its gaps it has more than {LARGEST_ROWS:,} rows.")
        before, after = counts[index - 1], counts[index]
        requests.extend(
            before + (after - before) * k / (missing + 1) for k in range(1, missing + 1)
        )
        requests.append(after)
        filled += missing
    return Trace(int(step), requests, times[0], filled)


def _missing(number: int, distance: float, step: int, fill_gaps: bool) -> int:
    """How many steps lack before a row."""
    steps = distance / step
    if steps != round(steps):
        raise _refused(
            number, f"is {distance:g} s after the one above it, in a trace of steps of {step} s"
        )
    missing = round(steps) - 1
    if missing and not fill_gaps:
        raise _refused(
            number,
            f"comes after a gap: {missing} steps of {step} s lack above it. "
            "Add them, or ask for gaps to be filled",
        )
    if missing * step > LONGEST_FILLED_SECONDS:
        raise _refused(
            number,
            f"comes after a gap of {distance:,.0f} s; at most "
            f"{LONGEST_FILLED_SECONDS} s can be filled",
        )
    return missing


def _refused(number: int, why: str) -> InvalidInput:
    return InvalidInput.of("trace", f"Line {number:,} {why}.")
