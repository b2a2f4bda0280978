"""Files of built front ends, for instances that serve another one."""

from datetime import datetime

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from cloudscale.models.base import timestamp


class BuildFile(SQLModel, table=True):
    """One file whose name holds a digest of its content; `content` is compressed by gzip."""

    __tablename__ = "build_file"

    name: str = Field(primary_key=True, max_length=200)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    published_at: datetime = timestamp(index=True)
