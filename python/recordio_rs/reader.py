"""Reading records by ordinal, by key, or one after the other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any, Literal, SupportsIndex, overload

import numpy as np
import numpy.typing as npt

from recordio_rs._backend import Backend
from recordio_rs._closing import Closing
from recordio_rs._index import KeyedIndex, KeyType
from recordio_rs._ordinals import Ordinals, as_int64
from recordio_rs._paths import BytesPath, StrPath, find_index, local_path
from recordio_rs._recordio_rs import FileReader, PackedRecords, Prefetch
from recordio_rs._salvaged import salvaged
from recordio_rs.exceptions import IndexMismatchError
from recordio_rs.keys import Keys
from recordio_rs.rescue import ErrorPolicy, teller_of

__all__ = ["Reader"]

# What makes a reader what it is, besides whether it is closed.
_SHARED = ("path", "index_path", "_key_type", "_backend", "_errors")
_PICKLED = (*_SHARED, "_ordinals")


class Reader(Closing, Sequence[bytes]):
    """The records of a `.rec` file, as a sequence of `bytes`.

    The n-th item is the record with ordinal n: the n-th entry of the index, or without an index
    the n-th record of the file. Without one the first use that needs it (`len`, and `list` asks for
    that, an ordinal, a key, but not a `for` loop) goes through the headers of the whole file.

    Reads are positioned and nothing is shared but the open file: threads and forked processes may
    use one reader, also at the same time. Slices are readers of the same open file. A pickled
    reader opens its file again where it arrives.

    Args:
        path: The `.rec` file.
        index: The `.idx` file; `None` takes the one beside the file if there is one, and `False`
            never looks for it.
        key_type: Makes a key from its text in the index; mostly `int` or `str`.
        backend: How records are read by ordinal or key. "positioned" asks the system for each;
            "mmap" copies them from a memory map, which is faster while the file is in memory;
            "auto" maps files of at most 2 GiB on disks of this machine. A file that shrinks under
            a map is noticed and gives the same errors: docs/performance.md has the small print.
        errors: What becomes of damage. "strict" raises where a damaged record is met. Else the
            reader is the sequence of the intact records, as docs/format.md has it for lenient
            readers: with an index those that it has entries for. What is passed over is not told
            ("skip"), is a `DamagedRecordWarning` ("warn"), or goes as a `SkippedRegion` to a
            callable, once for each region that is come upon; what that raises comes out. That the
            index lacks intact records is told as well. A damaged index is an error all the same:
            `index=False` does without. To know what is intact takes a look at the whole file, once
            for each copy that is unpickled, or thread that comes first at the same time: hand one
            to each worker, not one with each task.

    Attributes:
        path: The `.rec` file, as text.
        index_path: The `.idx` file, or `None` if there is none.

    Raises:
        StorageError: A file cannot be opened.
        IndexFormatError: The index is damaged.
        ValueError: `errors` or `backend` is not one of those there are.

    Examples:
        >>> with Writer("numbers.rec") as writer:
        ...     offsets = [writer.write(b"%d" % number) for number in range(10)]
        >>> with Reader("numbers.rec") as reader:
        ...     len(reader), reader[3], reader.get(4), list(reader[-2:])
        (10, b'3', b'4', [b'8', b'9'])
        >>> with open("numbers.rec", "r+b") as file:
        ...     _ = file.seek(offsets[7]), file.write(b"????")
        >>> with Reader("numbers.rec", errors="skip") as reader:
        ...     b"".join(reader), len(reader), 7 in reader.keys
        (b'012345689', 9, False)
    """

    __slots__ = (
        "__weakref__",
        "_backend",
        "_errors",
        "_file",
        "_index",
        "_key_type",
        "_listed",
        "_ordinals",
        "_teller",
        "_try_read",
        "index_path",
        "path",
    )

    def __init__(
        self,
        path: StrPath | BytesPath,
        index: StrPath | BytesPath | Literal[False] | None = None,
        *,
        key_type: KeyType = int,
        backend: Backend = "auto",
        errors: ErrorPolicy = "strict",
    ) -> None:
        self.path = local_path(path)
        self._teller = teller_of(errors, self.path)
        self.index_path = find_index(self.path, index)
        self._key_type = key_type
        self._backend = backend
        self._errors = errors
        self._file = FileReader(self.path, backend=backend, lenient=self._teller is not None)
        # Of what the reader shows all of; and what the index beside the file has.
        self._index: KeyedIndex | None = None
        self._listed: KeyedIndex | None = None
        self._try_read: Callable[[object], bytes | None]
        if self.index_path is not None:
            try:
                self._listed = KeyedIndex.load(self.index_path, key_type)
            except BaseException:
                self._file.close()
                raise
        if self._teller is None:
            self._index = self._listed
        # Which ordinals of the file this reader shows; `None` for all.
        self._ordinals: range | None = None
        self._show_all()

    def _indexed(self) -> KeyedIndex:
        if self._index is None:
            if self._teller is None:
                self._index = KeyedIndex(self._file.scan())
            else:
                self._index = salvaged(self._file, self._listed, self._teller)
            if self._ordinals is None:
                self._show_all()
        return self._index

    def _show_all(self) -> None:
        # The common case of `reader[ordinal]`, in one native call.
        if self._index is not None:
            self._try_read = partial(self._file.try_read_ordinal, self._index.native)
        else:
            self._try_read = _read_nothing

    def _shown(self) -> range:
        return range(len(self._indexed())) if self._ordinals is None else self._ordinals

    def __len__(self) -> int:
        return len(self._shown())

    @overload
    def __getitem__(self, item: SupportsIndex) -> bytes: ...

    @overload
    def __getitem__(self, item: slice) -> Reader: ...

    def __getitem__(self, item: SupportsIndex | slice) -> bytes | Reader:
        """Reads the record with an ordinal, or returns the reader of a slice.

        Raises:
            IndexError: There is no such ordinal.
            IndexMismatchError, CorruptRecordError, TruncatedRecordError: The record is damaged, or
                the index does not belong to the file.
            ClosedError: The reader is closed.
            StorageError: The system failed.
        """
        if (record := self._try_read(item)) is not None:
            return record
        if isinstance(item, slice):
            return self._slice(self._shown()[item])
        try:
            ordinal = self._shown()[item]
        except IndexError:
            message = f"ordinal {item} is out of range: the reader has {len(self)} records"
            raise IndexError(message) from None
        return self._read(ordinal, None)

    def _slice(self, ordinals: range) -> Reader:
        if len(ordinals) < 2:  # then the step means nothing, and may be larger than 64 bits
            ordinals = range(ordinals.start, ordinals.start + len(ordinals))
        view = object.__new__(type(self))
        for name in (*_SHARED, "_file", "_index", "_listed", "_teller"):
            setattr(view, name, getattr(self, name))
        # What a subclass has besides, but for what it has computed of all records.
        for name, value in getattr(self, "__dict__", {}).items():
            if not isinstance(getattr(type(self), name, None), cached_property):
                view.__dict__[name] = value
        view._ordinals, view._try_read = ordinals, _read_nothing
        return view

    def __iter__(self) -> Iterator[bytes]:
        """Iterates over the records from an offset of its own; reads ahead in sequence."""
        if self._ordinals is None and self._index is None and self._listed is None:
            if self._teller is None:
                return self._file.records()
            return self._file.intact_records(self._teller.of_iteration())
        shown = self._shown()
        return self._file.records(self._indexed().native, (shown.start, shown.step, len(shown)))

    def __reversed__(self) -> Iterator[bytes]:
        return iter(self[::-1])

    def get(self, key: Hashable) -> bytes:
        """Reads the record with this key; of equal keys the last counts.

        Args:
            key: A key of the index, or an ordinal if there is no index.

        Raises:
            KeyError: There is no such key, or this slice does not show it.
            IndexMismatchError, CorruptRecordError, TruncatedRecordError, ClosedError,
                StorageError: As for an ordinal.
        """
        index = self._indexed()
        ordinal = index.find(key)
        if self._ordinals is not None and ordinal not in self._ordinals:
            raise KeyError(key)
        return self._read(ordinal, key)

    def read_batch(self, ordinals: Ordinals, *, num_threads: int | None = None) -> list[bytes]:
        """Reads many records in one call, in the order that was asked for.

        They are read in the order of the file, neighbours together, with the interpreter free for
        other threads.

        Args:
            ordinals: Integers as for `reader[i]`, in any order and also repeatedly: a list or any
                other iterable, a range, a slice, or an array of integers of one dimension. These
                are no keys: `get` takes those.
            num_threads: How many threads may work on a large batch, this one included; one for
                each core if not given.

        Raises:
            IndexError: An ordinal is out of range.
            TypeError: An ordinal is no integer, or the array is none of integers.
            ValueError: `num_threads` is less than 1.
            IndexMismatchError, CorruptRecordError, TruncatedRecordError, ClosedError,
                StorageError: As for `reader[i]`, for one of the records.

        Examples:
            >>> with Writer("numbers.rec") as writer:
            ...     offsets = [writer.write(b"%d" % number) for number in range(10)]
            >>> with Reader("numbers.rec") as reader:
            ...     reader.read_batch([3, -1, 3]), reader.read_batch(slice(2, 4))
            ([b'3', b'9', b'3'], [b'2', b'3'])
        """
        index = self._indexed().native
        return self._file.read_batch(index, *self._asked(ordinals), num_threads)

    def __getitems__(self, ordinals: Ordinals) -> list[bytes]:
        """Reads as `read_batch`: what PyTorch's loaders call for a batch."""
        return self.read_batch(ordinals)

    def read_packed(self, ordinals: Ordinals, *, num_threads: int | None = None) -> PackedRecords:
        """Reads many records into one buffer: no object for each, and its memory is used again.

        Args:
            ordinals: As for `read_batch`.
            num_threads: As for `read_batch`.

        Raises:
            IndexError, TypeError, ValueError, IndexMismatchError, CorruptRecordError,
                TruncatedRecordError, ClosedError, StorageError: As for `read_batch`.

        Examples:
            >>> with Writer("numbers.rec") as writer:
            ...     offsets = [writer.write(b"%d" % number) for number in range(12)]
            >>> with Reader("numbers.rec") as reader:
            ...     packed = reader.read_packed([11, 0, 7])
            >>> len(packed), bytes(packed), packed.offsets.tolist(), bytes(packed[0])
            (3, b'1107', [0, 2, 3, 4], b'11')
        """
        index = self._indexed().native
        return self._file.read_packed(index, *self._asked(ordinals), num_threads)

    def prefetch(
        self,
        ordinals: Ordinals | None = None,
        *,
        num_threads: int | None = None,
        max_bytes: int = 64 << 20,
    ) -> Prefetch:
        """Returns an iterator over records that native threads read ahead, in the caller's order.

        It ends its threads when it ends, is closed, or is not needed any more. Closing the reader
        does not disturb it.

        Args:
            ordinals: As for `read_batch`, all if not given; an iterable may be endless. It is asked
                for a dozen ordinals before the first record is there, and later for some
                thousands ahead: one that waits for the records to come waits for ever.
            num_threads: How many threads read; one for each core, but 2 to 8, if not given.
            max_bytes: About how many bytes may be read ahead: at least one record, and at most
                some hundred kilobytes above this.

        Raises:
            ValueError: `num_threads` or `max_bytes` is below 1.
            ClosedError: The reader is closed.
            IndexError, TypeError: Raised by the iterator where it comes to such an ordinal, and
                whatever `ordinals` raises: then it ends. What is no `Exception`, as Ctrl-C, is
                raised at once; what was asked for before still comes.
            IndexMismatchError, CorruptRecordError, TruncatedRecordError, StorageError: Raised by
                the iterator in place of a record; it can go on with the next one.

        Examples:
            >>> with Writer("numbers.rec") as writer:
            ...     offsets = [writer.write(b"%d" % number) for number in range(10)]
            >>> with Reader("numbers.rec") as reader, reader.prefetch([3, 9, 3]) as records:
            ...     list(records)
            [b'3', b'9', b'3']
        """
        if max_bytes < 1:
            raise ValueError(f"max_bytes must be at least 1, not {max_bytes}")
        shown, asked = self._asked(slice(None) if ordinals is None else ordinals)
        ahead = iter(asked.data if isinstance(asked, np.ndarray) else asked)
        index = self._indexed().native
        return self._file.prefetch(index, shown, ahead, num_threads, min(max_bytes, 1 << 62))

    def _asked(self, ordinals: Ordinals) -> tuple[tuple[int, int, int], Any]:
        """Returns what the native module wants to know: what is shown, and what of it is asked."""
        shown = self._shown()
        if isinstance(ordinals, slice):
            ordinals = range(*ordinals.indices(len(shown)))
        elif isinstance(ordinals, np.ndarray):
            ordinals = as_int64(ordinals)
        return (shown.start, shown.step, len(shown)), ordinals

    def _read(self, ordinal: int, key: Hashable | None) -> bytes:
        record = self._file.read_ordinal(self._indexed().native, ordinal, key)
        if record is None:
            raise self._mismatch(ordinal)
        return record

    def _mismatch(self, ordinal: int) -> IndexMismatchError:
        """Returns the error for an ordinal that was there when the reader was sliced."""
        found = len(self._indexed())
        message = f"the index has only {found} entries"
        path = self.index_path or self.path
        return IndexMismatchError(message, path, None, ordinal, None, ordinal + 1, found)

    @property
    def keys(self) -> Keys:
        """The keys, in the order of the records."""
        return Keys(self._indexed(), self._shown())

    @property
    def offsets(self) -> npt.NDArray[np.uint64]:
        """The byte offsets of the records, in their order; read-only."""
        shown = self._shown()
        offsets = self._indexed().offsets()
        stop = shown.stop if shown.stop >= 0 else None
        return offsets[shown.start : stop : shown.step] if shown else offsets[:0]

    @property
    def backend(self) -> Literal["positioned", "mmap"]:
        """How records are read by ordinal and key."""
        return "mmap" if self._file.is_mapped else "positioned"

    def close(self) -> None:
        """Closes the file, also for the slices; again and again without harm.

        An iterator that was made before reads on to its end.
        """
        self._file.close()

    @property
    def closed(self) -> bool:
        """Whether the file was closed."""
        return self._file.is_closed

    def __getstate__(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in _PICKLED}
        return {**getattr(self, "__dict__", {}), **own, "closed": self.closed}

    def __setstate__(self, state: dict[str, Any]) -> None:
        path, index_path, ordinals = state["path"], state["index_path"], state["_ordinals"]
        options = {name: state[f"_{name}"] for name in ("key_type", "backend", "errors")}
        Reader.__init__(self, path, index_path or False, **options)
        if ordinals and max(ordinals[0], ordinals[-1]) >= len(self._indexed()):
            raise self._mismatch(max(ordinals[0], ordinals[-1]))
        self._ordinals = ordinals
        if ordinals is not None:
            self._try_read = _read_nothing
        if state["closed"]:
            self.close()
        for name in state.keys() - {"closed", *_PICKLED}:
            self.__dict__[name] = state[name]

    def __repr__(self) -> str:
        state = " closed" if self.closed else ""
        shown = "" if self._ordinals is None else f" {self._ordinals}"
        return f"<{type(self).__name__} {self.path!r}{shown}{state}>"


def _read_nothing(_ordinal: object) -> bytes | None:
    return None
