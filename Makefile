# Two commands on a fresh machine: `make study` and `make test`. Both install once, into $(VENV).
#
#   make study       run jobs/quickstart.toml here; prints the table and where the store and the figure are
#   make test        the tests, but for those that take minutes; what was skipped, and why, is printed last
#   make test-long   those that take minutes: studies killed again and again, whole published studies, every combination
#   make test-slurm  the tests in a real Slurm of four nodes on this machine, which is gone afterwards; some minutes
#   make analysis    run the reduced studies of jobs/scaling, then the notebooks on them; about a quarter of an hour
#   make check       formatting, lint, types, layers, shell scripts
#   make limits      times at a prompt against what is promised: help, plan, status, opening
#   make benchmarks  the kernel side by side with its peers, into benchmarks/README.md; about an hour on a quiet machine
#   make clean       remove $(VENV), $(PEERS) and the caches; results/ stays
#
# Another interpreter:  make test PYTHON=python3.13 VENV=.venv313
# One test:             make test ARGS="tests/study -k grid"
# Without the peer:     make benchmarks PEERS=    (its environment needs Python 3.11 and takes 3 GB)

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV ?= .venv
PYTHON ?=
ARGS ?=
PEERS ?= .venv-peers
PEERS_PYTHON ?= python3.11

CANDIDATES := $(if $(PYTHON),$(PYTHON),python3.11 python3.12 python3.13 python3)
INSTALL = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Touched when the installation is complete: an interrupted one is repeated.
RUNS := $(VENV)/.installed-test
CHECKS := $(VENV)/.installed-dev
NOTEBOOKS := $(VENV)/.installed-notebooks
REDUCED := $(wildcard jobs/scaling/reduced/*.toml)
PEERED := $(if $(PEERS),$(PEERS)/.installed)
SCRIPTS := .ci/run tests/cluster/slurm.sh $(wildcard slurm/*.sbatch)

.PHONY: help study test test-long test-slurm analysis limits benchmarks check lint types layers scripts format clean

help:
	@sed -n '3,16s/^# \{0,1\}//p' Makefile

study: $(RUNS)
	$(VENV)/bin/hpcpinn run jobs/quickstart.toml

# At most 8 workers: each compiles for itself, and beyond 8 the compilations cost more than the tests.
PYTEST = $(VENV)/bin/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal
test: $(RUNS)
	$(PYTEST) $(if $(ARGS),$(ARGS),-m "not long")

test-long: $(RUNS)
	$(PYTEST) -m long $(ARGS)

# Asked before minutes are spent on an installation. One worker: the tests share the cluster.
.PHONY: slurm-installed
slurm-installed:
	@tests/cluster/slurm.sh check

test-slurm: export HPCPINN_REQUIRE_SLURM := 1
test-slurm: slurm-installed $(RUNS)
	tests/cluster/slurm.sh run 4 -- $(VENV)/bin/python -m pytest $(if $(ARGS),$(ARGS),tests/cluster)

# A study that was run before runs only what is missing. Two workers, because half of the time is compilation. Warnings of the notebook's own machinery are not ours.
analysis: $(NOTEBOOKS)
	for study in $(REDUCED); do $(VENV)/bin/hpcpinn run $$study --on processes --workers 2; done
	$(VENV)/bin/python -m pytest --nbmake --override-ini addopts= --override-ini filterwarnings= analysis

limits: $(RUNS)
	$(VENV)/bin/python benchmarks/limits.py

benchmarks: $(RUNS) $(PEERED)
	$(VENV)/bin/python -m benchmarks.kernel $(if $(PEERS),--peers $(PEERS)/bin/python) $(ARGS)

# `make --keep-going check` runs all of them, whatever the first ones say.
check: lint types layers scripts

lint: $(CHECKS)
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check

types: $(CHECKS)
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(VENV)/bin/python -m pyright --pythonpath $(VENV)/bin/python

layers: $(CHECKS)
	$(VENV)/bin/lint-imports

scripts: $(CHECKS)
	$(VENV)/bin/shellcheck $(SCRIPTS)

format: $(CHECKS)
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format

clean:
	rm -rf $(VENV) $(PEERS) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find hpcpinn tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNS): pyproject.toml constraints.txt
	@if ! $(VENV)/bin/python -m pip --version >/dev/null 2>&1; then \
	  for python in $(CANDIDATES); do \
	    if $$python -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; \
	    then chosen=$$python; break; fi; \
	  done; \
	  if [ -z "$${chosen:-}" ]; then \
	    echo "hpcpinn needs Python 3.11, 3.12 or 3.13 with the module venv. Tried: $(CANDIDATES)." >&2; \
	    for python in $(CANDIDATES); do echo "  $$python: $$($$python --version 2>&1 | head -n 1)" >&2; done; \
	    echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name one: make $(firstword $(MAKECMDGOALS)) PYTHON=/path/to/python3.12" >&2; \
	    exit 1; \
	  fi; \
	  echo "Making $(VENV) with $$($$chosen --version)."; \
	  $$chosen -m venv --clear $(VENV); \
	fi
	@echo "Installing hpcpinn and what it needs into $(VENV): once, a few minutes."
	@$(INSTALL) --editable '.[test]'
	@touch $@

$(CHECKS): $(RUNS)
	@echo "Installing the linters into $(VENV): once."
	@$(INSTALL) --editable '.[dev]'
	@touch $@

$(NOTEBOOKS): $(RUNS)
	@echo "Installing what runs notebooks into $(VENV): once."
	@$(INSTALL) --editable '.[notebooks,test]'
	@touch $@

$(PEERS)/.installed: benchmarks/peers.txt
	@if ! $(PEERS_PYTHON) -c 'import sys, ensurepip, venv; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then \
	  echo "neural-tangents needs Python 3.11 with the module venv, and $(PEERS_PYTHON) is not that." >&2; \
	  echo "Name one: make benchmarks PEERS_PYTHON=/path/to/python3.11, or go without: make benchmarks PEERS=" >&2; \
	  exit 1; \
	fi
	@echo "Installing neural-tangents and what it needs into $(PEERS): once, a few minutes."
	@$(PEERS_PYTHON) -m venv --clear $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/peers.txt
	@touch $@
