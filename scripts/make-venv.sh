#!/bin/sh
# Makes the environment $1 with the Python $2 and installs what pyproject.toml lists for developers.
set -eu
venv=$1
python=${2:-}
if [ -z "$python" ] || ! "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    tried=${python:-python3}
    found=$("$tried" --version 2>/dev/null || echo "cannot be run")
    echo "Python 3.11 or later with its venv module is needed ($tried: $found):" \
        "install it, or name one with 'make PYTHON=/path/to/python3.12'" >&2
    exit 1
fi
echo "Making $venv with $("$python" --version)" >&2
rm -rf "$venv"
"$python" -m venv "$venv"
log=$venv/install.log
dependencies='import tomllib
print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")'
install() {
    # The lists need pip 25.1; a venv brings what its Python came with.
    "$venv/bin/python" -m pip install --disable-pip-version-check --upgrade 'pip>=25.1' &&
        "$venv/bin/python" -c "$dependencies" >"$venv/dependencies.txt" &&
        "$venv/bin/python" -m pip install --disable-pip-version-check \
            --requirement "$venv/dependencies.txt" \
            --group build --group test --group lint --group demo
}
if ! install >"$log" 2>&1; then
    mv "$log" "${TMPDIR:-/tmp}/recordio_rs-install.log"
    rm -rf "$venv"
    echo "Packages could not be installed from PyPI (is there a network?);" \
        "${TMPDIR:-/tmp}/recordio_rs-install.log tells more" >&2
    exit 1
fi
touch "$venv/installed"
