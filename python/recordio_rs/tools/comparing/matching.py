"""Which records of two files belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from recordio_rs.tools.batches import cuts
from recordio_rs.tools.selection import integer_of
from recordio_rs.tools.source import Source

__all__ = [
    "Hashes",
    "Pairs",
    "both",
    "by_hash",
    "by_ordinal",
    "hashes_of_keys",
    "hashes_of_records",
]

Ordinals: TypeAlias = npt.NDArray[np.int64]
Hashes: TypeAlias = npt.NDArray[np.uint64]
"""Of each record two numbers: with 128 bits nobody meets two that are equal by chance."""

T = TypeVar("T")
R = TypeVar("R")

_HASH_BYTES = 16
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Pairs:
    """Which records of two files belong together.

    Attributes:
        a: Ordinals in the first file, ascending.
        b: Ordinals in the second one of the records that belong to them.
        only_a: Ordinals of the records that only the first file has, ascending.
        only_b: Those that only the second one has.
    """

    a: Ordinals
    b: Ordinals
    only_a: Ordinals
    only_b: Ordinals


def both(call: Callable[[T], R], a: T, b: T) -> tuple[R, R]:
    """Calls a function with each of two things, at the same time."""
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(call, (a, b))
    return first, second


def by_ordinal(a: int, b: int) -> Pairs:
    """Puts together records with the same ordinal, of so many in each file."""
    common = min(a, b)
    together = np.arange(common)
    return Pairs(together, together, np.arange(common, a), np.arange(common, b))


def by_hash(a: Hashes, b: Hashes) -> Pairs:
    """Puts together records with the same hash; of equal ones in a file the n-th with the n-th."""
    groups = _groups(np.concatenate([a, b]))
    names_a, names_b = _counted(groups[: len(a)]), _counted(groups[len(a) :])
    _, in_a, in_b = np.intersect1d(names_a, names_b, assume_unique=True, return_indices=True)
    order = np.argsort(in_a)
    return Pairs(
        in_a[order].astype(np.int64),
        in_b[order].astype(np.int64),
        np.delete(np.arange(len(a)), in_a),
        np.delete(np.arange(len(b)), in_b),
    )


def _groups(hashes: Hashes) -> npt.NDArray[np.uint64]:
    """Returns a number for each hash, the same for equal ones."""
    order = np.lexsort((hashes[:, 1], hashes[:, 0]))
    ordered = hashes[order]
    is_other = np.ones(len(order), np.uint64)
    is_other[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    groups = np.empty(len(order), np.uint64)
    groups[order] = np.cumsum(is_other)
    return groups


def _counted(groups: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Returns a name of its own for each record: its group, and how many of that came before."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    places = np.arange(len(order), dtype=np.uint64)
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = ordered[1:] != ordered[:-1]
    before = places - np.maximum.accumulate(np.where(is_first, places, np.uint64(0)))
    names = np.empty(len(order), np.uint64)
    names[order] = (ordered << np.uint64(32)) | before
    return names


def hashes_of_keys(source: Source) -> Hashes:
    """Returns two numbers for the key of each record: an integer and 0, or a hash of a text."""
    count = len(source)
    hashes = np.zeros((count, 2), np.uint64)
    for begin in range(0, count, _CHUNK):
        ordinals = np.arange(begin, min(begin + _CHUNK, count))
        keys = source.keys(ordinals)
        if isinstance(keys, np.ndarray):
            hashes[ordinals, 0] = keys.view(np.uint64)
            continue
        for ordinal, key in zip(ordinals.tolist(), keys, strict=True):
            number = integer_of(key)
            if number is not None:
                hashes[ordinal, 0] = np.int64(number).view(np.uint64)
            else:
                hashes[ordinal] = _hashed([key.encode("utf-8", "surrogateescape")])
    return hashes


def hashes_of_records(source: Source, tell: Callable[[int], object]) -> Hashes:
    """Returns a hash of the bytes of each record.

    Args:
        source: The file.
        tell: Told how many bytes more are done.

    Raises:
        StorageError: The file cannot be read.
    """
    # In the order of the file, whatever that of the index is.
    order = np.argsort(source.offsets, kind="stable")
    extents = source.extents_of(order)
    hashes = np.empty((len(source), 2), np.uint64)
    for begin, end in cuts(extents):
        hashes[order[begin:end]] = _hashed(source.packed(order[begin:end]))
        tell(int(extents[begin:end].sum()))
    return hashes


def _hashed(things: Iterable[bytes | memoryview]) -> Hashes:
    digests = b"".join(blake2b(one, digest_size=_HASH_BYTES).digest() for one in things)
    return np.frombuffer(digests, np.uint64).reshape(-1, 2)
