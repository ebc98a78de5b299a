"""Work shared between threads, with results in order and few of them waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["in_order"]

T = TypeVar("T")
R = TypeVar("R")


def in_order(
    function: Callable[[T], R], parts: Iterable[T], jobs: int, *, waiting: int | None = None
) -> Generator[R, None, None]:
    """Calls a function with each part, in several threads; they are there until it is closed.

    Args:
        function: What is called; it does most of its work without the interpreter.
        parts: What it is called with; each is asked for when it is soon its turn.
        jobs: How many threads there are.
        waiting: How many parts are begun before the one that is given next; two for each thread and
            one more if not given.

    Yields:
        What the function returns for each part, in the order of the parts.
    """
    most = 2 * jobs + 1 if waiting is None else waiting
    pool = ThreadPoolExecutor(jobs)
    pending = deque[Future[R]]()
    try:
        for part in parts:
            pending.append(pool.submit(function, part))
            if len(pending) > most:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
