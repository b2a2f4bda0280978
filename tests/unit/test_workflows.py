"""The workflows of GitHub Actions: pinned, of few rights, and every command in them exists."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cloudscale.cli import app
from cloudscale.settings import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
TEXTS = {file.name: file.read_text(encoding="utf-8") for file in FILES}
WORKFLOWS = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
ON = True  # YAML 1.1 reads the key `on` as a truth
PINNED = re.compile(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
ENDS = r"(?=[\s\"')]|$)"


def jobs():
    return [
        pytest.param(job, id=f"{name}:{key}")
        for name, workflow in WORKFLOWS.items()
        for key, job in workflow["jobs"].items()
    ]


def steps(job):
    return job.get("steps", [])


def commands():
    """Every line that a workflow has a shell run."""
    return [
        line.strip()
        for workflow in WORKFLOWS.values()
        for job in workflow["jobs"].values()
        for step in steps(job)
        for line in step.get("run", "").replace("\\\n", " ").splitlines()
    ]


def test_there_are_the_four_that_the_guide_tells_of():
    assert list(WORKFLOWS) == ["check.yml", "deploy.yml", "plan.yml", "release.yml"]


def test_zizmor_finds_nothing_even_as_a_strict_auditor():
    zizmor = Path(sys.executable).with_name("zizmor")
    done = subprocess.run(
        [
            zizmor,
            "--offline",
            "--no-progress",
            "--persona=auditor",
            "--strict-collection",
            ".github",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings to report" in done.stdout


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_nothing_that_no_job_asks_for(name):
    assert WORKFLOWS[name]["permissions"] == {}
    keys = WORKFLOWS[name].keys() - {"defaults"}
    assert keys == {"name", ON, "permissions", "concurrency", "jobs"}


@pytest.mark.parametrize("job", jobs())
def test_a_job_asks_for_few_rights_and_has_an_end(job):
    assert job["permissions"].items() <= {
        *(("contents", "read"), ("id-token", "write"), ("attestations", "write"))
    }
    assert job.get("timeout-minutes", 0 if steps(job) else 1) in range(1, 121)
    assert "secrets" not in str(job)


@pytest.mark.parametrize("name", TEXTS)
def test_what_others_wrote_is_pinned_by_its_commit_with_the_version_beside_it(name):
    used = re.findall(r"uses: (.+)", TEXTS[name])
    assert used
    for one in used:
        is_ours = re.fullmatch(r"[.$]/\.github/workflows/(\w+\.yml)", one)
        if is_ours:
            assert (FOLDER / is_ours[1]).is_file()
        else:
            assert PINNED.fullmatch(one), one


def test_each_action_is_the_same_everywhere():
    used = set(re.findall(r"uses: (\S+@\S+ # \S+)", "".join(TEXTS.values())))
    assert len({one.split("@")[0] for one in used}) == len(used)


@pytest.mark.parametrize("job", jobs())
def test_no_checkout_leaves_its_token_behind(job):
    for step in steps(job):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_what_people_write_never_becomes_part_of_a_command():
    assert not [line for line in commands() if "${{" in line]


def test_every_make_target_exists():
    named = {
        target for line in commands() for target in re.findall(r"(?:^|[;&] ?)make ([\w./-]+)", line)
    }
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert named == {"check", "test", "release", ".venv/.synced"}
    for target in named:
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target


def test_every_command_of_the_shop_exists_with_its_options():
    found = [line for line in commands() if "-m cloudscale " in line]
    assert len(found) >= 3
    for line in found:
        command, *arguments = shlex.split(line.partition("-m cloudscale ")[2])
        explained = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
        assert explained.exit_code == 0, line
        for option in (one for one in arguments if one.startswith("--")):
            assert option in explained.stdout, line


def test_every_module_of_the_tests_exists():
    found = re.findall(r"-m (tests[.\w]*)", "\n".join(commands()))
    assert found
    for module in found:
        assert ROOT.joinpath(*module.split(".")).with_suffix(".py").is_file()


def test_release_is_given_only_options_that_it_has():
    given = re.findall(r'make release ARGS="(\S+)', "\n".join(commands()))
    explained = CliRunner().invoke(app, ["release", "--help"], env={"COLUMNS": "200"})
    assert given == ["--upload"]
    assert "--upload" in explained.stdout


def test_a_fork_is_given_nothing_and_only_main_is_deployed():
    plan = WORKFLOWS["plan.yml"]["jobs"]["plan"]
    assert "head.repo.full_name == github.repository" in plan["if"]
    assert WORKFLOWS["plan.yml"][ON].keys() == {"pull_request"}
    deploy = WORKFLOWS["release.yml"]["jobs"]["deploy"]
    assert "github.ref == 'refs/heads/main'" in deploy["if"]
    assert deploy["needs"] == "build"
    assert WORKFLOWS["release.yml"]["jobs"]["build"]["needs"] == "check"


def test_a_deploy_is_one_at_a_time_reviewed_and_looked_at():
    deploy = WORKFLOWS["deploy.yml"]
    assert deploy["concurrency"] == {"group": "deploy-production", "cancel-in-progress": False}
    job = deploy["jobs"]["deploy"]
    assert job["environment"] == "production"
    ran = [step.get("run", "") for step in steps(job)]
    (applied,) = [n for n, run in enumerate(ran) if "terraform -chdir=terraform apply" in run]
    (rolled,) = [n for n, run in enumerate(ran) if "cloudscale rollout" in run]
    assert applied < rolled
    assert '--smoke "$url"' in ran[rolled]
    assert '--version "$version"' in ran[rolled]


def test_both_machines_of_servers_are_built_for():
    build = WORKFLOWS["release.yml"]["jobs"]["build"]
    rows = build["strategy"]["matrix"]["include"]
    assert {row["machine"]: row["runner"] for row in rows} == {
        "x86_64": "ubuntu-24.04",
        "aarch64": "ubuntu-24.04-arm",
    }


def test_the_python_of_ci_is_that_of_releases():
    from cloudscale.serving.release_wheels import PYTHON

    told = {
        step["with"]["python-version"]
        for workflow in WORKFLOWS.values()
        for job in workflow["jobs"].values()
        for step in steps(job)
        if step.get("uses", "").startswith("actions/setup-python@")
    }
    assert told == {PYTHON}


def test_updates_wait_a_week_and_look_everywhere():
    file = ROOT / ".github" / "dependabot.yml"
    updates = yaml.safe_load(file.read_text(encoding="utf-8"))["updates"]
    assert {one["package-ecosystem"] for one in updates} == {
        *("github-actions", "uv", "terraform", "docker")
    }
    assert all(one["cooldown"]["default-days"] >= 7 for one in updates)
    for one in updates:
        for folder in one.get("directories", [one.get("directory")]):
            assert list(ROOT.glob(folder.strip("/") or "*")), folder
