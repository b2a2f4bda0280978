"""The table of the load lab's runs."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from cloudscale.models.base import optional_timestamp, timestamp


class LoadRun(SQLModel, table=True):
    """One run of virtual shoppers against the shop. Under way while `ended_at` is empty.

    At most one is under way, in whichever process. The process that runs it says so in `seen_at`
    once a second, and puts what its shoppers see into `figures`.
    """

    __tablename__ = "load_run"
    __table_args__ = (
        Index(
            "uq_load_run_open",
            text("(ended_at IS NULL)"),
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    shoppers: int
    seconds: int
    started_by: str = Field(max_length=254)
    started_at: datetime = timestamp()
    seen_at: datetime = timestamp()
    stop_asked_at: datetime | None = optional_timestamp()
    ended_at: datetime | None = optional_timestamp()
    outcome: str = Field(default="", max_length=300)
    figures: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
