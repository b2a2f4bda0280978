"""A bare machine: a folder that looks like one of Amazon's, and a fresh user's environment.

    Machine(folder, ssm, told, secrets) --run("fetch", "install", "configure")--> serving()

What user data writes is written, and what Terraform keeps in SSM is kept in the API server's;
bootstrap.sh is the real one, and so is all that it calls.
"""

import hashlib
import os
import pwd
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cloudscale.settings import ROOT
from tests.bootstrap import programs
from tests.e2e.store_process import answers, free_port, wait_until

FILES = ROOT / "terraform" / "modules" / "fleet" / "files"
UNIT = FILES / "cloudscale.service"
PLACES = {
    "CLOUDSCALE_CONFIG": "/etc/cloudscale",
    "CLOUDSCALE_HOME": "/opt/cloudscale",
    "CLOUDSCALE_LOGS": "/var/log/cloudscale",
    "CLOUDSCALE_RUN": "/run/cloudscale",
}
# How this machine reaches a package index, whatever is between it and the world.
REACHES = re.compile(r"(PIP|UV)_.*|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|NODE_EXTRA_CA_CERTS")
OWN_FOLDERS = re.compile(r".*(CACHE_DIR|PROJECT_ENVIRONMENT|VIRTUAL_ENV)")
REACHES_AT_HOME = (".config/pip/pip.conf", ".config/uv/uv.toml", ".npmrc")
# What bootstrap.sh goes by before it has read the settings: boot.env of user_data.tf.
IN_BOTH = ("AWS_REGION", "AUTO_SCALING_GROUP")  # the shop goes by them, too
BOOT = (*IN_BOTH, "LAUNCH_HOOK", "TERMINATION_HOOK", "TOPIC_ARN", "REPOSITORY", "REPOSITORY_REF",
        "RELEASE_BUCKET", "SETTINGS_PARAMETER", "SETTINGS_SHA256")  # fmt: skip
# Where this AWS answers, which nobody need say of the real one.
OF_THIS_AWS = ("AWS_ENDPOINT_URL", "AWS_EC2_METADATA_SERVICE_ENDPOINT")
ANSWER_SECONDS = 60


