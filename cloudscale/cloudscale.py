"""Composition root: the Reflex app, its pages, the HTTP API and the tasks of its lifespan."""

import reflex as rx

from cloudscale import pages
from cloudscale.api import create_api
from cloudscale.theme import stylesheets

app = rx.App(
    theme=None,
    stylesheets=stylesheets(),
    api_transformer=create_api(),
)
pages.add_all(app)
