# The commands of the project. The first use of each sets up what it needs in .venv; later uses find it there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
KERNEL := chalicelib/transit/kernel/.built

.PHONY: demo run backup restore secret test check bench package deploy format setup browser clean

$(VENV)/.ready: requirements.txt feeds/requirements.txt infra/local/requirements.txt tests/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("This needs Python 3.11 or later: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==0.13.9
	@$(BIN)/uv pip install -q --python $(BIN)/python -r tests/requirements.txt
	@touch $@

# Cython in pure-Python mode: the .py files stay the source, the .so beside each is what runs.
COMPILED := $(addprefix chalicelib/transit/kernel/,connections single batch batch_rides)
$(KERNEL): $(VENV)/.ready $(COMPILED:=.py) $(COMPILED:=.pxd)
	@CFLAGS="-O3 -g0" $(BIN)/cythonize -q -3 --inplace $(COMPILED:=.py) >/dev/null
	@rm -f $(COMPILED:=.c)
	@touch $@

setup: $(KERNEL)

demo: setup
	@$(BIN)/python -m infra.local.demo $(if $(FEED),--feed $(FEED)) $(if $(DATE),--date $(DATE))

run: setup
	@$(BIN)/python -m infra.local.run --host $(or $(HOST),127.0.0.1) --port $(or $(PORT),8000) --store $(or $(STORE),embedded)

backup: setup
	@$(BIN)/python -m infra.local.folder backup $(or $(TO),hub-$(shell date +%Y-%m-%dT%H%M%S).tar)

restore: setup
	@$(BIN)/python -m infra.local.folder restore $(FROM)

secret: setup
	@$(BIN)/python -m infra.local.folder secret $(NAME)

browser:
	@sh infra/local/need-chromium.sh

test: setup browser
	$(BIN)/python -m pytest

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/unit/test_repository_rules.py

format: $(VENV)/.ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup
	$(BIN)/python -m tests.benchmarks

package: setup
	$(BIN)/python -m infra.package build/package

deploy: package
	sh infra/deploy.sh build/package

clean:
	rm -rf $(VENV) build .local
