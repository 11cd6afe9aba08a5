# make demo    a kernel made faster on this machine, verified        make check      lint, types, import law, fast tests
# make test    everything that runs without an accelerator           make test-slow  what takes more than a few seconds
# make images  the images of the Docker sandbox that can be built here, or some: make images IMAGES=cpu

.DELETE_ON_ERROR:
.PHONY: demo test check test-slow lint types images compiler clean

VENV := .venv
BIN := $(VENV)/bin

# The first Python on the path that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

DEMO_OUT := runs/demo/softmax.opt.cpp

demo: compiler $(VENV)/.installed
	@mkdir -p $(dir $(DEMO_OUT))
	$(BIN)/kernel-gepa optimize examples/softmax.py --max-rollouts 16 --out $(DEMO_OUT)

# Two at a time: most of them wait for a sandbox, and timing is behind one lease.
test: compiler lint types
	$(BIN)/pytest -m "not slow" -n 2 --dist loadfile

check: lint types
	$(BIN)/pytest -m "not slow and not docker and not device"

test-slow: compiler $(VENV)/.installed-test
	$(BIN)/pytest -m slow

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-test
	$(BIN)/mypy

images: $(VENV)/.installed-test
	sandboxes/images.sh $(BIN)/python $(IMAGES)

compiler:
	@for c in "$${CXX:-}" g++ clang++ c++; do \
		if [ -n "$$c" ] && command -v "$$c" >/dev/null 2>&1; then exit 0; fi; \
	done; \
	echo 'no C++ compiler was found; install one: apt-get install g++ (Debian, Ubuntu),' \
		'dnf install gcc-c++ (Fedora), xcode-select --install (macOS)' >&2; \
	exit 1

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo 'kernel-gepa needs Python 3.11 or newer, and none was found; install one, or name it: make PYTHON=/path/to/python3' >&2; \
		exit 1; \
	fi
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo '$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv' >&2; \
		exit 1; }

define install
	@echo 'installing kernel-gepa into $(VENV); the first time this takes some minutes (PyTorch is large)'
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '$(1)' || { \
		echo 'pip could not install kernel-gepa (its message is above); is the package index reachable from here?' >&2; \
		exit 1; }
endef

# The stamps say what is installed; changed requirements install again.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(call install,.)
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(BIN)/python
	$(call install,.[test])
	@touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
