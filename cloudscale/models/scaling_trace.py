"""Tables of trying scaling policies out."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, LargeBinary
from sqlmodel import Field, SQLModel

from cloudscale.models.base import timestamp


class ScalingTrace(SQLModel, table=True):
    """Demand that an operator uploaded, checked, to simulate policies on; kept for a day.

    `requests` holds one little-endian 64-bit float a step, compressed by zlib.
    """

    __tablename__ = "scaling_trace"
    __table_args__ = (
        CheckConstraint("step_seconds BETWEEN 1 AND 3600", name="step_sensible"),
        CheckConstraint("steps > 0", name="steps_positive"),
        CheckConstraint("filled_steps >= 0", name="filled_not_negative"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    name: str = Field(max_length=80)
    uploaded_by: int = Field(foreign_key="user_account.id", ondelete="CASCADE", index=True)
    step_seconds: int
    steps: int
    filled_steps: int = 0
    began_at: datetime = timestamp()
    requests: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = timestamp(index=True)
