# Two commands do everything: `make demo` and `make test`. Both prepare .venv the first time only.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
QUIETLY := --quiet --disable-pip-version-check --no-compile
export YOLO_CONFIG_DIR := $(CURDIR)/$(VENV)/ultralytics
# Never another process's compiled pages or telemetry.
export STREAMLIT_BROWSER_GATHER_USAGE_STATS := false

.PHONY: demo test tests app lab check-slow lint bench languages wheel clean help

help:
	@echo "make demo        render a herd with known deer, find it again, write a report"
	@echo "make test        linters, types and all tests"
	@echo "make app         open the workbench in a browser"
	@echo "make lab         open the notebooks in JupyterLab, on the demo herd (WORKSPACE=DIR: on another)"
	@echo "make check-slow  the minutes-long checks"
	@echo "make bench       the benchmarks, each with its table"
	@echo "make languages   collect the messages of the pages, and bring the catalogues in step"

$(READY): requirements.lock requirements-nodeps.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(QUIETLY) -r requirements.lock
	$(BIN)/python -m pip install $(QUIETLY) --no-deps -r requirements-nodeps.lock
	$(BIN)/python -m pip install $(QUIETLY) --no-deps -e .
	@# pip compiles on one core alone. Tests of libraries are never imported; a few templates are no Python.
	@$(BIN)/python -m compileall -q -j 0 -x '/tests?/' $(VENV)/lib >/dev/null 2>&1 || true
	@touch $@

demo: $(READY)
	$(BIN)/thumper demo

test: $(READY)
	@$(MAKE) --no-print-directory -j 2 lint tests  # mypy has one core, and leaves the other idle

tests: $(READY)
	@# In the order of tests/conftest.py, not by the number of tests: the heaviest files have few.
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 15

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

app: $(READY)
	$(BIN)/thumper app

WORKSPACE ?= data/demo
lab: $(READY)
	@test "$(WORKSPACE)" != data/demo || test -f data/demo/ledger.sqlite || $(BIN)/thumper demo
	$(BIN)/thumper --workspace $(WORKSPACE) lab

check-slow: $(READY)
	$(BIN)/python -m pytest -m slow

bench: $(READY)
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

languages: $(READY)
	$(BIN)/python docs/languages.py

wheel: $(READY)
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache
