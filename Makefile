# make chat    talk to the bot in the terminal
# make run     serve Telegram: TELEGRAM_TOKEN=… make run
# make test    run the tests
# make help    everything else

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready
BENCH_READY = $(VENV)/.ready-bench

.DEFAULT_GOAL := help
.PHONY: help chat run test soak lint types check fit bench wheel lock clean

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

run: $(READY) ## serve Telegram; needs TELEGRAM_TOKEN in the environment
	@$(BIN)/python -m bot run

test: $(READY) ## run the tests
	$(BIN)/python -m pytest -n auto

soak: $(READY) ## kill the bot fifty times under three hundred questions
	$(BIN)/python -m tests.telegram.soak

lint: $(READY) ## style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## mypy --strict
	$(BIN)/mypy

check: $(READY) ## the knowledge base and the catalogues
	$(BIN)/python -m bot knowledge check

fit: $(BENCH_READY) ## fit weights and thresholds on the development questions
	$(BIN)/python -m bot.matching.fitting tests/questions

bench: $(BENCH_READY) ## quality and cost beside other methods, on one core as in the container
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.bench

wheel: $(READY) ## build the wheel into dist/
	$(BIN)/python -m build --wheel

# Made with the oldest Python that is supported, since what it gets runs on the newer ones too.
lock: ## pin the dependencies of the image anew, with their hashes (Python 3.11)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "make lock needs Python 3.11: PYTHON=python3.11 make lock")'
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet --disable-pip-version-check pip-tools
	CUSTOM_COMPILE_COMMAND='make lock' $(VENV)/lock/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.lock pyproject.toml

clean: ## remove what the commands above made
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
