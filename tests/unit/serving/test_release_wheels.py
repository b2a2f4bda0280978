"""Wheels are those of uv.lock, for the servers' Python and C library, on either machine."""

import platform
import re
import sys
import tomllib

import pytest

from cloudscale.serving import release_wheels
from cloudscale.serving.refusal import Refused
from cloudscale.settings import ROOT

LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
PACKAGES = {package["name"]: package for package in LOCK["package"]}
PYTHONS = re.compile(r"cp311-cp311|cp3([0-9]|10|11)-abi3|py3-none|py2\.py3-none")


def runtime(name="cloudscale", found=None):
    """Every package that the shop needs on Linux, by way of its dependencies."""
    found = set() if found is None else found
    for needed in PACKAGES[name].get("dependencies", []):
        is_elsewhere = "win32" in needed.get("marker", "")
        if needed["name"] not in found and not is_elsewhere:
            found.add(needed["name"])
            runtime(needed["name"], found)
    return found


def fits(wheel: str, machine: str) -> bool:
    """Whether a server of that machine can install a wheel, by its name."""
    python, _, platforms = wheel.removesuffix(".whl").rpartition("-")
    known = {"any", *release_wheels.platforms(machine)}
    return bool(PYTHONS.search(python)) and bool(known & set(platforms.split(".")))


@pytest.mark.parametrize("machine", release_wheels.MACHINES)
@pytest.mark.parametrize("name", sorted(runtime()))
def test_every_dependency_has_a_wheel_that_servers_can_load(name, machine):
    wheels = [wheel["url"].rpartition("/")[2] for wheel in PACKAGES[name].get("wheels", [])]
    assert any(fits(wheel, machine) for wheel in wheels), wheels


def test_a_wheel_for_a_newer_c_library_than_the_servers_does_not_fit():
    assert fits("shop-1-cp311-cp311-manylinux_2_34_x86_64.whl", "x86_64")
    assert not fits("shop-1-cp311-cp311-manylinux_2_35_x86_64.whl", "x86_64")
    assert not fits("shop-1-cp311-cp311-manylinux_2_17_x86_64.whl", "aarch64")
    assert not fits("shop-1-cp312-cp312-manylinux_2_17_x86_64.whl", "x86_64")


@pytest.mark.parametrize(
    ("system", "machine"), [("Darwin", "arm64"), ("Linux", "riscv64"), ("Windows", "AMD64")]
)
def test_a_machine_that_no_server_is_is_refused_by_name(monkeypatch, system, machine):
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    with pytest.raises(Refused, match=f"this is {system} on {machine}"):
        release_wheels.require_machine()


def test_another_python_than_the_servers_is_refused_with_what_mends_it(monkeypatch, tmp_path):
    said = tmp_path / ".tools" / "bin" / "python"
    said.parent.mkdir(parents=True)
    said.write_text("#!/bin/sh\necho 3.14\n")
    said.chmod(0o755)
    with pytest.raises(Refused, match=r"CPython 3\.11.*this is .*3\.14.*make clean release"):
        release_wheels.require_python(tmp_path)


def test_tools_that_are_not_there_are_refused_in_words(tmp_path):
    with pytest.raises(Refused, match="is not there: `make run` fetches it"):
        release_wheels.require_python(tmp_path)


def test_a_failing_download_is_told_in_the_programs_last_words(tmp_path):
    tools = tmp_path / ".tools" / "bin"
    tools.mkdir(parents=True)
    (tools / "uv").write_text("#!/bin/sh\necho uv 1.2.3\n")
    (tools / "pip").write_text("#!/bin/sh\nseq 9 >&2; echo 503 Service Unavailable >&2; exit 1\n")
    for name in ("uv", "pip"):
        (tools / name).chmod(0o755)
    (tmp_path / "stage").mkdir()
    with pytest.raises(Refused) as refusal:
        release_wheels.add(tmp_path / "stage", "x86_64", tmp_path)
    assert str(refusal.value).splitlines() == [
        *("pip could not do its part of the release:", "6", "7", "8", "9"),
        "503 Service Unavailable",
    ]


def test_the_python_of_releases_is_one_that_the_shop_runs_on():
    wanted = tuple(int(part) for part in release_wheels.PYTHON.split("."))
    assert wanted <= sys.version_info[:2]
    assert (ROOT / "pyproject.toml").read_text().count('requires-python = ">=3.11"') == 1
