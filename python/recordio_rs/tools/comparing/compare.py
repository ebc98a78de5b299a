"""Whether two files have the same records."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from filecmp import cmp
from threading import Lock
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from recordio_rs._progress import Progress
from recordio_rs._recordio_rs import PackedRecords
from recordio_rs.tools.batches import cuts
from recordio_rs.tools.comparing.matching import (
    Ordinals,
    Pairs,
    both,
    by_hash,
    by_ordinal,
    hashes_of_keys,
    hashes_of_records,
)
from recordio_rs.tools.comparing.pieces import Unlike, unlike
from recordio_rs.tools.source import Source

__all__ = ["Changed", "Comparison", "Place", "Way", "compare"]

Way: TypeAlias = Literal["ordinal", "key", "content"]
_Mask = npt.NDArray[np.bool_]

_WORD, _PIECE = 8, 1 << 20


@dataclass(frozen=True)
class Place:
    """A record of a file.

    Attributes:
        ordinal: Its ordinal.
        key: Its key: a number, if all keys of the file are integers.
    """

    ordinal: int
    key: int | str

    @classmethod
    def of(cls, source: Source, ordinal: int) -> Place:
        """Returns the place that a record of a file has."""
        return cls(ordinal, source.json_key(source.key(ordinal)))


@dataclass(frozen=True)
class Changed:
    """Records that belong together and are not the same.

    Attributes:
        a: The record of the first file.
        b: That of the second one.
        parts: What is not the same: "key", and what `Unlike` has.
        lengths: The bytes of both.
        first_byte: The first byte that is not the same; `None` if only the keys are not.
    """

    a: Place
    b: Place
    parts: tuple[str, ...]
    lengths: tuple[int, int]
    first_byte: int | None


@dataclass
class Comparison:
    """What two files have in common.

    Attributes:
        records: How many records each has.
        equal: How many are in both, and the same.
        changed_count: How many belong together and are not the same.
        only_a_count: How many only the first file has.
        only_b_count: How many only the second one has.
        moved_keys: Of how many records with another key than the one with the same ordinal the
            other file has the key as well, elsewhere.
        changed: Those that were to be listed.
        only_a: The same.
        only_b: The same.
    """

    records: tuple[int, int]
    equal: int = 0
    changed_count: int = 0
    only_a_count: int = 0
    only_b_count: int = 0
    moved_keys: int = 0
    changed: list[Changed] = field(default_factory=list)
    only_a: list[Place] = field(default_factory=list)
    only_b: list[Place] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        """Whether both files have the same records."""
        return not (self.changed_count or self.only_a_count or self.only_b_count)


def compare(
    a: Source,
    b: Source,
    way: Way = "ordinal",
    *,
    keys: bool = True,
    limit: int = 20,
    progress: Progress | None = None,
) -> Comparison:
    """Compares the records of two files.

    Args:
        a: The first file.
        b: The second one.
        way: Which records belong together: those with the same ordinal, or the same key; or those
            that have the same bytes, wherever they are.
        keys: Whether keys count where ordinals say what belongs together.
        limit: How many differences are listed; all are counted.
        progress: Told how many bytes are done, and how many there are.

    Raises:
        StorageError: A file cannot be read.
    """
    found = Comparison((len(a), len(b)))
    told = _Told(progress, os.stat(a.path).st_size + os.stat(b.path).st_size)
    if way == "content":
        hashes = both(lambda one: hashes_of_records(one, told), a, b)
        pairs = by_hash(*hashes)
        found.equal = len(pairs.a)
    else:
        is_by_key = way == "key"
        pairs = by_hash(*both(hashes_of_keys, a, b)) if is_by_key else by_ordinal(len(a), len(b))
        counts_keys = keys and way == "ordinal" and not _have_same_keys(a, b)
        other_keys = _compare_pairs(
            found, a, b, pairs, counts_keys=counts_keys, limit=limit, told=told
        )
        if other_keys:
            by_key = by_hash(*both(hashes_of_keys, a, b))
            found.moved_keys = int((by_key.a != by_key.b).sum())
    found.only_a_count, found.only_b_count = len(pairs.only_a), len(pairs.only_b)
    left = max(limit - len(found.changed), 0)
    found.only_a = [Place.of(a, one) for one in pairs.only_a[:left].tolist()]
    left -= len(found.only_a)
    found.only_b = [Place.of(b, one) for one in pairs.only_b[:left].tolist()]
    return found


class _Told:
    """Adds up what threads have done."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0
        self._lock = Lock()

    def __call__(self, size: int) -> None:
        if self._progress is not None:
            with self._lock:
                self._done = min(self._done + size, self._total)
                self._progress(self._done, self._total)


