"""Records in batches of bounded size, read while others are written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["Ordinals", "Wanted", "ahead", "batches", "windows"]

T = TypeVar("T")
U = TypeVar("U")

Ordinals: TypeAlias = npt.NDArray[np.int64]

Wanted: TypeAlias = Ordinals | range
"""Which records, in their order; a range of all of them needs no memory."""

# The records of a batch lie in as many bytes, but for one that is longer alone.
_MAX_BYTES = 4 << 20
# Between two small records that lie near each other some kilobytes are read that nobody wants.
_MAX_COUNT = 1 << 13
# How many records are looked at at once.
_WINDOW = 1 << 18
# How many batches are read before the one is taken that comes next.
_DEPTH = 2


def windows(wanted: Wanted) -> Iterator[Ordinals]:
    """Splits ordinals, in their order, so that arrays of so many items take little memory."""
    for begin in range(0, len(wanted), _WINDOW):
        part = wanted[begin : begin + _WINDOW]
        yield np.arange(part.start, part.stop, part.step) if isinstance(part, range) else part


def batches(wanted: Wanted, extents_of: Callable[[Ordinals], Ordinals]) -> Iterator[Ordinals]:
    """Splits ordinals, in their order, so that the records of each part have a bounded size.

    Args:
        wanted: The ordinals of records.
        extents_of: Returns how many bytes each record has.
    """
    for window in windows(wanted):
        ends = np.cumsum(extents_of(window))
        at = 0
        while at < len(window):
            limit = (ends[at - 1] if at else 0) + _MAX_BYTES
            end = min(at + _MAX_COUNT, int(np.searchsorted(ends, limit, "right")))
            yield window[at : (end := max(at + 1, end))]
            at = end


def ahead(items: Iterable[T], read: Callable[[T], U], depth: int = _DEPTH) -> Iterator[tuple[T, U]]:
    """Calls `read` with each item, in a thread of its own, some items ahead of the caller.

    Args:
        items: What it is called with.
        read: What is called.
        depth: How many items ahead.

    Returns:
        Each item with what came of it, in their order; what `read` raises comes out here.
    """
    waiting: deque[tuple[T, Future[U]]] = deque()
    with ThreadPoolExecutor(1, "recordio-read") as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(read, item)))
                if len(waiting) > depth:
                    done, result = waiting.popleft()
                    yield done, result.result()
                    del result  # it would keep its memory until the next one is there
            while waiting:
                done, result = waiting.popleft()
                yield done, result.result()
                del result
        finally:
            pool.shutdown(cancel_futures=True)
