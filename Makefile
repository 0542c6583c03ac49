# Every target sets up what it needs: Python 3.11 or newer, git and make are enough to start with.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Compiled modules are kept, whatever the shell says: every run and every process would compile anew.
unexport PYTHONDONTWRITEBYTECODE
QUICK := $(addprefix tests/,delivery edit findings report run select settings suggest support trigger)
# A corpus of real files, grammars in a process with limits that the tests wait for, and huge summaries.
SLOWER := $(addprefix --ignore=tests/,suggest/test_corpus.py edit/guards/test_grammars.py) \
  --deselect=tests/report/test_summary.py::TestLimit
READY := $(VENV)/.ready
# Tests wait for servers and processes now and then: one worker more than there are processors.
WORKERS = $(shell $(PYTHON) -c 'import os; print(os.cpu_count() + 1)')

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-quick coverage test-nightly lint types docs check mutants fuzz wheel dist release-check browser picture container cassettes requirements clean bench bench-container bench-quick peers servers

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements-dev.txt pyproject.toml sandbox/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "predict-edit needs Python 3.11 or newer; try: make PYTHON=python3.13 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e ./sandbox
	@touch $@

setup: $(READY) ## create the environment in .venv

demo: $(READY) ## run the whole action against an offline GitHub and an offline model
	$(BIN)/predict-edit demo

test: $(READY) ## run the tests, offline
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not docker and not live and not slow and not browser" $(PYTEST_ADDOPTS_EXTRA)

test-quick: $(READY) ## run the tests that start no action, with few random cases, for every save
	HYPOTHESIS_PROFILE=quick $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q -m "not docker and not live and not slow and not browser" $(QUICK) $(SLOWER)

coverage: $(READY) ## run the tests and fail below 90 % coverage
	$(BIN)/python -m coverage erase
	$(MAKE) --no-print-directory test PYTEST_ADDOPTS_EXTRA="--cov --cov-report=term:skip-covered --cov-fail-under=90"

test-nightly: $(READY) ## run the tests with 20,000 random cases per property
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -n $(WORKERS) -m "not docker and not live and not browser" --timeout 7200

lint: $(READY) ## check style, workflows, metadata and the Dockerfile
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/lint.py

types: $(READY) ## check the types
	$(BIN)/mypy

docs: $(READY) ## regenerate the tables of the documentation, the schemas and the examples
	$(BIN)/cog -r -P docs/inputs.md docs/laptop.md
	$(BIN)/python scripts/write_generated.py

check: lint types test ## lint, types and tests

bench: $(READY) ## measure everything, name what moved, rewrite the figures in docs and benchmarks/RESULTS.md; takes a quarter of an hour
	$(BIN)/python -m benchmarks

bench-container: $(READY) ## measure the image for benchmarks/RESULTS.md, if a Docker engine is available
	$(BIN)/python scripts/with_docker.py $(WITH_DOCKER_FLAGS) -- $(BIN)/python -m benchmarks --write container

peers: $(READY) ## install the tools that make bench compares with, in .peers
	$(BIN)/python scripts/peers.py

bench-quick: $(READY) ## measure everything once, in under a minute, and print it
	$(BIN)/python -m benchmarks --quick

mutants: $(READY) ## remove guards one by one and show that a test fails each time
	$(BIN)/python scripts/mutate_guards.py

fuzz: $(READY) ## feed the readers of foreign text with random bytes, a minute each; needs atheris
	$(BIN)/python scripts/fuzz.py $(FUZZ_FLAGS)

dist: $(READY) ## build the packages for a package index into dist/
	$(BIN)/python scripts/dist.py

release-check: $(READY) ## check that version, changelog, metadata, image, pins and wheel agree
	$(BIN)/python scripts/release_check.py $(RELEASE_CHECK_FLAGS)

browser: $(READY) ## test the HTML report and comments in a headless Chromium, if installed, with axe-core if npm is
	@if command -v npm >/dev/null; then npm ci --prefix tests/page --ignore-scripts --no-audit --no-fund --silent \
	  || echo "npm could not fetch axe-core"; fi
	$(BIN)/python -m pytest tests/page tests/report -m browser -rs

picture: $(READY) ## draw the README's picture from a run of the demo
	$(BIN)/python scripts/picture.py

servers: $(READY) ## try LiteLLM, llama.cpp, aimock and llmock as servers, from PyPI and npm, in .servers
	$(BIN)/python scripts/servers.py

wheel: $(READY) ## build the wheel and run the tests against it, installed
	$(BIN)/python scripts/test_wheel.py

container: $(READY) ## build the image and run it with act, if a Docker engine is available
	$(BIN)/python scripts/with_docker.py $(WITH_DOCKER_FLAGS) -- $(BIN)/python -m pytest -m docker -rs

cassettes: $(READY) ## re-record the cassettes, against the sandbox
	$(BIN)/python scripts/record_cassettes.py

requirements: $(READY) ## pin the dependencies again, with hashes
	$(BIN)/python scripts/pin.py

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist wheels .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache demo-out
