"""Reflex's build settings; everything that differs between deployments is in `settings.py`."""

import reflex as rx
from reflex_base.constants import StateManagerMode

from cloudscale import routes
from cloudscale.dev_proxy import DevProxyPlugin
from cloudscale.same_build import SameBuildPlugin
from cloudscale.same_origin import SameOriginPlugin
from cloudscale.settings import get_settings

settings = get_settings()

config = rx.Config(
    app_name="cloudscale",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    frontend_compression_formats=["brotli", "gzip"],
    # Pages' state: in memory for one process, in Redis for several; never pickled to disk.
    state_manager_mode=StateManagerMode.REDIS if settings.redis_url else StateManagerMode.MEMORY,
    redis_url=settings.redis_url.get_secret_value() if settings.redis_url else None,
    cors_allowed_origins=list(settings.allowed_origins),
    trusted_proxy_hops=settings.trusted_proxy_hops,
    plugins=[
        SameBuildPlugin(),
        SameOriginPlugin(),
        DevProxyPlugin(routes.API, routes.LIVE, routes.HEALTH, routes.SITEMAP, routes.ROBOTS),
    ],
    disable_plugins=[rx.plugins.SitemapPlugin, rx.plugins.RadixThemesPlugin],
)
