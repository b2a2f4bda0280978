"""What is missing on a machine; what needs a store is in tests/e2e/test_serve.py."""

import shutil
import time
from collections import namedtuple
from pathlib import Path

import pytest

from cloudscale.serving.diagnosis import machine
from cloudscale.serving.diagnosis.finding import Verdict
from cloudscale.settings import Settings


def finding(name: str, settings: Settings | None = None):
    return next(one for one in machine.findings(settings or Settings()) if one.name == name)


@pytest.fixture
def only(monkeypatch):
    """Examine one thing alone."""

    def keep(name: str) -> None:
        monkeypatch.setattr(machine, "EXAMINATIONS", {name: machine.EXAMINATIONS[name]})

    return keep


def test_a_full_disk_is_told_with_the_folder_that_is_on_it(only, tmp_path, monkeypatch):
    only("disk")
    Usage = namedtuple("Usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(100, 100, 10**9))
    found = finding("disk", Settings(data_dir=tmp_path / "not" / "there" / "yet"))
    assert (found.verdict, found.words) == (Verdict.MEND, f"0.9 GB free at {tmp_path}.")
    assert "2 GB or more" in found.mend


def test_a_container_has_what_its_limit_leaves(only, tmp_path: Path, monkeypatch):
    only("memory")
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text(f"{2**30}\n")
    (tmp_path / "memory.current").write_text(f"{2**29}\n")
    assert finding("memory").words == "0.5 GB are free; building the front end takes 0.6."
    (tmp_path / "memory.current").write_text("0\n")
    assert finding("memory").verdict is Verdict.WELL
    (tmp_path / "memory.max").write_text("max\n")
    assert finding("memory").verdict is Verdict.WELL


def test_a_clock_before_this_very_code_is_wrong(only, monkeypatch):
    only("clock")
    monkeypatch.setattr(time, "time", lambda: 1_000_000_000.0)
    found = finding("clock")
    assert found.verdict is Verdict.MEND
    assert "s behind this very code." in found.words


def test_a_clock_that_nobody_sets_is_noted(only, monkeypatch):
    only("clock")
    monkeypatch.setattr(machine, "_synchronisation", lambda: machine.UNSYNCHRONISED)
    assert finding("clock").verdict is Verdict.NOTE


def test_git_is_only_noted(only, monkeypatch):
    only("git")
    monkeypatch.setenv("PATH", "/nowhere")
    assert finding("git").verdict is Verdict.NOTE
