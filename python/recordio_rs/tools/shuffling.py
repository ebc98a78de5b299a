"""All records in random order, however many there are."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Generator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np

from recordio_rs._progress import Progress
from recordio_rs._recordio_rs import FileWriter, PackedRecords
from recordio_rs.reader import Reader
from recordio_rs.tools.batches import Ordinals, ahead, batches, groups, windows
from recordio_rs.tools.open_files import allow_open_files
from recordio_rs.tools.output import STDOUT, Output
from recordio_rs.tools.rewriting import KeyPolicy, Tally, copy, keys_of
from recordio_rs.tools.sources import Batch, Sources

__all__ = ["shuffle"]

# What a bucket takes while all are filled, in bytes.
_BUFFER = 1 << 20
# As many files as most systems let a process have open.
_MAX_BUCKETS = 4000
# Which part of the memory a bucket may have: two are there at a time, and what reading them takes.
_SHARE = 4
_READ_AT_ONCE = 16 << 20


def shuffle(
    sources: Sources,
    output: Output,
    *,
    seed: int,
    memory: int,
    folder: str | None = None,
    keys: KeyPolicy = "ordinal",
    progress: Progress | None = None,
) -> None:
    """Writes all records to one file, in an order that the seed decides.

    The order is `numpy.random.RandomState(seed).permutation`. Records are read where they lie if
    all of them fit the memory: the system keeps what was read a moment ago. Otherwise they go
    first, as they come in the files, into buckets, temporary files with the records of one part of
    the order; then each bucket is read as a whole and written in its order. The result is the same.

    Args:
        sources: The files.
        output: Where the records go.
        seed: From 0 to 2^32 - 1.
        memory: About how many bytes of records may be in memory at a time, those included that the
            system keeps. A gibibyte of records takes 64 MiB at least, and sixteen times as many
            take four times that.
        folder: Where temporary files go, as many bytes as all records have; beside the output if
            not given.
        keys: Which keys records get.
        progress: Told how many bytes are done, and how many there are.

    Raises:
        InvalidKeyError: Keys are to be kept, and two files have one in common.
        StorageError, OSError: A file cannot be read or written.
    """
    order = np.random.RandomState(seed).permutation(len(sources)).astype(np.int64, copy=False)
    if keys == "keep":
        sources.check_keys(range(len(sources)))
    size = sources.size
    if size <= memory:
        copy(sources, [(output, order)], keys, Tally(progress, sources, size))
        return
    if folder is None and output.path != STDOUT:
        folder = os.path.dirname(os.path.abspath(output.path))
    count = _bucket_count(size, memory)
    bounds = _bounds(sources, order, max(1, min(count, allow_open_files(count))))
    with tempfile.TemporaryDirectory(prefix="recordio-shuffle-", dir=folder) as made:
        buckets = _Buckets(sources, order, bounds, Path(made))
        tally = Tally(progress, sources, 2 * size)
        buckets.scatter(tally)
        with closing(buckets.gather()) as found:
            for batch in found:
                output.write(batch, keys_of(sources, keys, batch.ordinals))
                tally.count(batch.ordinals)


def _bucket_count(size: int, memory: int) -> int:
    """Returns how many buckets there are to be.

    As many as it takes for each to fit the memory; but those that are written share that, too. Of
    too little memory both take about the same.
    """
    wanted = -(-size * _SHARE // memory)
    most = max(2, memory // _BUFFER, math.isqrt(size * _SHARE // _BUFFER))
    return min(wanted, most, _MAX_BUCKETS)


def _bounds(sources: Sources, order: Ordinals, count: int) -> list[int]:
    """Returns the places in the order at which so many buckets begin, and the last one ends."""
    limits = [sources.size * number // count for number in range(1, count)]
    bounds, begin, before = [0], 0, 0
    for window in windows(order):
        ends = np.cumsum(sources.extents_of(window)) + before
        inside = [limit for limit in limits[len(bounds) - 1 :] if limit <= ends[-1]]
        bounds += (begin + np.searchsorted(ends, inside)).tolist()
        begin, before = begin + len(window), int(ends[-1])
    return [*bounds, len(order)]


class _Buckets:
    """Temporary files, each with the records of one part of the order.

    Args:
        sources: Where the records are.
        order: The ordinals of all records in the order in which they are wanted.
        bounds: The places in it at which the parts begin, and the last one ends.
        folder: Where the files go.
    """

    def __init__(
        self, sources: Sources, order: Ordinals, bounds: Sequence[int], folder: Path
    ) -> None:
        self._sources = sources
        self._order = order
        self._parts = list(pairwise(bounds))
        self._folder = folder

    def scatter(self, tally: Tally) -> None:
        """Writes all records to their buckets, in the order in which they lie in the files."""
        bucket_of = np.empty(len(self._order), np.uint16)
        for number, (begin, end) in enumerate(self._parts):
            bucket_of[self._order[begin:end]] = number
        writers = [FileWriter(str(self._path(n)), mode="x") for n in range(len(self._parts))]
        in_file_order = self._sources.in_file_order
        some_at_once = batches(in_file_order, self._sources.extents_of)
        with closing(ahead(some_at_once, self._sources.read)) as found:
            for ordinals, batch in found:
                for number, places in groups(bucket_of[ordinals]):
                    chosen = batch.select(places)
                    writers[number].write_packed(chosen.parts, chosen.picks)
                tally.count(ordinals)
        for writer in writers:
            writer.close()

    def gather(self) -> Generator[Batch, None, None]:
        """Gives the records of each bucket in the order in which they are wanted."""
        ranks = self._sources.ranks_in_files
        with closing(ahead(range(len(self._parts)), self._load, depth=1)) as found:
            for number, parts in found:
                begin, end = self._parts[number]
                wanted = self._order[begin:end]
                order = np.argsort(wanted if ranks is None else ranks[wanted])
                places = np.empty(len(wanted), np.int64)
                places[order] = np.arange(len(wanted))
                yield Batch(wanted, parts, places)

    def _load(self, number: int) -> list[PackedRecords]:
        """Reads a bucket, and removes its file."""
        path = self._path(number)
        with Reader(path, index=False, backend="positioned") as reader:
            count = 1 + path.stat().st_size // _READ_AT_ONCE
            steps = pairwise(len(reader) * step // count for step in range(count + 1))
            packed = [reader.read_packed(range(begin, end)) for begin, end in steps]
        path.unlink()
        return packed

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.rec"