def _have_same_keys(a: Source, b: Source) -> bool:
    """Returns whether keys need not be compared: their indexes are the same, and are well."""
    if a.index_path is None and b.index_path is None:
        return True
    if a.index_path is None or b.index_path is None or not (a.report.ok and b.report.ok):
        return False
    is_file = os.path.isfile(a.index_path) and os.path.isfile(b.index_path)
    return is_file and cmp(a.index_path, b.index_path, shallow=False)


def _compare_pairs(
    found: Comparison,
    a: Source,
    b: Source,
    pairs: Pairs,
    *,
    counts_keys: bool,
    limit: int,
    told: _Told,
) -> int:
    """Compares records that belong together, and returns how many of them have other keys."""
    other_keys = 0
    for of_a, of_b, records_a, records_b in _read(a, b, pairs):
        differs = _differs(records_a, records_b)
        other_key = np.zeros(len(of_a), np.bool_)
        if counts_keys:
            other_key[:] = _are_other(a.keys(of_a), b.keys(of_b))
            other_keys += int(other_key.sum())
        is_changed = differs | other_key
        count = int(is_changed.sum())
        found.changed_count += count
        found.equal += len(of_a) - count
        for place in np.flatnonzero(is_changed)[: max(limit - len(found.changed), 0)].tolist():
            one, other = bytes(records_a[place]), bytes(records_b[place])
            what = unlike(one, other) if differs[place] else None
            found.changed.append(
                Changed(
                    Place.of(a, int(of_a[place])),
                    Place.of(b, int(of_b[place])),
                    _parts(what, has_other_key=bool(other_key[place])),
                    (len(one), len(other)),
                    None if what is None else what.first_byte,
                )
            )
        told(records_a.data.nbytes + records_b.data.nbytes)
    return other_keys


def _are_other(a: Ordinals | list[str], b: Ordinals | list[str]) -> _Mask:
    """Tells which keys are not the same."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.asarray(a != b)
    pairs = zip(map(str, a), map(str, b), strict=True)
    return np.array([one != other for one, other in pairs], np.bool_)


def _parts(what: Unlike | None, *, has_other_key: bool) -> tuple[str, ...]:
    key = ("key",) if has_other_key else ()
    return key if what is None else (*key, *what.parts)


def _read(
    a: Source, b: Source, pairs: Pairs
) -> Iterator[tuple[Ordinals, Ordinals, PackedRecords, PackedRecords]]:
    """Reads records that belong together, a batch of both files ahead of who compares them."""
    sizes = np.maximum(a.extents_of(pairs.a), b.extents_of(pairs.b))
    batches = list(cuts(sizes)) if len(pairs.a) else []
    with ThreadPoolExecutor(2) as pool:

        def ask(begin: int, end: int) -> tuple[Future[PackedRecords], Future[PackedRecords]]:
            return (
                pool.submit(a.packed, pairs.a[begin:end]),
                pool.submit(b.packed, pairs.b[begin:end]),
            )

        ahead = ask(*batches[0]) if batches else None
        for place, (begin, end) in enumerate(batches):
            assert ahead is not None
            records_a, records_b = (future.result() for future in ahead)
            ahead = ask(*batches[place + 1]) if place + 1 < len(batches) else None
            yield pairs.a[begin:end], pairs.b[begin:end], records_a, records_b


def _differs(a: PackedRecords, b: PackedRecords) -> _Mask:
    """Tells which records of two batches are not the same."""
    differs: _Mask = np.diff(a.offsets) != np.diff(b.offsets)
    if not differs.any():
        if not _are_same(a.data, b.data):
            # In pieces: the places of bytes take more than the bytes do.
            for begin in range(0, len(a.data), _PIECE):
                end = begin + _PIECE
                places = begin + np.flatnonzero(a.data[begin:end] != b.data[begin:end])
                differs[np.searchsorted(a.offsets, places, "right") - 1] = True
        return differs
    for place in np.flatnonzero(~differs).tolist():
        one = a.data[a.offsets[place] : a.offsets[place + 1]]
        other = b.data[b.offsets[place] : b.offsets[place + 1]]
        differs[place] = one.tobytes() != other.tobytes()
    return differs


def _are_same(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> bool:
    """Returns whether two arrays of the same length are the same, word by word."""
    end = len(a) // _WORD * _WORD
    if not np.array_equal(a[end:], b[end:]):
        return False
    return bool((a[:end].view(np.uint64) == b[:end].view(np.uint64)).all())
