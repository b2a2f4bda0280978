"""`make bench`: every measurement of this folder, as one table.

A module here that has `run()` is a bench; it returns rows of name, value, unit and goal.
`python -m tests.bench orders` runs that one alone.
"""

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def benches(asked: list[str]) -> Iterable[str]:
    """The names of the modules to run."""
    found = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    return asked or [name for name in found if not name.startswith("_")]


def line(name: str, value: Any, unit: str, goal: str) -> str:
    """One row of the table."""
    shown = f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
    return f"{name:<66} {shown:>12} {unit:<10} {goal}".rstrip()


def main() -> None:
    """Run the benches that were asked for, or all."""
    for name in benches(sys.argv[1:]):
        module = importlib.import_module(f"tests.bench.{name}")
        if not hasattr(module, "run"):
            continue
        for row in module.run():
            sys.stdout.write(line(*row) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
