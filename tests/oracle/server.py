"""Answers requests to perform operations on MXNet, line by line, in MXNet's environment.

    python -m oracle.server        (in the directory `tests`)

A request is ``{"module": "original" | "unstuck", "cases": [[operation, ...], ...]}``; the answer
is ``{"cases": [[result, ...], ...]}``. Each case has a directory of its own, empty at first.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import os
import sys
import tempfile
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from oracle.operations import perform


def answer(modules: dict[str, ModuleType], request: dict[str, Any]) -> dict[str, Any]:
    """Gives the answer to a request."""
    recordio = modules[request["module"]]
    cases = []
    for operations in request["cases"]:
        with tempfile.TemporaryDirectory() as directory:
            cases.append(perform(recordio, operations, Path(directory)))
    return {"cases": cases}


def main() -> None:
    """Answers the requests on standard input until it ends."""
    # Only answers may go where answers are awaited: whatever else is printed joins the errors.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    faulthandler.enable()
    warnings.simplefilter("ignore")
    # MXNet's objects complain in `__del__` when their construction had failed.
    sys.unraisablehook = lambda _: None
    modules = {
        "original": importlib.import_module("mxnet").recordio,
        "unstuck": importlib.import_module("oracle.unstuck"),
    }
    for line in sys.stdin:
        json.dump(answer(modules, json.loads(line)), answers)
        answers.write("\n")
        answers.flush()


if __name__ == "__main__":
    main()
