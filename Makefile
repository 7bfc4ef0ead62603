# Everything here needs only make and Python 3.11 or newer; the rest is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
RUN_FROM := pyproject.toml constraints.txt
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help check test lint format types contracts tests soak bench golden clean

help:
	@echo 'make check      check the study in models/mesos and draw its counterexamples into build/'
	@echo 'make test       everything that CI runs: lint, types, contracts, tests'
	@echo 'make lint       ruff: rules and format'
	@echo 'make format     let ruff repair what it can'
	@echo 'make types      mypy --strict'
	@echo 'make contracts  import layers'
	@echo 'make tests      pytest with branch coverage (PYTEST_ARGS="-k name")'
	@echo 'make soak       the slow tests too, and many more examples of each property'
	@echo 'make bench      measurements against other checkers'
	@echo 'make golden     rewrite tests/golden from what the code prints now'
	@echo 'make clean      remove what these commands made'

check: $(VENV)/.for-use
	@$(BIN)/python -c 'import pygraphviz' || { \
	  echo 'error: the drawing library does not load; it needs the libraries of X11 and GLib. On Debian:' >&2; \
	  echo '       apt-get install libexpat1 libglib2.0-0 libx11-6 libxext6 libxrender1' >&2; exit 1; }
	@mkdir -p build
	$(BIN)/plait check models/mesos --draw build

test: lint types contracts tests

lint: $(VENV)/.for-work
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.for-work
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.for-work
	$(BIN)/mypy

contracts: $(VENV)/.for-work
	$(BIN)/lint-imports --no-logo

# `coverage run` and not a pytest option: the plugin under test is imported before any option is read.
tests: $(VENV)/.for-work
	@rm -rf build/coverage && mkdir -p build/coverage
	$(BIN)/coverage run -m pytest --numprocesses auto --dist worksteal $(PYTEST_ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

soak: $(VENV)/.for-work
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -m '' $(PYTEST_ARGS)

bench: $(VENV)/.for-work
	$(BIN)/python bench/run.py

golden: $(VENV)/.for-work
	$(BIN)/python -m pytest --update-golden $(PYTEST_ARGS)

clean:
	rm -rf $(VENV) build dist .hypothesis .coverage* .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# One environment, two depths: what `make check` needs, and the tools of the tests on top.
$(VENV)/.for-use: $(RUN_FROM) | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/.for-work: $(RUN_FROM) | $(BIN)/python
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.for-use

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo 'error: $(PYTHON) not found; Python 3.11 or newer is needed (make PYTHON=/path/to/python3)' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1) (make PYTHON=/path/to/python3)" >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo 'error: $(PYTHON) cannot make an environment: its venv or ensurepip module is missing.' >&2; \
	  echo '       On Debian: apt-get install python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
