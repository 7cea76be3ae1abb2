# The only entry point, for people and for CI. `make help` lists the targets.
#
# Each interpreter has its own environment and its own build directory, so that
# `make test PYTHON=python3.13` leaves what `make test` made as it was.

PYTHON ?= python3
ARGS ?=
SECONDS_EACH ?= 10

TAG := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2] + sys.abiflags)')
ifeq ($(TAG),)
$(error $(PYTHON) does not run: install Python 3.10 or newer, or name one with PYTHON=...)
endif

VENV := .venv/$(TAG)
PY := $(VENV)/bin/python
SOURCES := $(shell find src -name '*.rs') $(wildcard Cargo.toml Cargo.lock build.rs)

export PYO3_PYTHON := $(abspath $(PY))
export CARGO_TARGET_DIR ?= target/$(TAG)

# The unit tests of the Rust half load the interpreter's library.
LIBDIR = $(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')
test-rust fuzz asan tsan valgrind: export LD_LIBRARY_PATH := $(LIBDIR):$(LD_LIBRARY_PATH)

.DEFAULT_GOAL := all
.PHONY: all help demo demo-tls build test test-rust test-threads conformance test-kernel ecosystem bench lint check-targets fmt unsafe fuzz faults races soak asan tsan valgrind clean

all: fmt lint test-rust test  ## what to run before a commit: fmt, lint, test-rust, test

help:  ## print these lines
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/built  ## serve and fetch a file tree with unmodified programs on rsock, beside stock Python
	@$(PY) scripts/demo.py $(ARGS)

demo-tls: $(VENV)/built  ## the same over HTTPS, with 50 MiB
	@$(PY) scripts/demo.py --tls --size 50 $(ARGS)

build: $(VENV)/built  ## the release extension, installed into .venv in place

test: $(VENV)/built  ## the Python tests (ARGS="-k connect" is handed to pytest)
	@$(PY) -m pytest $(ARGS)

test-rust: $(VENV)/tools  ## the unit tests of the Rust half
	@cargo test --quiet $(ARGS)

test-threads: $(VENV)/built  ## the Python tests, each in ten threads at once
	@$(PY) -m pytest --parallel-threads=10 --skip-thread-unsafe=true $(ARGS)

conformance: $(VENV)/built  ## CPython's own suites over rsock, compared with stock (ARGS="--suites full")
	@$(PY) tests/conformance/run.py $(ARGS)

test-kernel: $(VENV)/built  ## the families that this kernel lacks, in a guest kernel, if one can be had
	@PYTHON=$(PY) tests/kernel/run.sh $(ARGS) || [ $$? -eq 77 ]

ecosystem: $(VENV)/built  ## programs over other people's code, on stock Python and on rsock (ARGS="redis pika")
	@$(PY) tests/ecosystem/run.py $(ARGS)

bench: $(VENV)/built  ## rsock, the stdlib and bare system calls, in turns (ARGS=--quick)
	@$(PY) benches/run.py $(ARGS)

lint: $(VENV)/built unsafe  ## rustfmt, clippy, ruff, mypy, stubtest, the unsafe table
	@scripts/lint.sh $(PY)

check-targets:  ## type-check for Windows, macOS and FreeBSD, where the toolchain can
	@scripts/check_targets.sh $(firstword $(subst t, ,$(TAG)))

fmt: $(VENV)/tools  ## format everything
	@cargo fmt
	@$(PY) -m ruff format --quiet . && $(PY) -m ruff check --quiet --fix-only .

unsafe:  ## count the unsafe sites; fails for a file that UNSAFE.md does not list
	@$(PYTHON) scripts/unsafe_table.py

fuzz: $(VENV)/built  ## every codec on random input, hostile calls, both modules compared (SECONDS_EACH=10)
	@scripts/fuzz.sh $(SECONDS_EACH)
	@$(PY) tests/fuzz/api_fuzz.py --seconds $(SECONDS_EACH) $(ARGS)
	@$(PY) tests/fuzz/api_fuzz.py --seconds $(SECONDS_EACH) $(ARGS) --differential

faults: $(VENV)/built  ## system calls that fail, with 100 MiB through each method (the short form is in test)
	@RSOCK_FAULT_MB=100 $(PY) -m pytest -q -o faulthandler_timeout=0 tests/test_faults.py $(ARGS)

races: $(VENV)/built  ## a million closed and reused numbers under readers (the short form is in test)
	@RSOCK_ROUNDS=1000000 $(PY) -m pytest -q -o faulthandler_timeout=0 tests/test_threads.py -k reused $(ARGS)

soak: $(VENV)/built  ## 10,000 connections and 10 million messages for three minutes (ARGS=--short)
	@$(PY) tests/soak/soak.py $(ARGS)

asan tsan valgrind: $(VENV)/tools  ## the unit tests of the Rust half under Address- or ThreadSanitizer (nightly), or valgrind
	@scripts/sanitize.sh $@

clean:  ## remove everything that these targets made
	rm -rf .venv target .pytest_cache .mypy_cache .ruff_cache .hypothesis python/rsock/_rsock*.so
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/tools: pyproject.toml scripts/venv.sh
	@scripts/venv.sh $(PYTHON) $(VENV)

$(VENV)/built: $(VENV)/tools $(SOURCES) scripts/build.sh
	@scripts/build.sh $(VENV)
