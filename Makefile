# make demo and make test work on a machine that has nothing but Python: they make .venv and install into it.
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
BENCH_INSTALLED := $(VENV)/.installed-bench
DOCS_INSTALLED := $(VENV)/.installed-docs
READERS := .venv-readers
DEMO := build/demo

.PHONY: demo test test-fresh test-real test-tools test-survey check-consumers check lint types dist site bench scoreboard docs fixtures fuzz clean

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@$(BIN)/python -m compileall -q glbtools
	@touch $@

$(BENCH_INSTALLED): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@

$(DOCS_INSTALLED): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $@

demo: $(INSTALLED)
	@rm -rf $(DEMO)
	@mkdir -p $(DEMO)
	@echo '$$ glbtools simulate reqtrans-begun-again --out demo --quiet'
	@cd $(DEMO) && $(CURDIR)/$(BIN)/glbtools simulate reqtrans-begun-again --out demo --quiet
	@echo
	@echo '$$ glbtools diagnose demo    (status 1: something is wrong)'
	@cd $(DEMO) && $(CURDIR)/$(BIN)/glbtools diagnose demo || test $$? -eq 1

test: $(INSTALLED)
	$(BIN)/python -m pytest -q -n auto

# The laws of the tests with examples that nobody has seen; what breaks one is kept in .hypothesis and tried first next time.
test-fresh: $(INSTALLED)
	$(BIN)/python -m pytest -q -n auto --hypothesis-profile fresh $$(grep -rlE '@given|stateful' tests --include '*.py')

# Against servers and tools as others package them; what is not installed is skipped, and pytest says why.
test-real: $(INSTALLED)
	$(BIN)/python -m pytest -q tests/real

# What Debian's mtools, ewf-tools and qemu-utils make is read, and hashdeep confirms the list of a rebuild; what programs
# for tables read of the CSV is compared with the JSON.
test-tools: $(INSTALLED)
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test-survey]'
	$(BIN)/python -m pytest -q tests/reporting/test_rows.py
	$(BIN)/python -m pytest -q tests/evidence/test_images.py tests/repair/test_containers.py tests/repair/test_recovery.py
	$(BIN)/python -m pytest -q tests/cases/test_rebuild.py -k hashdeep

# Tables of a survey as Parquet, asked by DuckDB, and its batches on a Dask cluster.
test-survey: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test-survey]'
	$(BIN)/python -m pytest -q tests/fleet tests/binary/test_records.py

# Timesketch's reading code, in an environment of its own; its package leaves out six, and needs not all that it names.
# And axe-core, which looks at pages in Debian's Chromium.
$(READERS)/.installed:
	test -x $(READERS)/bin/python || $(PYTHON) -m venv $(READERS)
	$(READERS)/bin/python -m pip install --quiet --disable-pip-version-check timesketch-import-client flask six
	$(READERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps timesketch
	-cd $(READERS) && PUPPETEER_SKIP_DOWNLOAD=1 npm install --silent --no-save axe-core puppeteer-core pyright
	@touch $@

check-consumers:
	-$(MAKE) $(READERS)/.installed
	$(MAKE) test-real
	$(MAKE) test-tools
	$(BIN)/python -m pytest -q tests/api -k pyright
	-$(MAKE) test-survey

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

# A wheel and an sdist, checked and tried in environments of their own.
dist: $(INSTALLED)
	$(BIN)/python -m pytest -q tests/packaging/test_packages.py
	$(BIN)/python -m build --no-isolation --outdir dist .

# The pages as a site in build/site. A warning fails; then every link of what was built is followed.
site: $(DOCS_INSTALLED)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	$(BIN)/python -m pytest -q tests/packaging/test_site.py

check: lint types dist site
	$(MAKE) test

bench: $(BENCH_INSTALLED)
	$(BIN)/python benchmarks/run.py

scoreboard: $(INSTALLED)
	$(BIN)/python scoreboard/run.py
	$(BIN)/python -m scoreboard.claims --page
	$(BIN)/python -m scoreboard.worlds.run
	$(BIN)/python -m scoreboard.worlds.continued
	$(BIN)/python -m scoreboard.learning --show-failures --page

docs: $(INSTALLED)
	$(BIN)/python docs/compile_problems.py
	$(BIN)/python docs/generate.py

fixtures: $(INSTALLED)
	$(BIN)/python fixtures/generate.py

# Coverage-guided fuzzing (atheris, where pip has a wheel): make fuzz SECONDS=600 TARGETS="log queue".
SECONDS ?= 120
TARGETS ?= $(shell $(BIN)/python fuzz/run.py --list)

fuzz: $(INSTALLED)
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: atheris
	@for target in $(TARGETS); do \
		echo "== $$target, $(SECONDS) s"; \
		nice $(BIN)/python fuzz/run.py $$target --seconds $(SECONDS) || test $$? -eq 3 || exit 1; \
	done

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
