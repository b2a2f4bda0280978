"""A tier that did not run is never counted as passed."""

import json
import socket

import pytest

from tests import __main__ as tiers
from tests.terraform import program


@pytest.mark.parametrize(
    ("environment", "failing"),
    [
        ({}, ["browser"]),
        ({"CI": "true"}, ["browser", "terraform"]),
        ({"CI": "false"}, ["browser"]),
        ({"CI": "true", "ALLOW_MISSING": "terraform"}, ["browser"]),
        ({"CI": "true", "ALLOW_MISSING": "terraform, browser"}, []),
    ],
)
def test_what_is_missing_fails_the_run_unless_it_is_allowed(environment, failing):
    missing = {"browser": "no Chromium", "terraform": "not installed"}
    assert tiers.intolerable(missing, environment) == failing


@pytest.fixture
def two_tiers(monkeypatch, tmp_path):
    """A busy tier and a patient one, each with a test in it."""
    patient = {"busy": False, "waiting": True}
    for name in patient:
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"test_{name}.py").write_text(f"def test_{name}():\n    print('{name} ran')\n")
    made = {n: tiers.Tier(str(tmp_path / n), is_patient=is_so) for n, is_so in patient.items()}
    monkeypatch.setattr(tiers, "TIERS", made)
    return tmp_path


@pytest.mark.parametrize(
    ("failing", "selection", "code"),
    [
        (None, ["-k", "test_busy"], 0),
        ("waiting", [], 1),
    ],
)
def test_a_tier_that_mostly_waits_runs_beside_the_others(
    two_tiers, capfd, failing, selection, code
):
    if failing:
        (two_tiers / failing / f"test_{failing}.py").write_text(
            "def test_it():\n    assert False\n"
        )
    assert tiers.main(["-s", "-p", "no:cacheprovider", *selection]) == code
    told = capfd.readouterr()
    assert told.out.rindex(f"{two_tiers / 'waiting'}:") > 0
    assert "Ran: busy, waiting." in told.err


@pytest.mark.parametrize(
    ("codes", "code"), [([0, 0], 0), ([0, 5], 0), ([5, 5], 5), ([5, 1], 1), ([2, 1], 2)]
)
def test_two_runs_have_one_exit_code(codes, code):
    assert tiers.together(codes) == code


@pytest.fixture
def install_terraform(monkeypatch, tmp_path):
    """Puts a program on an otherwise empty PATH that tells a version, and nothing else here."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(program, "_places", lambda: iter([tmp_path / "mirror"]))

    def install(version):
        about = {"terraform_version": version, "platform": "plan9_mips"}
        path = tmp_path / "bin" / "terraform"
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\necho '{json.dumps(about)}'\n")
        path.chmod(0o755)

    return install


def test_a_machine_without_terraform_is_told_so(install_terraform):
    assert program.why_not().startswith("no terraform on PATH; https://")


def test_a_terraform_that_is_too_old_is_told_so(install_terraform):
    install_terraform("1.9.8")
    assert program.why_not().startswith("Terraform 1.9.8 is too old: 1.11 or newer; https://")


def test_without_a_provider_and_a_registry_the_reason_comes_soon(install_terraform, monkeypatch):
    install_terraform("1.12.0-rc1")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setattr(program, "REGISTRY", f"http://127.0.0.1:{port}/")
    assert "registry.terraform.io is out of reach" in program.why_not()


def test_a_provider_is_found_where_the_configuration_of_terraform_says(monkeypatch, tmp_path):
    mirror = tmp_path / "its mirror"
    (mirror / program.PROVIDER / "5.100.0" / "plan9_mips").mkdir(parents=True)
    configuration = tmp_path / "terraform.rc"
    configuration.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path    = "{mirror}"\n  }}\n}}\n'
    )
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(configuration))
    assert list(program.mirrors("plan9_mips")) == [mirror]
