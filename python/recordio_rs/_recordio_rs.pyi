"""The native module: files, offsets and bytes, without any of Python's manners.

Paths are taken as they are, and everything raises `recordio_rs.exceptions`. All classes may be
shared by threads. In a process that was forked after an object was made, positioned reads work on,
reading in sequence and writing raise `ForkedError`, and nothing of the parent's is ever written.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, SupportsIndex, final

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

from recordio_rs._backend import Backend

__all__ = [
    "FileReader",
    "FileWriter",
    "IntactIterator",
    "PackedOffsets",
    "PackedRecords",
    "Prefetch",
    "RecordIndex",
    "RecordIterator",
    "Salvage",
    "__version__",
    "after_fork_in_child",
    "bytes_of",
    "format_entry",
    "is_debug_build",
]

__version__: Final[str]
is_debug_build: Final[bool]

def after_fork_in_child() -> None:
    """Tells the module that this process was just forked."""

def bytes_of(data: Buffer | str) -> bytes:
    """Returns `bytes` as they are, text as UTF-8, and a copy of any other buffer.

    Raises:
        RecordTooLargeError: The buffer has 2^29 bytes or more.
        TypeError: It is no buffer, or one of pointers to objects.
    """

def format_entry(key: str, offset: int) -> str:
    """Returns the line of one entry of an index.

    Raises:
        InvalidKeyError: The key is empty, longer than 65,504 bytes, holds a tab or a line break, or
            has white space at an end: it would not come back as it is.
    """

@final
class RecordIndex:
    """Keys and byte offsets of records, by ordinal."""

    @staticmethod
    def parse(path: str, *, text_keys: bool) -> RecordIndex:
        """Parses an `.idx` file.

        Args:
            path: The file.
            text_keys: Whether keys are any text; else they are integers of 64 bits.

        Raises:
            IndexFormatError: A line is not key, tab, offset.
            StorageError: The file cannot be read.
        """

    @staticmethod
    def salvage(path: str, max_faults: int) -> tuple[RecordIndex, list[tuple[int, str, str]], int]:
        """Parses what can be parsed of an `.idx` file, with keys of any text.

        Args:
            path: The file.
            max_faults: How many lines that are no entries are returned at most.

        Returns:
            The entries; of the other lines the number (from 1), what is wrong and how it begins;
            and how many there are.

        Raises:
            StorageError: The file cannot be read.
        """

    def __len__(self) -> int: ...
    def offset(self, ordinal: int) -> int | None:
        """Returns the offset of a record in bytes, or `None` if there is no such entry."""

    def key(self, ordinal: int) -> int | str | None:
        """Returns the key of a record, or `None` if there is no such entry."""

    def find(self, key: int | str) -> int | None:
        """Returns the ordinal of the last entry with this key, or `None`.

        Raises:
            OverflowError: The key has more than 64 bits.
        """

    def keys(self) -> list[int] | list[str]:
        """Returns all keys, in the order of the index."""

    def offsets(self) -> bytes:
        """Returns all offsets as unsigned 64-bit integers of this machine's byte order."""

    def integer_keys(self) -> bytes | None:
        """Returns all keys as signed 64-bit integers of this machine's byte order.

        Returns:
            `None` if they are text.
        """

@final
class RecordIterator:
    """The records of a file one after the other; ends after an error."""

    def __iter__(self) -> RecordIterator: ...
    def __next__(self) -> bytes: ...
    def __length_hint__(self) -> int: ...

@final
class IntactIterator:
    """The intact records of a file one after the other; ends after an error."""

    def __iter__(self) -> IntactIterator: ...
    def __next__(self) -> bytes: ...

