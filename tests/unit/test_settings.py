"""Settings refuse what cannot work, and print no secret."""

import re

import pytest
from pydantic import ValidationError

from cloudscale.settings import ROOT, Settings, SettingsError

LONG = "s" * 32


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def settings(**values) -> Settings:
    """Settings from these values alone, whatever a .env file says."""
    return Settings(_env_file=None, **values)


def test_nothing_needs_to_be_set():
    default = settings()
    assert (default.environment, default.host, default.port) == ("demo", "127.0.0.1", 8000)
    assert default.data_dir == ROOT / "data"
    assert default.cloud == "simulated"
    assert default.aws_region == "ap-south-1"
    default.require_servable()


def test_the_environment_is_read(monkeypatch):
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/d")
    read = settings()
    assert read.port == 9000
    assert read.database_url and read.database_url.get_secret_value() == "postgresql://u:p@h/d"


@pytest.mark.parametrize(
    "name",
    [
        *("database_url", "redis_url", "public_url", "secret_key", "target_group_arn"),
        "otel_exporter_otlp_endpoint",
    ],
)
def test_empty_is_unset(name):
    assert getattr(settings(**{name: ""}), name) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 0),
        ("port", 65_536),
        ("port", "http"),
        ("environment", "staging"),
        ("cloud", "gcp"),
        ("log_format", "xml"),
        ("bcrypt_rounds", 3),
        ("bcrypt_rounds", 16),
        ("trusted_proxy_hops", -1),
        ("database_url", "mysql://u:p@h/d"),
        ("metrics_namespace", "AWS/EC2"),
        ("metrics_namespace", "a:b"),
        ("target_group_arn", "arn:aws:elasticloadbalancing:x:1:loadbalancer/app/shop/1"),
        ("load_balancer_arn", "app/shop/50dc6c495c0c9188"),
        ("public_url", "shop.example.com"),
        ("public_url", "ftp://shop.example.com"),
        ("public_url", "https://shop.example.com/store"),
        ("public_url", "https://shop.example.com?x=1"),
        ("public_url", "https://shop.example.com:port"),
        ("public_url", "https://shop..example.com"),
        ("public_url", "https://[::zz]"),
        ("public_url", "https://me:hidden@shop.example.com"),
        ("public_url", "https://@shop.example.com"),
        ("otel_exporter_otlp_endpoint", "collector:4318"),
        ("otel_exporter_otlp_endpoint", "grpc://collector:4317"),
        ("otel_traces_sampler_arg", 1.5),
    ],
)
def test_what_cannot_work_is_refused_with_the_name(name, value):
    with pytest.raises(ValidationError, match=name):
        settings(**{name: value})


def test_secrets_are_not_printed():
    hidden = settings(
        database_url="postgresql://u:hidden@h/d",
        secret_key="hidden" * 6,
        metrics_token="hidden",
        smtp_url="smtp://u:hidden@h",
        redis_url="redis://:hidden@h",
        otel_exporter_otlp_endpoint="https://u:hidden@collector",
    )
    assert "hidden" not in repr(hidden) + str(hidden) + str(hidden.model_dump())


def test_a_refused_url_does_not_print_its_password():
    with pytest.raises(ValidationError) as refused:
        settings(database_url="mysql://u:hidden@h/d")
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "SECRET_KEY"),
        ({"secret_key": "short", "public_url": "https://shop.example.com"}, "32 characters"),
        ({"secret_key": LONG}, "PUBLIC_URL"),
        (
            {
                "secret_key": LONG,
                "public_url": "https://shop.example.com",
                "metrics_token": "guessed",
            },
            "METRICS_TOKEN",
        ),
    ],
)
def test_production_needs_a_secret_and_an_origin(values, reason):
    production = settings(environment="production", **values)  # a build may read them so
    with pytest.raises(SettingsError, match=reason):
        production.require_servable()


def test_production_with_both_is_served():
    url = "https://shop.example.com/"
    ready = settings(environment="production", secret_key=LONG, public_url=url)
    ready.require_servable()
    assert ready.is_https
    assert ready.origin == "https://shop.example.com"
    assert ready.allowed_origins == ("https://shop.example.com",)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Shop.Example.com:443", "https://shop.example.com"),
        ("HTTPS://SHOP.example.com/", "https://shop.example.com"),
        ("http://shop.example.com:80", "http://shop.example.com"),
        ("http://shop.example.com:443", "http://shop.example.com:443"),
        ("https://shop.example.com:8443", "https://shop.example.com:8443"),
        ("https://Läden.example", "https://xn--lden-loa.example"),
        ("http://[::0001]:8000", "http://[::1]:8000"),
        (" https://shop.example.com ", "https://shop.example.com"),
    ],
)
def test_the_public_url_becomes_the_origin_that_browsers_send(url, origin):
    assert settings(public_url=url).allowed_origins == (origin,)


def test_a_users_name_in_the_public_url_is_refused_in_words_that_do_not_quote_it():
    with pytest.raises(ValidationError, match="without a user's name") as refused:
        settings(public_url="https://me:hidden@shop.example.com")
    assert "hidden" not in str(refused.value)


def test_the_default_port_is_in_no_origin():
    assert settings(port=80).allowed_origins[0] == settings(port=80).origin == "http://localhost"


def test_without_a_public_url_only_loopback_is_allowed():
    local = settings(port=8123)
    assert local.origin == "http://localhost:8123"
    assert set(local.allowed_origins) == {
        "http://localhost:8123",
        "http://127.0.0.1:8123",
        "http://[::1]:8123",
    }
    assert not local.is_https


def test_the_example_file_documents_every_setting_and_no_other():
    example = (ROOT / ".env.example").read_text()
    documented = set(re.findall(r"^#([A-Z_]+)=", example, re.MULTILINE))
    assert documented == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("name", ["database_url", "smtp_url"])
@pytest.mark.parametrize("place", ["h:port", "h:70000", "[h", "\u2100h"])
def test_a_url_that_cannot_be_read_is_refused_without_a_word_of_it(name, place):
    scheme = "smtp" if name == "smtp_url" else "postgresql"
    with pytest.raises(ValidationError, match="cannot be read") as refused:
        settings(**{name: f"{scheme}://u:hidden@{place}/x"})
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("values", "has"),
    [
        ({}, True),
        ({"load_lab": ""}, True),
        ({"load_lab": "off"}, False),
        ({"environment": "production"}, False),
        ({"environment": "production", "load_lab": ""}, False),
        ({"environment": "production", "load_lab": "on"}, True),
    ],
)
def test_the_load_lab_is_on_in_the_demo_and_in_production_only_where_it_is_set(values, has):
    assert settings(**values).has_load_lab is has


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:9000"),
        ("0.0.0.0", "http://127.0.0.1:9000"),  # noqa: S104
        ("::", "http://[::1]:9000"),
        ("::1", "http://[::1]:9000"),
        ("localhost", "http://localhost:9000"),
    ],
)
def test_a_server_finds_itself_wherever_it_listens(host, url):
    assert settings(host=host, port=9000, public_url="https://shop.example.com").own_url == url
