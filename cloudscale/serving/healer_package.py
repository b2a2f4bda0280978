"""`python -m cloudscale package-healer`: the function's zip, byte for byte the same each time.

healer.py --what it imports, and what that imports--> files, sorted, with fixed times --> zip
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from cloudscale.serving.refusal import Refused

ROOT = Path(__file__).parents[2]
PACKAGE = "cloudscale"
ENTRY = "cloudscale.healer"
LENT = {"boto3", "botocore"}
"""What AWS's Python runtime brings."""
TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
MODE = 0o100644
UNIX = 3


def write(path: Path, root: Path = ROOT) -> int:
    """Write the zip; how many files it holds.

    Nothing in it is compressed: what compressors write differs from one version to the next.

    Raises:
        Refused: Something of it imports what AWS does not bring, or the file cannot be written.
    """
    names = sorted(files(root))
    try:
        with ZipFile(path, "w", ZIP_STORED) as archive:
            for name in names:
                info = ZipInfo(name, TIME)
                info.external_attr, info.create_system = MODE << 16, UNIX
                archive.writestr(info, (root / name).read_bytes())
    except OSError as fault:
        raise Refused(f"{path} cannot be written: {fault.strerror}.") from None
    return len(names)


def files(root: Path = ROOT) -> set[str]:
    """The files that the healer needs, relative to the root.

    Raises:
        Refused: One of them imports what AWS does not bring.
    """
    found: dict[str, Path] = {}
    waiting = [ENTRY]
    while waiting:
        module = waiting.pop()
        path = _file(module, root)
        if module in found or path is None:
            continue
        found[module] = path
        waiting += [module.rpartition(".")[0]] if "." in module else []
        for wanted in _imports(path, module):
            _require_there(wanted, module)
            waiting.append(wanted)
    return {path.relative_to(root).as_posix() for path in found.values()}


def _file(module: str, root: Path) -> Path | None:
    """Where a module of ours is; `None` for what is none, such as a class in one."""
    if module.partition(".")[0] != PACKAGE:
        return None
    bare = root.joinpath(*module.split("."))
    for path in (bare / "__init__.py", bare.with_suffix(".py")):
        if path.is_file():
            return path
    return None


def _imports(path: Path, module: str) -> Iterator[str]:
    """Every module that a file imports, wherever in it, by its whole name."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _require_there(wanted: str, module: str) -> None:
    top = wanted.partition(".")[0]
    if top != PACKAGE and top not in LENT and top not in sys.stdlib_module_names:
        raise Refused(f"{module} imports {top}, which the function on AWS does not have.")
