"""Terraform and its AWS provider: where they are on this machine, or what is missing.

PATH --find--> the program --mirrors here, else the registry once--> the provider --init--> Program
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cloudscale.settings import ROOT

OLDEST = (1, 11)  # locks remote state with a file beside it
PROVIDER = "registry.terraform.io/hashicorp/aws"
SMALLEST = ROOT / "terraform" / "bootstrap"
REGISTRY = "https://registry.terraform.io/.well-known/terraform.json"
INSTALL = "https://developer.hashicorp.com/terraform/install"
FETCHED = ROOT / ".tools" / "terraform-providers"
REACH_SECONDS = 5
INIT_SECONDS = 120
FETCH_SECONDS = 300  # the provider is 150 MB
# What a developer has set for a deployment of their own is none of the tests' business.
FOREIGN = re.compile(r"AWS_|TF_|CHECKPOINT_")
# Each command starts the provider, whose schemas are most of what is computed and are never freed:
# Go looks for what it could free five times less often, which takes a quarter less of processor.
SHORT_LIVED = {"GOGC": "400"}


DEVELOPERS = (".terraform", "*.tfstate*", "backend.tf", "*.tfvars", "*.zip")
LEFT = shutil.ignore_patterns(*DEVELOPERS, ".terraform.lock.hcl")
"""What stays behind when a root module is copied: what a developer's own deployment left there, and
the lock, whose sums of an unpacked provider are those of one platform. What is fetched obeys it."""


class Missing(Exception):
    """Terraform cannot run here; the message says what is missing and how to mend it."""


@dataclass(frozen=True)
class Program:
    """A Terraform that has a provider and asks nobody for anything.

    Attributes:
        path: The executable.
        config: The CLI configuration that names the provider's mirrors.
    """

    path: str
    config: Path

    def run(
        self,
        folder: Path,
        *arguments: str,
        timeout_seconds: float = INIT_SECONDS,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a folder; its exit code is the caller's to judge.

        Raises:
            subprocess.TimeoutExpired: It took longer.
        """
        variables = _own() | {"TF_CLI_CONFIG_FILE": str(self.config)} | dict(environment or {})
        return _run([self.path, *arguments], folder, variables, timeout_seconds)

    def init(self, folder: Path, *arguments: str) -> None:
        """Make a folder ready for the other commands.

        Raises:
            Missing: Its provider is not here in a version that it takes.
        """
        done = self.run(folder, "init", "-no-color", *arguments)
        if done.returncode:
            raise Missing(f"`terraform init` failed here: {_words(done.stderr)}")


def find(folder: Path) -> Program:
    """Terraform with the provider that the stack asks for.

    Args:
        folder: Where its configuration may be written; it must outlive the program.

    Raises:
        Missing: There is no Terraform, no provider, or neither in a version that fits.
    """
    path, platform = _terraform()
    places = list(dict.fromkeys(mirrors(platform)))
    if not places:
        _fetch(path)
        places = [FETCHED]
    program = Program(path, _configured(folder, places))
    with _smallest_root(LEFT) as root:
        program.init(root)
    return program


def why_not() -> str:
    """Why Terraform cannot run here, and what mends it; empty when it can."""
    with tempfile.TemporaryDirectory(prefix="cloudscale-test-") as folder:
        try:
            find(Path(folder))
        except Missing as missing:
            return str(missing)
        except subprocess.TimeoutExpired as late:
            return f"Terraform did not answer within {late.timeout:.0f} s"
    return ""


@contextmanager
def _smallest_root(left: Callable[..., set[str]]) -> Iterator[Path]:
    """A copy of the smallest of our root modules: all ask for the same provider."""
    with tempfile.TemporaryDirectory(prefix="cloudscale-test-") as copy:
        yield shutil.copytree(SMALLEST, Path(copy), dirs_exist_ok=True, ignore=left)


