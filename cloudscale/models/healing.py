"""Tables of healing: the record, approvals, how it stands, and what was broken on purpose."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from cloudscale.models.base import optional_timestamp, timestamp


class HealingLine(SQLModel, table=True):
    """One line of the record, as `ops/healing/record.py` writes it. Lines are added, never changed.

    It is that of the model's healer, or a copy of what the healer on AWS keeps there.
    """

    __tablename__ = "healing_record"
    __table_args__ = (
        Index("ix_healing_record_at", "at"),
        Index("ix_healing_record_incident_id", "incident", "id"),
    )

    id: str = Field(max_length=80, primary_key=True)
    at: datetime = timestamp()
    phase: str = Field(max_length=16)
    incident: str = Field(max_length=80)
    document: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class HealingApproval(SQLModel, table=True):
    """An action that somebody approved, by its id; on AWS the leader hands it on to the healer."""

    __tablename__ = "healing_approval"

    action: str = Field(max_length=32, primary_key=True)
    approved_by: str = Field(max_length=254)
    approved_at: datetime = timestamp()
    handed_on_at: datetime | None = optional_timestamp()


class HealingState(SQLModel, table=True):
    """How healing stands, in one row.

    `board` is what pages show. `owner`, `token` and `held_until` are the lock of the model's
    healer. `stack` is the modelled stack that it heals, and `is_on` its kill switch.
    """

    __tablename__ = "healing_state"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(default=1, primary_key=True)
    board: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    stack: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    is_on: bool
    owner: str = Field(max_length=80)
    token: int = Field(sa_column=Column(BigInteger, nullable=False))
    held_until: datetime | None = optional_timestamp()
    version: int = Field(sa_column=Column(BigInteger, nullable=False))
    updated_at: datetime = timestamp()


class HealingTrial(SQLModel, table=True):
    """Something that was broken on purpose, and how long each step of healing it took.

    At most one is under way. `ref` and `cause` name what healing must find.
    """

    __tablename__ = "healing_trial"
    __table_args__ = (
        Index(
            "uq_healing_trial_open",
            "is_under_way",
            unique=True,
            postgresql_where=text("is_under_way"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(max_length=40)
    ref: str = Field(max_length=160)
    started_by: str = Field(max_length=254)
    started_at: datetime = timestamp()
    seen_at: datetime | None = optional_timestamp()
    acted_at: datetime | None = optional_timestamp()
    healthy_at: datetime | None = optional_timestamp()
    ended_at: datetime | None = optional_timestamp()
    is_under_way: bool
    outcome: str = Field(default="", max_length=300)
