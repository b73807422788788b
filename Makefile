# Everything lives in .venv; nothing is installed outside of it. `make` alone lists the targets.

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo test lint format clean

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEVELOP := $(VENV)/.develop
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The first Python that is new enough; `make PYTHON=/path/to/python` chooses another.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$name; break; }; done)

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

install: $(INSTALLED) ## Put gatekeeper and its locked dependencies into .venv
	@echo "$(BIN)/gatekeeper is ready: try '$(BIN)/gatekeeper --help', or 'make demo'."

install-dev: $(DEVELOP) ## Put the tools for development there too

demo: $(INSTALLED) ## Show a whole run on a bundled failing project: no key, no network
	@$(BIN)/gatekeeper demo

test: $(DEVELOP) ## Run the tests; what this machine lacks is skipped and named
	@$(BIN)/python -m pytest

lint: $(DEVELOP) ## Check style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(DEVELOP) ## Format the code
	@$(BIN)/ruff format .

clean: ## Remove .venv and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
		echo "gatekeeper needs Python 3.11 or newer, and none was found." >&2; \
		echo "On Debian or Ubuntu: sudo apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments." >&2; \
		echo "On Debian or Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	@command -v git >/dev/null || { \
		echo "gatekeeper needs git. On Debian or Ubuntu: sudo apt-get install git" >&2; exit 1; }
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# pytest comes along for the demo, whose tests must run in a sandbox without a network.
$(INSTALLED): requirements.lock requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing gatekeeper into $(VENV) ..."
	@$(PIP) install --requirement requirements.lock
	@$(PIP) install --constraint requirements-dev.lock --editable '.[demo]'
	@touch $@

$(DEVELOP): requirements-dev.lock $(INSTALLED)
	@echo "Installing the tools for development ..."
	@$(PIP) install --requirement requirements-dev.lock
	@touch $@
