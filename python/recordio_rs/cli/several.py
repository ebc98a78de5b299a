"""A function called with each of several files, some of them at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

from recordio_rs._progress import Progress
from recordio_rs.cli.console import Console
from recordio_rs.exceptions import RecordIOError

__all__ = ["each"]

T = TypeVar("T")


class _OverError(Exception):
    """Nobody wants the result any more."""


def each(
    function: Callable[[str, Progress | None], T],
    paths: Sequence[str],
    *,
    jobs: int,
    console: Console,
    label: str,
) -> Iterator[tuple[str, T | Exception]]:
    """Calls a function with each path, and shows how far that is.

    Args:
        function: What is called, with a path and what is told how far it is, if anything is; the
            native module leaves the interpreter to the others.
        paths: The files.
        jobs: How many of them at the same time.
        console: Told of files that cannot be read; the command ends with `exits.FAILED` then.
        label: What is being done.

    Returns:
        Path and result of each in their order; the error instead if a file cannot be read.
    """

    def attempt(path: str, progress: Progress | None) -> T | Exception:
        try:
            return function(path, progress)
        except (RecordIOError, OSError) as error:
            return error

    is_over = Event()

    def end_if_over(_done: int, _size: int) -> None:
        # An interrupt reaches the main thread only, and the others may have hours to go.
        if is_over.is_set():
            raise _OverError

    def told(path: str, result: T | Exception) -> tuple[str, T | Exception]:
        if isinstance(result, Exception):
            console.failed(result)
        return path, result

    if len(paths) == 1:
        with console.progress(label) as progress:
            result = attempt(paths[0], progress)
        yield told(paths[0], result)
        return
    with (
        console.progress(label, unit="files") as progress,
        ThreadPoolExecutor(min(jobs, len(paths) or 1)) as pool,
    ):
        try:
            for done, (path, result) in enumerate(
                zip(paths, pool.map(lambda path: attempt(path, end_if_over), paths), strict=True)
            ):
                if progress is not None:
                    progress(done + 1, len(paths))
                yield told(path, result)
        finally:
            is_over.set()
            pool.shutdown(cancel_futures=True)
