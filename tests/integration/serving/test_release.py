"""A real release: made of a commit of these files, installed without a network, and running."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from cloudscale.serving import frontend, release_packing
from cloudscale.settings import ROOT
from tests import aws_server

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or sys.version_info[:2] != (3, 11),
        reason="releases are made on Linux with Python 3.11; elsewhere they are refused",
    ),
    pytest.mark.timeout(600),
]
AUTHOR = [
    option
    for name in ("user.name=A", "user.email=a@example.com", "commit.gpgsign=false")
    for option in ("-c", name)
]


def git(project, *arguments):
    done = subprocess.run(
        ["git", *AUTHOR, *arguments], cwd=project, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A repository of its own with the files that are here now, committed, tagged and built."""
    project = tmp_path_factory.mktemp("project")
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, project / name)
    git(project, "init", "--quiet")
    (project / ".git" / "info" / "exclude").write_text(".tools\n")
    (project / ".tools").symlink_to(ROOT / ".tools")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "all")
    git(project, "tag", "v9.9.9")
    if not frontend.why_not():  # saves building it again
        ignored = shutil.ignore_patterns("node_modules")
        shutil.copytree(ROOT / ".web", project / ".web", ignore=ignored)
    return project


def run(project, *arguments, **settings):
    """Run the program of a folder, in the environment of the tests."""
    return subprocess.run(
        [sys.executable, "-B", "-m", "cloudscale", *arguments],
        cwd=project,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def made(project):
    """The release's tarball, and what making it said."""
    done = run(project, "release")
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip()), done.stderr


