#!/bin/sh
# Makes the environment $1 with the real MXNet 1.9.1, which needs the Python 3.11 in $2.
set -eu
venv=$1
python=${2:-}
if [ -z "$python" ]; then
    echo "The real MXNet 1.9.1 needs Python 3.11, which was not found:" \
        "name one with 'make MXNET_PYTHON=/path/to/python3.11'" >&2
    exit 1
fi
echo "Making $venv with $("$python" --version)" >&2
rm -rf "$venv"
"$python" -m venv "$venv"
if ! "$venv/bin/python" -m pip install --disable-pip-version-check --quiet -r tests/oracle/requirements.txt; then
    rm -rf "$venv"
    echo "MXNet could not be installed from PyPI (is there a network?)" >&2
    exit 1
fi
touch "$venv/installed"
