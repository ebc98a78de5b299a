"""Some of the records, by chance."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import numpy.typing as npt

from recordio_rs._progress import Progress
from recordio_rs.tools.batches import Ordinals, groups
from recordio_rs.tools.image_headers import headers_of
from recordio_rs.tools.output import Output
from recordio_rs.tools.rewriting import KeyPolicy, Tally, copy, distribute, read
from recordio_rs.tools.sources import Sources

__all__ = ["draw", "draw_of_each_label", "label_numbers", "sample", "share_of"]


def share_of(count: int, fraction: float) -> int:
    """Returns the part of so many records: the nearest number, the larger one of two."""
    return int(fraction * count + 0.5)


def draw(total: int, count: int, seed: int) -> Ordinals:
    """Draws some of all records without replacement.

    They are the first of `numpy.random.RandomState(seed).permutation`: a larger sample of the same
    seed has the records of a smaller one.

    Args:
        total: How many records there are.
        count: How many are drawn.
        seed: From 0 to 2^32 - 1.

    Returns:
        Their ordinals, ascending.

    Raises:
        ValueError: There are not as many records.
    """
    if not 0 <= count <= total:
        raise ValueError(f"{count} records are to be drawn, and there are {total}")
    drawn: Ordinals = np.sort(_order(total, seed)[:count])
    return drawn


def draw_of_each_label(numbers: Ordinals, fraction: float, seed: int) -> Ordinals:
    """Draws the same part of the records of each label, without replacement.

    Of each label they are the first of the order that `draw` has: a larger sample of the same seed
    has the records of a smaller one.

    Args:
        numbers: A number for each record, the same for those of one label.
        fraction: Which part, from 0 to 1; see `share_of`.
        seed: From 0 to 2^32 - 1.

    Returns:
        Their ordinals, ascending.
    """
    order = _order(len(numbers), seed)
    chosen = [
        order[places[: share_of(len(places), fraction)]] for _, places in groups(numbers[order])
    ]
    return np.sort(np.concatenate([order[:0], *chosen]))


def _order(total: int, seed: int) -> Ordinals:
    return np.random.RandomState(seed).permutation(total).astype(np.int64, copy=False)


def label_numbers(sources: Sources, progress: Progress | None = None) -> Ordinals:
    """Reads the label of each record; of several, the first.

    Args:
        sources: The files.
        progress: Told how many bytes were read, and how many there are.

    Returns:
        A number for each record: one for each label, and -1 for what is no image record.

    Raises:
        StorageError: A file cannot be read.
    """
    labels = np.zeros(len(sources), np.float32)
    has_label = np.zeros(len(sources), np.bool_)
    with closing(read(sources, range(len(sources)), progress)) as found:
        for batch in found:
            heads = [headers_of(part) for part in batch.parts]
            picks = slice(None) if batch.picks is None else batch.picks
            labels[batch.ordinals] = np.concatenate([each.labels for each in heads])[picks]
            has_label[batch.ordinals] = np.concatenate([each.is_image_record for each in heads])[
                picks
            ]
    numbers: npt.NDArray[np.int64] = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    numbers[~has_label] = -1
    return numbers


def sample(
    sources: Sources,
    output: Output,
    drawn: Ordinals,
    *,
    rest: Output | None = None,
    keys: KeyPolicy = "keep",
    progress: Progress | None = None,
) -> None:
    """Writes the records that are drawn, and the others to another file.

    Args:
        sources: The files.
        output: Where the records go.
        drawn: Their ordinals, ascending.
        rest: Where the others go, in their order; nowhere if not given.
        keys: Which keys they get.
        progress: Told how many bytes are done, and how many there are.

    Raises:
        InvalidKeyError: Keys are to be kept, and two files have one in common.
        StorageError: A file cannot be read or written.
    """
    if keys == "keep":
        sources.check_keys(drawn)
    if rest is None:
        copy(sources, [(output, drawn)], keys, Tally(progress, sources, sources.size_of(drawn)))
        return
    is_other = np.ones(len(sources), np.bool_)
    is_other[drawn] = False
    if keys == "keep":
        sources.check_keys(np.flatnonzero(is_other))
    owners = is_other.view(np.uint8)
    distribute(sources, [output, rest], lambda ordinals: owners[ordinals], keys, progress)
