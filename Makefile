# `make` lists the targets. Everything that is made lies in .venv and .runtime; `make clean` removes both.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# Without build isolation, so that the tool which builds from source is the locked one too.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation
# On two cores, each with servers of its own. A file stays on one core, as its tests share what they start.
PYTEST = $(BIN)/python -m pytest --numprocesses=$(or $(WORKERS),2) --dist=loadfile
STACK := $(BIN)/python -m deploy.local
PREFLIGHT := PYTHON=$(PYTHON) sh deploy/local/preflight.sh
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header pyproject.toml $(UPGRADE)

.PHONY: help demo quick test nightly lint check chaos fuzz sbom audit quality comparison bench flame identity up payments down logs status format schemas dashboards runbooks kubernetes containers pictures lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: needs-kafka $(READY) ## 200 payments through a real Kafka and Redis, then everything stops
	@$(BIN)/python -m deploy.demo.run

quick: $(READY) ## tests without Kafka, Redis and Prometheus: two minutes
	@$(PYTEST) --hypothesis-profile=quick -m "not kafka and not redis and not prometheus and not slow and not nightly" $(ARGS)

test: needs-all $(READY) ## all that a change needs, with a real Kafka and Redis: a quarter of an hour
	@$(PYTEST) --durations=20 -m "not nightly" $(ARGS)

nightly: needs-all $(READY) ## every test with many examples, alerts and mutants included, then a long fault run
	@$(PYTEST) --durations=20 --hypothesis-profile=nightly $(ARGS)
	@$(BIN)/python -m chaos --rounds 12

lint: $(READY) ## format, lint and types, changing nothing
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

check: lint test ## lint and test: what a change needs before it is merged

chaos: needs-kafka $(READY) ## faults at random on a real Kafka and Redis, then a judge; SEED=n ROUNDS=n NODES=3 CONTROL=stock
	@$(BIN)/python -m chaos $(if $(SEED),--seed $(SEED)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(NODES),--nodes $(NODES)) $(if $(CONTROL),--control $(CONTROL)) $(ARGS)

quality: $(READY) ## measure matching on the reference data beside the checkout; writes docs/quality.md
	@sh deploy/quality.sh $(BIN)/holdgate

comparison: $(READY) ## matching beside logic-v2 of nomenklatura and rapidfuzz; writes docs/comparison.md
	@$(PIP) --require-hashes -r requirements-bench.lock
	@$(BIN)/python -m bench.compare --data ../shared/data -o docs/comparison.md \
		ofac=../shared/data/lists/ofac/sdn-2023-12-28 un=../shared/data/lists/un/consolidated.2026-02.xml

fuzz: $(READY) ## change records by chance for MINUTES=n (1), guided by coverage; what breaks stays in .runtime/fuzz
	@$(PIP) --require-hashes -r requirements-fuzz.lock
	@mkdir -p .runtime/fuzz
	@PYTHONPATH=.:services $(BIN)/python -m tests.fuzz.records .runtime/fuzz/corpus -artifact_prefix=.runtime/fuzz/ \
		-max_len=4096 -timeout=10 -rss_limit_mb=2048 -max_total_time=$$(( $(or $(MINUTES),1) * 60 ))

kubernetes: $(READY) ## write the PrometheusRule of deploy/kubernetes from deploy/prometheus/rules
	@$(BIN)/python -m deploy.kubernetes

sbom: $(READY) ## what the product is made of, as CycloneDX JSON: sbom.json
	@$(PIP) --require-hashes -r requirements-supply.lock
	@$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --of JSON -o sbom.json
	@echo "sbom.json"

audit: $(READY) ## known vulnerabilities of the locked dependencies; asks the public database
	@$(PIP) --require-hashes -r requirements-supply.lock
	@$(BIN)/pip-audit --require-hashes --disable-pip -r requirements.lock

