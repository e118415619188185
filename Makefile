# `make help` lists the targets. What `make test` needs beforehand: Python 3.11 or newer, make, and,
# for the lab, root on a Debian whose apt reaches its packages. The rest it sets up itself in .venv.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --no-input --quiet --quiet
# The lock names versions and hashes and no place: wherever a machine gets its packages is its own affair.
COMPILE := $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 \
  --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.PHONY: help
help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

# --- setting up -------------------------------------------------------------------------------

.PHONY: setup
setup: $(VENV)/.ready ## .venv with the locked dependencies and the project itself

$(VENV)/.python: tools/make-venv
	tools/make-venv $(VENV)
	touch $@

$(VENV)/.locked: $(VENV)/.python requirements-dev.lock
	$(PIP) install --require-hashes --requirement requirements-dev.lock
	touch $@

# Without build isolation: the build backend is locked too, and nothing is fetched here.
$(VENV)/.ready: $(VENV)/.locked pyproject.toml
	$(PIP) install --no-index --no-deps --no-build-isolation --editable .
	touch $@

.PHONY: lock
lock: $(VENV)/.locked ## write the lock files again after a change of dependencies in pyproject.toml
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock

# --- checking ---------------------------------------------------------------------------------

.PHONY: lint
lint: setup ## format, rules, types, and the arrows between modules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

.PHONY: test
test: lint ## lint, the fast tests, then the lab (as root; without root the lab is left out, and said so)
	$(PYTHON) -m pytest -m "not lab"
	tools/with-lab $(PYTHON) -m pytest -m "lab and not slow"

.PHONY: accuracy-lab
accuracy-lab: setup ## every scenario in every placement, and 20 healthy runs: some 8 minutes (as root)
	LAB=required tools/with-lab $(PYTHON) -m pytest -m "lab and slow"

.PHONY: test-all
test-all: test accuracy-lab ## all of that

.PHONY: intake-run
intake-run: setup ## 10,000 deliveries of 1,000 failures, the bot killed 20 times: nothing lost, nothing doubled
	$(PYTHON) -m tests.webhooks.run

.PHONY: bench-intake
bench-intake: setup ## print what an event costs that is stored before it is answered
	$(PYTHON) -m tests.bench.intake

# --- by hand ----------------------------------------------------------------------------------

.PHONY: lab
lab: setup ## start the lab's two sites, to try the tool against them (as root)
	LAB=required tools/with-lab $(PYTHON) -m tests.lab up

.PHONY: bench
bench: setup ## print the ratios that the project holds itself to (as root)
	LAB=required tools/with-lab $(PYTHON) -m tests.bench

.PHONY: bench-pages
bench-pages: setup ## list and search over a million observations: 2 minutes, 2 GB in the temporary folder
	$(PYTHON) -m tests.bench.pages

.PHONY: bench-ack
bench-ack: setup ## print how fast commands are acknowledged while 25 checks run
	$(PYTHON) -m tests.bench.ack

.PHONY: faults
faults: setup ## 200 commands and presses while Slack misbehaves and the bot is killed: 5 minutes
	$(PYTHON) -m tests.slack.faultrun.run --actions 200
	$(PYTHON) -m tests.slack.faultrun.run --actions 200 --http

.PHONY: clean
clean: ## remove what setting up and testing made
	rm -rf tests/slack/second/node_modules .shots $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
