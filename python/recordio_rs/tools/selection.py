"""Which records of a file are asked for, by ordinal or key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from recordio_rs._counted import counted
from recordio_rs._recordio_rs import RecordIndex
from recordio_rs.exceptions import RecordIOError
from recordio_rs.tools.ranges import Range

__all__ = ["ALL", "MissingRecordError", "Ordinals", "Selection", "integer_keys", "integer_of"]

Ordinals: TypeAlias = npt.NDArray[np.int64]

# Of an integer of 64 bits, with its sign.
_MAX_DIGITS = 20


class MissingRecordError(RecordIOError, LookupError):
    """A record that was asked for is not there."""


@dataclass(frozen=True)
class Selection:
    """Records that are asked for, in this order; all of a file if there is nothing here.

    Attributes:
        ordinals: Ranges of ordinals; negative bounds count from the end.
        keys: Keys as they stand in the index, or ranges of them if its keys are integers. Without
            an index the keys are the ordinals.
    """

    ordinals: tuple[Range, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether it is all records of a file."""
        return not self.ordinals and not self.keys

    def one_range(self) -> Range | None:
        """Returns the range of a file without index that it is: one that is found in sequence.

        It is `None` if there are several, or one that needs to know how many records there are.
        """
        ranges = [*self.ordinals, *(Range.parse(key) for key in self.keys)]
        one = ranges[0] if len(ranges) == 1 else None
        return None if one is None or one.counts_from_end else one

    def resolve(self, count: int, index: RecordIndex | None, path: str) -> Ordinals:
        """Returns the ordinals that it stands for.

        Args:
            count: How many records there are.
            index: The index, or `None`.
            path: The file, for errors.

        Raises:
            MissingRecordError: A record is not there. A range of none at all is no error.
        """
        parts = [*self._by_ordinal(count, path), *self._by_key(count, index, path)]
        return np.concatenate([np.asarray(part, np.int64) for part in parts])

    def _by_ordinal(self, count: int, path: str) -> Iterator[Ordinals | range]:
        for one in self.ordinals:
            found = one.within(count)
            if one.is_one and not found:
                raise missing_ordinal(one, count, path)
            yield found

    def _by_key(
        self, count: int, index: RecordIndex | None, path: str
    ) -> Iterator[Ordinals | range]:
        numbers: Ordinals | None = None
        for key in self.keys:
            one = Range.parse(key)
            if index is None:
                is_ordinal = one is not None and not one.counts_from_end
                found = one.within(count) if one is not None and is_ordinal else range(0)
                if not found and (one is None or one.is_one):
                    raise missing_key(key, path)
                yield found
                continue
            ordinal = _find(index, key)
            if ordinal is not None:
                yield range(ordinal, ordinal + 1)
                continue
            if one is None or one.is_one:
                raise missing_key(key, path)
            if numbers is None:
                numbers = integer_keys(index)
            if numbers is None:
                message = f"the keys are no integers, of which {key} could be a range"
                raise MissingRecordError(message, path)
            first = np.iinfo(np.int64).min if one.first is None else one.first
            last = np.iinfo(np.int64).max if one.last is None else one.last
            yield np.flatnonzero((numbers >= first) & (numbers <= last))


ALL = Selection()


def missing_ordinal(one: Range, count: int, path: str) -> MissingRecordError:
    """Returns the error for an ordinal that is not there; `count` is how many there are."""
    are = "is" if count == 1 else "are"
    message = f"there is no ordinal {one}: there {are} {counted(count, 'record')}"
    return MissingRecordError(message, path)


def missing_key(key: str, path: str) -> MissingRecordError:
    """Returns the error for a key that is not there."""
    return MissingRecordError("there is no record with this key", path, key=key)


def integer_keys(index: RecordIndex) -> Ordinals | None:
    """Returns the keys of an index, if they are integers of 64 bits."""
    keys = index.integer_keys()
    return None if keys is None else np.frombuffer(keys, np.int64)


def integer_of(text: str) -> int | None:
    """Returns the integer of 64 bits that a key is in its usual form, or `None`."""
    if len(text) > _MAX_DIGITS or not text.removeprefix("-").isdecimal():
        return None
    number = int(text)
    return number if str(number) == text and -(2**63) <= number < 2**63 else None


def _find(index: RecordIndex, key: str) -> int | None:
    """Returns the ordinal of the last entry with a key, or `None`."""
    if isinstance(index.key(0), str):
        return index.find(key)
    one = Range.parse(key)
    if one is None or not one.is_one or one.first is None:
        return None
    try:
        return index.find(one.first)
    except OverflowError:
        return None
