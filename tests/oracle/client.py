"""Asks the real MXNet, which runs in a process and an environment of its own."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Literal

from oracle.operations import Operation
from oracle.results import Result

TESTS = Path(__file__).resolve().parents[1]

VARIABLE = "RECORDIO_MXNET_PYTHON"
"""The environment variable that says which interpreter has MXNet."""

DEFAULT = TESTS.parent / ".venv-mxnet" / "bin" / "python"

Module = Literal["original", "unstuck"]


class OracleError(Exception):
    """MXNet's process died or does not answer: no result, but no reason to stop asking either."""


def interpreter() -> Path:
    """Gives the interpreter that is to have MXNet, whether or not it exists."""
    return Path(os.environ.get(VARIABLE) or DEFAULT)


class Oracle:
    """A process that performs operations on MXNet; started on demand, and again if it dies."""

    def __init__(self, python: Path | None = None, patience: float = 120) -> None:
        """Takes the interpreter to use and how many seconds an answer may take."""
        self.python = python or interpreter()
        self.patience = patience
        self.deaths = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: int | None = None
        self._received = b""

    def __enter__(self) -> Oracle:
        """Gives itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the process."""
        self.stop()

    def perform(self, operations: list[Operation], module: Module = "original") -> list[Result]:
        """Performs one case and gives the results; raises OracleError if MXNet dies of it."""
        return self.perform_all([operations], module)[0]

    def perform_all(
        self, cases: list[list[Operation]], module: Module = "original"
    ) -> list[list[Result]]:
        """Performs several cases, each in a directory of its own, and gives their results."""
        request = json.dumps({"module": module, "cases": cases}).encode("ascii") + b"\n"
        process = self._started()
        assert process.stdin is not None
        try:
            process.stdin.write(request)
            process.stdin.flush()
            line = self._line(process)
        except (BrokenPipeError, EOFError, TimeoutError) as error:
            raise self._death(process, error) from error
        results: list[list[Result]] = json.loads(line)["cases"]
        return results

    def stop(self) -> None:
        """Ends the process, if it runs; the next request starts another."""
        process, self._process = self._process, None
        if process is not None:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
            process.kill()
            process.wait()
        if self._errors is not None:
            os.close(self._errors)
            self._errors = None
        self._received = b""

    def _started(self) -> subprocess.Popen[bytes]:
        """Gives the running process, a new one if there is none."""
        if self._process is None:
            self._errors, name = tempfile.mkstemp()
            Path(name).unlink()
            self._process = subprocess.Popen(
                [str(self.python), "-m", "oracle.server"],
                bufsize=0,
                cwd=TESTS,
                # MXNet reads and writes an index in the encoding of the locale.
                env={**os.environ, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
            )
        return self._process

    def _line(self, process: subprocess.Popen[bytes]) -> bytes:
        """Gives the next line; raises EOFError if the process ends, TimeoutError if it idles."""
        assert process.stdout is not None
        deadline = time.monotonic() + self.patience
        while b"\n" not in self._received:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                raise TimeoutError(f"no answer for {self.patience} seconds")
            block = os.read(process.stdout.fileno(), 1 << 20)
            if not block:
                raise EOFError("the process ended")
            self._received += block
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _death(self, process: subprocess.Popen[bytes], error: Exception) -> OracleError:
        """Ends what is left of the process and gives the error that tells of it."""
        self.deaths += 1
        if isinstance(error, TimeoutError):
            process.kill()
        status = process.wait()
        assert self._errors is not None
        size = os.fstat(self._errors).st_size
        said = os.pread(self._errors, 2_000, max(0, size - 2_000)).decode(errors="replace")
        self.stop()
        return OracleError(f"MXNet's process: {error!r}, status {status}, last words:\n{said}")
