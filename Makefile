# Concern Hub. `make` alone says what there is to do.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# What pytest runs, and how: make test TESTS=tests/flow ARGS=-x
TESTS ?= tests
ARGS ?=
# Each worker starts servers of its own, and waits much of its time for them, for browsers and for
# clocks: more of them than CI has cores. With none (0) each file is named.
WORKERS ?= 4
# The instant, in UTC, that tests and servers are told it is: make test DAY='2027-03-28 00:57'
DAY ?=
ON_DAY := bash tests/servers/another_day.sh '$(DAY)'
PYTEST := $(ON_DAY) $(VENV)/bin/pytest -n $(WORKERS) --dist worksteal

# What is compiled is kept: else each hub that a test starts, and each worker, compiles it again.
export PYTHONDONTWRITEBYTECODE :=

# One venv, two fillings: what the hub runs on, and on top of it what proves it.
RUN_READY := $(VENV)/.run-ready
DEV_READY := $(VENV)/.dev-ready
# The specifications that documents are measured by, as their publishers ship them.
SPECS := $(VENV)/specs
SPECS_READY := $(SPECS)/.ready
# The console's style, as GOV.UK and the Ministry of Justice publish it; without it pages are plain.
BUILT := hub/routes/built
ASSETS_READY := $(BUILT)/govuk.css.sha256

.PHONY: help demo run test check style cover mission bench soak lock contract secrets clean venv servers specs assets assets-if-npm screenshots

help: ## what there is to do (this)
	@printf '%s\n' \
	  'Concern Hub: every agency told what it must be told, with evidence.' '' \
	  '  make demo             plays a concern from initiation to closure on this machine; Ctrl-C ends it' \
	  '  make demo HEADLESS=1  the same, without a screen: one line of JSON at the end' \
	  '  make run              the hub itself, as HUB_... in the environment say' \
	  '  make test             everything that proves it (finds or installs the servers it needs)' \
	  '  make check            the quick part: style, types, floors, the rules of the house' \
	  '  make mission          each of the 180 rows of the mission, with the tests that name it' \
  '  make cover            which branches of the core no test walks' \
	  '  make bench            how fast, beside a bare floor and Celery; ARGS="--only PART ..."' \
	  '  make soak             the long fault runs' \
  '  make assets           the GOV.UK style of the screens, by npm; without it they are plainly styled' \
	  '  make screenshots      plays the demo and takes the pictures of docs/screens.md' \
  '  make contract         new event types join the corpus and docs/events.md' \
	  '  make lock             pins every dependency anew, with hashes' \
	  '  make secrets          passwords for docker-compose.yml, made once' \
	  '  make clean            removes what these commands made' '' \
	  'TESTS and ARGS narrow a test run: make test TESTS=tests/flow ARGS=-x; WORKERS=2 narrows it' \
	  "DAY shifts its clocks: make test DAY='2027-03-28 00:57' (UTC); so it does for make soak" \
	  'HUB_AMQP_URL and the other HUB_ settings reach the hub through the environment.'

$(RUN_READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Concern Hub needs Python 3.11, 3.12 or 3.13; $$($(PYTHON) --version) is not one. Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the hub runs on into $(VENV)" >&2
	@$(PIP) install --quiet --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_READY): requirements-dev.lock $(RUN_READY)
	@echo "Installing what proves it into $(VENV)" >&2
	@$(PIP) install --quiet --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

venv: $(DEV_READY)

$(ASSETS_READY): $(addprefix hub/routes/design/,build.sh console.scss package.json package-lock.json)
	@command -v npm >/dev/null || { echo "The style of the screens is built by npm, which is not on this machine (Debian: apt-get install npm)." >&2; exit 1; }
	@echo "Building the style of the screens into $(BUILT)" >&2
	@bash hub/routes/design/build.sh $(VENV)/design $(BUILT)

assets: $(ASSETS_READY)