@final
class Salvage:
    """What a lenient reader finds in a whole file; its length is the number of intact records.

    A region is a tuple of begin, end, kind, reason, offset of the fragment at fault, and how many
    intact records come before.
    """

    def __len__(self) -> int: ...
    @property
    def skipped_count(self) -> int:
        """How many regions there are, kept or not."""

    def skipped(self, begin: int, end: int) -> list[tuple[int, int, str, str, int, int]]:
        """Returns the regions from the place `begin` to `end`, as far as they were kept."""

    def is_skipped(self, offset: int) -> bool:
        """Returns whether a byte lies in a region that was kept."""

    def wrong_entries(self, limit: int) -> tuple[list[int], int]:
        """Returns the ordinals of entries that point to no intact record.

        Returns:
            The first `limit` of them, and how many there are.
        """

    def unlisted_records(self, limit: int) -> tuple[list[int], int]:
        """Returns the ordinals of intact records that the index has no entry for.

        Returns:
            The first `limit` of them, and how many there are.
        """

    def records(self) -> RecordIndex:
        """Returns an index of all intact records; keys are the ordinals."""

    def entries(self) -> RecordIndex:
        """Returns the entries that point to intact records; all of these if there is no index."""

@final
class PackedRecords:
    """Records end to end in one buffer, with the place of each.

    A read-only buffer of all bytes (`memoryview(packed)`), a sequence of records, each a read-only
    `memoryview`, and an array for Arrow: `pyarrow.array(packed)` shares its memory. That memory is
    its own for as long as anything looks at it, views and arrays included; only then a later batch
    may use it again. `Reader.read_packed` makes it.
    """

    def __len__(self) -> int:
        """Returns the number of records."""

    def __getitem__(self, ordinal: SupportsIndex, /) -> memoryview:
        """Returns a record as a view of the buffer.

        Raises:
            IndexError: There is no such record.
        """

    def __iter__(self) -> Iterator[memoryview]: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    @property
    def data(self) -> npt.NDArray[np.uint8]:
        """All bytes, as an array over the buffer; read-only."""

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Where each record begins in `data`, and where the last one ends; read-only.

        The shape is (number of records + 1,).
        """

    def __arrow_c_schema__(self) -> object:
        """Returns the Arrow type, LargeBinary, as a capsule."""

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """Returns type and array as capsules; the array shares the buffer."""

    def __reduce__(self) -> tuple[object, ...]: ...

@final
class PackedOffsets:
    """The buffer behind `PackedRecords.offsets`."""

    def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class Prefetch:
    """Records in the order in which they were asked for, read ahead by threads; a context manager.

    Threads may share it; each record then goes to one of them. `Reader.prefetch` makes it.
    """

    def __iter__(self) -> Prefetch: ...
    def __next__(self) -> bytes: ...
    def close(self) -> None:
        """Ends it and its threads; again and again without harm.

        Whoever asks for the next record comes to the end then, other threads as well.
        """

    def __enter__(self) -> Prefetch: ...
    def __exit__(self, *_error: object) -> None: ...

@final
class FileReader:
    """One open `.rec` file, read in sequence and at any offset.

    Args:
        path: The file.
        backend: How records at offsets are had: "positioned", "mmap" or "auto".
        lenient: Whether the padding that a file may lack at its end is taken as read; for records
            that are known to be intact.

    Raises:
        StorageError: The file cannot be opened or mapped, or is a folder.
        ValueError: There is no such backend.
    """

    def __new__(
        cls, path: str, *, backend: Backend = "positioned", lenient: bool = False
    ) -> FileReader: ...
    @staticmethod
    def stdin() -> FileReader:
        """Reads the process's standard input."""

    def read(self) -> bytes | None:
        """Reads the next record; `None` at the end.

        Raises:
            CorruptRecordError: The bytes are not RecordIO.
            TruncatedRecordError: The file ends inside the record.
            StorageError: The system failed.
        """

    def read_ordinal(self, index: RecordIndex, ordinal: int, key: object = None) -> bytes | None:
        """Reads the record with this ordinal; `None` if the index has no such entry.

        `key` is for errors.

        Raises:
            IndexMismatchError: The entry points behind the end of the file.
            CorruptRecordError: No record begins where it points to.
            TruncatedRecordError: The file ends inside the record.
            StorageError: The system failed.
        """

    def try_read_ordinal(self, index: RecordIndex, ordinal: object) -> bytes | None:
        """Reads as `read_ordinal`; `None` also if `ordinal` is no integer from 0 on."""

    def try_read_key(self, index: RecordIndex, key: object) -> bytes | None:
        """Reads as `read_key`, or does nothing.

        Returns:
            `None` also if `key` is no integer of 64 bits, the reader is closed, or it belongs to
            the parent of this process.
        """

    def read_key(self, index: RecordIndex, key: int | str) -> bytes | None:
        """Reads the record with this key; `None` if the index has no such entry.

        The next `read` goes on behind it. Raises as `read_ordinal`.
        """

    def read_offset(self, offset: int, key: object) -> bytes:
        """Reads the record at `offset`; `key` is for errors.

        The next `read` goes on behind it. Raises as `read_ordinal`.
        """

    def seek(self, offset: int, key: object) -> None:
        """Lets the next `read` begin at `offset`; `key` is for errors.

        Raises:
            IndexMismatchError: The file has ended there.
        """

    def tell(self) -> int:
        """Returns the offset of the record that the next `read` gives."""

    def scan(self, progress: Callable[[int, int], object] | None = None) -> RecordIndex:
        """Makes an index from the headers of all records; keys are the ordinals.

        Args:
            progress: Called some times a second with how many bytes are done and how many there
                are; what it raises ends the work.
        """

    def salvage(
        self,
        index: RecordIndex | None,
        max_skipped: int,
        progress: Callable[[int, int], object] | None = None,
    ) -> Salvage:
        """Goes through the whole file for what is intact in it.

        Args:
            index: What an index has of it; it decides where bytes can be explained in two ways.
            max_skipped: How many regions are kept.
            progress: As for `scan`.

        Raises:
            StorageError: The file cannot be read at offsets, or not at all.
        """

    def intact_records(self, on_skip: Callable[[int, int, str, str], object]) -> IntactIterator:
        """Iterates over the intact records, from an offset of its own.

        Args:
            on_skip: Called with begin, end, kind and reason of each region that is passed over;
                what it raises comes out of the iterator, which can go on.

        Raises:
            StorageError: The file cannot be read at offsets.
        """

    def read_batch(
        self,
        index: RecordIndex,
        shown: tuple[int, int, int],
        ordinals: object,
        num_threads: int | None = None,
    ) -> list[bytes]:
        """Reads many records, in the order that was asked for.

        Args:
            index: The index.
            shown: First, step and count of the ordinals of the index that can be asked for.
            ordinals: Places in what is shown: a range, a buffer of 64-bit integers, or an iterable
                of integers; negative ones count from the end.
            num_threads: How many threads may work on it; one for each core if not given.

        Raises:
            IndexError: An ordinal is out of range.
            TypeError: An ordinal is no integer.
            ValueError: `num_threads` is less than 1.
            IndexMismatchError, CorruptRecordError, TruncatedRecordError, ClosedError,
                StorageError: As for `read_ordinal`.
        """

    def read_packed(
        self,
        index: RecordIndex,
        shown: tuple[int, int, int],
        ordinals: object,
        num_threads: int | None = None,
    ) -> PackedRecords:
        """Reads many records into one buffer; otherwise as `read_batch`."""

    def prefetch(
        self,
        index: RecordIndex,
        shown: tuple[int, int, int],
        ordinals: Iterator[SupportsIndex],
        num_threads: int | None,
        max_bytes: int,
    ) -> Prefetch:
        """Reads ahead the records that `ordinals` gives places of, as for `read_batch`."""

    def records(
        self, index: RecordIndex | None = None, ordinals: tuple[int, int, int] | None = None
    ) -> RecordIterator:
        """Iterates over records, from an offset of its own.

        Args:
            index: The index that the ordinals are those of.
            ordinals: The first ordinal, the step and the count; all records if not given.
        """

    def close(self) -> None:
        """Closes the file; again and again without harm."""

    @property
    def size(self) -> int:
        """How many bytes the file has, without padding that it lacks."""

    @property
    def is_mapped(self) -> bool:
        """Whether records at offsets come through a memory map; not once closed."""

    @property
    def is_closed(self) -> bool:
        """Whether the file was closed."""

