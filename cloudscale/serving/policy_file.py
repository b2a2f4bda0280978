"""Policies as files: the one that Terraform reads, compared with the code, and variables."""

from pathlib import Path

from cloudscale.ops.policy import POLICY, document, in_words
from cloudscale.ops.policy.choices import CHOICES
from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.ops.policy.variables import as_variables
from cloudscale.serving.refusal import Refused

FILE = Path(__file__).parents[2] / "terraform" / "policy.json"
COMMAND = "python -m cloudscale policy --write"


def write(path: Path | None = None) -> bool:
    """Write the policy; whether that changed the file.

    Raises:
        Refused: The file cannot be written.
    """
    path = path or FILE
    text = document.as_text(POLICY)
    if _content(path) == text:
        return False
    _write(path, text)
    return True


def write_variables(policy: ScalingPolicy, path: Path) -> None:
    """Write a policy as Terraform's variables.

    Raises:
        Refused: The file cannot be written.
    """
    _write(path, as_variables(policy))


def named(name: str | None) -> ScalingPolicy:
    """The policy of this name, or in this file; the shop's own without one.

    Raises:
        InvalidInput: There is no such policy, or the file holds none.
    """
    if name is None:
        return POLICY
    return CHOICES[name] if name in CHOICES else document.read(Path(name))


def require_own(name: str | None) -> None:
    """terraform/policy.json is what the code declares, and nothing else.

    Raises:
        Refused: Another policy was named.
    """
    if name is not None:
        raise Refused("terraform/policy.json is the shop's own policy: leave the name out.")


def shown(policy: ScalingPolicy, *, is_json: bool) -> str:
    """A policy for a terminal: a table, or the document itself."""
    return document.as_text(policy) if is_json else in_words.table(policy)


def check(path: Path | None = None) -> None:
    """See that the file says what the code declares.

    Raises:
        Refused: It does not, or is not there.
    """
    path = path or FILE
    content = _content(path)
    if content != document.as_text(POLICY):
        wrong = "is missing" if content is None else "is not what the code declares"
        raise Refused(f"{path.parent.name}/{path.name} {wrong}. Run: {COMMAND}")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise Refused(f"{path} cannot be written: {fault.strerror}.") from None


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
