"""The API's documentation for people: Swagger UI, from files of this server alone."""

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from cloudscale import routes
from cloudscale.api.content_policy import page_policy

FILES, OPENAPI = "/docs-assets", "/openapi.json"


def install(api: FastAPI) -> None:
    """Serve the page at `/docs`; it is made once, and says what may run in it."""
    made = get_swagger_ui_html(
        openapi_url=OPENAPI,
        title=f"{api.title} - API",
        swagger_js_url=f"{FILES}/swagger-ui-bundle.js",
        swagger_css_url=f"{FILES}/swagger-ui.css",
        swagger_favicon_url="/favicon.svg",
        swagger_ui_parameters=api.swagger_ui_parameters,
    )
    html = bytes(made.body).decode()
    headers = {"content-security-policy": page_policy(html, is_app=False)}

    async def answer(_request: Request) -> HTMLResponse:
        return HTMLResponse(html, headers=headers)

    api.router.routes.append(Route(routes.API_DOCS, answer, methods=["GET"]))