def reaching() -> dict[str, str]:
    """This machine's variables that name a package index, a certificate or a proxy."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.lower().endswith("_proxy")
        or (REACHES.fullmatch(name) and not OWN_FOLDERS.fullmatch(name))
    }


def _lines(told: Mapping[str, str], names: Iterable[str]) -> str:
    return "".join(f"{name}='{told[name]}'\n" for name in names)


class Machine:
    """One machine.

    Args:
        folder: Its root folder, which other users may pass through.
        ssm: A client of its account's parameters.
        told: What boot.env says, and the settings in SSM.
        secrets: Where each secret is, and what the setting is with it in place of {}.

    Attributes:
        serves: The shop's process, once it was started.
    """

    serves: subprocess.Popen[bytes]

    def __init__(
        self,
        folder: Path,
        ssm: Any,
        told: Mapping[str, str],
        secrets: Mapping[str, tuple[str, str]],
    ) -> None:
        self.root = folder
        self.port = free_port()
        self._ssm = ssm
        self.told = {"SETTINGS_PARAMETER": f"/shop/settings-{self.port}", **told}
        self.told |= {"PORT": str(self.port), "DATA_DIR": str(self.place("/opt/cloudscale/data"))}
        self.secrets = dict(secrets)
        self.environment = {
            **reaching(),
            **{name: str(self.place(place)) for name, place in PLACES.items()},
            "PATH": programs.path(),
            "HOME": str(folder / "root"),
            "CLOUDSCALE_USER": programs.owner(),
            "CLOUDSCALE_PAUSE_SECONDS": "0",
        }
        self._reach_at_home()
        self.tell()

    def place(self, path: str) -> Path:
        """Where a path of the real machine is."""
        return self.root / path.lstrip("/")

    @property
    def application(self) -> Path:
        """The folder of the program."""
        return self.place("/opt/cloudscale/application")

    @property
    def log(self) -> str:
        """What bootstrap.sh told so far."""
        return self.place("/var/log/cloudscale/bootstrap.log").read_text()

    def _reach_at_home(self) -> None:
        (self.root / "root").mkdir()
        for name in REACHES_AT_HOME:
            there = self.place("/opt/cloudscale") / name
            if (Path.home() / name).is_file():
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path.home() / name, there)

    def tell(self) -> None:
        """Write what Terraform keeps in SSM, and what user data writes."""
        settings = _lines(self.told, [name for name in self.told if name not in BOOT] + [*IN_BOTH])
        self.keep(settings.removesuffix("\n"))
        self.told["SETTINGS_SHA256"] = hashlib.sha256(settings.encode()).hexdigest()
        config = self.place("/etc/cloudscale")
        config.mkdir(parents=True, exist_ok=True)
        boot = [name for name in (*BOOT, *OF_THIS_AWS) if name in self.told]
        (config / "boot.env").write_text(_lines(self.told, boot))
        rows = [f"{name}\t{arn}\t{form}\n" for name, (arn, form) in self.secrets.items()]
        (config / "secrets.tsv").write_text("".join(rows))

    def keep(self, settings: str) -> None:
        """Write another version of the settings in SSM."""
        parameter = self.told["SETTINGS_PARAMETER"]
        self._ssm.put_parameter(Name=parameter, Type="String", Value=settings, Overwrite=True)

    def run(self, *stages: str, timeout_seconds: float = 900) -> subprocess.CompletedProcess[str]:
        """Run bootstrap.sh, or some of its stages."""
        return subprocess.run(
            [str(FILES / "bootstrap.sh"), *stages],
            env=self.environment,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_seconds,
        )

    def succeed(self, *stages: str) -> str:
        """Run stages that must do what they are for; returns what they told."""
        ran = self.run(*stages)
        assert ran.returncode == 0, ran.stdout
        return ran.stdout

    def fail(self, *stages: str) -> str:
        """Run stages that must fail; returns the line that says why."""
        ran = self.run(*stages)
        assert ran.returncode == 1, ran.stdout
        assert "unbound variable" not in ran.stdout
        lines = [line for line in ran.stdout.splitlines() if "FAILED" in line]
        assert len(lines) == 1, ran.stdout
        assert "What to do: " in lines[0]
        return lines[0]

    def started_by_systemd(self) -> tuple[list[str], dict[str, str]]:
        """Command and environment of the shop's unit, in this machine's places."""
        unit = UNIT.read_text()
        for place in PLACES.values():
            unit = unit.replace(place, str(self.place(place)))
        rows = [line.partition("=") for line in unit.splitlines() if "=" in line]
        environment = {name: self.environment[name] for name in ("PATH", *reaching())}
        environment["HOME"] = str(self.place("/opt/cloudscale"))
        for file in (value for name, _, value in rows if name == "EnvironmentFile"):
            words = shlex.split(Path(file).read_text())
            environment |= dict(word.split("=", 1) for word in words)
        command = next(value for name, _, value in rows if name == "ExecStart")
        return self._as_systemd_confines(command), environment

    def _as_systemd_confines(self, command: str) -> list[str]:
        """Not root, and with ProtectSystem=strict as far as the program's own folder goes."""
        if os.geteuid() != 0:
            return shlex.split(command)
        folder = shlex.quote(str(self.application))
        close = (
            f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && cd {folder}"
        )
        who = pwd.getpwnam(programs.owner())
        become = f"exec setpriv --reuid={who.pw_uid} --regid={who.pw_gid} --clear-groups"
        become += " --no-new-privs"
        return ["unshare", "--mount", "sh", "-c", f"{close} && {become} {command}"]

    @contextmanager
    def serving(self, **settings: str) -> Iterator[str]:
        """The shop as the unit starts it, for the block; yields its URL once it answers.

        Args:
            **settings: What differs from settings.env this time.
        """
        command, environment = self.started_by_systemd()
        environment |= settings
        log = self.place("/var/log/cloudscale/application.log")
        with log.open("a") as told:
            process = self.serves = subprocess.Popen(
                command, cwd=self.application, env=environment, stdout=told, stderr=told
            )
        url = f"http://{environment['HOST']}:{environment['PORT']}"
        try:
            deadline = time.monotonic() + ANSWER_SECONDS
            while not answers(f"{url}/health"):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            yield url
        finally:
            process.terminate()
            wait_until(lambda: process.poll() is not None, "the shop has stopped", 30)
