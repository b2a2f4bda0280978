"""One shape for everything that goes wrong under /api: a message in words, and the fields at fault.

    {"message": "…", "errors": [{"field": "email", "message": "…"}]}

Refusals say what their author wrote, with fields spelled as JSON spells them. What nobody foresaw
is logged with the request's id and answered without a word of its inside.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route
from starlette.types import Scope

from cloudscale import routes
from cloudscale.api.caching import NEVER
from cloudscale.api.request_ids import current_request_id
from cloudscale.api.trouble import CROWDED, CROWDED_SECONDS, RETRY_AFTER_SECONDS
from cloudscale.errors import (
    Busy,
    FieldError,
    InvalidInput,
    NotSignedIn,
    StoreError,
    TooManyAttempts,
)

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
WORDS = {
    400: "The request could not be read: it is not valid JSON, or names a field twice.",
    404: "There is nothing at this address.",
    405: "This address does not take that kind of request.",
    415: "The request's body must be JSON: Content-Type application/json.",
}
# What Pydantic calls a fault, in the words of a form; its own limits are filled in. Others keep
# Pydantic's words.
FAULTS = {
    "missing": "is missing",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "string_too_short": "needs at least {min_length} characters",
    "string_too_long": "may have at most {max_length} characters",
    "string_pattern_mismatch": "is not in the form that is asked for",
    "too_long": "may have at most {max_length} entries",
    "too_short": "needs at least {min_length} entries",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "model_attributes_type": "must be an object",
    "list_type": "must be a list",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "datetime_parsing": "must be a time such as 2026-03-01T12:00:00Z",
    "datetime_from_date_parsing": "must be a time such as 2026-03-01T12:00:00Z",
    "value_error": "{error}",  # of a validator of ours, which says it in these words
}

UNREADABLE = {"json_invalid", "twice"}
"""What makes a body one that cannot be read (400); `twice` is `bodies.Body`'s."""


def answer(
    status: int,
    message: str,
    faults: Iterable[FieldError] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """An answer in the one shape."""
    errors = [{"field": _spelled(fault.field), "message": fault.message} for fault in faults]
    content = {"message": message, "errors": errors} if errors else {"message": message}
    return JSONResponse(content, status, {"cache-control": NEVER, **(headers or {})})


def _spelled(field: str) -> str:
    """A field as JSON spells it, each part of its path by itself: `addresses.0.zipCode`."""
    return ".".join(to_camel(part) for part in field.split("."))


def refused(refusal: StoreError) -> JSONResponse:
    """What a service refused."""
    headers = {}
    if isinstance(refusal, TooManyAttempts):
        headers["retry-after"] = str(refusal.retry_after_seconds)
    if isinstance(refusal, NotSignedIn):
        headers["www-authenticate"] = "Bearer"
    if isinstance(refusal, Busy):
        headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    faults = refusal.errors if isinstance(refusal, InvalidInput) else ()
    return answer(refusal.status, refusal.message, faults, headers)


def unavailable() -> JSONResponse:
    """503: the database does not answer, and may soon."""
    message = "The store cannot be reached right now. Please try again in a moment."
    return answer(503, message, headers={"retry-after": str(RETRY_AFTER_SECONDS)})


def crowded() -> JSONResponse:
    """503: more is under way than can be answered in time."""
    return answer(503, CROWDED, headers={"retry-after": str(CROWDED_SECONDS)})


def failed() -> JSONResponse:
    """500: a bug of ours, to be found in the log by the request's id."""
    request_id = current_request_id()
    message = f"Something went wrong on our side. We have noted it (request {request_id})."
    return answer(500, message)


def install(api: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Answer everything under /api in JSON, and every error in the one shape.

    Args:
        api: The application; what is mounted on it later stays as it is.
        routers: All of its routers, included before: what none of them takes is answered here.
    """
    api.include_router(_nothing_else(routers))
    api.add_exception_handler(StoreError, _on_refusal)
    api.add_exception_handler(RequestValidationError, _on_invalid)
    api.add_exception_handler(HTTPException, _on_http)


def _nothing_else(routers: Sequence[APIRouter]) -> APIRouter:
    """404 for every other address under /api, or 405 where it exists for other methods."""
    rest = APIRouter(include_in_schema=False)

    @rest.api_route(routes.API, methods=METHODS)
    @rest.api_route(routes.API + "/{path:path}", methods=METHODS)
    async def nothing_here(request: Request) -> JSONResponse:
        allowed = sorted(_methods_at(request.scope, routers))
        if not allowed:
            return answer(404, WORDS[404])
        return answer(405, WORDS[405], headers={"allow": ", ".join(allowed)})

    return rest


def _methods_at(scope: Scope, routers: Sequence[APIRouter]) -> set[str]:
    methods: set[str] = set()
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, Route | APIRoute) and route.matches(scope)[0] is Match.PARTIAL:
            methods |= set(route.methods or ())
    return methods


async def _on_refusal(_request: Request, refusal: Any) -> JSONResponse:
    return refused(refusal)


async def _on_http(_request: Request, error: Any) -> JSONResponse:
    message = WORDS.get(error.status_code, str(error.detail))
    return answer(error.status_code, message, headers=dict(error.headers or {}))


async def _on_invalid(_request: Request, invalid: Any) -> JSONResponse:
    """Name the fields; never echo what was in them, which may be a password."""
    errors = invalid.errors()
    if any(error["type"] in UNREADABLE for error in errors):
        return answer(400, WORDS[400])
    faults = [_fault(error) for error in errors if len(error["loc"]) > 1]
    if not faults:
        return answer(422, "The request needs a JSON object as its body.")
    return answer(422, " ".join(fault.message for fault in faults), faults)


def _fault(error: dict[str, Any]) -> FieldError:
    field = ".".join(str(part) for part in error["loc"][1:])
    limits = error.get("ctx", {})
    is_empty = error["type"] == "string_too_short" and limits["min_length"] == 1
    said = FAULTS["missing"] if is_empty else FAULTS.get(error["type"])
    if said is None:
        return FieldError(field, f"{_label(field)}: {error['msg']}.")
    return FieldError(field, f"{_label(field)} {said.format(**limits)}.")


def _label(field: str) -> str:
    """`firstName`, `first_name` and `First-Name` as a form says it: "First name".

    Of an entry of a list, `kind.0`, the list's.
    """
    named = re.sub(r"(\.\d+)+$", "", field)
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_-]", " ", named).capitalize()
