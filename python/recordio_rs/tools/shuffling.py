"""All records in random order, however many there are."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recordio_rs._progress import Progress
from recordio_rs._recordio_rs import FileWriter, PackedRecords
from recordio_rs.reader import Reader
from recordio_rs.tools.batches import ahead, batches
from recordio_rs.tools.output import STDOUT, Output
from recordio_rs.tools.rewriting import KeyPolicy, Tally, copy, keys_of
from recordio_rs.tools.sources import Batch, Sources

__all__ = ["shuffle"]

Ordinals = npt.NDArray[np.int64]

# What a bucket takes of memory while it is filled, in bytes.
_BUCKET_BUFFER = 1 << 20
# As many as a number of two bytes tells apart.
_MAX_BUCKETS = 1 << 16


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
    all of them fit the memory, where the system keeps what was read a moment ago. Otherwise they
    go first, as they come in the files, into buckets, temporary files of that size; and then each
    bucket is read in that way. The result is the same.

    Args:
        sources: The files.
        output: Where the records go.
        seed: From 0 to 2^32 - 1.
        memory: How many bytes of records may be read in random order at a time.
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
        sources.check_keys(order)
    bounds = _bounds(sources, order, memory)
    if len(bounds) <= 2:
        copy(sources, [(output, order)], keys, Tally(progress, sources, sources.size))
        return
    if folder is None and output.path != STDOUT:
        folder = os.path.dirname(os.path.abspath(output.path))
    tally = Tally(progress, sources, 2 * sources.size)
    with tempfile.TemporaryDirectory(prefix="recordio-shuffle-", dir=folder) as made:
        buckets = _Buckets(sources, order, bounds, Path(made))
        buckets.scatter(tally)
        for ordinals, batch in buckets.gather():
            output.write(batch, keys_of(sources, keys, ordinals))
            tally.count(ordinals)


def _bounds(sources: Sources, order: Ordinals, memory: int) -> list[int]:
    """Returns the places in the order at which buckets begin, and the last one ends."""
    most = min(_MAX_BUCKETS, max(2, memory // _BUCKET_BUFFER))
    count = min(most, -(-sources.size // memory), max(1, len(order)))
    if count < 2:
        return [0, len(order)]
    ends = np.cumsum(sources.extents[order])
    inner = [int(np.searchsorted(ends, sources.size * n // count)) for n in range(1, count)]
    return [0, *inner, len(order)]


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
        self._bounds = bounds
        self._folder = folder
        # In this order records are read and go to their buckets.
        self._visit = sources.in_file_order

    def scatter(self, tally: Tally) -> None:
        """Writes all records to their buckets."""
        bucket_of = np.empty(len(self._order), np.uint16)
        for number, (begin, end) in enumerate(self._parts()):
            bucket_of[self._order[begin:end]] = number
        writers = [FileWriter(str(self._path(n)), mode="x") for n in range(len(self._bounds) - 1)]
        some_at_once = batches(self._visit, self._sources.extents)
        for ordinals, batch in ahead(some_at_once, self._sources.read):
            owners = bucket_of[ordinals]
            by_owner = np.argsort(owners, kind="stable")
            numbers, begins = np.unique(owners[by_owner], return_index=True)
            for number, places in zip(
                numbers.tolist(), np.split(by_owner, begins[1:]), strict=True
            ):
                chosen = batch.select(places)
                writers[number].write_packed(chosen.parts, chosen.picks)
            tally.count(ordinals)
        for writer in writers:
            writer.close()

    def gather(self) -> Iterator[tuple[Ordinals, Batch]]:
        """Gives the records in the order in which they are wanted, with their ordinals."""
        visited = np.empty(len(self._order), np.int64)
        visited[self._visit] = np.arange(len(self._order))
        for number, (begin, end) in enumerate(self._parts()):
            wanted = self._order[begin:end]
            places = np.empty(len(wanted), np.int64)
            places[np.argsort(visited[wanted])] = np.arange(len(wanted))
            path = self._path(number)
            extents = self._sources.extents[wanted]
            with Reader(path, index=False, backend="positioned") as reader:
                numbers_at_once = batches(np.arange(len(wanted)), extents)
                for numbers, packed in ahead(numbers_at_once, _picker(reader, places)):
                    yield wanted[numbers], Batch(wanted[numbers], [packed])
            path.unlink()

    def _parts(self) -> Iterator[tuple[int, int]]:
        return zip(self._bounds, self._bounds[1:], strict=False)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.rec"


def _picker(reader: Reader, places: Ordinals) -> Callable[[Ordinals], PackedRecords]:
    """Returns what reads the records at some of the places."""
    return lambda numbers: reader.read_packed(places[numbers])
