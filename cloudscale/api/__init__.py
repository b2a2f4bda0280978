"""The HTTP door: thin routers over the services."""

from fastapi import FastAPI

from cloudscale.api import health


def create_api() -> FastAPI:
    """The HTTP API, mounted beside the pages on the same port."""
    api = FastAPI(title="CloudScale Commerce", version="0.1.0", docs_url=None, redoc_url=None)
    api.include_router(health.router)
    return api
