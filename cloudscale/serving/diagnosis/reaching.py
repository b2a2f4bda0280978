"""Where a configuration leads: each server that it names is asked, and nothing is changed there."""

import smtplib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
from redis import Redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from cloudscale import db, schema
from cloudscale.adapters.aws.fleet import AwsFleet
from cloudscale.adapters.aws.place import Place
from cloudscale.adapters.mail import SmtpMailer
from cloudscale.adapters.otlp import PATH as TRACES
from cloudscale.connections import connect_args
from cloudscale.ops.ports import CloudFault
from cloudscale.serving import preparation
from cloudscale.serving.diagnosis.finding import Ailment, Remark
from cloudscale.serving.refusal import Refused
from cloudscale.settings import Settings

PATIENCE_SECONDS = 5
SKEW_SECONDS = 2.0
"""Sessions, carts and the leader's lock are judged by seconds, by different machines."""
TAKEN = db.THREADS + db.HASHING_THREADS + db.OTHER_CONNECTIONS
"""Connections of one server, however many processes share them."""
LISTENING_SECONDS = 2
"""For a server's sign of life, which each sets anew twice a second."""
NEAR = {"localhost", "127.0.0.1", "::1"}
SET_CLOCKS = "Have both machines set their clocks (timedatectl set-ntp true)."


def _address(settings: Settings) -> URL:
    """Where the database is, with its password."""
    url = settings.database_url
    return make_url(db.sqlalchemy_url(url.get_secret_value() if url else ""))


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    """An engine of our own: the settings are not those of this process."""
    url = _address(settings)
    engine = create_engine(url, connect_args=connect_args(url), hide_parameters=True)
    try:
        yield engine
    except Refused as refusal:
        raise Ailment(str(refusal)) from None
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise Ailment(
            f"It cannot be used: {reason}.", "Is its server up, and may it be reached?"
        ) from None
    finally:
        engine.dispose()


def _database(settings: Settings) -> str:
    if settings.database_url is None:
        if settings.is_production:
            raise Remark(
                "Unset: the store keeps its data on this very machine, for one server alone.",
                "Several servers need a PostgreSQL that they share.",
            )
        return "unset: one of our own in DATA_DIR"
    with _engine(settings) as engine:
        preparation.require_usable(engine)
        version = preparation.server_version(engine)
        if not schema.is_current(engine):
            raise Ailment(
                f"PostgreSQL {version}: its schema is not that of this version.",
                "`python -m cloudscale migrate`, with these settings.",
            )
        with engine.connect() as connection:
            _judge(_skew(connection), "the database's")
            free = _free_connections(connection)
    if free < TAKEN:
        raise Ailment(
            f"{free} connections are free, and a server takes {TAKEN} or so.",
            "Raise max_connections, or run fewer servers.",
        )
    return f"PostgreSQL {version}, schema current, {free} connections free"


def _skew(connection: Connection) -> float:
    """Seconds by which the database's clock is ahead of ours."""
    began = time.time()
    asked = "SELECT extract(epoch FROM clock_timestamp())::float8"
    theirs = connection.exec_driver_sql(asked).scalar_one()
    return theirs - (began + time.time()) / 2


def _judge(skew: float, whose: str) -> None:
    """Refuse clocks that are apart.

    Raises:
        Ailment: They are.
    """
    if abs(skew) > SKEW_SECONDS:
        side = "behind" if skew > 0 else "ahead of"
        raise Ailment(f"This machine's clock is {abs(skew):.0f} s {side} {whose}.", SET_CLOCKS)


def _free_connections(connection: Connection) -> int:
    return connection.exec_driver_sql(
        "SELECT current_setting('max_connections')::int"
        " - current_setting('superuser_reserved_connections')::int - count(*)"
        " FROM pg_stat_activity WHERE backend_type = 'client backend'"
    ).scalar_one()


def _database_tls(settings: Settings) -> str:
    if settings.database_url is None:
        return "not needed"
    url = _address(settings)
    if (url.host or "").startswith("/") or (url.host or "") in {"", *NEAR}:
        return "not needed on one machine"
    with _engine(settings) as engine, engine.connect() as connection:
        is_private = connection.connection.driver_connection.info.pgconn.ssl_in_use  # type: ignore[union-attr]
    if not is_private:
        words = "What is asked and answered crosses the network in the clear."
        raise Ailment(words, "Add sslmode=verify-full and sslrootcert=… to DATABASE_URL.")
    mode = url.query.get("sslmode", "prefer")
    if mode not in {"verify-full", "verify-ca"}:
        words = f"sslmode={mode}: encrypted, to whoever answers by that name."
        raise Remark(
            words, "sslmode=verify-full with sslrootcert=… believes the right server alone."
        )
    return f"sslmode={mode}"


