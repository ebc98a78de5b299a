"""Files in several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recordio_rs._progress import Progress
from recordio_rs.tools.batches import windows
from recordio_rs.tools.output import Output
from recordio_rs.tools.rewriting import KeyPolicy, Tally, copy, distribute
from recordio_rs.tools.sources import Sources

__all__ = ["bounds_of_count", "bounds_of_records", "bounds_of_size", "deal", "split"]


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
    bounds, begin, filled = [0], 0, 0
    for window in windows(range(len(sources))):
        ends = np.cumsum(sources.extents_of(window))
        at = before = 0
        # As long as a file ends among these.
        while (end := int(np.searchsorted(ends, before + size - filled, "right"))) < len(ends):
            if end == at and not filled:
                end += 1  # larger alone
            bounds.append(begin + end)
            at, before, filled = end, int(ends[end - 1]) if end else 0, 0
        filled += int(ends[-1]) - before
        begin += len(window)
    return bounds if bounds[-1] == len(sources) > 0 else [*bounds, len(sources)]


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
        sources.check_keys(range(len(sources)))
    plan = (
        (output, range(begin, end))
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
    if keys == "keep":
        sources.check_keys(range(len(sources)))
    distribute(sources, outputs, lambda ordinals: ordinals % len(outputs), keys, progress)
