"""Those records that are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import numpy.typing as npt

from recordio_rs._progress import Progress
from recordio_rs.tools.batches import Ordinals, Wanted, windows
from recordio_rs.tools.criteria import Criteria, KeyCriteria
from recordio_rs.tools.output import Output
from recordio_rs.tools.rewriting import KeyPolicy, Tally, copy, keys_of, read
from recordio_rs.tools.sources import Sources

__all__ = ["filter_records"]


def filter_records(
    sources: Sources,
    output: Output,
    criteria: Criteria,
    key_criteria: KeyCriteria,
    *,
    invert: bool = False,
    keys: KeyPolicy = "keep",
    progress: Progress | None = None,
) -> None:
    """Writes the records that are wanted, in the order that they have in the files.

    Args:
        sources: The files.
        output: Where the records go.
        criteria: What a record has to be.
        key_criteria: Which key it has to have; that, too.
        invert: Whether all others are wanted instead.
        keys: Which keys they get.
        progress: Told how many bytes are done, and how many there are.

    Raises:
        InvalidKeyError: Keys are to be kept, and two files have one of them in common.
        StorageError: A file cannot be read or written.
    """
    has_key = np.ones(len(sources), np.bool_)
    if key_criteria:
        has_key = np.concatenate([has_key[:0], *_key_masks(sources, key_criteria)])
    if not criteria:
        wanted = np.flatnonzero(has_key != invert)
        if keys == "keep":
            sources.check_keys(wanted)
        copy(sources, [(output, wanted)], keys, Tally(progress, sources, sources.size_of(wanted)))
        return
    candidates: Wanted = range(len(sources)) if invert else np.flatnonzero(has_key)
    written: list[Ordinals] = [np.zeros(0, np.int64)]
    with closing(read(sources, candidates, progress)) as found:
        for batch in found:
            is_wanted = (criteria.mask(batch) & has_key[batch.ordinals]) != invert
            chosen = np.flatnonzero(is_wanted)
            written.append(batch.ordinals[chosen])
            if len(chosen):
                output.write(batch.select(chosen), keys_of(sources, keys, written[-1]))
    if keys == "keep":  # only now it is known which records they are
        sources.check_keys(np.concatenate(written))


def _key_masks(sources: Sources, key_criteria: KeyCriteria) -> Iterator[npt.NDArray[np.bool_]]:
    for ordinals in windows(range(len(sources))):
        yield key_criteria.mask(sources.keys(ordinals))
