"""Tables of how the fleet scales: the policy in force, and what the leader keeps in mind."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from cloudscale.models.base import timestamp


class PutInForce(SQLModel, table=True):
    """A scaling policy that was put in force; the newest row is. Rows are added, never changed.

    `origin` says who decides: the shop's own declaration, Terraform, or an operator.
    """

    __tablename__ = "scaling_policy"
    __table_args__ = (
        CheckConstraint("origin IN ('declared', 'terraform', 'operator')", name="origin_known"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    name: str = Field(max_length=40)
    document: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    sha256: str = Field(max_length=64)
    origin: str = Field(max_length=12)
    put_in_force_by: str = Field(max_length=254)
    since: datetime = timestamp()


class ScalingState(SQLModel, table=True):
    """What the leader knows of scaling, in one row, so that a new leader goes on with it.

    `board` is what pages show of it. `mind` is the leader's own: the modelled fleet, if there is
    one, and what its scaler remembers.
    """

    __tablename__ = "scaling_state"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: int = Field(default=1, primary_key=True)
    board: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    mind: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    version: int = Field(sa_column=Column(BigInteger, nullable=False))
    updated_at: datetime = timestamp()
