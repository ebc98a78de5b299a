"""An index as it is, damaged or not, to be compared with its file."""

from __future__ import annotations

import os
from collections.abc import Hashable
from contextlib import suppress
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recordio_rs._index import KeyType
from recordio_rs._recordio_rs import RecordIndex
from recordio_rs.exceptions import IndexFormatError
from recordio_rs.reports import Problem

_POWERS_OF_TEN = np.array([10**power for power in range(1, 20)], np.uint64)


class ListedIndex:
    """The entries of an `.idx` file, and its lines that are none.

    Keys are integers where all of them are integers of 64 bits as Python writes them, else text:
    `007` and `7` are two keys for who reads keys as text.

    Args:
        path: The file.
        max_problems: How many bad lines are kept at most.

    Attributes:
        native: The entries.
        problems: The bad lines.
        omitted: How many more of them there are.

    Raises:
        StorageError: The file cannot be read.
    """

    def __init__(self, path: str, max_problems: int) -> None:
        self.problems: list[Problem] = []
        self.omitted = 0
        if os.path.isfile(path):  # what can be read only once, is read as text
            with suppress(IndexFormatError):
                self.native = RecordIndex.parse(path, text_keys=False)
                if not are_usual(self.native, path):
                    self.native = RecordIndex.parse(path, text_keys=True)
                return
        self.native, faults, count = RecordIndex.salvage(path, max_problems)
        self.omitted = count - len(faults)
        for line, fault, found in faults:
            reason = f"line {line} of the index is no entry: {fault} (found {found!r})"
            self.problems.append(Problem("index-line", reason, ordinal=line - 1))

    def check_keys(self, key_type: KeyType, max_problems: int) -> None:
        """Finds keys that a type refuses, as reading with it would.

        Raises:
            TypeError: `key_type` cannot be called with text.
        """
        if key_type is str or (key_type is int and isinstance(self.native.key(0), int)):
            return
        for ordinal, text in enumerate(self.native.keys()):
            try:
                key_type(text)
            except ValueError as error:
                if len(self.problems) == max_problems:
                    self.omitted += 1
                    continue
                offset = self.native.offset(ordinal)
                problem = Problem("index-line", f"no key: {error}", offset, ordinal, text)
                self.problems.append(problem)

    def key(self, ordinal: int) -> Hashable:
        """Returns the key of an entry: an integer if all keys are integers, else text."""
        key = self.native.key(ordinal)
        return int(key) if isinstance(key, str) and self._are_integers else key

    @cached_property
    def _are_integers(self) -> bool:
        """Whether all keys are integers, of whatever size, as Python writes them."""
        count = len(self.native)
        return all(unbounded_integer(self.native.key(entry)) is not None for entry in range(count))

    def offset(self, ordinal: int) -> int:
        """Returns where an entry points to, in bytes."""
        offset = self.native.offset(ordinal)
        assert offset is not None
        return offset

    def key_at(self, offset: int) -> Hashable | None:
        """Returns the key of the last entry that points to an offset, or `None`."""
        order, offsets = self._by_offset
        # For an integer of Python, NumPy would make a copy of all offsets.
        place = int(np.searchsorted(offsets, np.uint64(offset), "right")) - 1
        return self.key(int(order[place])) if place >= 0 and offsets[place] == offset else None

    @cached_property
    def _by_offset(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint64]]:
        offsets = np.frombuffer(self.native.offsets(), np.uint64)
        order = np.argsort(offsets, kind="stable")
        return order, offsets[order]


def unbounded_integer(key: int | str | None) -> int | None:
    """Returns the integer of any size that a key is, as Python writes it, or `None`."""
    if isinstance(key, str):
        with suppress(ValueError):
            if str(number := int(key)) == key:
                return number
        return None
    return key


def are_usual(index: RecordIndex, path: str) -> bool:
    """Tells whether integer keys stand in a file as Python writes them, without a zero in front."""
    keys = np.frombuffer(index.integer_keys() or b"", np.int64)
    offsets = np.frombuffer(index.offsets(), np.uint64)
    # Two's complement: as an unsigned number also the least integer has a positive one.
    digits = _digits(np.abs(keys).view(np.uint64)) + np.count_nonzero(keys < 0) + _digits(offsets)
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        size += file.read(1) not in (b"", b"\n")
    # No other way to write a number is as short: if there are no more bytes, all are so written.
    if digits + 2 * len(keys) == size:
        return True
    texts = RecordIndex.parse(path, text_keys=True)
    return all(str(index.key(entry)) == texts.key(entry) for entry in range(len(index)))


def _digits(numbers: npt.NDArray[np.uint64]) -> int:
    """Returns how many digits numbers have, all together."""
    is_ordered = (numbers[1:] >= numbers[:-1]).all()  # nearly always: this saves to sort them
    ordered = numbers if is_ordered else np.sort(numbers)
    longer = len(numbers) - np.searchsorted(ordered, _POWERS_OF_TEN)
    return len(numbers) + int(longer.sum())
