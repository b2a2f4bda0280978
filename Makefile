# `make run` and `make test` are all a newcomer needs; `make help` lists the rest.
.PHONY: help run dev test check bench clean
.DEFAULT_GOAL := help
# Reflex looks for bun on PATH; the lock brings it into .venv.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export UV_PYTHON_DOWNLOADS := never

UV := .tools/bin/uv

help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1|/' | column -t -s '|'

run: built ## Start the store, from a bare clone to a live URL
	@exec python -m cloudscale serve

dev: .venv/.synced ## Hot reload for people who change the code (two ports)
	@exec python -m cloudscale dev

test: .venv/.synced-dev built ## Every test there is: unit, integration, browser
	@python -m pytest

check: .venv/.synced-dev ## Formatter, linter, types, generated files
	@ruff format --check . && ruff check . && pyright

bench: .venv/.synced-dev built ## The measurements, as a table with ratios
	@python -m tests.bench

clean: ## Remove what was built (not the data)
	@rm -rf .web .venv .tools

$(UV):
	@echo "Fetching uv from the package index"
	@python3 -m venv .tools || { echo "Python's venv module is missing (Debian: apt-get install python3-venv)"; exit 1; }
	@.tools/bin/pip install -q uv

.venv/.synced: uv.lock pyproject.toml | $(UV)
	@echo "Installing the locked dependencies"
	@$(UV) sync --frozen --no-dev --inexact -q && touch $@

.venv/.synced-dev: .venv/.synced
	@echo "Installing the test tools"
	@$(UV) sync --frozen -q && touch $@

.PHONY: built
built: .venv/.synced
	@python -m cloudscale build
