# Needs python3 >= 3.11 and make; everything else goes into .venv.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The first Python that is new enough; override with PYTHON=/path/to/python.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SOURCES := domain adapters scripts tests app.py
# One worker more than cores, for tests wait for browsers and other processes, and at most four. One file per worker at a
# time: files that start a stack keep it to themselves.
WORKERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 3 ? cores + 1 : 4)))
PYTEST_ARGS ?= -n $(WORKERS) --dist loadfile

.PHONY: help run test simulate mutants guards fuzz kills figures without-webhooks test-dynamodb-local policies openapi \
	test-openapi-tools test-browsers test-webkit test-stripe-mock bench bench-stack bench-leak bench-scale bench-rush bench-clients web-figures faults test-pythons check \
	format screenshots provision deploy lock sbom advisories setup clean

help: ## Show the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY) ## Start everything on this machine; Ctrl-C stops it; ENGINE=dynamodb-local: with AWS's own DynamoDB engine (needs Java and Maven)
	@exec $(BIN)/python -m scripts.stack

test: $(READY) ## Run all tests (finds or installs a browser for the journey in Chromium)
	@$(BIN)/python -m scripts.stack.browser
	@$(BIN)/python -m pytest $(PYTEST_ARGS) $(ARGS)

SECONDS ?= 60
simulate: $(READY) ## Live through fresh bad days on every core for SECONDS=60, at each kind of provider, at two at once, with few seats
	@$(BIN)/python -m tests.simulation --seconds $(SECONDS)
	@$(BIN)/python -m tests.simulation --seconds $(SECONDS) --captures
	@$(BIN)/python -m tests.simulation --seconds $(SECONDS) --two
	@$(BIN)/python -m tests.simulation --seconds $(SECONDS) --two --seats

MUTANT_SECONDS ?= 60
mutants: $(READY) ## Break the money code in every way we know, and see each one caught
	@$(BIN)/python -m tests.simulation.mutate --seconds $(MUTANT_SECONDS)

guards: $(READY) ## Leave out each clause of DynamoDB's conditions and each guard at the edges, and see each one missed
	@$(BIN)/python -m tests.contracts.mutate
	@$(BIN)/python -m tests.guards.switch_off

EXAMPLES ?= 100
fuzz: $(READY) ## Send EXAMPLES=100 made-up requests to every operation as student, admin and nobody, half of them invalid, and every wrong answer of a provider; SEED=7 repeats a run
	@$(BIN)/python -m tests.fuzz --examples $(EXAMPLES) $(if $(SEED),--seed $(SEED)) $(ARGS)
	@HOSTILE=all $(BIN)/python -m pytest -q tests/stripe/test_hostile_answers.py tests/paypal/test_hostile_answers.py

kills: $(READY) ## Kill workers at every call of a port, and at every pair of calls of checkout and webhook
	@KILLS=all $(BIN)/python -m pytest tests/kills -q -s $(ARGS)

PAYMENTS ?= 100000
figures: $(READY) ## Replay PAYMENTS=100000 with refunds, disputes and crashes, and compare every figure with a plain sum
	@REPLAYED_PAYMENTS=$(PAYMENTS) $(BIN)/python -m pytest tests/figures -q $(ARGS)

STUDENTS ?= 30
EVERY ?= 10
without-webhooks: $(READY) ## Measure the longest time from paid to enrolled: STUDENTS=30, the reconciler EVERY=10 seconds
	@STUDENTS=$(STUDENTS) EVERY=$(EVERY) $(BIN)/python -m pytest tests/journeys/test_without_webhooks.py -q -s $(ARGS)

test-dynamodb-local: $(READY) ## Run the storage contracts and races over AWS's DynamoDB Local (needs Java and Maven)
	@$(BIN)/python -m scripts.peers dynamodb-local -q -n auto --maxprocesses 2 $(ARGS)

policies: $(READY) ## Write the right to read every provider's secret into .chalice/policy-*.json
	@$(BIN)/python -m scripts.ops.deploy.policies

openapi: $(READY) ## Write adapters/http/openapi.json anew, from the code and the prose in scripts/openapi
	@$(BIN)/python -m scripts.openapi

test-openapi-tools: $(READY) ## Check the OpenAPI document by redocly, openapi-typescript and tsc (needs npm)
	@$(BIN)/python -m scripts.peers openapi-tools -q $(ARGS)

test-browsers: $(READY) ## Buy, learn and refund in an installed Firefox (needs Firefox and npm); FIREFOX=/path/to/firefox
	@$(BIN)/python -m scripts.peers browsers -q $(ARGS)

test-webkit: $(READY) ## Do the same in an installed WebKitGTK, Safari's engine (needs webkit2gtk-driver, xvfb and npm)
	@$(BIN)/python -m scripts.peers webkit -q $(ARGS)

