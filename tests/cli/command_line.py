"""Runs the command `recordio` as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Result", "run"]


@dataclass(frozen=True)
class Result:
    """What a run has left.

    Attributes:
        code: The exit code.
        out: What it printed on standard output.
        err: What it printed on standard error.
    """

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode("utf-8", "surrogateescape")


def run(
    *arguments: str | os.PathLike[str],
    stdin: bytes | None = None,
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    expect: int | None = 0,
    timeout: float = 300,
) -> Result:
    """Runs `recordio`.

    Args:
        arguments: What stands behind its name.
        stdin: What it reads, through a pipe.
        folder: Where it runs.
        env: What is added to its environment.
        expect: The exit code that is demanded; `None` for any.
        timeout: After how many seconds it is taken to hang.
    """
    done = subprocess.run(
        [sys.executable, "-m", "recordio_rs", *(os.fspath(one) for one in arguments)],
        input=b"" if stdin is None else stdin,
        capture_output=True,
        cwd=folder,
        env={**os.environ, **(env or {})},
        timeout=timeout,
        check=False,
    )
    result = Result(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))
    if expect is not None:
        assert result.code == expect, f"exit code {result.code}\n{result.text}\n{result.err}"
    return result
