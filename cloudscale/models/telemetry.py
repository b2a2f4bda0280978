"""Tables of what was measured, what happened, and which requests were slow.

process --inbox--> leader --sample, rolled up--> dashboards
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from cloudscale.models.base import optional_timestamp, timestamp


def _document() -> Any:
    return Field(sa_column=Column(JSONB, nullable=False))


class TelemetryInbox(SQLModel, table=True):
    """What one server process measured in one second, until the leader has merged it.

    Unlogged: a crash of the database may lose what is not yet merged, a second at most.
    """

    __tablename__ = "telemetry_inbox"
    __table_args__ = {"prefixes": ["UNLOGGED"]}

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    at: datetime = timestamp()
    instance: str = Field(max_length=120)
    document: dict[str, Any] = _document()


class TelemetrySample(SQLModel, table=True):
    """What the whole fleet measured in one span of time, at one level of roll-up.

    `at` is where the span starts; `document` is a merged window and can be merged on.
    """

    __tablename__ = "telemetry_sample"

    series: str = Field(max_length=16, primary_key=True)
    step_seconds: int = Field(primary_key=True)
    at: datetime = timestamp(primary_key=True)
    document: dict[str, Any] = _document()


class OpsEvent(SQLModel, table=True):
    """Something that happened to the fleet, with its cause. Open while `ended_at` is empty.

    `key` keeps one happening from being told twice: one row for each key.
    """

    __tablename__ = "ops_event"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('scaling', 'healing', 'deploy', 'alarm', 'system')", name="kind_known"
        ),
        CheckConstraint("tone IN ('good', 'warn', 'bad', 'info')", name="tone_known"),
        CheckConstraint("source IN ('measured', 'aws', 'simulated')", name="source_known"),
        Index("uq_ops_event_key", "key", unique=True),
        Index("ix_ops_event_started_at", "started_at", "id"),
        Index("ix_ops_event_updated_at", "updated_at"),
        Index("ix_ops_event_open", "id", postgresql_where=text("ended_at IS NULL")),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    key: str = Field(max_length=160)
    kind: str = Field(max_length=16)
    tone: str = Field(max_length=8)
    source: str = Field(max_length=12)
    title: str = Field(max_length=200)
    cause: str = Field(default="", max_length=500)
    effect: str = Field(default="", max_length=500)
    subject: str = Field(default="", max_length=120)
    started_at: datetime = timestamp()
    ended_at: datetime | None = optional_timestamp()
    updated_at: datetime = timestamp()
    details: dict[str, Any] = _document()


class SlowTrace(SQLModel, table=True):
    """One slow or failed request or event with its spans, kept for an hour.

    Unlogged: it is looked at within that hour, or never.
    """

    __tablename__ = "slow_trace"
    __table_args__ = (
        Index("ix_slow_trace_at", "at"),
        Index("ix_slow_trace_name", "name", "at"),
        {"prefixes": ["UNLOGGED"]},
    )

    id: str = Field(max_length=32, primary_key=True)
    at: datetime = timestamp()
    kind: str = Field(max_length=8)
    name: str = Field(max_length=300)
    seconds: float = Field()
    is_failure: bool = False
    instance: str = Field(max_length=120)
    document: dict[str, Any] = _document()