test-stripe-mock: $(READY) ## Send the gateway's requests to Stripe's stripe-mock (needs Go)
	@$(BIN)/python -m scripts.peers stripe-mock -q $(ARGS)

ROUNDS ?= 5
BEFORE ?=
bench: $(READY) ## Measure cold starts and warm requests beside the peers and write docs/performance.md (needs npm); BEFORE=commit adds one
	@ROUNDS=$(ROUNDS) BEFORE=$(BEFORE) $(BIN)/python -m scripts.bench --write

ENROLLMENTS ?= 10000
bench-stack: $(READY) ## Measure that the local stack stays fast: ENROLLMENTS=10000 paid ones, one after the other (takes long)
	@$(BIN)/python -m scripts.bench.long_run $(ENROLLMENTS)

REQUESTS ?= 100000
bench-leak: $(READY) ## Send one instance of the function REQUESTS=100000 requests, and see whether memory and open files grow (takes long)
	@$(BIN)/python -m scripts.bench.leak $(REQUESTS)

bench-scale: $(READY) ## Measure what use cases cost beside 1, 1,000 and 100,000 enrollments, over DynamoDB Local (needs Java and Maven)
	@$(BIN)/python -m scripts.bench.scale

bench-rush: $(READY) ## Work out how many get through when 25, 167 and 500 buyers a second use one coupon of 1, 4 and 16 counters
	@$(BIN)/python -m scripts.bench.rush

bench-clients: $(READY) ## Measure the product beside its peers with 1, 8 and 64 clients at once (needs npm)
	@$(BIN)/python -m scripts.bench.clients

ROUNDS_WEB ?= 3
web-figures: $(READY) ## Measure every page on a slow phone (150 ms, 200 kB/s, a quarter of the processor), with requests and layout shift
	@$(BIN)/python -m scripts.bench.pages $(ROUNDS_WEB)

faults: $(READY) ## List the faults and attacks, the tests against each, and what is still uncovered
	@$(BIN)/python -m tests.faults

PYTHONS ?= python3.11 python3.12 python3.13 python3.14
test-pythons: ## Run the quick tests on every Python that Lambda runs and this machine has: PYTHONS="python3.12 python3.13"
	@for python in $(PYTHONS); do \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "$$python: not on this machine"; continue; }; \
	  echo "$$python:"; \
	  test -x .local/$$python/bin/pytest || { $$python -m venv --clear .local/$$python && \
	    .local/$$python/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt; } || exit 1; \
	  .local/$$python/bin/python -m pytest -q tests/unit tests/use_cases tests/events $(ARGS) || exit 1; \
	done

check: $(READY) ## What must be clean before a commit: ruff, mypy --strict, import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy $(wildcard $(SOURCES))
	$(BIN)/lint-imports

format: $(READY) ## Format the code and apply the safe fixes
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

screenshots: $(READY) ## Take every page in light and dark, wide and narrow, into build/screenshots; and the README's pictures
	@$(BIN)/python -m scripts.stack.screenshots

provision: $(READY) ## Make or update what outlives a deployment: make provision STAGE=dev [ARGS=--dry-run]
	@$(BIN)/python -m scripts.ops provision --stage "$(STAGE)" $(ARGS)

deploy: $(READY) ## Deploy this checkout to AWS: make deploy STAGE=dev [ARGS=--dry-run]
	@$(BIN)/python -m scripts.ops deploy --stage "$(STAGE)" $(ARGS)

lock: $(READY) ## Recompile requirements*.txt from requirements*.in
	@for name in requirements requirements-dev; do \
	  $(BIN)/pip-compile --quiet --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	    --no-emit-options --strip-extras --allow-unsafe --generate-hashes --output-file $$name.txt $$name.in && \
	  { echo "# Compiled by pip-compile from $$name.in: change that file, then run make lock."; cat $$name.txt; } > $$name.tmp && \
	  mv $$name.tmp $$name.txt || exit 1; \
	done

sbom: $(READY) ## Write a CycloneDX bill of materials of what is deployed into build/sbom.json
	@$(BIN)/python -m scripts.supply_chain.sbom

advisories: $(READY) ## Ask whether a weakness is known of anything that is deployed (needs a database of advisories)
	@$(BIN)/python -m scripts.supply_chain.advisories

setup: $(READY) ## Make or refresh .venv

clean: ## Remove what was made here (.venv, caches, build)
	rm -rf $(VENV) build .local .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .chalice/deployments
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.txt requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "This project needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo missing)." >&2; \
	  echo "Install one, or name it: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "'$(PYTHON)' lacks the venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) ..."
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip<26.3'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
