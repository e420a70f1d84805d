# Two commands do everything on a fresh clone: `make demo` and `make test`.
#
# The Makefile brings its own uv, of the version and hashes in requirements-uv.lock, into .tools; a uv that
# happens to be on PATH is used for that one step at most, because its version is not ours to know.
# PY=python3.13 chooses the interpreter; ARGS=... is handed to the command.

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo simulate simulate-long serve test test-long lint format docs bench lock clean

UV := .tools/bin/uv
BIN := .venv/bin
PROJECT := pyproject.toml requirements.lock
LOCK := UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes
BOOTSTRAP := --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements-uv.lock

# An account without a home of its own still needs somewhere to unpack wheels.
ifneq ($(shell test -w "$$HOME" && echo writable),writable)
export UV_CACHE_DIR := $(CURDIR)/.tools/cache
endif

# Behind a company's gateway only the machine's own certificates will do; a bare machine may have none.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS ?= 1
endif

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

install: .venv/.runtime ## make .venv with the `bitacora` command in it

install-dev: .venv/.dev ## the same, with what the tests and checks need

demo: install ## run the demonstration (ARGS="--help" for its options)
	$(BIN)/bitacora demo $(ARGS)

simulate: install ## simulate a nation (ARGS="--faults", "--help" for its options)
	$(BIN)/bitacora simulate $(ARGS)

simulate-long: install-dev ## hold the detectors to precision and recall over three seeds at length
	BITACORA_LONG=1 $(BIN)/python -m pytest -n0 --timeout 3600 tests/cli/simulate $(ARGS)

serve: install ## serve the API
	$(BIN)/bitacora serve $(ARGS)

test: install-dev ## run the tests, short form
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

test-long: install-dev ## run the tests, long form (up to an hour)
	BITACORA_LONG=1 $(BIN)/python -m pytest -n auto --dist worksteal --timeout 3600 $(ARGS)

lint: install-dev ## check format, style, types and imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install-dev ## format the code and mend what can be mended
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

docs: install-dev ## write the pages that are made from the code
	$(BIN)/python -m docs.generate
	$(BIN)/python -m tests.cli.reference

bench: install-dev ## measure against the machine (ARGS="--help" for its options)
	$(BIN)/python -m bench $(ARGS)

lock: $(UV) ## resolve the locks anew (ARGS=--upgrade for newer versions)
	$(LOCK) --group bootstrap -o requirements-uv.lock
	$(LOCK) --group dev -o requirements-dev.lock pyproject.toml $(ARGS)
	$(LOCK) -c requirements-dev.lock -o requirements.lock pyproject.toml

clean: ## remove everything that make and the tools have made
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.runtime: $(PROJECT) | .venv/bin/python
	$(UV) pip install --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install --python $(BIN)/python --no-deps --editable .
	@touch $@

.venv/.dev: $(PROJECT) requirements-dev.lock | .venv/bin/python
	$(UV) pip install --python $(BIN)/python --require-hashes -r requirements-dev.lock
	$(UV) pip install --python $(BIN)/python --no-deps --editable .
	@touch $@ .venv/.runtime

.venv/bin/python: | $(UV)
	$(UV) venv $(if $(PY),--python $(PY)) .venv

# pip --target works where Debian refuses `pip install`, and needs no venv module.
$(UV): PYTHON = $(or $(PY),python3)
$(UV): requirements-uv.lock
	@if $(PYTHON) -m pip --version >/dev/null 2>&1; then \
	    $(PYTHON) -m pip install --root-user-action=ignore --upgrade --target .tools $(BOOTSTRAP); \
	elif command -v uv >/dev/null; then \
	    uv pip install --quiet --target .tools --require-hashes -r requirements-uv.lock; \
	elif $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
	    $(PYTHON) -m venv .tools && .tools/bin/pip install $(BOOTSTRAP); \
	else \
	    echo "make: $(PYTHON) has neither pip nor venv; as root: apt install python3-pip" >&2; exit 1; \
	fi
	@touch $@
