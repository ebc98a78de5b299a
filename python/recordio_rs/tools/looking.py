"""The records of a file in batches, from the first one on at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from recordio_rs._closing import Closing
from recordio_rs._progress import Progress
from recordio_rs._recordio_rs import RecordIndex
from recordio_rs.exceptions import IndexFormatError
from recordio_rs.reader import Reader
from recordio_rs.reports import Report
from recordio_rs.tools.batches import cuts, extents_of
from recordio_rs.tools.frames import Frames
from recordio_rs.tools.image_headers import Packed
from recordio_rs.tools.listed_reader import reader_as_listed
from recordio_rs.tools.other_index import OTHER_INDEX, has_index_of_another
from recordio_rs.tools.ranges import Range
from recordio_rs.tools.selection import (
    ALL,
    Ordinals,
    Selection,
    integer_keys,
    missing_key,
    missing_ordinal,
)
from recordio_rs.tools.sequence import DAMAGE, Joined, in_sequence
from recordio_rs.tools.source import Source

__all__ = ["Batch", "Look"]


@dataclass(frozen=True)
class Batch:
    """Some records.

    Attributes:
        ordinals: Their ordinals: with an index, how many entries come before theirs.
        offsets: Their byte offsets in the file.
        keys: Their keys.
        has_integer_keys: Whether all keys of the file are integers.
        records: Their bytes.
    """

    ordinals: Ordinals
    offsets: npt.NDArray[np.int64]
    keys: list[str]
    has_integer_keys: bool
    records: Packed

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def json_keys(self) -> Sequence[int | str]:
        """The keys as JSON has them: numbers, if all keys of the file are integers."""
        return list(map(int, self.keys)) if self.has_integer_keys else self.keys

    def __iter__(self) -> Iterator[memoryview]:
        """Iterates over the records."""
        view = self.records.data.data
        for begin, end in pairwise(self.records.offsets.tolist()):
            yield view[begin:end]


class _CloserLookError(Exception):
    """Something may be wrong that strict reading does not see."""


class Look(Closing):
    """A look at a file that begins at once: only what is asked for is read.

    Where it meets damage it looks through the whole file, and goes on with what is intact; records
    that the index does not list come last then.

    Args:
        path: The `.rec` file.
        index: As for `Reader`.
        selection: Which records, in this order; all in the order of the index if not given.
        limit: How many records are given at most.
        strict: Whether damage is an error instead.
        at_once: Whether records are given as soon as they are there; if not, all that will be given
            is looked at before: strict, nothing is given if any of it is damaged.
        progress: Told how far it is, should it have to look through the file.

    Attributes:
        path: The `.rec` file.
        report: What `verify` says of the file, once a look at all of it was needed.

    Raises:
        IndexFormatError: It is strict, and the index is damaged.
        StorageError: A file cannot be read.
    """

    def __init__(
        self,
        path: str,
        index: str | Literal[False] | None = None,
        selection: Selection = ALL,
        *,
        limit: int = sys.maxsize,
        strict: bool = False,
        at_once: bool = True,
        progress: Progress | None = None,
    ) -> None:
        self.path = path
        self.report: Report | None = None
        self._index = index
        self._selection = selection
        self._limit = limit
        self._strict = strict
        self._at_once = at_once
        self._progress = progress
        self._source: Source | None = None
        # What was given, in case that it cannot go on: how many, and behind which byte.
        self._given, self._behind = 0, -1
        self._reader: Reader | None = None
        try:
            self._reader = reader_as_listed(path, index)
        except IndexFormatError:
            if strict:
                raise

    def __iter__(self) -> Iterator[Batch]:
        """Gives the records in batches of bounded bytes.

        Raises:
            MissingRecordError: A record that is asked for is not there.
            CorruptRecordError, IndexMismatchError, TruncatedRecordError: It is strict, and a record
                is damaged.
            StorageError: The file cannot be read.
        """
        if self._needs_all():
            yield from self._intact()
            return
        try:
            if self._reader is not None:
                if not self._at_once:
                    for _ in self._as_they_stand(self._reader):
                        pass
                yield from self._as_they_stand(self._reader)
                return
        except (*DAMAGE, _CloserLookError) as error:
            if self._strict:
                if self._reader is not None and has_index_of_another(self._reader):
                    error.add_note(OTHER_INDEX)
                raise
        yield from self._intact()

    def _needs_all(self) -> bool:
        """Returns whether nothing can be given before all of the file was looked through."""
        if not self._at_once and (self._selection.is_all or not self._strict):
            return True
        if self._selection.is_all or self._reader is None:
            return False
        # How many records there are is not known without an index.
        return self._reader.index_path is None and self._selection.one_range() is None

    def _as_they_stand(self, reader: Reader) -> Iterator[Batch]:
        if reader.index_path is not None:
            return self._by_index(reader)
        return self._in_sequence(self._selection.one_range() or Range(0, self._limit - 1))

    def _by_index(self, reader: Reader) -> Iterator[Batch]:
        offsets, size = reader.offsets, os.stat(self.path).st_size
        index = reader._indexed().native
        numbers = integer_keys(index)
        wanted = np.arange(len(reader))
        if not self._selection.is_all:
            wanted = self._selection.resolve(len(reader), index, self.path)
        wanted = wanted[: self._limit]
        places, extents = offsets[wanted], extents_of(offsets, size)[wanted]
        with Frames(self.path) as frames:
            for begin, end in cuts(extents):
                ordinals = wanted[begin:end]
                records = reader.read_packed(ordinals)
                self._check(frames, records, places[begin:end].astype(np.int64))
                self._given = end
                names = _names(index, numbers, ordinals)
                yield Batch(
                    ordinals,
                    places[begin:end].astype(np.int64),
                    names,
                    numbers is not None,
                    records,
                )
            is_whole = self._selection.is_all and len(places) == len(reader)
            if is_whole and not self._strict and (frames.bytes != size or _has_twice(places)):
                raise _CloserLookError  # there may be records without an entry

    def _in_sequence(self, asked: Range) -> Iterator[Batch]:
        first = asked.first or 0
        with Frames(self.path) as frames:
            for begin, offsets, read in in_sequence(self.path, asked.last):
                records = Joined.of(read)
                self._check(frames, records, np.array(offsets))
                skipped = min(max(first - begin, 0), len(read))
                self._given, self._behind = begin + len(read), offsets[-1]
                if skipped < len(read):
                    ordinals = np.arange(begin + skipped, begin + len(read))
                    if skipped:
                        records = Joined.of(read[skipped:])
                    names = list(map(str, ordinals.tolist()))
                    yield Batch(ordinals, np.array(offsets[skipped:]), names, True, records)
        if not self._selection.is_all and asked.is_one and self._given <= first:
            if self._selection.keys:
                raise missing_key(str(asked), self.path)
            raise missing_ordinal(asked, self._given, self.path)

    def _check(self, frames: Frames, records: Packed, offsets: npt.NDArray[np.int64]) -> None:
        if not self._strict and not frames.are_well(records, offsets):
            raise _CloserLookError

    def _intact(self) -> Iterator[Batch]:
        """Goes on with what is intact, behind what was given."""
        if self._source is None:
            self._source = Source(
                self.path, self._index, skip_damaged=not self._strict, progress=self._progress
            )
        source = self._source
        self.report = source.report
        numbers, index = numbers_of(source), source.index
        left = np.arange(len(source))
        if index is None:
            if self._selection.is_all:
                left = left[np.searchsorted(source.offsets, self._behind + 1) :]
            else:
                wanted = self._selection.resolve(len(source), None, self.path)
                left = wanted[source.offsets[wanted].astype(np.int64) > self._behind]
        else:
            count = len(index) + int((source.entries < 0).sum())
            if self._selection.is_all:
                wanted = np.arange(count)
            else:
                wanted = self._selection.resolve(count, index, self.path)
            wanted = wanted[self._given :]
            left = np.searchsorted(numbers, wanted)
            is_there = left < len(numbers)
            is_there[is_there] = numbers[left[is_there]] == wanted[is_there]
            left = left[is_there]
        left = left[: self._limit - self._given]
        offsets = source.offsets.astype(np.int64)
        for begin, end in cuts(source.extents_of(left)):
            ordinals = left[begin:end]
            names = [source.key(ordinal) for ordinal in ordinals.tolist()]
            yield Batch(
                numbers[ordinals],
                offsets[ordinals],
                names,
                source.has_integer_keys,
                source.packed(ordinals),
            )

    def close(self) -> None:
        """Closes the file."""
        for one in (self._reader, self._source):
            if one is not None:
                one.close()


def numbers_of(source: Source) -> Ordinals:
    """Returns the ordinals that records have for a strict reader, ascending.

    Those that the index does not list have the ones behind its entries.
    """
    if source.index is None:
        return np.arange(len(source))
    is_listed = source.entries >= 0
    return np.where(is_listed, source.entries, len(source.index) + np.cumsum(~is_listed) - 1)


def _names(index: RecordIndex, numbers: Ordinals | None, ordinals: Ordinals) -> list[str]:
    """Returns keys as text; `numbers` are all keys, if they are integers."""
    if numbers is None:
        return [str(index.key(ordinal)) for ordinal in ordinals.tolist()]
    return list(map(str, numbers[ordinals].tolist()))


def _has_twice(offsets: npt.NDArray[np.uint64]) -> bool:
    if (offsets[1:] > offsets[:-1]).all():
        return False
    ordered = np.sort(offsets)
    return bool((ordered[1:] == ordered[:-1]).any())
