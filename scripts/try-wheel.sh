#!/bin/sh
# Builds the source distribution and from it the wheel into dist/, and tries the wheel in an empty
# environment. $1: the bin folder of the developers' environment; $2: the Python for the empty one.
set -eu
bin=$1
python=$2
rm -rf dist
"$bin/maturin" sdist --out dist 2>"$bin/../sdist.log" || { cat "$bin/../sdist.log"; exit 1; }
# From the source distribution, so that it has to hold everything that a build needs.
"$bin/python" -m pip wheel --disable-pip-version-check --quiet --no-deps --wheel-dir dist dist/*.tar.gz
root=$(pwd)
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
"$python" -m venv "$empty/venv"
"$empty/venv/bin/python" -m pip install --disable-pip-version-check --quiet dist/*.whl
cd "$empty" # away from the source tree
"$empty/venv/bin/python" "$root/scripts/try_wheel.py"
"$empty/venv/bin/recordio" verify a.rec # the file that it has made
