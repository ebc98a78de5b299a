"""MXNet's `mx.recordio`: the same names, arguments and behaviour, without MXNet.

Where MXNet loses data or crashes, this does better; docs/compatibility.md lists every difference.
New code may prefer `recordio_rs.Reader` and `recordio_rs.Writer`.

Examples:
    >>> import recordio_rs as mx
    >>> record = mx.recordio.MXIndexedRecordIO("data.idx", "data.rec", "w")
    >>> for i in range(5):
    ...     record.write_idx(i, b"record_%d" % i)
    >>> record.close()
    >>> record = mx.recordio.MXIndexedRecordIO("data.idx", "data.rec", "r")
    >>> record.read_idx(3)
    b'record_3'
"""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Iterator
from functools import cached_property
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from recordio_rs import _process
from recordio_rs._index import KeyedIndex, KeyType, as_native
from recordio_rs._index_file import IndexFile
from recordio_rs._paths import BytesPath, StrPath, Uri, local_path
from recordio_rs._recordio_rs import FileReader, FileWriter, format_entry
from recordio_rs.exceptions import (
    CannotPickleError,
    ClosedError,
    ForkedError,
    IndexMismatchError,
    InvalidKeyError,
    MissingOpenCVError,
    MXNetError,
)
from recordio_rs.image_record import HEADER, IRHeader, pack, unpack
from recordio_rs.images import opencv, pack_img, unpack_img
from recordio_rs.writer import close_after

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = [
    "HEADER",
    "IRHeader",
    "MXIndexedRecordIO",
    "MXNetError",
    "MXRecordIO",
    "pack",
    "pack_img",
    "unpack",
    "unpack_img",
]

_Self = TypeVar("_Self", bound="MXRecordIO")


