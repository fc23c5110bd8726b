# The course on one page.  `make demo` and `make test` set up everything they need themselves: a virtual environment in
# .venv, and bubblewrap, the sandbox.  If bubblewrap is missing, root gets it installed by apt-get; anybody else is told
# the one command to run.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip --disable-pip-version-check -q
DEMO   := build/demo
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)
PYTHONS ?= 3.11 3.12 3.13

.PHONY: help setup demo wheels docs docs-instructors docs-links test test-slow test-matrix lint format mypy mutants strength fuzz notebooks bench clean

help:  ## show the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

# --- setting up -----------------------------------------------------------------------------------------------

$(VENV)/.created:
	@$(PYTHON) tools/check_python.py
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@touch $@

$(VENV)/.installed: $(VENV)/.created constraints.txt pyproject.toml source_lib/pyproject.toml source_lib/setup.py
	@echo "installing pinned dependencies and building the package (some minutes the first time)"
	@$(PIP) install -c constraints.txt setuptools cython numpy
	@$(PIP) install -c constraints.txt --no-build-isolation -e ./source_lib -e .
	@touch $@

$(VENV)/.developer: $(VENV)/.installed
	@$(PIP) install -c constraints.txt --no-build-isolation -e ".[dev,service]"
	@$(BIN)/python tools/install_torch.py || echo "PyTorch is not available: its tests will be skipped"
	@touch $@

$(VENV)/.browser: $(VENV)/.developer
	@$(PIP) install -c constraints.txt --no-build-isolation -e ".[browser]" \
		|| echo "playwright is not available: the tests in a browser will be skipped"
	@touch $@

$(VENV)/.docs: $(VENV)/.developer
	@$(PIP) install -c constraints.txt --no-build-isolation -e ".[docs]"
	@touch $@

.PHONY: sandbox
sandbox: $(VENV)/.installed  ## install bubblewrap if it is missing and you are root, then see whether sandboxes work
	@tools/install_bubblewrap.sh
	@$(BIN)/autograder doctor

setup: $(VENV)/.developer sandbox  ## the virtual environment with everything for developers, and the sandbox

# --- using it -------------------------------------------------------------------------------------------------

demo: sandbox  ## generate a release, simulate a class, grade it, show the results
	@$(BIN)/python tools/demo.py $(DEMO) --jobs $(JOBS)

wheels: $(VENV)/.installed  ## dist/: the two wheels, to install the grader and its course without this repository
	@rm -rf dist build/lib build/bdist* source_lib/build *.egg-info source_lib/*.egg-info
	@$(PIP) wheel --no-build-isolation --no-deps -w dist ./source_lib .
	@cp constraints.txt dist
	@ls dist

docs: $(VENV)/.docs  ## docs/_build/html: the documentation site as it is published, without answers; every warning is an error
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo docs/_build/html/index.html

docs-instructors: $(VENV)/.docs  ## docs/_build/instructors: the same with rubrics, model answers and solutions; not to be published
	@$(BIN)/python -m sphinx -q -W --keep-going -t instructors -b html docs docs/_build/instructors
	@echo docs/_build/instructors/index.html

docs-links: $(VENV)/.docs  ## follow every link of the site
	@$(BIN)/python -m sphinx -q -b linkcheck docs docs/_build/linkcheck

test: setup lint mypy  ## set up, then lint, types and all quick tests, with their coverage
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not slow" --cov --cov-report=term:skip-covered -q

test-slow: setup $(VENV)/.browser  ## the tests that take minutes
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m slow -q

test-matrix:  ## `make test` on each of these Pythons that is installed: PYTHONS="3.11 3.12 3.13"
	@for version in $(PYTHONS); do \
		if command -v python$$version >/dev/null; then \
			echo "=== Python $$version"; \
			$(MAKE) test PYTHON=python$$version VENV=build/matrix/$$version || exit 1; \
		else echo "=== Python $$version is not installed: skipped"; fi; \
	done

lint: $(VENV)/.developer  ## ruff: rules and form
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

mypy: $(VENV)/.developer  ## types, those of the tests' bodies included
	$(BIN)/mypy

format: $(VENV)/.developer  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

mutants: setup  ## count the small changes of the reference that the checks catch; exit status 1 if too few
	$(BIN)/python benchmarks/check_strength.py --part mutants

strength: setup  ## docs/check-strength.md: mutants, named bugs, breaking, fairness on 50 seeds (takes half an hour)
	$(BIN)/python benchmarks/check_strength.py

fuzz: setup  ## made-up inputs for ten minutes: SECONDS=600, and the same ones again with SEED=number
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),600) $(if $(SEED),--seed $(SEED))

notebooks: setup  ## all notebooks from top to bottom, on drawn images or on CIFAR-10: DATA=folder
	$(BIN)/python tools/run_notebooks.py --jobs $(JOBS) $(if $(DATA),--data '$(DATA)')

bench: setup  ## measure the speed of grading and of the fast convolutions
	$(BIN)/python benchmarks/grading.py
	$(BIN)/python benchmarks/conv.py

clean:  ## remove everything that was made, but not the virtual environment
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage release/*/
