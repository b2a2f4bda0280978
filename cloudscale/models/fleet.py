"""Tables of what runs the shop."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from cloudscale.models.base import timestamp


class ServerProcess(SQLModel, table=True):
    """One live server process and what it measured last; it writes its row once a second.

    Unlogged: what it tells is stale after seconds, so a crash of the database may lose it.
    """

    __tablename__ = "server_process"
    __table_args__ = {"prefixes": ["UNLOGGED"]}

    id: str = Field(max_length=36, primary_key=True)
    host: str = Field(max_length=120)
    pid: int = Field()
    started_at: datetime = timestamp()
    seen_at: datetime = timestamp()
    reading: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
