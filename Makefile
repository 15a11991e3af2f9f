# make run    from a bare machine to the risk map on http://127.0.0.1:8000
# make test   checks, then every test: SQLite, PostGIS, browser
# make help   the rest
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# make run PYTHON=/path/to/python3.12 PORT=8001; make test JOBS=4 ARGS='-k setback'; make bench BENCH=full
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?=
JOBS ?= $(shell nproc)
ARGS ?=
BENCH ?= small

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
PACKAGES := geo layers api web

.PHONY: help run install assets dev check test services bench wheel lock docs clean

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install assets ## install, load the samples, compute setback and grid, serve the map (PORT=8001: elsewhere than on 8000)
	$(BIN)/python -m scripts.prepare
	exec $(BIN)/riskmap serve $(if $(PORT),--port $(PORT))

install: $(VENV)/.runtime ## the product alone, into .venv

assets: install ## the web libraries into web/static/vendor, the fonts into layers/letters/fonts
	@command -v npm >/dev/null || $(PIP) install --require-hashes --requirement requirements-node.txt
	$(BIN)/python -m web.assets

dev: $(VENV)/.dev ## the tools of check, test and lock as well, into .venv

check: dev ## lint, format, types, lock files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	scripts/check-locks

test: check assets ## make check, then all tests (JOBS=processes ARGS='-k name')
	services=$$(scripts/test-services); eval "$$services"; \
	exec $(BIN)/pytest -n $(JOBS) --dist loadfile --doctest-modules --ignore layers/store/migrations \
	    tests geo layers $(ARGS)

services: ## bring up PostGIS and Chromium for the tests and print where they are
	@scripts/test-services

bench: $(VENV)/.bench ## speed and correctness beside other tools (BENCH=small|full)
	services=$$(scripts/test-services); eval "$$services"; \
	BENCH=$(BENCH) exec $(BIN)/python -m benchmarks

wheel: dev assets ## dist/riskmap-*.whl with samples, rules, pages and web libraries inside
	$(BIN)/hatchling build --target wheel

lock: dev ## make the lock files again after a change in pyproject.toml (UPGRADE=1: newest versions)
	PATH="$$PWD/$(BIN):$$PATH" scripts/lock $(if $(UPGRADE),--upgrade)

docs: dev ## pages of docs/ that are made from the code
	$(BIN)/python -m scripts.data_model

clean: ## remove everything that make made; databases stay
	rm -rf $(VENV) web/node_modules web/static/vendor layers/letters/fonts build dist benchmarks/out
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find $(PACKAGES) tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@$(if $(PYTHON),,echo "Python is missing: apt-get install python3 python3-venv" >&2; exit 1)
	@$(PYTHON) -c 'import sys; sys.exit("riskmap needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" \
	    if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	@touch $@

# The lock files are complete and hashed; the project itself is built with the locked backend.
$(VENV)/.runtime: requirements.txt requirements-build.txt pyproject.toml | $(VENV)/.made
	@echo "Installing the product's packages into $(VENV) (a minute or two)"
	@$(PIP) install --require-hashes --requirement requirements-build.txt --requirement requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(VENV)/.runtime
	@echo "Installing the tools of check and test into $(VENV)"
	@$(PIP) install --require-hashes --requirement requirements-dev.txt
	@touch $@

$(VENV)/.bench: benchmarks/requirements.txt | $(VENV)/.dev
	@$(PIP) install --require-hashes --requirement benchmarks/requirements.txt
	@touch $@
