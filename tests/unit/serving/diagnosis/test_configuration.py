"""Settings of a file, each wrong one with its words; where they lead is test_reaching.py."""

import re
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from cloudscale.serving.diagnosis import configuration, given, reaching
from cloudscale.serving.diagnosis.finding import Finding, Verdict
from cloudscale.serving.refusal import Refused
from cloudscale.settings import ROOT, get_settings

KEY = secrets.token_urlsafe(48)
SHOP = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": KEY,
    "METRICS_TOKEN": secrets.token_urlsafe(32),
    "PUBLIC_URL": "https://shop.example.com",
    "TRUSTED_PROXY_HOPS": "1",
    "DRAIN_SECONDS": "60",
}
NAMED = re.compile(r"^ +([A-Z][A-Z0-9_]+) += ", re.MULTILINE)
"""What a map in Terraform has a name of capitals for."""
Examine = Callable[..., dict[str, Finding]]


@pytest.fixture
def examine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """The findings on a file that sets the shop's settings, with some changed; no server asked."""
    monkeypatch.setattr(reaching, "EXAMINATIONS", {})

    def examine_file(**changes: str) -> dict[str, Finding]:
        file = tmp_path / "shop.env"
        values = {**SHOP, **changes}
        file.write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))
        file.chmod(0o600)
        return {finding.name: finding for finding in configuration.findings([file])}

    return examine_file


def test_a_shop_that_is_set_well_has_nothing_to_mend(examine: Examine):
    found = examine()
    assert {finding.verdict for finding in found.values()} == {Verdict.WELL}
    assert not [finding for finding in found.values() if KEY in str(finding)]


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY", "It is missing"),
        ({"SECRET_KEY": "k3" * 10}, "SECRET_KEY", "20 characters; 32 are needed"),
        ({"SECRET_KEY": "ab" * 30}, "SECRET_KEY", "repeats itself"),
        ({"SECRET_KEY": f"change-me-{KEY}"}, "SECRET_KEY", "placeholders"),
        ({"METRICS_TOKEN": KEY}, "METRICS_TOKEN", "It is SECRET_KEY"),
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN", "5 characters; 16 are needed"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL", "It is missing"),
        ({"PUBLIC_URL": "http://shop.example.com"}, "PUBLIC_URL", "can read them"),
        ({"PUBLIC_URL": "shop.example.com"}, "PUBLIC_URL", "must be an origin"),
        ({"TRUSTED_PROXY_HOPS": "0"}, "TRUSTED_PROXY_HOPS", "every shopper has its address"),
        ({"TRUSTED_PROXY_HOPS": "many"}, "TRUSTED_PROXY_HOPS", "valid integer"),
        ({"PORT": "70000"}, "PORT", "less than or equal to 65535"),
        ({"ENVIRONMENT": "staging"}, "ENVIRONMENT", "'demo' or 'production'"),
        ({"DATABASE_URL": "mysql://u@x/y"}, "DATABASE_URL", "must start with postgresql://"),
        ({"HEALING_MODE": "always"}, "HEALING_MODE", "'plan', 'approve' or 'apply'"),
        ({"DATABASSE_URL": "postgresql://x"}, "DATABASSE_URL", "nothing here reads it"),
        (
            {"DATABASE_URL": "postgresql://shop:shop@db.example.com/shop"},
            "database login",
            "fewer than 12 characters",
        ),
    ],
)
def test_what_is_wrong_is_told_by_its_name(examine: Examine, changes, name, words):
    found = examine(**changes)
    assert found[name].verdict is Verdict.MEND
    assert words in found[name].words
    assert found[name].mend
    others = [one.name for one in found.values() if one.verdict is Verdict.MEND]
    assert others == [name]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"ENVIRONMENT": "demo"}, "ENVIRONMENT"),
        ({"PUBLIC_URL": "https://localhost:8443"}, "PUBLIC_URL"),
        ({"TRUSTED_PROXY_HOPS": "3"}, "TRUSTED_PROXY_HOPS"),
        ({"DRAIN_SECONDS": "0"}, "DRAIN_SECONDS"),
    ],
)
def test_what_may_be_meant_so_is_noted(examine: Examine, changes, name):
    assert examine(**changes)[name].verdict is Verdict.NOTE


