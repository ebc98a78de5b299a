# Everything goes through here; CONTRIBUTING.md has the table of what is for what.
# PYTHON: a Python of at least 3.11, found by itself if not given.
# MXNET_PYTHON: a Python 3.11 for the real MXNet, which later ones cannot run.
# FUZZ_SECONDS, FUZZ_TARGETS, FUZZ_JOBS, SANITIZER: as scripts/fuzz.sh has them.
# RECORDIO_MXNET_PYTHON, RECORDIO_PEERS_PYTHON: interpreters that have MXNet, or the peers, already.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
MXNET_VENV := .venv-mxnet
PEERS_VENV := .venv-peers
PYTHON ?= $(shell scripts/find-python.sh)
MXNET_PYTHON ?= $(shell scripts/find-python.sh 3.11)
IMAGES ?=
OUT ?= demo-output
SOAK ?=
LEAKS ?=
# What has to be there before anything is measured.
RIVALS := $(if $(RECORDIO_MXNET_PYTHON),,$(MXNET_VENV)/installed) \
	$(if $(RECORDIO_PEERS_PYTHON),,$(PEERS_VENV)/installed)

# Cargo and pytest use the cores themselves; run side by side they only get in each other's way.
.NOTPARALLEL:

.PHONY: help rust build demo test test-rust test-python differential lint types docs cli-docs purity dist bench bench-quick bench-rust soak valgrind fuzz fuzz-corpus vectors clean

help: ## Lists the targets.
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 16

# The environment is made anew when the list of what belongs in it changes.
$(VENV)/installed: pyproject.toml scripts/make-venv.sh
	@scripts/make-venv.sh "$(VENV)" "$(PYTHON)"

$(MXNET_VENV)/installed: tests/oracle/requirements.txt scripts/make-mxnet-venv.sh
	@scripts/make-mxnet-venv.sh "$(MXNET_VENV)" "$(MXNET_PYTHON)"

$(PEERS_VENV)/installed: pyproject.toml scripts/make-peers-venv.sh
	@scripts/make-peers-venv.sh "$(PEERS_VENV)" "$(PYTHON)"

rust:
	@scripts/need-rust.sh

build: rust $(VENV)/installed ## Builds the extension module into .venv, optimised.
	@scripts/build.sh "$(VENV)"

demo: build ## Packs real photographs, reads them back, checks every one.
	$(BIN)/python examples/demo --out "$(OUT)" $(if $(IMAGES),--images "$(IMAGES)")

test: test-rust test-python ## Runs all tests but the comparison with MXNet.

test-rust: rust
	cargo test --locked --package recordio --package recordio-storage --package recordio-fuzz

test-python: build
	$(BIN)/python -m pytest -m "not differential"

differential: build $(MXNET_VENV)/installed ## Compares with the real MXNet 1.9.1.
	RECORDIO_REQUIRE_ORACLE=1 $(BIN)/python -m pytest -m differential

lint: rust $(VENV)/installed ## Format and lints, Rust, Python and workflows.
	cargo fmt --all --check
	cargo fmt --manifest-path rust/recordio-fuzz/fuzz/Cargo.toml --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/zizmor --offline --quiet .github/workflows

types: build ## mypy --strict, and the stub against the module.
	$(BIN)/mypy python tests examples benchmarks
	$(BIN)/python -m mypy.stubtest recordio_rs --mypy-config-file pyproject.toml \
		--allowlist scripts/stubtest-allowlist.txt --ignore-unused-allowlist

docs: rust ## The Rust documentation, with warnings denied.
	RUSTDOCFLAGS="--deny warnings" cargo doc --locked --workspace --no-deps

cli-docs: build ## Makes docs/cli.md of the help of the commands.
	$(BIN)/python tests/cli/page.py

purity: rust ## The core depends on nothing, knows no Python, and forbids unsafe code.
	test "$$(cargo tree --locked --package recordio --edges normal | wc -l)" -eq 1
	grep -q '^#!\[forbid(unsafe_code)\]' rust/recordio/src/lib.rs

dist: rust $(VENV)/installed ## Builds wheel and source distribution, and tries the wheel.
	@scripts/try-wheel.sh "$(BIN)" "$(PYTHON)"

bench: build $(RIVALS) ## Measures against MXNet 1.9.1, bagz and array_record: twenty minutes.
	$(BIN)/python -m benchmarks

bench-quick: build $(RIVALS) ## The same tables from small sets, in two minutes.
	$(BIN)/python -m benchmarks --quick

bench-rust: rust ## Measures the hot loops of the core.
	cargo bench --locked --package recordio

soak: build ## Ten million reads in threads and forks, 300 killed writers, a million objects of each class.
	$(BIN)/python -m benchmarks.soak $(SOAK)
	$(BIN)/python tests/crash.py
	$(BIN)/python -m benchmarks.leaks $(LEAKS)

valgrind: build ## Runs tests of every native class under valgrind, where that is there.
	@scripts/valgrind.sh "$(VENV)"

fuzz: rust ## Fuzzes each target of the core for a minute; FUZZ_SECONDS, FUZZ_TARGETS, FUZZ_JOBS.
	@scripts/fuzz.sh

fuzz-corpus: rust ## Takes over what `make fuzz` has found into the corpora in the tree.
	@scripts/fuzz.sh corpus

vectors: $(MXNET_VENV)/installed ## Makes tests/vectors anew with the real MXNet.
	$(MXNET_VENV)/bin/python tests/vectors/generate.py

clean: ## Removes everything that can be made again.
	rm -rf $(VENV) $(MXNET_VENV) $(PEERS_VENV) target dist demo-output bench-results .hypothesis .mypy_cache .ruff_cache .pytest_cache
	find python -name '*.so' -delete
