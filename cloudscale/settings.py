"""Settings: the only reader of the environment.

Owns every name a deployment can set (`.env.example` documents the same list) and refuses
what cannot work. May not import anything of ours.

    environment variables, .env --> Settings (typed, validated)
"""

import re
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_PORTS = {"http": 80, "https": 443}
STACK_NAME = r"^[A-Za-z0-9._-]{1,64}$"
ARN = "arn:aws:elasticloadbalancing:ap-south-1:123456789012"


class SettingsError(Exception):
    """The environment asks for something that must not run; the message says what and why."""


def _authority(parts: SplitResult) -> str:
    """Host and port as browsers write them in an Origin: lower case, the default port left out.

    Raises:
        ValueError: The port is no number, or the host no name that a browser could send.
    """
    host, port = parts.hostname or "", parts.port
    try:
        host = f"[{ip_address(host)}]" if ":" in host else host.encode("idna").decode()
    except UnicodeError:
        raise ValueError("must name a host such as shop.example.com") from None
    return host if port in (None, DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"


def _split(secret: SecretStr) -> SplitResult:
    """The parts of a URL that may hold a password.

    Raises:
        ValueError: It cannot be read; Python's own words may quote it.
    """
    try:
        parts = urlsplit(secret.get_secret_value())
        _ = parts.port  # raises when it is no number
    except ValueError:
        raise ValueError(
            "cannot be read: is its port a number, and is what is special in its password "
            "written as in %40?"
        ) from None
    return parts


@cache
def _local(name: str, port: int) -> str:
    """The origin of a server on this machine, as browsers write it."""
    return f"http://{_authority(urlsplit(f'http://{name}:{port}'))}"


class Settings(BaseSettings):
    """Everything that differs between two places this store runs in.

    All are optional. Secrets are `SecretStr`, so that no log or traceback prints them.
    """

    model_config = SettingsConfigDict(
        env_file=ROOT / ".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # a URL that is refused may hold a password
    )

    environment: Literal["demo", "production"] = "demo"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    database_url: SecretStr | None = None
    redis_url: SecretStr | None = None
    public_url: str | None = None
    secret_key: SecretStr | None = None
    workers: int | None = Field(default=None, ge=1, le=64)
    trusted_proxy_hops: int = Field(default=0, ge=0, le=5)
    keep_alive_seconds: float = Field(default=30, ge=1, le=4_010)
    drain_seconds: float = Field(default=0, ge=0, le=300)
    metrics_token: SecretStr | None = None
    cloud: Literal["simulated", "aws"] = "simulated"
    # Above it instances would outlast the health checks' grace of 180 s, and be replaced for ever.
    simulated_boot_seconds: int = Field(default=120, ge=5, le=150)
    aws_region: str = "ap-south-1"
    aws_endpoint_url: str | None = None
    instance_id: str = Field(default="", max_length=80)
    availability_zone: str = Field(default="local", max_length=40)
    application_version: str = Field(default="", max_length=64)
    auto_scaling_group: str | None = Field(default=None, max_length=255)
    target_group_arn: str | None = None
    load_balancer_arn: str | None = None
    scaling_policy_parameter: str | None = Field(default=None, max_length=1_011)
    healing_stack: str | None = Field(default=None, pattern=STACK_NAME)
    healing_table: str | None = Field(default=None, max_length=255)
    healing_topic_arn: str | None = Field(default=None, pattern=r"^arn:[\w-]+:sns:.+:.+$")
    healing_mode: Literal["plan", "approve", "apply"] = "apply"
    metrics_namespace: str = Field(
        default="CloudScale/Commerce", pattern=r"^[A-Za-z0-9._/#-]{1,255}$"
    )
    data_dir: Path = ROOT / "data"
    log_format: Literal["text", "json"] = "text"
    smtp_url: SecretStr | None = None
    mail_from: str = "CloudScale <orders@cloudscale.example>"
    bcrypt_rounds: int = Field(default=12, ge=4, le=15)
    registrations_per_hour: int = Field(default=20, ge=1)
    api_calls_per_minute: int = Field(default=600, ge=0)
    load_lab: bool | None = None
    otel_exporter_otlp_endpoint: SecretStr | None = None
    otel_service_name: str = "cloudscale"
    otel_traces_sampler_arg: float = Field(default=1.0, ge=0, le=1)

    @field_validator(
        "database_url",
        "redis_url",
        "public_url",
        "secret_key",
        "workers",
        "metrics_token",
        "aws_endpoint_url",
        "auto_scaling_group",
        "target_group_arn",
        "load_balancer_arn",
        "scaling_policy_parameter",
        "healing_stack",
        "healing_table",
        "healing_topic_arn",
        "smtp_url",
        "otel_exporter_otlp_endpoint",
        "load_lab",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        """`PUBLIC_URL=` in a .env file means unset, not the empty string."""
        return None if value == "" else value

    @field_validator("public_url")
    @classmethod
    def _is_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value.strip())
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise ValueError("must be an origin such as https://shop.example.com")
        if "@" in parts.netloc:
            raise ValueError("must be an origin alone, without a user's name or password")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("must be an origin alone, without path or query")
        return f"{parts.scheme}://{_authority(parts)}"

    @field_validator("metrics_namespace")
    @classmethod
    def _is_ours(cls, value: str) -> str:
        if value.startswith("AWS/"):
            raise ValueError("must not begin with AWS/, which CloudWatch keeps for itself")
        return value

    @field_validator("target_group_arn", "load_balancer_arn")
    @classmethod
    def _is_arn(cls, value: str | None, field: ValidationInfo) -> str | None:
        kind = "targetgroup" if field.field_name == "target_group_arn" else "loadbalancer/app"
        if value is None or re.fullmatch(rf"arn:[\w-]+:elasticloadbalancing:.+:{kind}/.+", value):
            return value
        raise ValueError(f"must be an ARN such as {ARN}:{kind}/shop/0123456789abcdef")

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        parts = _split(value)
        if parts.scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
            raise ValueError("must start with postgresql:// (PostgreSQL 15 or newer)")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        parts = _split(value)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("must look like smtps://user:password@mail.example.com:465")
        return value

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _is_collector(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        parts = _split(value)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise ValueError("must look like http://collector.example.com:4318")
        return value

    @property
    def is_production(self) -> bool:
        """Whether this is the real shop: nothing seeded, no default secret."""
        return self.environment == "production"

    @property
    def has_load_lab(self) -> bool:
        """Whether virtual shoppers may be sent: in the demo, elsewhere only where it is set."""
        return not self.is_production if self.load_lab is None else self.load_lab

    @property
    def own_url(self) -> str:
        """Where this very server answers programs of this machine, whatever stands in front."""
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Where browsers reach the store; never taken from a request's Host header."""
        return self.public_url or _local("localhost", self.port)

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """Origins that may open the socket or change something with a cookie."""
        if self.public_url:
            return (self.public_url,)
        return tuple(_local(name, self.port) for name in ("localhost", "127.0.0.1", "[::1]"))

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the store over HTTPS (decides cookie prefix and Secure)."""
        return self.origin.startswith("https://")

    def require_servable(self) -> None:
        """Refuse to serve production with a secret that can be guessed or an unknown origin.

        A build needs neither, so this is asked by `serve` and not on import.

        Raises:
            SettingsError: `SECRET_KEY` is missing or short, `PUBLIC_URL` is missing, or
                `METRICS_TOKEN` is short.
        """
        if not self.is_production:
            return
        if self.secret_key is None or len(self.secret_key.get_secret_value()) < 32:
            raise SettingsError(
                "ENVIRONMENT=production needs SECRET_KEY, 32 characters or more. "
                "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )
        if self.public_url is None:
            raise SettingsError(
                "ENVIRONMENT=production needs PUBLIC_URL, the origin that browsers use, "
                "such as https://shop.example.com"
            )
        if self.metrics_token and len(self.metrics_token.get_secret_value()) < 16:
            raise SettingsError(
                "ENVIRONMENT=production needs 16 characters or more in METRICS_TOKEN, where it is "
                "set: whoever guesses it reads /metrics"
            )


@cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
