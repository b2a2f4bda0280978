"""Tables of what runs the shop."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from cloudscale.models.base import timestamp


class ServerProcess(SQLModel, table=True):
    """One live server process; it says in its row once a second that it is there.

    Unlogged: what it tells is stale after seconds, so a crash of the database may lose it.
    """

    __tablename__ = "server_process"
    __table_args__ = {"prefixes": ["UNLOGGED"]}

    id: str = Field(max_length=36, primary_key=True)
    instance: str = Field(max_length=120)
    host: str = Field(max_length=120)
    zone: str = Field(max_length=40)
    version: str = Field(max_length=64)
    pid: int = Field()
    started_at: datetime = timestamp()
    seen_at: datetime = timestamp()