bench: needs-kafka $(READY) ## engine, pipeline, floor, start, swap, peers, pressure: some minutes; writes docs/performance.md; PAYMENTS=n
	@$(PIP) --require-hashes -r requirements-bench.lock
	@$(BIN)/python -m bench all --page docs/performance.md $(if $(PAYMENTS),--payments $(PAYMENTS)) $(ARGS)

flame: $(READY) ## where the engine's time goes: FLAME=docs/images/performance-flame.svg, to be opened in a browser; Linux
	@$(PIP) --require-hashes -r requirements-bench.lock
	@$(BIN)/py-spy record --rate 250 --output $(or $(FLAME),docs/images/performance-flame.svg) -- \
		$(BIN)/python -m bench.flame

identity: $(READY) ## decide 100,000 payments (PAYMENTS=n) here and at AGAINST=commit: are the decisions the same bytes?
	@$(BIN)/python -m bench.identity $(if $(AGAINST),--against $(AGAINST)) \
		$(if $(PAYMENTS),--payments $(PAYMENTS)) $(ARGS)

format: $(READY) ## format the code and repair what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

up: needs-all $(READY) ## a local stack that stays up: Kafka, Redis, the sample list, two screening workers
	@$(STACK) up

payments: $(READY) ## send it the 200 payments of the demo: watch them on the desk; RATE=n a second
	@$(BIN)/python -m deploy.demo.send $(if $(RATE),--rate $(RATE))

down: $(READY) ## stop it; its data stays
	@$(STACK) down

status: $(READY) ## holdgate status of it: what is wrong, and what waits
	@$(STACK) status

logs: $(READY) ## follow the logs of all its programs
	@$(STACK) logs

containers: ## build the image, start docker-compose.yml and follow one payment; needs Docker Engine 25
	@sh deploy/containers/check.sh

runbooks: $(READY) ## set where alerts and dashboards link to runbooks: URL=https://...
	@$(BIN)/python -m deploy.runbook_links "$(URL)"
	@$(BIN)/python -m deploy.kubernetes

dashboards: $(READY) ## write deploy/grafana/dashboards from deploy/dashboards
	@$(BIN)/python -m deploy.dashboards

schemas: $(READY) ## write schemas/*.schema.json from the types
	@$(BIN)/holdgate schemas

pictures: $(READY) ## make the pictures of docs/desk.md again (needs Chromium)
	DESK_PICTURES=docs/images/desk $(BIN)/pytest -q tests/desk/test_browser_pictures.py

lock: $(READY) ## pin the dependencies of pyproject.toml again; UPGRADE=--upgrade takes the newest
	$(LOCK) --extra oidc -o requirements.lock
	$(LOCK) --extra oidc --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --group bench -c requirements-dev.lock -o requirements-bench.lock
	$(LOCK) --group fuzz -c requirements-dev.lock -o requirements-fuzz.lock
	$(LOCK) --group supply -c requirements-dev.lock -o requirements-supply.lock
	$(LOCK:pyproject.toml=) --group build -c requirements-dev.lock -o requirements-build.lock

clean: ## stop what runs and remove all that was made
	@if [ -e $(READY) ]; then $(STACK) down; fi
	rm -rf .venv .runtime .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist services/*.egg-info

# A target names one of these before .venv, so that a missing program is reported before anything is built.
.PHONY: needs-kafka needs-all
needs-kafka:
	@$(PREFLIGHT) $(if $(wildcard $(READY)),,python) kafka
needs-all:
	@$(PREFLIGHT) $(if $(wildcard $(READY)),,python) kafka prometheus

# Each mark is set only when its step is whole: an interrupted or outdated .venv is built anew.
$(READY): .venv/dependencies pyproject.toml
	@$(PIP) --no-deps -e .
	@touch $@

.venv/dependencies: requirements-build.lock requirements-dev.lock
	@$(PREFLIGHT) python
	@echo "Setting up .venv (once; a minute or two)"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(PIP) --require-hashes -r requirements-build.lock
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
