# Everything runs in .venv, which app/bootstrap.py makes at the first call and leaves alone after it.

# The first of these that is new enough; `make serve PYTHON=/path/to/python3.12` names another.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && exit; done; echo python3)

.PHONY: help serve test test-postgres check messages examples reproduce reproduce-long clinic labs chaos once soak fuzz bench

help:
	@echo "make serve            set up at the first call, then start Layerscope and print its address"
	@echo "make test             run the tests"
	@echo "make test-postgres    run those that have to do with the database on a PostgreSQL server of their own"
	@echo "make check            lint, formatting, types"
	@echo "make messages         bring the translations up to date with what the product says"
	@echo "make examples         train the examples of the home page anew: half a minute"
	@echo "make reproduce        see what Glorot & Bengio saw in 2010, on three seeds: some minutes"
	@echo "make reproduce-long   see what took them 60,000 steps and more, on one seed: some more"
	@echo "make clinic           see how often the diagnosis is right and repairs cure: minutes; ROUNDS=7:1: seed 7, width 1"
	@echo "make labs             try every claim of the lecture on three seeds: minutes; ONLY=dying-relu: that lab"
	@echo "make chaos            kill processes at random, then look at every run: minutes; KILLS=200 SEED=1 POSTGRES=1"
	@echo "make once             see that workers share a thousand runs out: minutes; RUNS=1000 WORKERS=8 POSTGRES=1"
	@echo "make soak             thirty students use a server, and try what they must not: minutes; STUDENTS=30 SECONDS=300 SEED=1"
	@echo "make fuzz             send made-up requests to every route of the API, five times as many as make test: EXAMPLES=1000 each"
	@echo "make bench            measure what the README says about speed: three quarters of an hour; ONLY=ac: groups a and c"

serve:
	@$(PYTHON) app/bootstrap.py
	@exec .venv/bin/python -m app serve

# Bytecode is kept: of the processes that tests start each would otherwise compile the product anew. They share the
# cores: threads of theirs would only wait for each other.
test:
	@$(PYTHON) app/bootstrap.py --dev
	@PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 .venv/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

test-postgres:
	@$(PYTHON) app/bootstrap.py --dev
	@.venv/bin/python -m tests.postgres -n 2 --dist loadfile --no-loadscope-reorder

check:
	@$(PYTHON) app/bootstrap.py --dev
	@.venv/bin/python -m ruff check
	@.venv/bin/python -m ruff format --check
	@.venv/bin/python -m mypy

messages:
	@$(PYTHON) app/bootstrap.py
	@.venv/bin/python -m app.messages

examples:
	@$(PYTHON) app/bootstrap.py
	@.venv/bin/python -m app.examples.make

reproduce:
	@$(PYTHON) app/bootstrap.py
	@.venv/bin/python -m tests.reproduction

reproduce-long:
	@$(PYTHON) app/bootstrap.py
	@.venv/bin/python -m tests.reproduction long

clinic:
	@$(PYTHON) app/bootstrap.py
	@.venv/bin/python -m tests.clinic $(ROUNDS)

labs:
	@$(PYTHON) app/bootstrap.py
	@.venv/bin/python -m tests.labs $(ONLY)

chaos:
	@$(PYTHON) app/bootstrap.py --dev
	@.venv/bin/python -m tests.chaos
	@LOCKED_SECONDS=20 .venv/bin/python -m pytest tests/test_faults.py

once:
	@$(PYTHON) app/bootstrap.py --dev
	@.venv/bin/python -m tests.chaos.once

soak:
	@$(PYTHON) app/bootstrap.py --dev
	@.venv/bin/python -m tests.soak

fuzz:
	@$(PYTHON) app/bootstrap.py --dev
	@EXAMPLES=$${EXAMPLES:-1000} .venv/bin/python -m pytest -n 2 --dist load tests/fuzz

bench:
	@$(PYTHON) app/bootstrap.py --dev --bench
	@.venv/bin/python -m tests.bench $(ONLY)
