# make demo and make test work on a machine that has nothing but Python: they make .venv and install into it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
BENCH_INSTALLED := $(VENV)/.installed-bench
DEMO := build/demo

.PHONY: demo test check lint types bench docs fixtures clean

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

$(BENCH_INSTALLED): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@

demo: $(INSTALLED)
	@echo '$$ glbtools build fixtures/specs/stuck.toml --out $(DEMO)'
	@$(BIN)/glbtools build --force fixtures/specs/stuck.toml --out $(DEMO)
	@echo
	@echo '$$ glbtools inspect REQTRANS.GLB REQCONF.GLB'
	@cd $(DEMO)/october/GLB && $(CURDIR)/$(BIN)/glbtools inspect REQTRANS.GLB REQCONF.GLB
	@echo
	@echo '$$ glbtools inspect DSSERVER.LOG'
	@cd $(DEMO)/october/LOG && $(CURDIR)/$(BIN)/glbtools inspect DSSERVER.LOG
	@echo
	@echo 'REQTRANS ends at 6 and REQCONF says that 17 is confirmed, so none of these six changes will ever be sent.'

test: $(INSTALLED)
	$(BIN)/python -m pytest -q -n auto

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

check: lint types
	$(MAKE) test

bench: $(BENCH_INSTALLED)
	$(BIN)/python benchmarks/run.py

docs: $(INSTALLED)
	$(BIN)/python docs/generate.py

fixtures: $(INSTALLED)
	$(BIN)/python fixtures/generate.py

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
