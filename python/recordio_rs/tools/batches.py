"""Records in batches of bounded size, read while others are written or looked at."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from recordio_rs.tools.in_order import in_order

__all__ = [
    "MAX_BYTES",
    "MAX_RECORDS",
    "Numbers",
    "Ordinals",
    "Wanted",
    "ahead",
    "batches",
    "cuts",
    "extents_of",
    "groups",
    "windows",
]

T = TypeVar("T")
U = TypeVar("U")

Ordinals: TypeAlias = npt.NDArray[np.int64]

Numbers: TypeAlias = npt.NDArray[np.integer[Any]]

Wanted: TypeAlias = Ordinals | range
"""Which records, in their order; a range of all of them needs no memory."""

MAX_BYTES, MAX_RECORDS = 8 << 20, 1 << 14
"""How much a batch has that is only looked at."""

# And one that is written: two are read ahead. Between two small records that lie near each other
# some kilobytes are read that nobody wants.
_WRITTEN_BYTES, _WRITTEN_RECORDS = 4 << 20, 1 << 13
# How many records are looked at at once.
_WINDOW = 1 << 18
# How many batches are read before the one is taken that comes next.
_DEPTH = 2


def windows(wanted: Wanted) -> Iterator[Ordinals]:
    """Splits ordinals, in their order, so that arrays of so many items take little memory."""
    for begin in range(0, len(wanted), _WINDOW):
        part = wanted[begin : begin + _WINDOW]
        yield np.arange(part.start, part.stop, part.step) if isinstance(part, range) else part


def cuts(
    extents: Ordinals, max_bytes: int = MAX_BYTES, max_count: int = MAX_RECORDS
) -> Iterator[tuple[int, int]]:
    """Gives where batches begin and end, so that each has a bounded number of bytes.

    Args:
        extents: The bytes of each record in the file.
        max_bytes: How many bytes a batch may have; a longer record is one of its own.
        max_count: How many records.
    """
    ends = np.cumsum(extents)
    begin, count = 0, len(extents)
    while begin < count:
        done = int(ends[begin - 1]) if begin else 0
        end = int(np.searchsorted(ends, done + max_bytes, "right"))
        end = min(max(end, begin + 1), begin + max_count)
        yield begin, end
        begin = end


def batches(wanted: Wanted, extents_of: Callable[[Ordinals], Ordinals]) -> Iterator[Ordinals]:
    """Splits ordinals, in their order, so that the records of each part have a bounded size.

    Args:
        wanted: The ordinals of records.
        extents_of: Returns how many bytes each record has.
    """
    for window in windows(wanted):
        for begin, end in cuts(extents_of(window), _WRITTEN_BYTES, _WRITTEN_RECORDS):
            yield window[begin:end]


def extents_of(offsets: npt.NDArray[np.uint64], size: int) -> Ordinals:
    """Returns how many bytes there are from each offset to the next one of a file.

    Args:
        offsets: Offsets of records, in any order.
        size: The bytes of the file. An offset behind its end has no bytes.
    """
    places = np.minimum(offsets, np.uint64(size)).astype(np.int64)
    if (places[1:] > places[:-1]).all():  # nearly always: this saves to sort them
        return np.diff(places, append=size)
    ordered, which = np.unique(places, return_inverse=True)
    found: Ordinals = np.diff(ordered, append=size)[which]
    return found


def groups(numbers: Numbers) -> Iterator[tuple[int, Ordinals]]:
    """Gives each number that there is, with the places that it has, both in ascending order."""
    by_number = np.argsort(numbers, kind="stable")
    found, begins = np.unique(numbers[by_number], return_index=True)
    yield from zip(found.tolist(), np.split(by_number, begins[1:]), strict=False)


def ahead(
    items: Iterable[T], read: Callable[[T], U], depth: int = _DEPTH
) -> Generator[tuple[T, U], None, None]:
    """Calls `read` with each item, in a thread of its own, some items ahead of the caller.

    The thread is there until what is returned comes to its end or is closed.

    Args:
        items: What it is called with.
        read: What is called.
        depth: How many items ahead.

    Returns:
        Each item with what came of it, in their order; what `read` raises comes out here.
    """
    return in_order(lambda item: (item, read(item)), items, 1, waiting=depth)
