# make demo   documents in examples/ -> a trained, aligned, evaluated model (a second time: everything is reused)
# make test   lint, types, tests
# Both make .venv first where it is missing or older than requirements.lock.

VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || echo python3)
# cpu or cuda: which build of torch to install; cuda where an NVIDIA driver answers
DEVICE ?= $(shell nvidia-smi -L >/dev/null 2>&1 && echo cuda || echo cpu)

BIN := $(VENV)/bin
TORCH := $(shell grep '^torch==' requirements.lock)
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq

.PHONY: demo test lint types tests lock dependencies install clean
.DELETE_ON_ERROR:

demo: install
	$(BIN)/graft run -c configs/quickstart.yaml

test: lint types tests

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

tests: install
	$(BIN)/python -m pytest

install: $(VENV)/.installed

dependencies: $(VENV)/.dependencies

# Everything is pinned, so nothing is resolved (--no-deps) and no CUDA package comes along unasked.
$(VENV)/.dependencies: requirements.lock $(VENV)/.for-$(DEVICE)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned packages into $(VENV) (torch for $(DEVICE)); this takes some minutes ..."
	grep -v '^torch==' requirements.lock > $(VENV)/without-torch.txt
	$(PIP) --no-deps -r $(VENV)/without-torch.txt
ifeq ($(DEVICE),cuda)
	$(PIP) -r requirements.lock
else
	$(PIP) --no-deps '$(TORCH)+cpu' 2>/dev/null || \
	  VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv pip install --no-deps --torch-backend=cpu '$(TORCH)'
endif
	touch $@

# Another DEVICE is another build of torch; pip takes the one for the other, so that goes first.
$(VENV)/.for-$(DEVICE):
	if rm $(VENV)/.for-* 2>/dev/null; then $(BIN)/python -m pip uninstall -qq -y torch; fi
	mkdir -p $(VENV)
	touch $@

$(VENV)/.installed: $(VENV)/.dependencies pyproject.toml
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

# Writes down what is installed; after a change of pyproject.toml: pip install -e '.[dev]', make lock.
lock:
	$(BIN)/python -m pip freeze --all --exclude-editable --exclude pip \
	  | sed -e '/^#/d' -e 's/^\(torch==[^+]*\)+cpu$$/\1/' > requirements.lock

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache
