# One command for each thing that a developer does; `make help` lists them.
# A fresh Debian 12 with python3, python3-venv, git and make is enough: the rest is installed here.

PYTHON ?= python3
# The benchmark: its folder; rounds; workloads by name or number (ONLY=1,rpc); more for bench.py.
HARNESS ?= ../shared/bench
ROUNDS ?= 5
ONLY ?=
BENCH_ARGS ?=
PYTEST_ARGS ?=

VENV := .venv
REFERENCE := .venv-reference
# Packages of others for the compatibility suite, each in a folder of its own.
COMPAT := .venv-compat
# The benchmark measures what users get: an installed package, not a checkout.
INSTALLED := .venv-installed
CIRCUS := .venv-circus
# Without groups to keep together: to look after 7,000 groups of one test takes seven seconds.
PYTEST := $(VENV)/bin/python -m pytest -n 2 --dist load
# Tests of real programs wait more than they compute: twice as many workers as cores.
PYTEST_SLOW := $(VENV)/bin/python -m pytest -n 4 --dist loadgroup
# These start a daemon for almost each test and take minutes; everything else is `make quick`, but
# for the tests marked `reference`.
SLOW_TESTS := e2e counts plugins browser compat compare

# The suite starts more than a thousand programs: none shall compile its modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test packages quick check lint types rules bench peers installed compare compat docs upgrade clean distclean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## /	/' | expand -t 12

run: $(VENV)/.ready ## start the demonstration in the foreground (Ctrl-C ends it)
	@$(VENV)/bin/python tools/demo

test: packages ## the whole suite, with real programs and the comparison
	$(PYTEST_SLOW) $(PYTEST_ARGS)

packages: $(VENV)/.ready $(REFERENCE)/.ready
	@tools/system-packages requirements/debian.txt
	@tools/compat-packages $(VENV)/bin/python $(COMPAT)

quick: $(VENV)/.ready ## unit, law and simulation tests: less than a minute
	SUPERVISOR_TEST_BUDGET=quick $(PYTEST) -m "not reference" \
	  $(foreach name,$(SLOW_TESTS) rules,--ignore=supervisor/tests/$(name)) $(PYTEST_ARGS)

check: lint types rules docs ## lint, format, types, rules of the project, manual

lint: $(VENV)/.ready
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(VENV)/.ready
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy docs/_ext tools/demo
	for tool in tools/bench-*; do $(VENV)/bin/mypy $$tool || exit 1; done

rules: $(VENV)/.ready
	$(VENV)/bin/python -m pytest -q supervisor/tests/rules

compare: $(VENV)/.ready $(REFERENCE)/.ready ## our daemon against Supervisor 4.3.0, one set of scenarios
	$(PYTEST_SLOW) supervisor/tests/compare $(PYTEST_ARGS)

compat: $(VENV)/.ready $(REFERENCE)/.ready ## packages of others: with our daemon and with Supervisor 4.3.0
	@tools/compat-packages $(VENV)/bin/python $(COMPAT)
	SUPERVISOR_TEST_SIDES=ours,reference $(PYTEST_SLOW) supervisor/tests/compat $(PYTEST_ARGS)

bench: $(VENV)/.ready $(REFERENCE)/.ready ## against Supervisor 4.3.0: ROUNDS=5 ONLY=1,rpc HARNESS=folder of bench.py
	@test -f $(HARNESS)/bench.py || { echo "cannot run the benchmark: no bench.py in $(HARNESS); \
	say where the harness is: make bench HARNESS=/path/to/bench" >&2; exit 1; }
	@$(MAKE) --no-print-directory installed
	@mkdir -p build
	rm -f build/bench.json
	$(VENV)/bin/python tools/bench-limits --python $(INSTALLED)/bin/python --json build/limits.json \
	  --write docs/measured/limits.rst
	-$(VENV)/bin/python -B $(HARNESS)/bench.py --rounds $(ROUNDS) $(if $(ONLY),--only $(ONLY)) \
	  --size 'rpc=[1,100,500,1000]' $(BENCH_ARGS) --json build/bench.json \
	  --target ours=$(INSTALLED)/bin/supervisord --target 4.3.0=$(REFERENCE)/bin/supervisord
	$(VENV)/bin/python tools/bench-table build/bench.json --limits build/limits.json \
	  --write docs/measured

peers: $(REFERENCE)/.ready ## against runit, s6, daemontools and circus: ROUNDS=5
	@tools/system-packages requirements/peers.txt
	@tools/make-venv "$(PYTHON)" $(CIRCUS)
	$(CIRCUS)/bin/python -m pip install -q -r requirements/circus.txt
	@$(MAKE) --no-print-directory installed
	$(VENV)/bin/python tools/bench-peers --rounds $(ROUNDS) --write docs/measured/peers.rst \
	  --ours $(INSTALLED)/bin/supervisord --reference $(REFERENCE)/bin/supervisord \
	  --circus $(CIRCUS)/bin/circusd

installed:
	@tools/make-venv "$(PYTHON)" $(INSTALLED)
	$(INSTALLED)/bin/python -m pip install -q -r requirements/pip.txt
	rm -rf build/lib build/bdist.*
	$(INSTALLED)/bin/python -m pip install -q --force-reinstall .
	@# The first daemon of an installation keeps the byte code of a start, three seconds after its own.
	@mkdir -p build && printf '[supervisord]\nlogfile=/dev/null\npidfile=first.pid\n' > build/first.conf
	@cd build && timeout 8 ../$(INSTALLED)/bin/supervisord -n -c first.conf > /dev/null || test $$? = 124

docs: $(VENV)/.ready ## the manual, warnings are errors: docs/_build/html/index.html
	$(VENV)/bin/sphinx-build -q -W --keep-going -b html docs docs/_build/html

upgrade: ## renew the pinned versions in requirements/dev.txt
	rm -rf build/upgrade && $(PYTHON) -m venv build/upgrade
	build/upgrade/bin/pip install -q -r requirements/dev.in
	{ grep '^#' requirements/dev.txt; build/upgrade/bin/pip freeze --all --exclude pip; } > build/dev.txt
	mv build/dev.txt requirements/dev.txt

clean: ## remove what was built; the environments stay
	rm -rf build dist *.egg-info docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean ## remove the environments, too
	rm -rf $(VENV) $(REFERENCE) $(INSTALLED) $(CIRCUS) $(COMPAT)

$(VENV)/.ready: requirements/dev.txt pyproject.toml setup.py
	@tools/make-venv "$(PYTHON)" $(VENV)
	$(VENV)/bin/python -m pip install -q -r requirements/dev.txt
	$(VENV)/bin/python -m pip install -q --no-build-isolation --no-deps -e .
	@touch $@

# Older versions of pip write start scripts that take longer to load.
$(REFERENCE)/.ready: requirements/reference.txt requirements/pip.txt
	@tools/make-venv "$(PYTHON)" $(REFERENCE)
	$(REFERENCE)/bin/python -m pip install -q -r requirements/pip.txt
	$(REFERENCE)/bin/python -m pip install -q --force-reinstall -r requirements/reference.txt
	@touch $@