def _terraform() -> tuple[str, str]:
    """Path and platform of a Terraform that is new enough."""
    path = shutil.which("terraform")
    if not path:
        raise Missing(f"no terraform on PATH; {INSTALL}")
    told = _run([path, "version", "-json"], ROOT, _own(), INIT_SECONDS)
    if told.returncode:
        raise Missing(f"`terraform version` failed here: {_words(told.stderr)}")
    about = json.loads(told.stdout)
    version = about["terraform_version"]
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        raise Missing(f"Terraform {version} is too old: 1.11 or newer; {INSTALL}")
    return path, about["platform"]


def mirrors(platform: str) -> Iterator[Path]:
    """Folders here that hold the provider for a platform such as `linux_amd64`."""
    for place in _places():
        versions = place / PROVIDER
        if any(versions.glob(f"*/{platform}")) or any(versions.glob(f"*_{platform}.zip")):
            yield place


def _places() -> Iterator[Path]:
    """Where Terraform documents that providers are looked for, and where machines put mirrors."""
    home = Path.home()
    yield FETCHED
    if cache := os.environ.get("TF_PLUGIN_CACHE_DIR"):
        yield Path(cache)
    yield from _of_configuration(Path(os.environ.get("TF_CLI_CONFIG_FILE", home / ".terraformrc")))
    yield home / ".terraform.d" / "plugins"
    data = [os.environ.get("XDG_DATA_HOME", str(home / ".local" / "share"))]
    data += os.environ.get("XDG_DATA_DIRS", "/usr/local/share:/usr/share").split(":")
    yield from (Path(folder) / "terraform" / "plugins" for folder in data)
    for top in (Path("/opt"), Path("/usr/local/share")):
        for depth in ("*", "*/*"):
            yield from (
                found.parent for found in sorted(top.glob(f"{depth}/registry.terraform.io"))
            )


def _of_configuration(file: Path) -> Iterator[Path]:
    """The mirrors and the cache that a CLI configuration names."""
    try:
        text = file.read_text()
    except OSError:
        return
    for named in re.findall(r'(?m)^\s*(?:path|plugin_cache_dir)\s*=\s*"([^"]+)"', text):
        yield Path(os.path.expandvars(named)).expanduser()


def _configured(folder: Path, places: list[Path]) -> Path:
    """Write a CLI configuration that takes providers from these places alone."""
    sources = "\n".join(f"  filesystem_mirror {{ path = {json.dumps(str(p))} }}" for p in places)
    config = folder / "terraform.tfrc"
    config.write_text(f"disable_checkpoint = true\nprovider_installation {{\n{sources}\n}}\n")
    return config


def _fetch(path: str) -> None:
    """Have Terraform download the provider, to be found here from now on."""
    try:
        urllib.request.urlopen(REGISTRY, timeout=REACH_SECONDS).close()
    except (OSError, urllib.error.URLError) as failure:
        raise Missing(
            f"no provider hashicorp/aws here, and registry.terraform.io is out of reach "
            f"({type(failure).__name__}); put a filesystem mirror where Terraform looks for one"
        ) from None
    FETCHED.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name == "TF_CLI_CONFIG_FILE"}
    variables = _own() | kept | {"TF_PLUGIN_CACHE_DIR": str(FETCHED)}
    with _smallest_root(shutil.ignore_patterns(*DEVELOPERS)) as root:
        done = _run([path, "init", "-no-color"], root, variables, FETCH_SECONDS)
    if done.returncode:
        raise Missing(f"the provider could not be fetched: {_words(done.stderr)}")


def _own() -> dict[str, str]:
    """This environment without what concerns other deployments."""
    kept = {name: value for name, value in os.environ.items() if not FOREIGN.match(name)}
    return (
        kept | SHORT_LIVED | {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
    )


def _run(
    command: list[str], folder: Path, variables: Mapping[str, str], timeout_seconds: float
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=dict(variables),
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
    )


def _words(text: str) -> str:
    """An error of Terraform's on one line, without its frame."""
    return " ".join(re.sub(r"[│╷╵]", " ", text).split())[:400]
