"""Several files as if they were one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from recordio_rs._closing import Closing
from recordio_rs._progress import Progress
from recordio_rs._recordio_rs import PackedRecords
from recordio_rs.exceptions import InvalidKeyError
from recordio_rs.reports import Report
from recordio_rs.tools.batches import Ordinals, Wanted, windows
from recordio_rs.tools.open_files import allow_open_files
from recordio_rs.tools.selection import integer_of
from recordio_rs.tools.source import Source

__all__ = ["Batch", "Sources"]


@dataclass(frozen=True)
class Batch:
    """Some records, read and packed.

    Attributes:
        ordinals: Their ordinals.
        parts: Where their bytes are.
        picks: The number of each, if the records of all parts are counted through; `None` where
            that is 0, 1, 2 and so on.
    """

    ordinals: Ordinals
    parts: Sequence[PackedRecords]
    picks: Ordinals | None = None

    def select(self, numbers: Ordinals) -> Batch:
        """Returns those of the records that have these places here, without a copy of them."""
        picks = numbers if self.picks is None else self.picks[numbers]
        return Batch(self.ordinals[numbers], self.parts, picks)


class Sources(Closing):
    """The records of several files, one behind the other, each as a `Source` has it.

    Ordinals count through all files. What is read is what `verify` calls intact.

    Args:
        paths: The `.rec` files.
        index: As for `Source`, for each of the files.
        skip_damaged: Whether to go on if one is damaged; `reports` then tell what of.
        progress: Told how many bytes have been looked through, and how many there are.

    Attributes:
        files: The files.

    Raises:
        CorruptRecordError, IndexFormatError, IndexMismatchError, StorageError: As for `Source`.
    """

    def __init__(
        self,
        paths: Sequence[str],
        index: str | Literal[False] | None = None,
        *,
        skip_damaged: bool = False,
        progress: Progress | None = None,
    ) -> None:
        allow_open_files(len(paths))
        self.files: list[Source] = []
        stages = _Files(progress, paths)
        try:
            for path in paths:
                told = stages.progress_of(path)
                self.files.append(Source(path, index, skip_damaged=skip_damaged, progress=told))
        except BaseException:
            self.close()
            raise
        lengths = [len(source) for source in self.files]
        self._starts = np.cumsum([0, *lengths], dtype=np.int64)

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def reports(self) -> list[Report]:
        """What `verify` says of each file."""
        return [source.report for source in self.files]

    def extents_of(self, ordinals: Ordinals) -> Ordinals:
        """Returns how many bytes it is from each record to the next one, or the end of its file."""
        if len(self.files) == 1:
            return self.files[0].extents_of(ordinals)
        extents = np.empty(len(ordinals), np.int64)
        for owner, places, own in self._by_owner(ordinals):
            extents[places] = self.files[owner].extents_of(own)
        return extents

    def size_of(self, wanted: Wanted) -> int:
        """Returns how many bytes records take in their files."""
        return sum(int(self.extents_of(window).sum()) for window in windows(wanted))

    @cached_property
    def size(self) -> int:
        """How many bytes all records take in their files."""
        return self.size_of(range(len(self)))

    @cached_property
    def in_file_order(self) -> Wanted:
        """The ordinals of all records in the order in which they lie in the files."""
        if all(source.is_in_file_order for source in self.files):
            return range(len(self))
        orders = [
            np.argsort(source.offsets, kind="stable") + start
            for source, start in zip(self.files, self._starts.tolist(), strict=False)
        ]
        return np.concatenate(orders)

    @property
    def ranks_in_files(self) -> Ordinals | None:
        """Of each record, its place in `in_file_order`; `None` if that is its ordinal."""
        order = self.in_file_order
        if isinstance(order, range):
            return None
        ranks = np.empty(len(order), np.int64)
        ranks[order] = np.arange(len(order))
        return ranks

    def _by_owner(self, ordinals: Ordinals) -> Iterator[tuple[int, Ordinals, Ordinals]]:
        """Gives the number of each file, where its records are, and their ordinals there."""
        owners = self._owners(ordinals)
        for owner in np.unique(owners).tolist():
            places = np.flatnonzero(owners == owner)
            yield owner, places, ordinals[places] - self._starts[owner]

    def _owners(self, ordinals: Ordinals) -> Ordinals:
        """Returns the number of the file that each record is in."""
        return np.searchsorted(self._starts, ordinals, "right") - 1

    def read(self, ordinals: Ordinals) -> Batch:
        """Reads many records, in the order that is asked for."""
        if len(self.files) == 1:
            return Batch(ordinals, [self.files[0].packed(ordinals)])
        parts, picks, count = [], np.empty(len(ordinals), np.int64), 0
        for owner, places, own in self._by_owner(ordinals):
            parts.append(self.files[owner].packed(own))
            picks[places] = np.arange(count, count + len(places))
            count += len(places)
        return Batch(ordinals, parts, picks if len(parts) > 1 else None)

    def keys(self, ordinals: Ordinals) -> Ordinals | list[str]:
        """Returns the keys of records as they stand in the indexes; integers, if all are some."""
        if len(self.files) == 1:
            return self.files[0].keys(ordinals)
        found = [
            (places, self.files[owner].keys(own)) for owner, places, own in self._by_owner(ordinals)
        ]
        if all(isinstance(keys, np.ndarray) for _, keys in found):
            integers = np.empty(len(ordinals), np.int64)
            for places, keys in found:
                integers[places] = keys
            return integers
        texts = [""] * len(ordinals)
        for places, keys in found:
            for place, key in zip(places.tolist(), keys, strict=True):
                texts[place] = str(key)
        return texts

    def check_keys(self, wanted: Wanted) -> None:
        """Checks that no two of the files have a key in common, as far as these records go.

        Raises:
            InvalidKeyError: Two have; with the key, and their names.
        """
        if len(self.files) < 2 or not len(wanted):
            return
        owners = [self._owners(window) for window in windows(wanted)]
        digests = [_digests(self.keys(window)) for window in windows(wanted)]
        for first, second in _shared(np.concatenate(digests), np.concatenate(owners)):
            one, other = (int(wanted[place]) for place in (first, second))
            key = self._key(one)
            if key == self._key(other):
                owner, again = self._owners(np.array([one, other])).tolist()
                message = f"{self.files[owner].path} has a record of the same key"
                raise InvalidKeyError(message, self.files[again].path, key=key)

    def _key(self, ordinal: int) -> int | str:
        """Returns the key of a record: an integer if its text is one as Python writes it."""
        text = str(self.keys(np.array([ordinal]))[0])
        number = integer_of(text)
        return text if number is None else number

    def close(self) -> None:
        """Closes the files."""
        for source in self.files:
            source.close()


def _digests(keys: Ordinals | list[str]) -> Ordinals:
    """Returns a number for each key, of eight bytes: one for one key, and hardly ever for two."""
    if isinstance(keys, np.ndarray):
        return keys
    numbers = ((integer_of(key), key) for key in keys)
    digests = (hash(key) if number is None else number for number, key in numbers)
    return np.fromiter(digests, np.int64, len(keys))


def _shared(numbers: Ordinals, owners: Ordinals) -> Iterator[tuple[int, int]]:
    """Gives the places of equal numbers that two owners have, in the order of the second place."""
    order = np.argsort(numbers, kind="stable")  # owners come in their order
    is_same = (np.diff(numbers[order]) == 0) & (np.diff(owners[order]) != 0)
    found = np.flatnonzero(is_same)
    found = found[np.argsort(order[found + 1])]
    for place in found.tolist():
        yield int(order[place]), int(order[place + 1])


class _Files:
    """The work on several files, told as one."""

    def __init__(self, progress: Progress | None, paths: Sequence[str]) -> None:
        self._progress = progress
        self._done = 0
        self._sizes = {path: _size_of(path) for path in paths} if progress else {}
        self._total = sum(self._sizes[path] for path in paths) if progress else 0

    def progress_of(self, path: str) -> Progress | None:
        """Returns what is told of the next file."""
        if self._progress is None:
            return None
        tell, before = self._progress, self._done
        self._done += self._sizes[path]
        return lambda done, _size: tell(before + done, self._total)


def _size_of(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0  # told when it is opened
