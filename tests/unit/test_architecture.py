"""Imports may only point down the layers; this test is the diagram in CONTRIBUTING.md."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "cloudscale"

LEAVES = {"drain", "errors", "money", "presence", "routes", "theme", "settings", "tracing"}

# Who may import whom. A layer that is not listed is refused.
ALLOWED = {
    # Pages and components read the registries of ops (what is measured, what is charted) and how
    # figures look, so that a metric is declared once.
    "pages": {"pages", "components", "state", "routes", "theme", "money", "data", "ops"},
    "components": {"components", "state", "routes", "theme", "money", "ops", "figures"},
    "state": {
        *("state", "services", "ops", "figures", "db", "errors", "money", "routes", "data"),
        "live",
        "logs",  # what may be logged of an error
        "presence",  # and whether it is said already
        "tracing",
    },
    "live": {"live", "services", "db", "connections"},
    "sharing": {"sharing", "presence"},
    "services": {"services", "models", "errors", "money", "settings"},
    "ops": {"ops", "models", "errors", "tracing"},
    "models": {"models"},
    "adapters": {"adapters", "ops", "errors", "settings", "tracing"},
    # theme: link previews are painted on the tints of the pages
    "api": {
        *("api", "services", "ops", "db", "errors", "money", "routes", "settings", "theme"),
        *("logs", "tracing", "drain", "presence"),
    },
    "data": {"data", "models", "money", "services"},
    "migrations": {"models"},
}

# Modules at the top of the package, each with what it may import.
MODULES = {
    **{leaf: set() for leaf in LEAVES},
    "db": {"connections", "errors", "settings", "statements", "tracing"},
    "statements": {"tracing"},
    "connections": set(),
    "schema": {"models", "schema_shape"},
    "schema_shape": set(),
    "figures": {"ops", "theme"},
    "embedded_postgres": {"tether", "server_user"},
    "server_user": set(),
    "tether": set(),
    "logs": set(),
    "same_build": set(),
    "same_origin": set(),
    "dev_proxy": set(),
    "healer": {"adapters", "ops"},
}
# Composition root, command line and wiring put everything together.
ROOTS = {"__init__", "__main__", "cloudscale", "cli", "wiring", "serving"}

DOORS_OF_THE_LOOPS = {
    "ops/loop.py": {"db", "services", "adapters"},
    "ops/policy/choosing.py": {"services"},
    "ops/healing/operating.py": {"services"},
    "ops/post.py": {"db"},
    "ops/housekeeping.py": {"db", "services"},
    "ops/leader.py": {"services"},
    "ops/leadership.py": {"db"},
    "ops/load_lab/lab.py": {"db", "services"},
    "ops/trace_keeping.py": {"db"},
}

OUTSIDE = {
    "boto3": {"adapters"},
    "botocore": {"adapters"},
    "prometheus_client": {"api"},
    "psutil": {"adapters", "embedded_postgres"},  # there: whose pid is it
    "reflex": {"pages", "components", "state", "sharing", "cloudscale"},
    "opentelemetry": {"adapters"},
    "fastapi": {"api"},
    "httpx": {"adapters"},
}


def package_imports(path: Path) -> set[str]:
    """Second-level names of every `cloudscale.x` import in one file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            package, _, rest = node.module.partition(".")
            if package == "cloudscale":
                found.update([rest.split(".")[0]] if rest else [a.name for a in node.names])
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            found.update(name[1] for name in names if name[0] == "cloudscale" and len(name) > 1)
    return found


def outside_imports(path: Path) -> set[str]:
    """Top-level packages that one file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def layer_of(path: Path) -> str:
    """The folder of a file, or its own name where it lies at the top."""
    return path.stem if path.parent == ROOT else path.relative_to(ROOT).parts[0]


FILES = sorted(ROOT.rglob("*.py"))
LAYERED = [path for path in FILES if layer_of(path) not in ROOTS]


@pytest.mark.parametrize("path", LAYERED, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path):
    layer = layer_of(path)
    allowed = MODULES.get(layer) if path.parent == ROOT else ALLOWED.get(layer)
    assert allowed is not None, f"{layer} has no row here: say whom it may import"
    allowed = allowed | DOORS_OF_THE_LOOPS.get(str(path.relative_to(ROOT)), set())
    assert package_imports(path) <= allowed


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_outside_package_is_imported_only_by_its_layer(path: Path):
    layer = layer_of(path)
    if layer in ROOTS - {"cloudscale"}:
        return
    for package in outside_imports(path) & OUTSIDE.keys():
        assert layer in OUTSIDE[package], f"{layer} may not import {package}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "services").rglob("*.py")), ids=lambda path: path.name
)
def test_services_never_commit(path: Path):
    assert ".commit(" not in path.read_text()


def test_only_settings_reads_the_environment():
    readers = {
        layer_of(path)
        for path in FILES
        if "os.environ" in path.read_text() or "getenv" in path.read_text()
    }
    # The command line hands settings on to the processes that it starts; the function on AWS has
    # no pydantic to read settings with.
    assert readers <= {"settings", "cli", "serving", "healer"}
