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


class ListedIndex:
    """The entries of an `.idx` file, and its lines that are none.

    Keys are integers where all of them are integers of 64 bits, else text.

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
        """Returns the key of an entry: an integer if its text is one."""
        key = self.native.key(ordinal)
        if isinstance(key, str):
            with suppress(ValueError):
                return int(key) if str(int(key)) == key else key
        return key

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
