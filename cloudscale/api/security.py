"""What keeps an account safe: its password, where it is signed in, and the tokens of programs.

All of it is for a person with the session cookie; the services refuse a token (403).
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response
from pydantic import Field

from cloudscale import routes
from cloudscale.api.bodies import ALWAYS, MAX_ID, WITH_A_BODY, Body, Camel, Id, refusals
from cloudscale.api.callers import Member
from cloudscale.services import access_tokens, accounts, sessions

router = APIRouter(prefix=routes.API, tags=["account"])
CHANGES = refusals(401, *WITH_A_BODY, *ALWAYS)
READS = refusals(401, 403, *ALWAYS)
RowId = Annotated[int, Path(ge=1, le=MAX_ID, examples=[3])]
ScopeName = Literal["read", "shop", "staff"]


class NewPassword(Body):
    """Another password; the other sessions end."""

    current: str = Field(description="The password of now.", examples=["a long sentence"])
    new: str = Field(description="8 to 128 characters.", examples=["another long sentence"])


class SignIn(Camel):
    """A browser on which the account is signed in."""

    id: Id
    ip: str = Field(examples=["203.0.113.9"])
    user_agent: str
    created_at: datetime
    last_active_at: datetime
    is_current: bool = Field(description="The one that asks.")


class NewToken(Body):
    """A token for a program."""

    name: str = Field(description="What the program is, 1 to 60 characters.", examples=["till"])
    scopes: list[ScopeName] = Field(
        max_length=10, description="What it may do; each includes `read`.", examples=[["shop"]]
    )


class Token(Camel):
    """A token that works, without itself."""

    id: Id
    name: str
    hint: str = Field(description="Its last characters.", examples=["x7Qa"])
    scopes: list[ScopeName]
    created_at: datetime
    last_used_at: datetime | None


class MadeToken(Token):
    """A token that was just made, and this once itself."""

    token: str = Field(examples=["cs_pat_…"])


@router.post("/me/password", status_code=204, responses=CHANGES)
async def change_password(caller: Member, form: NewPassword) -> Response:
    """Change the password; everybody else who is signed in to the account is signed out."""
    await caller.change(accounts.change_password, form.current, form.new, is_hashing=True)
    return Response(status_code=204)


@router.get("/me/sessions", response_model=list[SignIn], responses=READS)
async def sign_ins(caller: Member) -> Any:
    """Where the account is signed in, latest first."""
    return await caller.ask(sessions.active_sessions)


@router.delete("/me/sessions/{session_id}", status_code=204, responses={**CHANGES, **refusals(404)})
async def end_sign_in(caller: Member, session_id: RowId) -> Response:
    """Sign one browser out."""
    await caller.change(sessions.end_session, session_id)
    return Response(status_code=204)


@router.get("/tokens", response_model=list[Token], responses=READS)
async def tokens(caller: Member) -> Any:
    """The tokens that work, newest first."""
    return await caller.ask(access_tokens.tokens)


@router.post(
    "/tokens", status_code=201, response_model=MadeToken, responses={**CHANGES, **refusals(409)}
)
async def make_token(caller: Member, form: NewToken) -> dict[str, Any]:
    """Make a token. It is in this answer and never shown again."""
    token, made = await caller.change(access_tokens.create, form.name, form.scopes)
    return {**Token.model_validate(made).model_dump(), "token": token}


@router.delete("/tokens/{token_id}", status_code=204, responses={**CHANGES, **refusals(404)})
async def revoke_token(caller: Member, token_id: RowId) -> Response:
    """End a token; it never works again."""
    await caller.change(access_tokens.revoke, token_id)
    return Response(status_code=204)
