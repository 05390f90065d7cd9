# make lab    the course in JupyterLab            make test   every test
# make check  all that a change must pass         make times  seconds and MB of each lesson
# make test-crash  the account killed at 50 random points
# make test-sdk    the SageMaker Python SDK, versions 2 and 3, against the account
# make test-browser  the browser tests, which must find a Chromium; pictures in artifacts/
# make words   the interface's texts for translators   make bench-widgets  from click to feedback
# make bench-account  the local account beside a moto server, a bare script, a bare model
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

.PHONY: lab test test-binder test-browser test-crash test-sdk check build lint times words bench-account bench-widgets pins clean

lab: $(VENV)/lab
	$(BIN)/sagelab open

test: $(VENV)/dev
	$(BIN)/python -m pytest -n 2 --dist loadscope tests

test-binder: $(VENV)/dev
	SAGELAB_BINDER=1 $(BIN)/python -m pytest tests/test_binder.py

test-browser: $(VENV)/dev
	SAGELAB_REQUIRE_BROWSER=1 SAGELAB_RERUNS=0 $(BIN)/python -m pytest tests/browser

test-crash: $(VENV)/dev
	SAGELAB_KILLS=50 $(BIN)/python -m pytest --timeout 1800 tests/account/test_crash.py

test-sdk: $(VENV)/dev $(VENV)/sdk2 $(VENV)/sdk3
	SAGELAB_SDK2=$(abspath $(VENV)/sdk2/bin/python) SAGELAB_SDK3=$(abspath $(VENV)/sdk3/bin/python) \
		$(BIN)/python -m pytest --timeout 1800 tests/account/test_sdk.py

check: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/sagelab build --check
	$(BIN)/sagelab lint
	$(MAKE) test

build: $(VENV)/dev
	$(BIN)/sagelab build

lint: $(VENV)/dev
	$(BIN)/sagelab lint

times: $(VENV)/dev
	$(BIN)/python tests/times.py

bench-account: $(VENV)/dev
	$(BIN)/python tests/bench_account.py

bench-widgets: $(VENV)/dev
	$(BIN)/python tests/bench_widgets.py

words: $(VENV)/dev
	$(BIN)/python tests/words.py

pins:
	$(PYTHON) binder/pins.py

clean:
	rm -rf $(VENV) build dist artifacts .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/sdk2 $(VENV)/sdk3: | $(BIN)/python
	$(PYTHON) -m venv $@
	$@/bin/pip install --quiet --disable-pip-version-check 'sagemaker==$(patsubst sdk%,%,$(notdir $@)).*'

$(VENV)/lab: pyproject.toml binder/requirements.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c binder/requirements.txt -e .
	touch $@

$(VENV)/dev: pyproject.toml binder/requirements.txt tests/requirements.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c binder/requirements.txt -c tests/requirements.txt -e '.[dev]'
	touch $@