@final
class FileWriter:
    """A `.rec` file being written, and its index if it has one.

    Regular files are locked until it is closed, where the system can do that.

    Args:
        path: The `.rec` file.
        index_path: The `.idx` file, if there is to be one.
        mode: What becomes of files that are there, once both are open: "w" empties them, "x"
            refuses to, "a" goes on behind their last record and entry, and first makes good what
            the writer before has left undone.
        atomic: Whether files take their places only at the end; not with "a".
        keeps_entries: Whether the entries with integer keys are kept for `take_entries`.

    Raises:
        StorageError: A file cannot be created.
        LockedError: Another writer has a file.
        SameFileError: Both files are one.
        CorruptRecordError, TruncatedRecordError: The records to go on behind are damaged.
        IndexFormatError, IndexMismatchError: Their index is damaged, or not theirs.
        ValueError: There is no such mode.
    """

    def __new__(
        cls,
        path: str,
        index_path: str | None = None,
        *,
        mode: str = "w",
        atomic: bool = False,
        keeps_entries: bool = False,
    ) -> FileWriter: ...
    @staticmethod
    def stdout() -> FileWriter:
        """Writes to the process's standard output."""

    def write(self, data: Buffer | str) -> int:
        """Writes a record without an entry in the index, and returns its offset in bytes.

        Raises:
            RecordTooLargeError: The record has 2^29 bytes or more; nothing is written.
            WriteAfterFailureError: A write failed before.
            StorageError: The system failed.
        """

    def write_indexed(self, key: int | str | None, data: Buffer | str) -> int:
        """Writes a record with an entry in the index; its key is the next integer if `None`.

        Raises as `write`, and:

        Raises:
            InvalidKeyError: The key cannot stand in an index; nothing is written.
        """

    def write_entry(self, key: object, data: Buffer | str) -> bool:
        """Writes as `write_indexed`, and keeps the entry for `take_entries`.

        Returns:
            `False`, and nothing is written, if entries are not kept or `key` is no integer of 64
            bits.
        """

    def write_batch(
        self,
        records: Iterable[Buffer | str],
        keys: npt.NDArray[np.int64] | Sequence[int | str] | None = None,
    ) -> bytes:
        """Writes many records, with entries if there is an index.

        Other threads may run meanwhile, but none writes in between. Nothing is written if a record
        or a key is refused.

        Args:
            records: As for `write`.
            keys: As many: any buffer of 64-bit integers, or a sequence; if `None`, the next
                integers. Without an index they are not used.

        Returns:
            The offsets as unsigned 64-bit integers of this machine's byte order.

        Raises:
            ValueError: There are not as many keys as records.
            RecordTooLargeError, InvalidKeyError, WriteAfterFailureError, StorageError: As for
                `write_indexed`.
        """

    def write_packed(
        self,
        parts: Sequence[PackedRecords],
        picks: npt.NDArray[np.int64] | None = None,
        keys: npt.NDArray[np.int64] | Sequence[int | str] | None = None,
    ) -> bytes:
        """Writes packed records as `write_batch`, without an object for each.

        Args:
            parts: Where the records are.
            picks: Which of them, in this order: the numbers that they have if all parts are counted
                through, as any buffer of 64-bit integers. All if `None`.
            keys: As for `write_batch`.

        Raises:
            IndexError: There is no record with such a number.
        """

    def take_entries(self) -> RecordIndex | None:
        """Returns the entries that were kept, and keeps no more; the same when called again.

        Returns:
            `None` if none are kept.

        Raises:
            ForkedError: A thread of the parent was writing when this process was forked.
        """

    def write_index_text(self, text: str) -> None:
        """Adds text to the index as it is."""

    def tell(self) -> int:
        """Returns the offset at which the next record will begin."""

    def flush(self, *, sync: bool = False) -> None:
        """Writes what is buffered: the records, then the index.

        With `sync` each is on the disk when this returns, and the names of the files are, too.
        """

    def close(self) -> None:
        """Flushes and closes, and lets files take their places; again and again without harm.

        Raises:
            StorageError: What was buffered could not be written, or a file not put in its place.
        """

    def discard(self) -> None:
        """Closes, if files are to take places in the end: they are removed, the old ones stay.

        Does nothing to another writer.
        """

    def writes_to(self, path: str) -> bool:
        """Returns whether it is open and has the file at `path`."""

    @property
    def recovery(self) -> tuple[tuple[int, int, str, str] | None, int, int] | None:
        """What mode "a" had to do, or `None`.

        Begin, end, fault and kind of the bytes that were cut off the records, if any were; how many
        entries were added to the index, and removed from it.
        """

    @property
    def is_closed(self) -> bool:
        """Whether the writer was closed, or belongs to the parent of this process."""
