"""Tables of people: who they are, where they live, how they are signed in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from cloudscale.models.base import flag, optional_timestamp, timestamp


class Role(StrEnum):
    """What a user may do, least first."""

    MEMBER = "member"
    OPS = "ops"
    STAFF = "staff"
    OWNER = "owner"


class AddressType(StrEnum):
    """What an address is for."""

    SHIPPING = "shipping"
    BILLING = "billing"


class User(SQLModel, table=True):
    """A person with an account. E-mail is stored lower-cased; both names are unique.

    `is_virtual`: a shopper of the load lab, whom nobody can sign in as; deleted after a day.
    """

    __tablename__ = "user_account"
    __table_args__ = (
        Index("uq_user_account_email", "email", unique=True),
        Index("uq_user_account_username", text("lower(username)"), unique=True),
        CheckConstraint("role IN ('member', 'ops', 'staff', 'owner')", name="role_known"),
        Index("ix_user_account_virtual", "id", postgresql_where=text("is_virtual")),
    )

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(max_length=254)
    username: str = Field(max_length=40)
    password_hash: str = Field(max_length=100)
    first_name: str = Field(default="", max_length=80)
    last_name: str = Field(default="", max_length=80)
    phone: str = Field(default="", max_length=32)
    role: str = Field(default=Role.MEMBER, max_length=16)
    is_virtual: bool = flag()
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()


class Address(SQLModel, table=True):
    """One postal address of a user; at most one default for each type."""

    __tablename__ = "address"
    __table_args__ = (
        CheckConstraint("type IN ('shipping', 'billing')", name="type_known"),
        Index(
            "uq_address_one_default",
            "user_id",
            "type",
            unique=True,
            postgresql_where=text("is_default"),
        ),
        Index("ix_address_user_id", "user_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE")
    type: str = Field(default=AddressType.SHIPPING, max_length=16)
    street: str = Field(max_length=200)
    city: str = Field(max_length=100)
    state: str = Field(default="", max_length=100)
    zip_code: str = Field(max_length=20)
    country: str = Field(max_length=60)
    is_default: bool = False
    created_at: datetime = timestamp()


class Visit(SQLModel, table=True):
    """One browser's session, a guest's or a signed-in user's.

    Only the SHA-256 of the cookie's token is kept. `user_id` is empty for a guest.
    `last_active_at` feeds the count of active users; `signed_in_at` starts the absolute limit.
    `ip` and `user_agent` are those of the last activity, and erased a week after it.
    `is_virtual`: of a shopper of the load lab; counted, and told apart.
    """

    __tablename__ = "visit"
    __table_args__ = (
        Index("uq_visit_token_hash", "token_hash", unique=True),
        Index("ix_visit_user_id", "user_id"),
        Index("ix_visit_last_active_at", "last_active_at"),
        Index("ix_visit_virtual", "id", postgresql_where=text("is_virtual")),
    )

    id: int | None = Field(default=None, primary_key=True)
    token_hash: bytes = Field()
    user_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="CASCADE")
    ip: str = Field(default="", max_length=45)
    user_agent: str = Field(default="", max_length=300)
    is_robot: bool = False
    is_virtual: bool = flag()
    created_at: datetime = timestamp()
    last_active_at: datetime = timestamp()
    signed_in_at: datetime | None = optional_timestamp()
    ended_at: datetime | None = optional_timestamp()


class SignInFailure(SQLModel, table=True):
    """One refused sign-in, kept for a short time to slow guessing down."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        Index("ix_sign_in_failure_subject_at", "subject", "at"),
        Index("ix_sign_in_failure_at", "at"),  # for pruning
    )

    id: int | None = Field(default=None, primary_key=True)
    subject: str = Field(max_length=300, description="'account:<digest>' or 'ip:<digest>'")
    at: datetime = timestamp()
