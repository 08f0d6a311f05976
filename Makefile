# Everything here needs only make and a Python of at least 3.11; the environment in .venv makes itself.
# A word after the target's `##` is its help: `make help` prints them.

PYTHON ?= python3
ARGS ?=

bin := .venv/bin
pip := $(bin)/python -m pip --disable-pip-version-check --quiet
locked := .venv/.locked
installed := .venv/.installed

# The tests start hundreds of processes, which all load the same modules: they are compiled once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup check format test demo bench lock clean

help:  ## Say what each target does
	@echo "make TARGET [ARGS=\"...\"]"
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-10s %s\n", $$1, $$2 }'

setup: $(installed)  ## Make the environment in .venv; the other targets do it by themselves

check: $(installed)  ## Format, lint, types, layers; changes nothing
	$(bin)/ruff format --check .
	$(bin)/ruff check .
	$(bin)/mypy
	$(bin)/lint-imports --no-logo

format: $(installed)  ## Format the code and mend what the linter can mend
	$(bin)/ruff format .
	$(bin)/ruff check --fix .

test: check  ## Run every check and every test; ARGS go to pytest (-k book, -x, ...)
	$(bin)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS)

demo: $(installed)  ## Start everything with a seeded town; ARGS go to `millet up` (--port 9000, ...)
	@exec $(bin)/millet up --demo $(ARGS)

bench: $(installed)  ## Measure the ledger; ARGS go to `millet bench ledger` (--json, ...)
	@$(bin)/millet bench ledger $(ARGS)

lock:  ## Write requirements.lock anew from pyproject.toml; ARGS go to uv (--upgrade, ...)
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	$(PYTHON) -m venv "$$scratch" && \
	"$$scratch/bin/python" -m pip --disable-pip-version-check --quiet install uv && \
	"$$scratch/bin/uv" --quiet pip compile --universal --generate-hashes --no-emit-index-url --no-header \
		--group dev pyproject.toml --output-file requirements.lock $(ARGS)

clean:  ## Remove the environment, the caches and what was built; data directories stay
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The first stamp says that the locked packages are in place, the second that our own package is.
# An environment whose Python is missing, or was replaced by one that is too old, is made anew.
$(locked): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "MilletPay needs Python 3.11 or later, and \"$(PYTHON)\" is $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name another one: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "\"$(PYTHON)\" came without its venv module. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Setting up .venv ..."
	@$(bin)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@$(pip) install --require-hashes -r requirements.lock
	@touch $@

$(installed): $(locked) pyproject.toml src/milletpay/__init__.py
	@$(pip) install --no-deps --no-build-isolation -e .
	@touch $@
