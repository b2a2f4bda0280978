"""What a server runs is exactly what its ref names; what cannot be had is said, and why."""

import hashlib
import json
import os
import platform
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.bootstrap import refusing
from tests.bootstrap.conftest import BUCKET, TAG, Stage
from tests.bootstrap.machine import Machine

MACHINE = platform.machine()


def head(machine: Machine) -> str:
    command = ["git", "-c", "safe.directory=*", "-C", str(machine.application), "rev-parse", "HEAD"]
    return subprocess.check_output(command, text=True).strip()


def published(
    stage: Stage, folder: Path, version: str, about: dict[str, str], sha: str = ""
) -> str:
    """Put a release without a program into the bucket; returns its version."""
    content, tarball = folder / "content", folder / f"cloudscale-{version}-{MACHINE}.tar.gz"
    content.mkdir()
    (content / "RELEASE.json").write_text(json.dumps(about, indent=2))
    with tarfile.open(tarball, "w:gz") as packed:
        packed.add(content, f"cloudscale-{version}")
    sum_of = tarball.with_name(f"{tarball.name}.sha256")
    sha = sha or hashlib.sha256(tarball.read_bytes()).hexdigest()
    sum_of.write_text(f"{sha}  {tarball.name}\n")
    for file in (tarball, sum_of):
        key = f"releases/{version}/{file.name}"
        stage.aws.client("s3").upload_file(str(file), BUCKET, key)
    return version


def about(commit: str, version: str = "", machine: str = MACHINE) -> dict[str, str]:
    return {"version": version or commit[:12], "commit": commit, "machine": machine}


def test_without_a_release_a_tag_is_cloned(machine, remote):
    new = machine(RELEASE_BUCKET="")
    told = new.succeed("fetch")
    assert "NO RELEASE IS USED: no bucket of releases is named" in told
    assert head(new) == remote.commit
    version = new.place("/etc/cloudscale/version.env").read_text()
    assert version == f"APPLICATION_VERSION='{remote.commit[:12]}'\n"


def test_a_commit_is_taken_as_it_is_and_another_one_takes_its_place(machine, remote):
    new = machine(RELEASE_BUCKET="", REPOSITORY_REF=remote.older)
    new.succeed("fetch")
    assert head(new) == remote.older
    new.told["REPOSITORY_REF"] = TAG
    new.tell()
    new.succeed("fetch")
    assert head(new) == remote.commit
    assert (new.application / "Makefile").is_file()


def test_a_branch_is_taken_and_told_of(machine, remote):
    new = machine(RELEASE_BUCKET="", REPOSITORY_REF="main")
    assert "main IS A BRANCH" in new.succeed("fetch")
    assert head(new) == remote.commit


def test_what_somebody_changed_on_the_server_is_put_back(machine):
    new = machine(RELEASE_BUCKET="")
    new.succeed("fetch")
    makefile = new.application / "Makefile"
    before = makefile.read_text()
    makefile.write_text("all:\n")
    new.succeed("fetch")
    assert makefile.read_text() == before


@pytest.mark.parametrize("ref", ["v0.0.1", "abcdef012345"])
def test_a_ref_that_is_not_there_is_named(machine, ref):
    told = machine(RELEASE_BUCKET="", REPOSITORY_REF=ref).fail("fetch")
    assert "Stage fetch failed" in told
    assert f"has no tag, branch or whole commit {ref}" in told
    assert "What to do: push it, or set application_ref" in told


def test_a_commit_that_is_not_there_is_named(machine):
    told = machine(RELEASE_BUCKET="", REPOSITORY_REF="f" * 40).fail("fetch")
    assert f"does not give commit {'f' * 40}" in told


def test_a_repository_that_is_not_there_is_named_at_once(machine):
    new = machine(RELEASE_BUCKET="", REPOSITORY="/nowhere/shop.git")
    told = new.fail("fetch")
    assert "/nowhere/shop.git cannot be read" in told
    assert "application_repository" in told
    assert "attempt" not in new.log


