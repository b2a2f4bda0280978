"""Tables of what programs may do, and of who changed what."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Index, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from cloudscale.models.base import follow_with, optional_timestamp, timestamp


class Scope(StrEnum):
    """What a program may do with a token; the last two may read as well.

    A token never allows more than its owner's role does.
    """

    READ = "read"
    SHOP = "shop"
    STAFF = "staff"


class AccessToken(SQLModel, table=True):
    """A user's key for one program. Only its SHA-256 is kept; `hint` is its last characters."""

    __tablename__ = "access_token"
    __table_args__ = (
        Index("uq_access_token_token_hash", "token_hash", unique=True),
        Index("ix_access_token_user_id", "user_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE")
    name: str = Field(max_length=60)
    token_hash: bytes = Field()
    hint: str = Field(max_length=8)
    scopes: list[str] = Field(sa_column=Column(ARRAY(String(16)), nullable=False))
    created_at: datetime = timestamp()
    last_used_at: datetime | None = optional_timestamp()
    revoked_at: datetime | None = optional_timestamp()


class AuditEntry(SQLModel, table=True):
    """Who changed what, from what, to what, when. Triggers refuse all but adding rows.

    No foreign keys: an entry outlives what it tells of. `actor` is the name at that time, `via` the
    door ("session", "token <name>", "command line").
    """

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject_kind", "subject_id", "id"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    at: datetime = timestamp()
    actor_id: int | None = Field(default=None)
    actor: str = Field(max_length=254)
    via: str = Field(max_length=80)
    action: str = Field(max_length=40)
    subject_kind: str = Field(max_length=20)
    subject_id: int = Field()
    before: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    after: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    reason: str = Field(default="", max_length=300)


follow_with(
    AuditEntry,
    "CREATE TRIGGER audit_entry_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)
