# From a fresh clone, with Python 3.11 or later and make: `make demo` shows what fasciscan does, `make test` checks it.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt
DEMO_CLIP := data_samples/biceps-twitches.mp4
# Two, since more workers than cores gain nothing and would upset the tests that measure time.
TEST_WORKERS ?= 2

# -c does not reach the packages that pip fetches to build this one: older pips read the first, newer ones the second.
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_BUILD_CONSTRAINT := $(CURDIR)/constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test lint postgres-test browser clean

help:
	@echo "make demo     install into .venv, analyse a sample clip, say where its report lies"
	@echo "make test     install what tests need, check style, types and layers, run every test"
	@echo "make lint     the checks of make test alone, without the tests"
	@echo "make postgres-test   the tests of the history alone, in SQLite and in a PostgreSQL they start themselves"
	@echo "make browser  install Chromium from the system's packages (Debian, Ubuntu; as root), for the tests of the page"
	@echo "make clean    remove .venv, out/ and what the tools left"

demo: $(VENV)/.installed
	$(BIN)/fasciscan analyze $(DEMO_CLIP) --mm-per-px 0.1 --muscle "biceps brachii" --side left --out out
	@echo
	@echo "Open this in a browser: $(CURDIR)/out/$(basename $(notdir $(DEMO_CLIP))).html"

test: lint
	$(BIN)/pytest -n $(TEST_WORKERS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

postgres-test: $(VENV)/.installed-dev
	$(BIN)/pytest tests/history

browser:
	@if command -v chromium || command -v google-chrome; then \
		echo "A browser is there already; the tests of the report page can run."; \
	elif ! command -v apt-get >/dev/null; then \
		echo "No apt-get here: install Chromium your system's way. Without it the tests of the page are skipped."; exit 1; \
	elif [ "$$(id -u)" -ne 0 ]; then \
		echo "Chromium comes from the system's packages: run this as root. Without it the tests of the page are skipped."; \
		exit 1; \
	else \
		echo "Installing Chromium from the system's packages; the tests of the report page are skipped without it."; \
		apt-get update && apt-get install --yes --no-install-recommends chromium fonts-dejavu-core; \
	fi

clean:
	rm -rf $(VENV) out dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The stamps make an install happen again only when what it depends on has changed.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP_INSTALL) -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP_INSTALL) -e ".[dev,train,cluster,postgresql]"
	@touch $(VENV)/.installed $@
