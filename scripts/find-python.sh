#!/bin/sh
# Prints a Python interpreter that runs: of the version given, or else the first of at least 3.11.
# Prints nothing where there is none.
wanted=${1:-}
check='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'
if [ -n "$wanted" ]; then
    check="import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] != '$wanted')"
fi
for python in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$python" -c "$check" >/dev/null 2>&1; then
        command -v "$python"
        exit
    fi
done
