"""Reflex's build settings; everything that differs between deployments is in `settings.py`."""

import reflex as rx
from reflex_base.constants import StateManagerMode
from reflex_base.environment import environment

from cloudscale import routes
from cloudscale.dev_proxy import DevProxyPlugin
from cloudscale.same_build import SameBuildPlugin
from cloudscale.same_origin import SameOriginPlugin
from cloudscale.settings import get_settings

# Of each of Reflex's clients in a process, two of which have subscriptions; a command takes one for
# a round trip, and waits for one where all are taken.
REDIS_CONNECTIONS = 24
# A handler holds its page's state no longer. What takes more than a second is a background task,
# and a killed process's lock is dropped with it; this is for what else may leave one behind.
LOCK_MILLISECONDS = 5_000
# Longer than somebody stays signed in without a sign of life (30 min).
STATE_SECONDS = 60 * 60

settings = get_settings()
# A managed Redis, such as ElastiCache, refuses CONFIG; cloudscale/sharing/watch.py looks to it.
environment.REFLEX_IGNORE_REDIS_CONFIG_ERROR.set(True)
if environment.REFLEX_REDIS_MAX_CONNECTIONS.get() is None:
    environment.REFLEX_REDIS_MAX_CONNECTIONS.set(REDIS_CONNECTIONS)

config = rx.Config(
    app_name="cloudscale",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    frontend_compression_formats=["brotli", "gzip"],
    # Pages' state: in memory for one process, in Redis for several; never pickled to disk.
    state_manager_mode=StateManagerMode.REDIS if settings.redis_url else StateManagerMode.MEMORY,
    redis_url=settings.redis_url.get_secret_value() if settings.redis_url else None,
    redis_lock_expiration=LOCK_MILLISECONDS,
    redis_token_expiration=STATE_SECONDS,
    cors_allowed_origins=list(settings.allowed_origins),
    trusted_proxy_hops=settings.trusted_proxy_hops,
    plugins=[
        SameBuildPlugin(),
        SameOriginPlugin(),
        DevProxyPlugin(routes.API, routes.LIVE, routes.HEALTH, routes.SITEMAP, routes.ROBOTS),
    ],
    disable_plugins=[rx.plugins.SitemapPlugin, rx.plugins.RadixThemesPlugin],
)
