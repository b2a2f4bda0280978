"""Registering, signing in and out over HTTP, where a reply can set the HttpOnly cookie."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlmodel import Session

from cloudscale import routes
from cloudscale.api.caching import NEVER
from cloudscale.api.cookies import acting, client_in, give_session, token_of
from cloudscale.db import in_hashing_transaction, in_transaction
from cloudscale.errors import NotSignedIn
from cloudscale.services import accounts, sessions
from cloudscale.services.identity import Shopper, UserView


def _keep_private(response: Response) -> None:
    """No cache on the way may keep an answer that is about one person."""
    response.headers["cache-control"] = NEVER


router = APIRouter(prefix=routes.API, tags=["account"], dependencies=[Depends(_keep_private)])


class Camel(BaseModel):
    """JSON speaks camelCase; snake_case is understood too."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class Registration(Camel):
    """A new account."""

    username: str
    email: str
    password: str
    first_name: str = ""
    last_name: str = ""
    phone: str = ""


class Credentials(Camel):
    """Who signs in."""

    email: str
    password: str


class Details(Camel):
    """What changes in an account; what is left out stays."""

    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None


class Member(Camel):
    """An account as its owner sees it."""

    id: int
    username: str
    email: str
    first_name: str
    last_name: str


@router.post("/register", status_code=201, response_model=Member)
async def register(form: Registration, request: Request, response: Response) -> UserView:
    """Make an account and sign it in; the cart comes along."""
    client, given = client_in(request), form.model_dump()
    # First without the hashing pool: who makes accounts by the dozen must not fill its queue.
    await in_transaction(accounts.check_registration, client, **given)
    who = (token_of(request), client)
    token, user = await in_hashing_transaction(accounts.register, *who, **given)
    give_session(response.headers, token)
    return user


@router.post("/login", response_model=Member)
async def login(form: Credentials, request: Request, response: Response) -> UserView:
    """Sign in under a new cookie; the cart comes along."""
    client, given = client_in(request), (form.email, form.password)
    # First without the hashing pool: a guesser who is told to wait must not fill its queue.
    await in_transaction(sessions.check_pace, client, *given)
    token, user = await in_hashing_transaction(sessions.sign_in, token_of(request), client, *given)
    give_session(response.headers, token)
    return user


@router.post("/logout")
async def logout(request: Request, response: Response) -> dict[str, str]:
    """End the session; whoever goes on is a guest under a fresh cookie."""
    give_session(response.headers, await in_transaction(_sign_out, token_of(request)))
    return {"message": "You are signed out."}


@router.get("/me", response_model=Member)
async def me(request: Request, response: Response) -> UserView:
    """Who is signed in."""
    return await _as_member(request, response, _user)


@router.patch("/me", response_model=Member)
async def change_me(form: Details, request: Request, response: Response) -> UserView:
    """Change the details that are given."""
    return await _as_member(request, response, accounts.update_profile, **form.model_dump())


async def _as_member(
    request: Request, response: Response, service: Callable[..., UserView], **changes: Any
) -> UserView:
    if token_of(request) is None:  # not worth a query, nor a guest's row
        raise NotSignedIn
    return await acting(request, response, service, **changes)


def _user(_session: Session, shopper: Shopper) -> UserView:
    return shopper.require_user()


def _sign_out(session: Session, token: str | None) -> str:
    sessions.sign_out(session, token)
    return sessions.usable(session, token)
