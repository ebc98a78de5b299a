"""Records in batches of bounded size, read while others are written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["ahead", "batches"]

Integers = npt.NDArray[np.int64]
T = TypeVar("T")
U = TypeVar("U")

# The records of a batch lie in as many bytes, but for one that is longer alone. Small records in
# random order are read the faster the more of them are asked for at once.
_MAX_BYTES = 16 << 20
_MAX_COUNT = 1 << 16
# How many records are looked at to find the ends of batches.
_WINDOW = 1 << 20
# How many batches are read before the one is taken that comes next.
_DEPTH = 2


def batches(ordinals: Integers, extents: Integers) -> Iterator[Integers]:
    """Splits ordinals, in their order, so that the records of each part have a bounded size.

    Args:
        ordinals: The ordinals of records.
        extents: How many bytes each record has, by ordinal.
    """
    for begin in range(0, len(ordinals), _WINDOW):
        window = ordinals[begin : begin + _WINDOW]
        ends = np.cumsum(extents[window])
        at = 0
        while at < len(window):
            limit = (ends[at - 1] if at else 0) + _MAX_BYTES
            end = max(at + 1, min(at + _MAX_COUNT, int(np.searchsorted(ends, limit, "right"))))
            yield window[at:end]
            at = end


def ahead(items: Iterable[T], read: Callable[[T], U]) -> Iterator[tuple[T, U]]:
    """Calls `read` with each item, in a thread of its own, some items ahead of the caller.

    Returns:
        Each item with what came of it, in their order; what `read` raises comes out here.
    """
    waiting: deque[tuple[T, Future[U]]] = deque()
    with ThreadPoolExecutor(1, "recordio-read") as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(read, item)))
                if len(waiting) > _DEPTH:
                    done, result = waiting.popleft()
                    yield done, result.result()
            while waiting:
                done, result = waiting.popleft()
                yield done, result.result()
        finally:
            pool.shutdown(cancel_futures=True)
