"""Some of the records, by chance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recordio_rs._progress import Progress
from recordio_rs.tools.output import Output
from recordio_rs.tools.rewriting import KeyPolicy, Tally, copy
from recordio_rs.tools.sources import Sources

__all__ = ["sample"]


def sample(
    sources: Sources,
    output: Output,
    count: int,
    *,
    seed: int,
    keys: KeyPolicy = "keep",
    progress: Progress | None = None,
) -> None:
    """Writes records that are drawn without replacement, in the order that they have in the files.

    They are the first of `numpy.random.RandomState(seed).permutation`: a larger sample of the same
    seed has the records of a smaller one.

    Args:
        sources: The files.
        output: Where the records go.
        count: How many records are drawn, at most as many as there are.
        seed: From 0 to 2^32 - 1.
        keys: Which keys they get.
        progress: Told how many bytes are done, and how many there are.

    Raises:
        ValueError: There are not as many records.
        InvalidKeyError: Keys are to be kept, and two files have one in common.
        StorageError: A file cannot be read or written.
    """
    if not 0 <= count <= len(sources):
        raise ValueError(f"{count} records are to be drawn, and there are {len(sources)}")
    order = np.random.RandomState(seed).permutation(len(sources))
    drawn: npt.NDArray[np.int64] = np.sort(order[:count]).astype(np.int64, copy=False)
    if keys == "keep":
        sources.check_keys(drawn)
    copy(sources, [(output, drawn)], keys, Tally(progress, sources, sources.size_of(drawn)))
