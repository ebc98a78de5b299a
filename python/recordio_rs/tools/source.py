"""The records of a file and their keys, for tools that go through all of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from recordio_rs._closing import Closing
from recordio_rs._listed import unbounded_integer
from recordio_rs._paths import BytesPath, StrPath, local_path
from recordio_rs._progress import Progress, Stages
from recordio_rs._recordio_rs import PackedRecords, Prefetch, RecordIndex
from recordio_rs.exceptions import (
    CorruptRecordError,
    IndexFormatError,
    IndexMismatchError,
    RecordIOError,
)
from recordio_rs.reports import Problem, Report
from recordio_rs.tools.selection import integer_keys
from recordio_rs.verification import MAX_PROBLEMS, Salvaged

__all__ = ["Source"]

Ordinals = npt.NDArray[np.int64]

_MAX_KEY = np.iinfo(np.int64).max


class Source(Closing):
    """A whole file that was looked through before anything is done with it.

    Records come in the order of the index, those that it does not list behind them; without an
    index, in the order of the file. Their ordinals here count in that order. What is read is what
    `verify` calls intact.

    Args:
        path: The `.rec` file.
        index: As for `Reader`: the `.idx` file, `None` for the one beside the file if there is one,
            `False` for none.
        skip_damaged: Whether to go on if file or index is damaged; `report` then tells what of.
        progress: Told how many bytes have been looked through, and how many there are.

    Attributes:
        path: The `.rec` file, as text.
        index_path: The `.idx` file, or `None`.
        report: What `verify` says of the file.

    Raises:
        CorruptRecordError, IndexFormatError, IndexMismatchError: There is damage that is not to be
            skipped. An index that does not list all records is damaged, too.
        StorageError: A file cannot be read.
    """

    report: Report

    def __init__(
        self,
        path: StrPath | BytesPath,
        index: StrPath | BytesPath | Literal[False] | None = None,
        *,
        skip_damaged: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.path = local_path(path)
        self._salvaged = Salvaged(self.path, index, MAX_PROBLEMS)
        try:
            self.index_path = self._salvaged.index_path
            self._salvaged.run(Stages(progress, self._salvaged.size, 1))
            self.report = self._salvaged.report(*self._salvaged.problems())
            if not self.report.ok and not skip_damaged:
                raise _error_of(self.report)
            self._records = self._salvaged.native.records()
            del self._salvaged.native  # its memory; there are eight bytes of it for each record
            self._arranged = self._arrange()
        except BaseException:
            self.close()
            raise

    def _arrange(self) -> tuple[Ordinals, Ordinals] | None:
        """Returns, of each record in the order of the source, its place in the file and its entry.

        The entry is -1 where a record has none. `None` if index and file have one order.
        """
        count = len(self._records)
        listed = self._salvaged.listed
        if listed is None or self._records.offsets() == listed.native.offsets():
            return None
        offsets = np.frombuffer(self._records.offsets(), np.uint64)
        wanted = np.frombuffer(listed.native.offsets(), np.uint64)
        places = np.searchsorted(offsets, wanted)
        is_intact = places < count
        is_intact[is_intact] = offsets[places[is_intact]] == wanted[is_intact]
        entries = np.flatnonzero(is_intact)
        places = places[entries]
        is_listed = np.zeros(count, np.bool_)
        is_listed[places] = True
        unlisted = np.flatnonzero(~is_listed)
        return (
            np.concatenate([places, unlisted]).astype(np.int64),
            np.concatenate([entries, np.full(len(unlisted), -1)]).astype(np.int64),
        )

    @cached_property
    def _places(self) -> Ordinals:
        return np.arange(len(self)) if self._arranged is None else self._arranged[0]

    @cached_property
    def _entries(self) -> Ordinals:
        if self._salvaged.listed is None:
            return np.full(len(self), -1)
        return np.arange(len(self)) if self._arranged is None else self._arranged[1]

    def __len__(self) -> int:
        # An index may list a record twice.
        return len(self._records) if self._arranged is None else len(self._arranged[0])

    @property
    def is_in_file_order(self) -> bool:
        """Whether the records come in the order in which they lie in the file."""
        return self._arranged is None or bool((np.diff(self._places) > 0).all())

    def key(self, ordinal: int) -> str:
        """Returns the key of a record, as it stands in the index.

        Without an index it is the ordinal. A record that the index does not list has an integer
        behind the largest that is a key.
        """
        listed = self._salvaged.listed
        if listed is None:
            return str(ordinal)
        entry = ordinal if self._arranged is None else int(self._arranged[1][ordinal])
        if entry < 0:
            return str(self._next_key + ordinal)
        return str(listed.native.key(entry))

    def keys(self, ordinals: Ordinals) -> Ordinals | list[str]:
        """Returns the keys of many records: integers, where all that the index has are some."""
        if self._salvaged.listed is None:
            return ordinals
        integers = self._integer_keys
        if integers is not None and self._arranged is None:
            return integers[ordinals]
        if integers is None or self._next_key + len(self) > _MAX_KEY:
            return [self.key(ordinal) for ordinal in ordinals.tolist()]
        entries = self._entries[ordinals]
        keys = ordinals + self._next_key
        keys[entries >= 0] = integers[entries[entries >= 0]]
        return keys

    @property
    def has_integer_keys(self) -> bool:
        """Whether all keys are integers of 64 bits."""
        return self._salvaged.listed is None or self._integer_keys is not None

    def json_key(self, key: str) -> int | str:
        """Returns a key of this file as JSON has it: a number, if all its keys are integers."""
        return int(key) if self.has_integer_keys else key

    @cached_property
    def _integer_keys(self) -> Ordinals | None:
        return None if self.index is None else integer_keys(self.index)

    @property
    def index(self) -> RecordIndex | None:
        """The entries of the index, or `None` if there is none."""
        return None if self._salvaged.listed is None else self._salvaged.listed.native

    @property
    def entries(self) -> Ordinals:
        """The entry of the index that each record has, by its ordinal there; -1 if it has none."""
        return self._entries

    @property
    def bad_lines(self) -> int:
        """How many lines of the index are no entries."""
        listed = self._salvaged.listed
        return 0 if listed is None else len(listed.problems) + listed.omitted

    @cached_property
    def _next_key(self) -> int:
        """What is added to the ordinal of an unlisted record to make its key."""
        listed, integers = self._salvaged.listed, self._integer_keys
        assert listed is not None
        if integers is not None:
            return int(integers.max()) + 1 if len(integers) else 0
        keys = (unbounded_integer(listed.native.key(entry)) for entry in range(len(listed.native)))
        return max((key + 1 for key in keys if key is not None), default=0)

    @cached_property
    def _ends(self) -> npt.NDArray[np.uint64]:
        """The offsets of all records in the order of the file, and where the file ends."""
        offsets = np.frombuffer(self._records.offsets(), np.uint64)
        return np.append(offsets, np.uint64(self._salvaged.size))

    def extents_of(self, ordinals: Ordinals) -> Ordinals:
        """Returns how many bytes it is from each record to the next one, or the end of the file."""
        places = ordinals if self._arranged is None else self._places[ordinals]
        return (self._ends[places + 1] - self._ends[places]).astype(np.int64)

    @cached_property
    def offsets(self) -> npt.NDArray[np.uint64]:
        """The byte offset of each record in the file."""
        return self._ends[:-1] if self._arranged is None else self._ends[self._places]

    def record(self, ordinal: int) -> bytes:
        """Reads a record.

        Raises:
            IndexError: There is no such record.
        """
        place = ordinal if self._arranged is None else int(self._places[ordinal])
        record = self._salvaged.file.read_ordinal(self._records, place, self.key(ordinal))
        assert record is not None
        return record

    def packed(self, ordinals: Ordinals | slice) -> PackedRecords:
        """Reads many records into one buffer, in the order that is asked for."""
        is_array = self._arranged is None and not isinstance(ordinals, slice)
        places = ordinals if is_array else self._places[ordinals]
        return self._salvaged.file.read_packed(self._records, self._all, places)

    def ahead(self, ordinals: Ordinals | slice | None = None) -> Prefetch:
        """Returns records that are read ahead, in the order that is asked for; all if not given.

        Args:
            ordinals: Which records: an array, or a slice.
        """
        places = self._places[slice(None) if ordinals is None else ordinals]
        ahead = iter(np.ascontiguousarray(places).data)
        return self._salvaged.file.prefetch(self._records, self._all, ahead, None, 64 << 20)

    @property
    def _all(self) -> tuple[int, int, int]:
        return 0, 1, len(self._records)

    def __iter__(self) -> Iterator[bytes]:
        with self.ahead() as records:
            yield from records

    def close(self) -> None:
        """Closes the file."""
        self._salvaged.close()


def _error_of(report: Report) -> RecordIOError:
    """Returns the error for the first problem of a file."""
    problem: Problem = report.problems[0]
    kinds: dict[str, tuple[type[RecordIOError], str]] = {
        "index-line": (IndexFormatError, report.index_path or report.path),
        "entry-points-wrong": (IndexMismatchError, report.index_path or report.path),
        "record-not-listed": (IndexMismatchError, report.index_path or report.path),
    }
    error, path = kinds.get(problem.kind, (CorruptRecordError, report.path))
    key: Hashable | None = problem.key
    message = problem.reason
    if problem.offset is not None:
        message += f" at byte {problem.offset}"
    return error(message, path, problem.offset, problem.ordinal, key, kind=problem.kind)
