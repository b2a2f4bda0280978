"""What every request and answer of the API has in common: spelling, money, errors.

JSON speaks camelCase, and snake_case is understood too; money is a decimal string in USD.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

JSON = "application/json"
MAX_ID = 2**31 - 1


class Camel(BaseModel):
    """An answer, or what a service's view is read into."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class Body(Camel):
    """A request's body. Types are taken as they are: "1" is no number."""

    model_config = ConfigDict(strict=True)

    @model_validator(mode="before")
    @classmethod
    def _each_once(cls, given: Any) -> Any:
        """Refuse a field that is there in both spellings: it would not be clear which counts."""
        for name, field in cls.model_fields.items():
            if (
                isinstance(given, dict)
                and name != field.alias
                and {name, field.alias} <= set(given)
            ):
                raise PydanticCustomError("twice", "{name} is there twice", {"name": field.alias})
        return given


class FieldFault(Camel):
    """One field at fault."""

    field: str = Field(examples=["quantity"])
    message: str = Field(examples=["Quantity must be from 1 to 99."])


class Refusal(Camel):
    """Why a request was not carried out, in words; `errors` where fields are at fault."""

    message: str = Field(examples=["Only 3 of Smart Speaker left. You asked for 5."])
    errors: list[FieldFault] | None = None


def _whole(value: Any) -> Any:
    """1.0 is a whole number in JSON; Python's strict reading takes it for none."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
Id = Annotated[int, Field(ge=1, le=MAX_ID, examples=[7]), WHOLE]
Money = Annotated[
    str,
    Field(
        pattern=r"^\d{1,6}(\.\d{1,2})?$",
        description="Dollars as a decimal string, tax included.",
        examples=["899.00"],
    ),
]

OrderStatus = Literal["pending", "processing", "shipped", "delivered", "cancelled"]

WORDS = {
    400: "The request could not be read: not JSON, or a field twice.",
    401: "Not signed in, or the token does not work.",
    402: "The payment was declined; nothing was ordered.",
    403: "The role or the token's scope does not allow it, or another site's page asked.",
    404: "Absent, or someone else's.",
    405: "The address does not take that method.",
    408: "The request's body came too slowly.",
    409: "A rule of the shop refused: out of stock, already placed.",
    412: "Changed since it was read: its ETag is another one now.",
    413: "The body is over 64 kB.",
    415: "The body is not JSON.",
    422: "A field holds something that cannot be taken; it is named.",
    429: "Too fast; Retry-After says how long to wait.",
    503: "Busy, or the database is away; try again.",
}
ALWAYS = (429, 503)
"""What any call may be answered with."""
WITH_A_BODY = (400, 403, 408, 413, 415, 422)
"""What any call that changes something may be answered with besides."""


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of an operation, for its documentation."""
    return {status: {"model": Refusal, "description": WORDS[status]} for status in statuses}
