"""Runs the command `recordio` as a process."""

from __future__ import annotations

import atexit
import functools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cli.warm import Warm

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
    is_fresh: bool = False,
) -> Result:
    """Runs `recordio` in a process of its own.

    Args:
        arguments: What stands behind its name.
        stdin: What it reads, through a pipe.
        folder: Where it runs.
        env: What is added to its environment.
        expect: The exit code that is demanded; `None` for any.
        timeout: After how many seconds it is taken to hang.
        is_fresh: Whether Python is started for it, and nothing is imported yet; so it always is
            where variables for Python are given, and on other systems than Linux. See `cli.warm`.
    """
    is_for_python = any(name.startswith("PYTHON") for name in env or ())
    is_fresh = is_fresh or is_for_python or sys.platform != "linux"
    start = _run_fresh if is_fresh else _run_warm
    result = start(
        [os.fspath(one) for one in arguments],
        stdin or b"",
        os.getcwd() if folder is None else str(folder),
        {**os.environ, **(env or {})},
        timeout,
    )
    if expect is not None:
        assert result.code == expect, f"exit code {result.code}\n{result.text}\n{result.err}"
    return result


def _run_fresh(
    arguments: Sequence[str], stdin: bytes, folder: str, env: Mapping[str, str], timeout: float
) -> Result:
    done = subprocess.run(
        [sys.executable, "-m", "recordio_rs", *arguments],
        input=stdin,
        capture_output=True,
        cwd=folder,
        env=env,
        timeout=timeout,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def _run_warm(
    arguments: Sequence[str], stdin: bytes, folder: str, env: Mapping[str, str], timeout: float
) -> Result:
    warm = _warm()
    (taking, giving), *pipes = [os.pipe() for _ in range(3)]
    child = warm.start(arguments, folder, env, [taking, *(writing for _, writing in pipes)])
    for file in (taking, *(writing for _, writing in pipes)):
        os.close(file)
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        os.kill(child, signal.SIGKILL)

    timer = threading.Timer(timeout, end)
    timer.start()
    with ThreadPoolExecutor(3) as pool:
        pool.submit(_give, giving, stdin)
        out, err = pool.map(_read, [reading for reading, _ in pipes])
    code = warm.wait()
    timer.cancel()
    if is_late.is_set():
        raise subprocess.TimeoutExpired(list(arguments), timeout, out, err)
    return Result(code, out, err.decode("utf-8", "replace"))


def _give(file: int, data: bytes) -> None:
    with suppress(BrokenPipeError), open(file, "wb", buffering=0) as pipe:
        left = memoryview(data)
        while left:
            left = left[pipe.write(left) :]


def _read(file: int) -> bytes:
    with open(file, "rb") as pipe:
        return pipe.read()


@functools.cache
def _warm() -> Warm:
    warm = Warm()
    atexit.register(warm.close)
    return warm
