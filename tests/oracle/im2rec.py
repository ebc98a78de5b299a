"""Runs the im2rec.py of the real MXNet, in a process and an environment of its own."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from oracle.client import OracleError, interpreter

__all__ = ["Im2rec"]

# Each line of input has the arguments of a run; what it prints comes back as a line.
_SERVER = """
import contextlib, gc, io, json, os, runpy, sys, traceback
import mxnet
path = os.path.join(os.path.dirname(mxnet.__file__), "tools", "im2rec.py")
answers, sys.stdout = os.fdopen(os.dup(1), "w"), sys.stderr
for line in sys.stdin:
    sys.argv, printed, error = [path, *json.loads(line)], io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        try:
            runpy.run_path(path, run_name="__main__")
        except BaseException:
            error = traceback.format_exc()
    gc.collect()  # what is not closed is closed at the end of the script
    answers.write(json.dumps([printed.getvalue(), error]) + "\\n")
    answers.flush()
"""


class Im2rec:
    """A process that runs im2rec.py again and again: importing MXNet takes long."""

    def __enter__(self) -> Im2rec:
        """Starts it."""
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [str(interpreter()), "-X", "utf8", "-c", _SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends it."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def run(self, *arguments: str | Path) -> str:
        """Gives what a run prints.

        Raises:
            OracleError: It fails.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(one) for one in arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            raise OracleError(self._errors.read()[-2000:].decode(errors="replace"))
        printed, error = json.loads(line)
        if error is not None:
            raise OracleError(error)
        assert isinstance(printed, str)
        return printed
