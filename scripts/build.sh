#!/bin/sh
# Builds the extension module, optimised, into the environment $1, and is silent unless that fails.
set -eu
venv=$1
echo "Building the extension module" >&2
# maturin finds the environment by VIRTUAL_ENV, as after 'activate'.
if ! VIRTUAL_ENV=$(cd "$venv" && pwd) "$venv/bin/maturin" develop --release --locked >"$venv/build.log" 2>&1; then
    cat "$venv/build.log" >&2
    exit 1
fi