def test_a_network_that_is_not_there_is_waited_for_and_then_told(machine):
    new = machine(RELEASE_BUCKET="", REPOSITORY="http://127.0.0.1:9/shop.git")
    told = new.fail("fetch")
    assert "http://127.0.0.1:9/shop.git cannot be read" in told
    assert "connect" in told
    assert "attempt 5 of 5 failed" in new.log


def test_a_release_is_taken_instead_of_the_repository(machine, stage, remote, tmp_path):
    published(stage, tmp_path, "v1.0.0", about(remote.older, "v1.0.0"))
    new = machine(REPOSITORY_REF="v1.0.0", REPOSITORY="/nowhere/shop.git")
    new.succeed("fetch")
    assert (new.application / "RELEASE.json").is_file()
    assert remote.older[:12] in new.place("/etc/cloudscale/version.env").read_text()
    assert not new.place("/opt/cloudscale/downloads").exists()


def test_a_repository_that_cannot_be_read_takes_nothing_away(machine, stage, remote, tmp_path):
    published(stage, tmp_path, "v1.0.1", about(remote.older, "v1.0.1"))
    new = machine(REPOSITORY_REF="v1.0.1")
    new.succeed("fetch")
    new.told |= {"REPOSITORY_REF": "v1.0.2", "REPOSITORY": "/nowhere/shop.git"}
    new.tell()
    assert "/nowhere/shop.git cannot be read" in new.fail("fetch")
    assert (new.application / "RELEASE.json").is_file()


def test_a_wrong_checksum_is_told_to_people_and_the_commit_is_built(
    machine, stage, remote, tmp_path
):
    published(stage, tmp_path, remote.commit[:12], about(remote.commit), sha="0" * 64)
    new = machine(REPOSITORY_REF=remote.commit)
    told = new.succeed("fetch")
    assert "NO RELEASE IS USED: THE CHECKSUM" in told
    assert head(new) == remote.commit
    assert not (new.application / "RELEASE.json").exists()
    assert any("A release has a wrong checksum" in one for one in stage.told_people())


@pytest.mark.parametrize(
    "other", [{"machine": "riscv64"}, {"commit": "e" * 40, "version": "v8"}], ids=str
)
def test_a_release_of_something_else_is_not_run(machine, stage, remote, tmp_path, other):
    published(stage, tmp_path, remote.older[:12], {**about(remote.older), **other})
    new = machine(REPOSITORY_REF=remote.older)
    told = new.succeed("fetch")
    assert f"is not {remote.older} for {MACHINE}" in told
    assert head(new) == remote.older


def test_a_bucket_that_cannot_be_read_is_told_and_the_tag_is_built(machine, remote):
    new = machine(RELEASE_BUCKET="somebody-elses")
    told = new.succeed("fetch")
    assert "NO RELEASE IS USED: s3://somebody-elses/" in told
    assert "cannot be read" in told
    assert head(new) == remote.commit


def test_a_package_index_that_does_not_answer_is_asked_again_and_then_told(machine):
    new = machine(RELEASE_BUCKET="")
    new.succeed("fetch")
    for name in (".config/pip/pip.conf", ".config/uv/uv.toml"):
        (new.place("/opt/cloudscale") / name).unlink(missing_ok=True)
    new.environment = {
        name: value for name, value in new.environment.items() if not name.startswith("PIP_")
    }
    with refusing.index_without_answers() as url:
        new.environment |= {"PIP_INDEX_URL": f"{url}/simple", "PIP_RETRIES": "0"}
        told = new.fail("install")
    assert "Stage install failed: it cannot be built" in told
    assert "the package index, asked now, answers 503" in told
    assert "attempt 5 of 5 failed" in new.log
    assert "package indexes" in told


def test_a_full_disk_is_told_as_that(machine):
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    new = machine(RELEASE_BUCKET="")
    disk = new.place("/opt/cloudscale")
    disk.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=755", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        told = new.fail("fetch")
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert "since the disk is full" in told
    assert "root_volume_gb" in told
