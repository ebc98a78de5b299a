#!/bin/sh
# Builds the extension module, optimised, into the environment $1, and is silent unless that fails.
set -eu
venv=$1
"$(dirname "$0")/need-rust.sh"
echo "Building the extension module (the first time takes a minute)" >&2
# maturin finds the environment by VIRTUAL_ENV, as after 'activate'.
if ! VIRTUAL_ENV=$(cd "$venv" && pwd) "$venv/bin/maturin" develop --release --locked >"$venv/build.log" 2>&1; then
    cat "$venv/build.log" >&2
    exit 1
fi
