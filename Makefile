# Meridian's verbs. Everything a verb needs it sets up itself: Python >= 3.11 and make are enough.
PYTHON ?= python3

.PHONY: run test lint schema format lock bench-assignment bench-frontier bench-twins bench-archive

run:    ## set everything up and run all processes in the foreground
	@$(PYTHON) -m pacs_core.bootstrap run

test:   ## lint, then every test (ARGS="tests/worklist -k claim" for some)
	@$(PYTHON) -m pacs_core.bootstrap test $(ARGS)

lint:   ## ruff, import-linter, pyright, missing migrations, API schema
	@$(PYTHON) -m pacs_core.bootstrap lint

format: ## let ruff rewrite the code
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .

schema: ## write docs/openapi.yaml as the code gives it now
	@MERIDIAN_MODE=test .venv/bin/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

lock:   ## pin requirements/*.in again
	@for name in base test node; do \
	  .venv/bin/python -m uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header \
	    --no-annotate --upgrade requirements/$$name.in --output-file requirements/$$name.txt || exit 1; done

bench-assignment: ## the public days of the assignment benchmark (BENCH="--folder elsewhere"); writes docs/benchmarks.md
	@.venv/bin/python -m tests.benchmarks.assignment $(BENCH)

bench-frontier: ## the engine's leanings over many generated days (BENCH="--seeds 20"); writes docs/benchmarks.md, docs/frontier.svg
	@.venv/bin/python -m tests.benchmarks.frontier $(BENCH)

bench-twins: ## the engine on each public day and on days that agree with it up to an instant (BENCH="--only seed1")
	@.venv/bin/python -m tests.benchmarks.twins $(BENCH)

bench-archive: ## Meridian beside Orthanc, under half an hour (BENCH="--quick" under six minutes); writes docs/benchmarks.md
	@.venv/bin/python -m tests.benchmarks.archive $(BENCH)
