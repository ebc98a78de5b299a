"""Files in several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recordio_rs._progress import Progress
from recordio_rs.tools.output import Output
from recordio_rs.tools.rewriting import KeyPolicy, Tally, copy, keys_of, read
from recordio_rs.tools.sources import Sources

__all__ = ["bounds_of_count", "bounds_of_records", "bounds_of_size", "deal", "split"]

Ordinals = npt.NDArray[np.int64]


def bounds_of_count(sources: Sources, count: int) -> list[int]:
    """Returns where parts begin, and the last one ends, so that there are `count` of equal length.

    The numbers of their records differ by one at most.
    """
    return [len(sources) * number // count for number in range(count + 1)]


def bounds_of_records(sources: Sources, records: int) -> list[int]:
    """Returns where parts begin, and the last one ends, so that each has so many records.

    The last part has fewer. There is always one part.
    """
    return [*range(0, max(1, len(sources)), records), len(sources)]


def bounds_of_size(sources: Sources, size: int) -> list[int]:
    """Returns where parts begin, and the last one ends, so that no file gets larger than `size`.

    Only a record that is larger alone makes a larger file. There is always one part.

    Args:
        sources: The files.
        size: How many bytes a file has at most.
    """
    ends, bounds = np.cumsum(sources.extents), [0]
    while bounds[-1] < len(sources):
        begin = bounds[-1]
        limit = (int(ends[begin - 1]) if begin else 0) + size
        bounds.append(max(begin + 1, int(np.searchsorted(ends, limit, "right"))))
    return bounds if len(bounds) > 1 else [0, 0]


def split(
    sources: Sources,
    outputs: Sequence[Output],
    bounds: Sequence[int],
    *,
    keys: KeyPolicy = "keep",
    progress: Progress | None = None,
) -> None:
    """Writes records to several files, as many neighbours to each as it is to have.

    Args:
        sources: The files that are read.
        outputs: Where the records go.
        bounds: The ordinal of the first record of each output, and behind them the number of all.
        keys: Which keys they get.
        progress: Told how many bytes are done, and how many there are.

    Raises:
        InvalidKeyError: Keys are to be kept, and two files have one in common.
        StorageError: A file cannot be read or written.
    """
    if keys == "keep":
        sources.check_keys(np.arange(len(sources)))
    plan = (
        (output, np.arange(begin, end))
        for output, begin, end in zip(outputs, bounds, bounds[1:], strict=False)
    )
    copy(sources, plan, keys, Tally(progress, sources, sources.size))


def deal(
    sources: Sources,
    outputs: Sequence[Output],
    *,
    keys: KeyPolicy = "keep",
    progress: Progress | None = None,
) -> None:
    """Writes records to several files, in turn to each, as cards are dealt.

    Args:
        sources: The files that are read.
        outputs: Where the records go.
        keys: Which keys they get.
        progress: Told how many bytes are done, and how many there are.

    Raises:
        InvalidKeyError, StorageError: As for `split`.
    """
    ordinals = np.arange(len(sources))
    if keys == "keep":
        sources.check_keys(ordinals)
    for batch in read(sources, ordinals, progress):
        for number, output in enumerate(outputs):
            chosen = np.flatnonzero(batch.ordinals % len(outputs) == number)
            if len(chosen):
                output.write(batch.select(chosen), keys_of(sources, keys, batch.ordinals[chosen]))