class MXRecordIO:
    """Reads or writes a `.rec` file in sequence.

    Threads may share a reader; each record then goes to one of them. A forked child has to call
    `reset` before it reads in sequence, and can never write for its parent.

    Args:
        uri: The file: a path of any kind, or `file://` and a path.
        flag: "r" to read, "w" to write; writing empties the file that is there.

    Attributes:
        uri: The file, as text; `uri.value` is bytes as in MXNet.
        flag: As given.
        handle: The native reader or writer.
        pid: The process that opened the file; `None` once closed.
        is_open: Whether the file is open.
        writable: Whether it was opened for writing.

    Raises:
        StorageError: The file cannot be opened; `StorageNotFoundError` if it is not there. Each is
            an `MXNetError` and an `OSError`.
        ValueError: `flag` is neither "r" nor "w".
    """

    is_open = False
    handle: FileReader | FileWriter | None = None
    writable: bool

    def __init__(self, uri: StrPath | BytesPath, flag: str) -> None:
        self.uri = Uri(os.fsdecode(uri))
        self.flag = flag
        self.pid: int | None = None
        self.open()

    def open(self) -> None:
        """Opens the file; `close` and this read anew from the start, or empty the file again."""
        if self.flag not in ("r", "w"):
            raise ValueError(f"Invalid flag {self.flag}")
        self.close()
        self.writable = self.flag == "w"
        self.handle = self._open_writer() if self.writable else self._open_reader()
        self.is_open = True
        self.pid = _process.pid  # last: threads that see it go on without a lock

    def _open_writer(self) -> FileWriter:
        return FileWriter.stdout() if self.uri == "stdout" else FileWriter(local_path(self.uri))

    def _open_reader(self) -> FileReader:
        return FileReader.stdin() if self.uri == "stdin" else FileReader(local_path(self.uri))

    def close(self) -> None:
        """Closes the file; again and again without harm.

        Raises:
            StorageError: What was buffered could not be written.
        """
        if not self.is_open:
            return
        self.is_open = False
        self.pid = None
        if self.handle is not None:
            self.handle.close()

    def reset(self) -> None:
        """Closes and opens again: a reader starts anew, a writer **empties its file**."""
        self.close()
        self.open()

    def write(self, buf: Buffer | str) -> None:
        """Writes a record.

        Args:
            buf: The record: bytes, any other buffer, or text (stored as UTF-8).

        Raises:
            AssertionError: The file was opened for reading.
            ClosedError, ForkedError: The file is closed, or was opened by another process.
            TypeError: `buf` is neither buffer nor text.
            RecordTooLargeError: It has 2^29 bytes or more; nothing is written.
            StorageError: The system failed.
        """
        self._writer().write(buf)

    def read(self) -> bytes | None:
        """Reads the next record; `None` at the end, as often as asked.

        Raises:
            AssertionError: The file was opened for writing.
            ClosedError, ForkedError: The file is closed, or was opened by another process.
            CorruptRecordError: The bytes are not RecordIO; the reader stays before them.
            TruncatedRecordError: The file ends inside a record.
            StorageError: The system failed.
        """
        return self._reader().read()

    def tell(self) -> int:
        """Returns the byte offset of the next record to be read or written.

        MXNet has this for indexed writers only.

        Raises:
            ClosedError, ForkedError: The file is closed, or was opened by another process.
        """
        return (self._writer() if self.writable else self._reader()).tell()

    def _reader(self) -> FileReader:
        """Returns the native reader, for an operation that needs this process to have opened it."""
        if self.pid != _process.pid or self.writable:
            self._assert_writable(False)
            self._check_pid()
        return self.handle  # type: ignore[return-value]

    def _writer(self) -> FileWriter:
        """Returns the native writer, for an operation that needs this process to have opened it."""
        if self.pid != _process.pid or not self.writable:
            self._assert_writable(True)
            self._check_pid()
        return self.handle  # type: ignore[return-value]

    def _assert_writable(self, writable: bool) -> None:
        if self.writable is not writable:
            verb = "reading" if writable else "writing"
            raise AssertionError(f"{self.uri!r} was opened for {verb} (flag {self.flag!r})")

    def _check_pid(self, allow_reset: bool = False) -> None:
        if self.pid == _process.pid:
            return
        if allow_reset:
            with _RESET_LOCK.lock:
                if self.pid != _process.pid:
                    self.reset()
        elif self.pid is None:
            raise ClosedError("file is closed", str(self.uri))
        else:
            message = f"Forbidden operation in multiple processes: opened by process {self.pid}"
            raise ForkedError(message, str(self.uri))

    def __iter__(self) -> Iterator[bytes]:
        """Returns an iterator that reads on to the end."""
        while (record := self.read()) is not None:
            yield record

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        close_after(self, error)

    def __del__(self) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        if self.is_open and self.writable:
            message = "cannot pickle or copy an open writer: opening its file again would empty it"
            raise CannotPickleError(message, str(self.uri))
        state = {name: value for name, value in self.__dict__.items() if name != "handle"}
        return state | {"uri": str(self.uri), "is_open": self.is_open, "pid": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.uri = Uri(state["uri"])
        is_open, self.is_open = state["is_open"], False
        if is_open:
            self.open()


class MXIndexedRecordIO(MXRecordIO):
    """Reads any record of a `.rec` file by its key, or writes a file and its index.

    Threads may share a reader: `read_idx` needs no lock. In a forked child the first `seek` or
    `read_idx` opens the files for it. Threads may share a writer, too, unless a subclass has a
    `tell` or `write` of its own: then a record and its entry are written in steps.

    Args:
        idx_path: The `.idx` file.
        uri: The `.rec` file, as for `MXRecordIO`.
        flag: "r" to read, "w" to write.
        key_type: Makes a key from its text, or from what `write_idx` is given.

    Attributes:
        idx_path: As given.
        idx: A dict from keys to byte offsets; what is put there is honoured.
        keys: A list of the keys, in the order of the index.
        key_type: As given.
        fidx: The `.idx` file.

    Raises:
        StorageError: A file cannot be opened.
        IndexFormatError: The index is damaged.
        ValueError: `flag` is neither "r" nor "w".
    """

    _index: KeyedIndex | None = None
    _index_stamp: object = None
    # Whether a subclass leaves these alone, so that one native call can do the work of two.
    _has_plain_reads = True
    _has_plain_writes = True

    def __init_subclass__(cls, **options: Any) -> None:  # noqa: ANN401
        super().__init_subclass__(**options)
        base = MXIndexedRecordIO
        cls._has_plain_reads = cls.seek is base.seek and cls.read is base.read
        cls._has_plain_writes = cls.tell is base.tell and cls.write is base.write

    def __init__(
        self,
        idx_path: StrPath | BytesPath,
        uri: StrPath | BytesPath,
        flag: str,
        key_type: KeyType = int,
    ) -> None:
        self.idx_path = idx_path
        self.key_type = key_type
        self.fidx: IndexFile | None = None
        super().__init__(uri, flag)

    def open(self) -> None:
        """Opens both files, and reads the index unless that is done and the file unchanged."""
        super().open()
        self.fidx = IndexFile(self._index_path(), self.flag, self.handle)

    def _open_writer(self) -> FileWriter:
        writer = FileWriter(local_path(self.uri), self._index_path())
        self.idx = {}
        self.keys = []
        return writer

    def _open_reader(self) -> FileReader:
        reader = super()._open_reader()
        try:
            self._load_index()
        except BaseException:
            reader.close()
            raise
        return reader

    def _index_path(self) -> str:
        return local_path(self.idx_path)

    def _load_index(self) -> None:
        path = self._index_path()
        stamp = _stamp_of(path)
        is_same = stamp is not None and stamp == self._index_stamp
        if self._index is None or not is_same:
            self._index = KeyedIndex.load(path, self.key_type)
            self._index_stamp = stamp
        if not is_same:
            # What was made of an older index is made anew when somebody looks at it.
            self.__dict__.pop("idx", None)
            self.__dict__.pop("keys", None)

    @cached_property
    def idx(self) -> dict[Any, int]:
        """From keys to byte offsets; made when first looked at."""
        return self._loaded_index().as_dict()

    @cached_property
    def keys(self) -> list[Any]:
        """The keys in the order of the index; made when first looked at."""
        return self._loaded_index().keys()

    def _loaded_index(self) -> KeyedIndex:
        if self._index is None:
            self._load_index()  # a reader that came closed
        assert self._index is not None
        return self._index

    def seek(self, idx: Any) -> None:  # noqa: ANN401
        """Goes to the record with this key; opens the file again if it is closed or was forked.

        Args:
            idx: A key, not an offset.

        Raises:
            AssertionError: The file was opened for writing.
            KeyError: There is no such key.
            IndexMismatchError: The index points behind the end of the file.
        """
        self._assert_writable(False)
        self._check_pid(allow_reset=True)
        offset = self._offset_of(idx)
        try:
            self.handle.seek(offset, idx)  # type: ignore[union-attr]
        except (OverflowError, TypeError) as error:
            raise self._impossible(idx, offset) from error

    def read_idx(self, idx: Any) -> bytes:  # noqa: ANN401
        """Reads the record with this key; a `read` after it goes on with the next in the file.

        Args:
            idx: The key, which is not converted: 3 finds 3, "3" does not.

        Raises:
            AssertionError: The file was opened for writing.
            KeyError: There is no such key.
            IndexMismatchError: The index points behind the end of the file.
            CorruptRecordError: No record begins where the index points to, or it is damaged.
            TruncatedRecordError: The file ends inside the record.
            StorageError: The system failed.
        """
        if not self._has_plain_reads:
            self.seek(idx)
            return self.read()  # type: ignore[return-value]
        if self.pid != _process.pid or self.writable:
            self._assert_writable(False)
            self._check_pid(allow_reset=True)
        reader: FileReader = self.handle  # type: ignore[assignment]
        index = self._index
        if index is not None and index.is_native and "idx" not in self.__dict__:
            key = idx if type(idx) is int or type(idx) is str else as_native(idx)
            if key is not None:
                try:
                    record = reader.read_key(index.native, key)
                except (OverflowError, InvalidKeyError):  # more than 64 bits; not Unicode
                    record = None
                if record is not None:
                    return record
            raise KeyError(idx)
        offset = self._offset_of(idx)
        try:
            return reader.read_offset(offset, idx)
        except (OverflowError, TypeError) as error:
            raise self._impossible(idx, offset) from error

    def write_idx(self, idx: Any, buf: Buffer | str) -> None:  # noqa: ANN401
        """Writes a record and its entry in the index.

        Args:
            idx: The key; `key_type` is applied to it.
            buf: The record, as for `write`.

        Raises:
            InvalidKeyError: The key is empty, holds a tab or a line break, or has white space at
                an end; nothing is written. MXNet writes such keys and cannot read them back.
            AssertionError, TypeError, RecordTooLargeError, StorageError: As for `write`.
        """
        key = self.key_type(idx)
        hash(key)  # before anything is written
        text = str(key)
        if self._has_plain_writes:
            offset = self._writer().write_indexed(text, buf)
        else:
            offset = self.tell()
            entry = format_entry(text, offset)
            self.write(buf)
            self._writer().write_index_text(entry)
        self.idx[key] = offset
        self.keys.append(key)

    def _offset_of(self, idx: Any) -> int:  # noqa: ANN401
        if "idx" in self.__dict__:
            return self.idx[idx]
        index = self._loaded_index()
        return index.native.offset(index.find(idx))  # type: ignore[return-value]

    def _impossible(self, idx: Any, offset: object) -> IndexMismatchError:  # noqa: ANN401
        message = f"no record at byte {offset}"
        at = offset if isinstance(offset, int) else None
        return IndexMismatchError(message, str(self.uri), at, key=idx, expected="an offset")

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state.pop("_index", None)  # read again where it arrives
        # What somebody has looked at, and perhaps edited, goes along; a copy gets its own.
        state |= {name: copy.copy(state[name]) for name in ("idx", "keys") if name in state}
        return state | {"fidx": None}


class _ResetLock:
    """The lock under which files are opened again; a forked child has one of its own."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self.lock = threading.RLock()


_RESET_LOCK = _ResetLock()


def _stamp_of(path: str) -> object:
    """Returns what changes when a file does, or `None` where that cannot be told.

    Size and time, which a copy on another machine keeps: pickled readers travel.
    """
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def __getattr__(name: str) -> ModuleType | None:
    """Provides MXNet's module attribute `cv2`, `None` without OpenCV, when it is asked for."""
    if name == "cv2":
        try:
            return opencv()
        except MissingOpenCVError:
            return None
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
