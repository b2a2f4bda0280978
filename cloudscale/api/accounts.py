"""Registering, signing in and out over HTTP, where a reply can set the HttpOnly cookie."""

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlmodel import Session

from cloudscale import routes
from cloudscale.api.bodies import ALWAYS, WITH_A_BODY, Body, Camel, refusals
from cloudscale.api.caching import NEVER
from cloudscale.api.callers import Member as MemberCaller
from cloudscale.api.cookies import client_in, give_session, token_of
from cloudscale.db import in_hashing_transaction, in_transaction
from cloudscale.services import accounts, sessions
from cloudscale.services.identity import Shopper, UserView

router = APIRouter(prefix=routes.API, tags=["account"])
CHANGES = refusals(*WITH_A_BODY, *ALWAYS)


class Registration(Body):
    """A new account."""

    username: str
    email: str
    password: str
    first_name: str = ""
    last_name: str = ""
    phone: str = ""


class Credentials(Body):
    """Who signs in."""

    email: str
    password: str


class Details(Body):
    """What changes in an account; what is left out stays."""

    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None


class Said(Camel):
    """What was done, in words."""

    message: str = Field(examples=["You are signed out."])


class Member(Camel):
    """An account as its owner sees it."""

    id: int
    username: str
    email: str
    first_name: str
    last_name: str


@router.post(
    "/register",
    status_code=201,
    response_model=Member,
    responses={**CHANGES, **refusals(409)},
)
async def register(form: Registration, request: Request, response: Response) -> UserView:
    """Make an account and sign it in; the cart comes along."""
    client, given = client_in(request), form.model_dump()
    # First without the hashing pool: who makes accounts by the dozen must not fill its queue.
    await in_transaction(accounts.check_registration, client, **given)
    who = (token_of(request), client)
    token, user = await in_hashing_transaction(accounts.register, *who, **given)
    _sign_in(response, token)
    return user


@router.post("/login", response_model=Member, responses={**CHANGES, **refusals(401)})
async def login(form: Credentials, request: Request, response: Response) -> UserView:
    """Sign in under a new cookie; the cart comes along."""
    client, given = client_in(request), (form.email, form.password)
    # First without the hashing pool: a guesser who is told to wait must not fill its queue.
    await in_transaction(sessions.check_pace, client, *given)
    token, user = await in_hashing_transaction(sessions.sign_in, token_of(request), client, *given)
    _sign_in(response, token)
    return user


@router.post("/logout", response_model=Said, responses=CHANGES)
async def logout(request: Request, response: Response) -> dict[str, str]:
    """End the session; whoever goes on is a guest under a fresh cookie."""
    _sign_in(response, await in_transaction(_sign_out, token_of(request)))
    return {"message": "You are signed out."}


@router.get("/me", response_model=Member, responses=refusals(401, 403, *ALWAYS))
async def me(caller: MemberCaller) -> UserView:
    """Who is signed in."""
    return await caller.ask(_user)


@router.patch("/me", response_model=Member, responses={**CHANGES, **refusals(401, 409)})
async def change_me(caller: MemberCaller, form: Details) -> UserView:
    """Change the details that are given."""
    return await caller.change(accounts.update_profile, **form.model_dump())


def _sign_in(response: Response, token: str) -> None:
    """Hand out the new token; no cache on the way may keep such an answer."""
    response.headers["cache-control"] = NEVER
    give_session(response.headers, token)


def _user(_session: Session, shopper: Shopper) -> UserView:
    return shopper.require_user()


def _sign_out(session: Session, token: str | None) -> str:
    sessions.sign_out(session, token)
    return sessions.usable(session, token)