# For what must go on without it: built once where npm is there, given up after half a minute.
assets-if-npm:
	@if command -v npm >/dev/null && ! $(MAKE) -q assets; then \
	  timeout 30 $(MAKE) -s assets || echo "The screens will be plainly styled." >&2; fi

# A run without a screen needs no style.
demo: $(RUN_READY) $(if $(filter 1,$(HEADLESS)),,assets-if-npm) ## plays the main job
	@$(BIN)/hub demo $(if $(filter 1,$(HEADLESS)),--headless)

run: $(RUN_READY) assets-if-npm ## the hub itself
	@$(BIN)/hub run

servers:
	@bash tests/servers/install.sh

$(SPECS_READY): tests/specs/package.json tests/specs/package-lock.json | $(RUN_READY)
	@bash tests/servers/install.sh
	@mkdir -p $(SPECS) && cp tests/specs/package.json tests/specs/package-lock.json $(SPECS)/
	@echo "Installing the specifications into $(SPECS)" >&2
	@npm ci --loglevel=error --ignore-scripts --no-audit --no-fund --prefix $(SPECS)
	@touch $@

specs: $(SPECS_READY)

# pytest comes last, so that its closing line is the last that is read; it runs the house tests too.
test: $(DEV_READY) servers specs assets style
	@$(PYTEST) $(TESTS) $(ARGS)

check: style
	@$(BIN)/pytest -q tests/house -m 'not soak and not wheel'

style: $(DEV_READY)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache | tail -n +10

cover: $(DEV_READY)
	@$(BIN)/pytest tests/core tests/flow --cov --cov-report=term-missing $(ARGS)

mission: $(DEV_READY)
	@$(BIN)/python -m tests.mission

bench: $(DEV_READY) servers
	@$(BIN)/python -m bench $(ARGS)

soak: $(DEV_READY) servers
	@$(ON_DAY) $(BIN)/pytest $(TESTS) -m soak --timeout=0 $(ARGS)

# No header, no index: the lock names packages and hashes, and nothing about where it was made.
UV_COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-header --extra speed --extra build
UPGRADE ?= 1

lock: $(DEV_READY)
	@$(UV_COMPILE) $(if $(filter 1,$(UPGRADE)),--upgrade) --output-file requirements.lock
	@$(UV_COMPILE) $(if $(filter 1,$(UPGRADE)),--upgrade) --extra dev --constraints requirements.lock --output-file requirements-dev.lock

screenshots: $(DEV_READY) servers assets
	@$(BIN)/python -m tests.browser.screens

# New event types join the corpus; nothing that stands there is taken back.
contract: $(DEV_READY)
	@$(BIN)/python -m tests.corpus --add
	@$(BIN)/hub schema --page > $(VENV)/events.md
	@mv $(VENV)/events.md docs/events.md
	@$(BIN)/hub schema --openapi > $(VENV)/openapi.json
	@mv $(VENV)/openapi.json docs/openapi.json

# What docker-compose.yml reads, made once and never committed. The folder is yours alone; the files
# in it are read by users inside the containers.
secrets:
	@umask 077; mkdir -p secrets; make_one() { test -s "secrets/$$1" || cat > "secrets/$$1"; }; \
	password() { $(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(32))'; }; \
	password | make_one postgres_password; password | make_one rabbitmq_password; password | make_one hub_secret; \
	printf 'postgresql+asyncpg://hub:%s@postgres:5432/hub\n' "$$(cat secrets/postgres_password)" | make_one register_url; \
	printf 'amqp://hub:%s@rabbitmq:5672/\n' "$$(cat secrets/rabbitmq_password)" | make_one amqp_url; \
	printf 'default_user = hub\ndefault_pass = %s\n' "$$(cat secrets/rabbitmq_password)" | make_one rabbitmq.conf; \
	chmod 644 secrets/*; echo "The secrets for docker compose are in secrets/."

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* htmlcov build dist $(BUILT)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
