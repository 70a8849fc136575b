# make chat    talk to the bot in the terminal
# make test    run the tests
# make help    everything else

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready
BENCH_READY = $(VENV)/.ready-bench

.DEFAULT_GOAL := help
.PHONY: help chat test lint types check fit bench wheel clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(BENCH_READY): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,fit,bench]'
	@touch $@

chat: $(READY) ## talk to the bot in the terminal
	@$(BIN)/python -m bot chat

test: $(READY) ## run the tests
	$(BIN)/python -m pytest -n auto

lint: $(READY) ## style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## mypy --strict
	$(BIN)/mypy

check: $(READY) ## the knowledge base and the catalogues
	$(BIN)/python -m bot knowledge check

fit: $(BENCH_READY) ## fit weights and thresholds on the development questions
	$(BIN)/python -m bot.matching.fitting tests/questions

bench: $(BENCH_READY) ## quality and cost beside other methods
	$(BIN)/python -m tests.bench

wheel: $(READY) ## build the wheel into dist/
	$(BIN)/python -m build --wheel

clean: ## remove what the commands above made
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
