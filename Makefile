# `make run` and `make test` are all a newcomer needs; `make help` lists the rest.
.PHONY: help run dev test check bench release clean built
.DEFAULT_GOAL := help
# Reflex looks for bun on PATH; the lock brings it into .venv.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# A machine without a fitting Python is told so; none is downloaded behind its back.
export UV_PYTHON_DOWNLOADS := never
# With it, each start would compile every library again (4 s more).
unexport PYTHONDONTWRITEBYTECODE
# Another project's environment is none of ours.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

UV := .tools/bin/uv
CHECKS := tests/unit/test_architecture.py tests/unit/test_theme.py tests/unit/ops/policy/test_policy_file.py

help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1	/'

run: built ## Start the store, from a bare clone to a live URL
	@exec python -m cloudscale serve

dev: .venv/.synced ## Hot reload for people who change the code (two ports)
	@exec python -m cloudscale dev

test: .venv/.synced-dev built ## Every test there is: unit, integration, browser (ARGS="-k cart")
	@exec python -m tests $(ARGS)

check: .venv/.synced-dev ## Formatter, linter, types, architecture, generated files
	@ruff format --check . && ruff check . && pyright && python -m pytest $(CHECKS)

bench: .venv/.synced-dev built ## The measurements, as a table with ratios
	@exec python -m tests.bench

release: .venv/.synced ## Pack the checked-out commit for servers, into dist/
	@exec python -m cloudscale release $(ARGS)

clean: ## Remove what was built (not the data)
	@rm -rf .web .venv .tools

$(UV):
	@echo "Fetching uv from the package index"
	@python3 -m venv .tools || { rm -rf .tools; echo "Python's venv module is missing (Debian: apt-get install python3-venv)"; exit 1; }
	@.tools/bin/pip install --quiet --disable-pip-version-check uv

.venv/.synced: uv.lock pyproject.toml | $(UV)
	@echo "Installing the locked dependencies"
	@$(UV) sync --frozen --no-dev --inexact --quiet
	@touch $@

.venv/.synced-dev: .venv/.synced
	@echo "Installing the test tools"
	@$(UV) sync --frozen --quiet
	@touch $@

# Decides by what the sources say, not by their times: `python -m cloudscale build --help`.
built: .venv/.synced
	@python -m cloudscale build
