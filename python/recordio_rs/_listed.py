"""An index as it is, damaged or not, to be compared with its file."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import suppress

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
        for text_keys in (False, True):
            with suppress(IndexFormatError):
                self.native = RecordIndex.parse(path, text_keys=text_keys)
                return
        self.native, faults, count = RecordIndex.salvage(path, max_problems)
        self.omitted = count - len(faults)
        for line, fault, found in faults:
            reason = f"line {line} of the index is no entry: {fault} (found {found!r})"
            self.problems.append(Problem("index-line", reason, ordinal=line - 1))

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