@pytest.fixture(scope="module")
def unpacked(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    with tarfile.open(made[0]) as archive:
        archive.extractall(folder, filter="data")
    return folder / "cloudscale-v9.9.9"


def test_it_is_named_by_version_and_machine_and_vouched_for(made, project):
    tarball, said = made
    assert tarball == project / "dist" / f"cloudscale-v9.9.9-{platform.machine()}.tar.gz"
    digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
    told = tarball.with_name(f"{tarball.name}.sha256").read_text()
    assert told == f"{digest}  {tarball.name}\n"
    checked = subprocess.run(
        ["sha256sum", "--check", "-"], input=told, cwd=tarball.parent, text=True
    )
    assert checked.returncode == 0
    assert f"SHA-256 {digest}" in said


def test_it_says_what_it_is(made, unpacked, project):
    inside = json.loads((unpacked / "RELEASE.json").read_text())
    assert inside["version"] == "v9.9.9"
    assert inside["commit"] == git(project, "rev-parse", "HEAD").strip()
    assert (inside["machine"], inside["python"]) == (platform.machine(), "3.11")
    beside = json.loads(made[0].with_name(f"{unpacked.name}-{platform.machine()}.json").read_text())
    assert {name: beside[name] for name in inside} == inside
    assert beside["sizeBytes"] == made[0].stat().st_size
    assert beside["builtAt"] >= inside["committedAt"]


def test_it_holds_the_commit_and_nothing_that_git_ignores(unpacked, project):
    committed = set(filter(None, git(project, "ls-files", "-z").split("\0")))
    found = {
        path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()
    }
    added = {name for name in found - committed if not name.startswith((".web/", "wheels/"))}
    assert committed <= found
    assert added == {"RELEASE.json", "requirements.txt"}
    assert {name.split("/")[1] for name in found if name.startswith(".web/")} == {
        *(".built", "backend", "build", "routes.json")
    }


def test_nothing_in_the_front_end_tells_one_build_from_the_next(unpacked):
    scripts = list((unpacked / ".web" / "build" / "client").rglob("*.js"))
    assert len(scripts) > 10
    assert not [script for script in scripts if "last_reflex_run" in script.read_text()]


def test_packed_again_it_is_the_same_file(made, unpacked, project, tmp_path):
    again = tmp_path / "again.tar.gz"
    at = int(git(project, "show", "--no-patch", "--format=%ct"))
    release_packing.pack(unpacked, again, at)
    assert (
        hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(made[0].read_bytes()).digest()
    )


@pytest.fixture(scope="module")
def installed(unpacked):
    """The release's own environment, made with nothing but what lies in it."""
    offline = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIP_", "UV_"))
        },
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9"),
        "UV_CACHE_DIR": str(unpacked / "cache"),  # what was fetched for others does not count
        "PIP_CONFIG_FILE": os.devnull,
    }
    uv = unpacked / ".tools" / "bin" / "uv"
    wheels = ["--no-index", "--find-links", "wheels"]
    locked = ["--require-hashes", "--requirement", "requirements.txt"]
    for command in (
        [sys.executable, "-m", "venv", ".tools"],
        [".tools/bin/pip", "install", "--quiet", *wheels, "uv"],
        [uv, "venv", "--quiet", "--python", sys.executable, ".venv"],
        [uv, "pip", "install", "--quiet", "--offline", *wheels, *locked],
    ):
        done = subprocess.run(
            [str(part) for part in command],
            cwd=unpacked,
            env=offline,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    return unpacked


def test_installed_it_runs_and_has_nothing_to_build(installed):
    python = str(installed / ".venv" / "bin" / "python")
    for command, words in ((["--help"], "release"), (["build"], "")):
        done = subprocess.run(
            [python, "-m", "cloudscale", *command], cwd=installed, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert words in done.stdout
        assert "Building" not in done.stderr
    loaded = "import cloudscale.cloudscale, cloudscale.serving.store, psycopg, granian, bcrypt"
    done = subprocess.run([python, "-c", loaded], cwd=installed, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_it_is_uploaded_once_as_it_was_made(made, project, tmp_path):
    tarball, _ = made
    bucket = {
        "Bucket": "releases",
        "CreateBucketConfiguration": {"LocationConstraint": aws_server.REGION},
    }
    with aws_server.running(tmp_path) as aws:
        s3 = aws.client("s3")
        s3.create_bucket(**bucket)
        settings = {**aws_server.CREDENTIALS, "AWS_ENDPOINT_URL": aws.url}
        before = tarball.stat().st_mtime_ns
        first, again = (
            run(project, "release", "--upload", "releases", **settings) for _ in range(2)
        )
        sizes = {
            row["Key"].rpartition("/")[2]: row["Size"]
            for row in s3.list_objects_v2(Bucket="releases", Prefix="releases/v9.9.9/")["Contents"]
        }
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "Uploaded to releases" in first.stderr
    assert "It is there already, in releases" in again.stderr
    assert sizes == {file.name: file.stat().st_size for file in tarball.parent.iterdir()}
    assert tarball.stat().st_mtime_ns == before


def test_a_tree_with_changes_is_refused_before_anything_is_made(project, made):
    (project / "README.md").write_text("changed")
    try:
        done = run(project, "release", "--output", "elsewhere")
    finally:
        git(project, "checkout", "--quiet", "README.md")
    assert done.returncode == 1
    assert done.stderr.startswith("A release is made of a commit, and this is in none: README.md.")
    assert not (project / "elsewhere").exists()


def test_a_file_that_git_ignores_cannot_get_into_the_front_end(project, made):
    ignored = project / "cloudscale" / "forgotten.log"
    ignored.write_text("a source, as far as the build can tell")
    stamp = project / ".web" / ".built"
    before = stamp.read_text()
    stamped = "from cloudscale.serving import frontend as f; f.write_stamp(f.source_digest())"
    subprocess.run([sys.executable, "-B", "-c", stamped], cwd=project, check=True)
    try:
        done = run(project, "release", "--output", "elsewhere")
    finally:
        ignored.unlink()
        stamp.write_text(before)
    assert done.returncode == 1
    assert "The front end does not fit the commit" in done.stderr
    assert not (project / "elsewhere").exists()
