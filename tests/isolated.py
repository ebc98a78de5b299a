"""Runs Python code in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

# Python 3.12 and later warn of a fork where NumPy has started threads, which is harmless here.
FORK_IS_MEANT = "ignore:This process:DeprecationWarning"


def run_python(code: str, *arguments: object, stdin: bytes = b"", cwd: Path | None = None) -> str:
    """Runs code in a fresh interpreter, and gives what it prints.

    What is not UTF-8 comes as surrogates. The interpreter has to end well, and to say nothing on
    its standard error: neither a warning nor an exception that a `__del__` raised.
    """
    completed = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-W", FORK_IS_MEANT),
            *("-c", textwrap.dedent(code), *map(str, arguments)),
        ],
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
        cwd=cwd,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"},
    )
    complaint = completed.stderr.decode()
    if completed.returncode or complaint:
        raise AssertionError(f"status {completed.returncode}: {complaint}")
    return completed.stdout.decode(errors="surrogateescape")
