"""Many records as batches of bounded bytes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

__all__ = ["MAX_BYTES", "MAX_RECORDS", "cuts", "extents_of"]

MAX_BYTES = 8 << 20
MAX_RECORDS = 16_384


def cuts(extents: npt.NDArray[np.int64], max_bytes: int = MAX_BYTES) -> Iterator[tuple[int, int]]:
    """Gives where batches begin and end, so that each has a bounded number of bytes.

    Args:
        extents: The bytes of each record in the file.
        max_bytes: How many bytes a batch may have; a longer record is one of its own.
    """
    ends = np.cumsum(extents)
    begin, count = 0, len(extents)
    while begin < count:
        done = int(ends[begin - 1]) if begin else 0
        end = int(np.searchsorted(ends, done + max_bytes, "right"))
        end = min(max(end, begin + 1), begin + MAX_RECORDS)
        yield begin, end
        begin = end


def extents_of(offsets: npt.NDArray[np.uint64], size: int) -> npt.NDArray[np.int64]:
    """Returns how many bytes there are from each offset to the next one of a file.

    Args:
        offsets: Offsets of records, in any order.
        size: The bytes of the file. An offset behind its end has no bytes.
    """
    places = np.minimum(offsets, np.uint64(size)).astype(np.int64)
    if (places[1:] > places[:-1]).all():  # nearly always: this saves to sort them
        return np.diff(places, append=size)
    ordered, which = np.unique(places, return_inverse=True)
    found: npt.NDArray[np.int64] = np.diff(ordered, append=size)[which]
    return found