def test_a_wrong_setting_does_not_hide_the_others(examine: Examine):
    found = examine(PORT="0", SECRET_KEY="short")
    assert [one.name for one in found.values() if one.verdict is Verdict.MEND] == [
        "PORT",
        "SECRET_KEY",
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TRUSTED_PROXY_HOP", "TRUSTED_PROXY_HOPS"),
        ("METRIC_TOKEN", "METRICS_TOKEN"),
        ("AWS_REGOIN", "AWS_REGION"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    ],
)
def test_a_misspelt_setting_is_told_with_the_one_that_it_looks_like(examine, name, meant):
    found = examine(**{name: "1"})
    assert (found[name].verdict, found[name].mend) == (Verdict.MEND, f"Is {meant} meant?")


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("PROXIES_TRUSTED", "Is it another program's?"),
        ("PROXY_HOPS", "The nearest is TRUSTED_PROXY_HOPS."),
    ],
)
def test_a_name_that_nobody_knows_is_noted(examine: Examine, name, mend):
    found = examine(**{name: "1"})
    assert (found[name].verdict, found[name].mend) == (Verdict.NOTE, mend)
    assert "nothing here reads it" in found[name].words


def test_what_servers_scripts_and_sdks_read_is_no_slip(examine: Examine):
    fleet = (ROOT / "terraform/modules/fleet").glob("*.tf")
    told = {name for file in fleet for name in NAMED.findall(file.read_text())}
    assert {"AUTO_SCALING_GROUP", "LAUNCH_HOOK", "REPOSITORY_REF", "RELEASE_BUCKET"} <= told
    sdks = {"AWS_DEFAULT_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"}
    sdks |= {"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_RESOURCE_ATTRIBUTES"}
    compose = set(re.findall(r"[$][{]([A-Z_]+)", (ROOT / "compose.yaml").read_text()))
    assert "POSTGRES_PASSWORD" in compose
    found = examine(**dict.fromkeys((told | sdks | compose) - given.NAMES, "x"))
    assert {one.verdict for one in found.values()} == {Verdict.WELL}


def test_slips_in_the_environment_are_told_and_of_env_files_what_nobody_knows_too(
    examine, monkeypatch, tmp_path
):
    (tmp_path / ".env").write_text("Editor=vi\nPAGER_OF_MINE=less\nPORT=8001\n")
    monkeypatch.setattr(given, "ROOT", tmp_path)
    monkeypatch.setenv("TRUSTED_PROXY_HOP", "1")
    monkeypatch.setenv("TERMINAL_OF_MINE", "xterm")
    found = {one.name: one for one in configuration.findings([])}
    assert found["TRUSTED_PROXY_HOP"].mend == "Is TRUSTED_PROXY_HOPS meant?"
    assert {"EDITOR", "PAGER_OF_MINE"} <= found.keys()
    assert not {"TERMINAL_OF_MINE", "PATH", "PORT"} & found.keys()


def test_secrets_that_others_may_read_are_told(examine: Examine, tmp_path: Path):
    examine()
    (tmp_path / "shop.env").chmod(0o644)
    found = {one.name: one for one in configuration.findings([tmp_path / "shop.env"])}
    assert "SECRET_KEY, METRICS_TOKEN" in found["shop.env"].words
    assert found["shop.env"].mend == f"chmod 600 {tmp_path / 'shop.env'}"


def test_later_files_win_and_the_environment_is_left_out(examine: Examine, tmp_path, monkeypatch):
    examine()
    monkeypatch.setenv("PUBLIC_URL", "http://of-this-shell.example.com")
    later = tmp_path / "later.env"
    later.write_text("DRAIN_SECONDS=30\n")
    files = [tmp_path / "shop.env", later]
    found = {one.name: one for one in configuration.findings(files)}
    assert (found["DRAIN_SECONDS"].words, found["PUBLIC_URL"].words) == (
        "30 s",
        "https://shop.example.com",
    )


def test_without_a_file_the_environment_is_examined(examine: Examine, monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "nonsense")
    get_settings.cache_clear()
    found = {one.name: one for one in configuration.findings([])}
    assert found["PUBLIC_URL"].verdict is Verdict.MEND


def test_the_example_of_all_settings_is_a_demo_that_is_well(examine: Examine):
    found = list(configuration.findings([ROOT / ".env.example"]))
    assert [one.name for one in found if one.verdict is not Verdict.WELL] == ["ENVIRONMENT"]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(Refused, match="cannot be read: No such file"):
        list(configuration.findings([tmp_path / "none.env"]))


@pytest.mark.parametrize("make", [secrets.token_hex, secrets.token_urlsafe])
def test_random_secrets_of_any_kind_are_strong_enough(make):
    """Of a thousand with as few characters as are taken, none is called weak."""
    made = [make(32) for _ in range(1000)]
    for length in (configuration.SHORTEST_SECRET, configuration.SHORTEST_TOKEN):
        assert min(configuration.bits(text[:length]) for text in made) > configuration.LEAST_BITS
