"""A release is made of one commit: named by its tag or its digits, and of nothing else."""

import subprocess

import pytest

from cloudscale.serving.refusal import Refused
from cloudscale.serving.release_commit import Commit

AT = 1_700_000_000


@pytest.fixture
def git(tmp_path, monkeypatch):
    """A repository with one commit; runs git in it."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "A")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "a@example.com")
        monkeypatch.setenv(f"GIT_{name}_DATE", f"{AT} +0000")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")

    def run(*arguments):
        done = subprocess.run(
            ["git", *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    run("init", "--quiet")
    (tmp_path / "shop.py").write_text("open = True\n")
    (tmp_path / "start").write_text("#!/bin/sh\n")
    (tmp_path / "start").chmod(0o755)
    (tmp_path / ".gitignore").write_text("/data/\n")
    run("add", ".")
    run("commit", "--quiet", "--message", "first")
    return run


def test_a_commit_without_a_tag_is_named_by_twelve_digits(git, tmp_path):
    commit = Commit.of(tmp_path)
    assert commit.name == git("rev-parse", "HEAD")
    assert (commit.version, commit.at) == (commit.name[:12], AT)


def test_a_tagged_commit_is_named_by_its_newest_tag(git, tmp_path):
    for tag in ("v1.9.0", "v1.10.0"):
        git("tag", tag)
    assert Commit.of(tmp_path).version == "v1.10.0"


def test_a_tag_that_cannot_be_part_of_a_files_name_is_refused(git, tmp_path):
    git("tag", "shop/1.0")
    with pytest.raises(Refused, match=r"The tag shop/1\.0 cannot name a release"):
        Commit.of(tmp_path)


def test_what_is_not_committed_is_refused_by_name(git, tmp_path):
    (tmp_path / "shop.py").write_text("open = False\n")
    (tmp_path / "forgotten.py").write_text("")
    with pytest.raises(Refused, match=r"in none: shop\.py, forgotten\.py\. Commit it"):
        Commit.of(tmp_path)


def test_a_long_list_of_changes_is_cut(git, tmp_path):
    for number in range(7):
        (tmp_path / f"new{number}").write_text("")
    with pytest.raises(Refused, match=r"new4 and 2 more\."):
        Commit.of(tmp_path)


def test_a_folder_that_is_no_repository_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(Refused, match="git status failed: fatal: not a git repository"):
        Commit.of(tmp_path)


def test_a_machine_without_git_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="git is not there"):
        Commit.of(tmp_path)


def test_what_git_ignores_stays_behind(git, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret").write_text("kept")
    Commit.of(tmp_path).export(tmp_path / "data" / "stage")
    files = {path.name: path for path in (tmp_path / "data" / "stage").iterdir()}
    assert set(files) == {"shop.py", "start", ".gitignore"}
    assert files["shop.py"].read_text() == "open = True\n"
    assert files["start"].stat().st_mode & 0o100
