#!/bin/sh
# Makes the environment $1 with the Python $2 and installs the peers that are measured, and what
# draws the chart: the group `bench` of pyproject.toml.
set -eu
venv=$1
python=${2:-}
if [ -z "$python" ]; then
    echo "Python 3.11 or later was not found: name one with 'make PYTHON=/path/to/python3.12'" >&2
    exit 1
fi
echo "Making $venv with $("$python" --version)" >&2
rm -rf "$venv"
"$python" -m venv "$venv"
log=$venv/install.log
install() {
    # The list needs pip 25.1; a venv brings what its Python came with.
    "$venv/bin/python" -m pip install --disable-pip-version-check --upgrade 'pip>=25.1' &&
        "$venv/bin/python" -m pip install --disable-pip-version-check --group bench
}
if ! install >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -rf "$venv"
    echo "The peers could not be installed from PyPI (is there a network? they are built for" \
        "Linux and macOS, and Python 3.11 to 3.14)" >&2
    exit 1
fi
touch "$venv/installed"