def _redis(settings: Settings) -> str:
    if settings.redis_url is None:
        if settings.is_production:
            words = "Unset: pages' live state is in one process's memory."
            raise Remark(words, "Several processes or servers need a Redis that they share.")
        return "unset: one process, in memory"
    url = settings.redis_url.get_secret_value()
    try:
        with Redis.from_url(
            url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
        ) as redis:
            began = time.time()
            seconds, millionths = redis.time()  # type: ignore[misc]
            _judge(seconds + millionths / 1e6 - (began + time.time()) / 2, "Redis's")
            version = redis.info("server").get("redis_version", "?")  # type: ignore[union-attr]
            is_telling = _tells_of_keys(redis)
    except (RedisError, OSError, ValueError) as error:
        words = f"It cannot be reached: {_without(str(error), url)}."
        raise Ailment(words, "Is it up, may it be reached, and is the password right?") from None
    if not is_telling:
        raise Remark(
            f"Redis {version} takes no CONFIG, and told of no server in {LISTENING_SECONDS} s.",
            "Where servers run, set its notify-keyspace-events as .env.example says.",
        )
    if urlsplit(url).scheme == "redis" and (urlsplit(url).hostname or "localhost") not in NEAR:
        words = f"Redis {version}; pages' state crosses the network in the clear."
        raise Remark(words, "rediss://… where it offers TLS.")
    return f"Redis {version}"


def _tells_of_keys(redis: Redis) -> bool:
    """Whether servers hear of pages' locks by it; where CONFIG is taken they see to it."""
    from cloudscale.sharing.watch import lease_of

    try:
        redis.config_get("notify-keyspace-events")
    except ResponseError:
        with redis.pubsub(ignore_subscribe_messages=True) as heard:
            heard.psubscribe(f"__keyspace@*__:{lease_of('*')}")
            until = time.monotonic() + LISTENING_SECONDS
            while time.monotonic() < until:
                if heard.get_message(timeout=0.1):
                    return True
        return False
    return True


def _without(words: str, url: str) -> str:
    """Somebody else's words without the password."""
    password = urlsplit(url).password
    return words.replace(password, "…") if password else words


def _smtp(settings: Settings) -> str:
    if settings.smtp_url is None:
        if settings.is_production:
            raise Remark("Unset: order notices go to the log, and to nobody.", "Set SMTP_URL.")
        return "unset: notices are printed to the log"
    mailer = SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from)
    try:
        mailer.greet()
    except (smtplib.SMTPException, OSError) as error:
        words = f"The mail server did not let us in: {_told(error)}."
        raise Ailment(
            words, "Are host, port, user and password right, and port 465 or 587 open?"
        ) from None
    return "the mail server let us in; no mail was sent"


def _told(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code}"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _collector(settings: Settings) -> str:
    endpoint = settings.otel_exporter_otlp_endpoint
    if endpoint is None:
        return "unset: no traces are sent"
    url = endpoint.get_secret_value().rstrip("/") + TRACES
    try:  # no span at all, which any collector takes
        kind = {"content-type": "application/x-protobuf"}
        answer = httpx.post(url, content=b"", headers=kind, timeout=PATIENCE_SECONDS)
    except httpx.HTTPError as error:
        words = f"The collector does not answer ({type(error).__name__})."
        raise Ailment(words, "Is it up, and is its OTLP/HTTP port the one named (4318)?") from None
    if answer.status_code in {401, 403}:
        words = f"The collector answers {answer.status_code}."
        raise Remark(words, "OTEL_EXPORTER_OTLP_HEADERS holds its key where it wants one.")
    if not answer.is_success:
        raise Ailment(f"The collector answers {answer.status_code}.", "Is this its OTLP/HTTP port?")
    return "the collector takes traces"


def _aws(settings: Settings) -> str:
    if settings.cloud != "aws":
        return "simulated: AWS is never called"
    place = Place.of(settings)
    try:
        fleet = AwsFleet(place).read()
    except CloudFault as fault:
        raise Ailment(fault.reason) from None
    if fleet.absent:
        raise Ailment(" ".join(dict.fromkeys(fleet.absent.values())))
    if missing := place.missing():
        raise Remark(" ".join(missing))
    return f"the fleet of {place.auto_scaling_group} is read"


EXAMINATIONS: dict[str, Callable[[Settings], str]] = {
    "DATABASE_URL": _database,
    "database TLS": _database_tls,
    "REDIS_URL": _redis,
    "SMTP_URL": _smtp,
    "OTEL_EXPORTER_OTLP_ENDPOINT": _collector,
    "CLOUD": _aws,
}
