"""A member's addresses, for programs."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response
from pydantic import Field

from cloudscale import routes
from cloudscale.api.bodies import ALWAYS, MAX_ID, WITH_A_BODY, Body, Camel, Id, refusals
from cloudscale.api.callers import Member
from cloudscale.services import addresses
from cloudscale.services.addresses import AddressInput

router = APIRouter(prefix=routes.API, tags=["addresses"])
CHANGES = refusals(401, *WITH_A_BODY, *ALWAYS)

AddressId = Annotated[int, Path(ge=1, le=MAX_ID, examples=[3])]
Kind = Literal["shipping", "billing"]


class Address(Camel):
    """A postal address; each type has one default."""

    id: Id
    type: Kind
    street: str = Field(examples=["12 Marigold Lane"])
    city: str = Field(examples=["Pune"])
    state: str = Field(examples=["MH"])
    zip_code: str = Field(examples=["411001"])
    country: str = Field(examples=["India"])
    is_default: bool


class AddressBody(Body):
    """An address to keep."""

    type: Kind = "shipping"
    street: str = Field(min_length=1, max_length=200, examples=["12 Marigold Lane"])
    city: str = Field(min_length=1, max_length=100, examples=["Pune"])
    state: str = Field("", max_length=100, examples=["MH"])
    zip_code: str = Field(min_length=1, max_length=20, examples=["411001"])
    country: str = Field(min_length=1, max_length=60, examples=["India"])
    is_default: bool = False

    def given(self) -> AddressInput:
        """For the service, which cleans and checks it."""
        return AddressInput(**self.model_dump())


@router.get("/addresses", response_model=list[Address], responses=refusals(401, 403, *ALWAYS))
async def show(caller: Member) -> Any:
    """The member's addresses, defaults first."""
    return await caller.ask(addresses.list_addresses)


@router.post(
    "/addresses",
    status_code=201,
    response_model=Address,
    responses={**CHANGES, **refusals(409)},
)
async def add(caller: Member, address: AddressBody) -> Any:
    """Keep one more; the first of its type becomes the default."""
    return await caller.change(addresses.add, address.given())


@router.put(
    "/addresses/{address_id}", response_model=Address, responses={**CHANGES, **refusals(404)}
)
async def replace(caller: Member, address_id: AddressId, address: AddressBody) -> Any:
    """Replace one; orders keep theirs."""
    return await caller.change(addresses.update, address_id, address.given())


@router.delete("/addresses/{address_id}", status_code=204, responses={**CHANGES, **refusals(404)})
async def delete(caller: Member, address_id: AddressId) -> Response:
    """Delete one; orders keep theirs."""
    await caller.change(addresses.delete, address_id)
    return Response(status_code=204)
