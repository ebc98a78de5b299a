"""MXNet's `MXIndexedRecordIO`: any record by its key."""

from __future__ import annotations

import copy
import functools
import os
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from recordio_rs._backend import Backend
from recordio_rs._index import KeyedIndex, KeyType, as_native
from recordio_rs._index_file import IndexFile
from recordio_rs._open_writers import open_instead
from recordio_rs._paths import BytesPath, StrPath, local_path
from recordio_rs._recordio_rs import FileReader, FileWriter, RecordIndex, format_entry
from recordio_rs.exceptions import IndexMismatchError
from recordio_rs.sequential import STATE_LOCK, MXRecordIO

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["MXIndexedRecordIO"]

# What an object has of the native module.
_NATIVE = ("_native", "_try_read_key", "_write_entry")


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
        backend: How records are read by key, as for `Reader`; MXNet has no such thing.

    Attributes:
        idx_path: As given.
        idx: A dict from keys to byte offsets; what is put there is honoured.
        keys: A list of the keys, in the order of the index.
        key_type: As given.
        backend: As given.
        fidx: The `.idx` file.

    Raises:
        StorageError: A file cannot be opened; `LockedError` if a writer of another process has it.
        IndexFormatError: The index is damaged.
        ValueError: `flag` is neither "r" nor "w".
    """

    _index: KeyedIndex | None = None
    _index_stamp: tuple[int, ...] | None = None
    # The native index, where that alone says what `read_idx` has to read.
    _native: RecordIndex | None = None
    # Whether the native writer keeps the entries until somebody looks at them.
    _keeps_entries = False
    # What does the work of `read_idx` and `write_idx` in the common case, and else nothing.
    _try_read_key: Callable[[object], bytes | None] = staticmethod(lambda _key: None)
    _write_entry: Callable[[object, Any], bool] = staticmethod(lambda _key, _data: False)
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
        *,
        backend: Backend = "auto",
    ) -> None:
        self.idx_path = idx_path
        self.key_type = key_type
        self.backend = backend
        self.fidx: IndexFile | None = None
        super().__init__(uri, flag)

    def open(self) -> None:
        """Opens both files, and reads the index unless that is done and the file unchanged."""
        super().open()
        for name in _NATIVE[1:]:  # of the file that was open before
            self.__dict__.pop(name, None)
        if isinstance(self.handle, FileWriter):
            self._write_entry = self.handle.write_entry
        elif self.handle is not None and self._native is not None:
            self._try_read_key = functools.partial(self.handle.try_read_key, self._native)
        self.fidx = IndexFile(self._index_path(), self.flag, self.handle)

    def _open_writer(self) -> FileWriter:
        keeps_entries = self.key_type is int and self._has_plain_writes
        writer = open_instead(local_path(self.uri), self._index_path(), keeps_entries=keeps_entries)
        self._keeps_entries = keeps_entries
        if keeps_entries:
            self.__dict__.pop("idx", None)
            self.__dict__.pop("keys", None)
        else:
            self.idx, self.keys = {}, []
        return writer

    def _open_reader(self) -> FileReader:
        reader = super()._open_reader()
        self._keeps_entries = False  # it may have been a writer before
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
        known = self._index_stamp
        is_same = stamp is not None and known is not None and stamp[: len(known)] == known
        if self._index is None or not is_same:
            self._index = KeyedIndex.load(path, self.key_type)
            self._index_stamp = stamp
        if not is_same:
            # What was made of an older index is made anew when somebody looks at it.
            self.__dict__.pop("idx", None)
            self.__dict__.pop("keys", None)
        if self._has_plain_reads and self._index.is_native and "idx" not in self.__dict__:
            self._native = self._index.native

    @property
    def idx(self) -> dict[Any, int]:
        """From keys to byte offsets; made when first looked at."""
        if self._keeps_entries:
            self._take_entries()
        made: dict[Any, int] | None = self.__dict__.get("idx")
        if made is None:
            made = self.__dict__.setdefault("idx", self._loaded_index().as_dict())
        self._read_by_dict()  # whoever has the dict may change it
        return made

    @idx.setter
    def idx(self, value: dict[Any, int]) -> None:
        self.__dict__["idx"] = value
        self._read_by_dict()

    def _read_by_dict(self) -> None:
        self._native = None
        self.__dict__.pop("_try_read_key", None)

    @cached_property
    def keys(self) -> list[Any]:
        """The keys in the order of the index; made when first looked at."""
        if self._keeps_entries:
            self._take_entries()
            made: list[Any] = self.__dict__["keys"]
            return made
        return self._loaded_index().keys()

    def _take_entries(self) -> None:
        """Makes `idx` and `keys` of what was written; from then on they are kept up to date."""
        with STATE_LOCK.lock:
            entries = self.handle.take_entries() if self._keeps_entries else None  # type: ignore[union-attr]
            if entries is not None:
                written = KeyedIndex(entries)
                self.__dict__.update(idx=written.as_dict(), keys=written.keys())
                self._keeps_entries = False

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
        if (record := self._try_read_key(idx)) is not None:
            return record
        return self._read_idx(idx)

    def _read_idx(self, idx: Any) -> bytes:  # noqa: ANN401
        """Does what `read_idx` does, for all keys and readers there are."""
        if not self._has_plain_reads:
            self.seek(idx)
            return self.read()  # type: ignore[return-value]
        self._assert_writable(False)
        self._check_pid(allow_reset=True)
        reader: FileReader = self.handle  # type: ignore[assignment]
        if self._native is not None:
            key = as_native(idx)
            record = None if key is None else reader.read_key(self._native, key)
            if record is None:
                raise KeyError(idx)
            return record
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
            InvalidKeyError: The key is empty, longer than 65,504 bytes, holds a tab or a line
                break, or has white space at an end; nothing is written. MXNet cannot read it back.
            AssertionError, TypeError, RecordTooLargeError, StorageError: As for `write`.
        """
        if not self._write_entry(idx, buf):
            self._write_idx(idx, buf)

    def _write_idx(self, idx: Any, buf: Buffer | str) -> None:  # noqa: ANN401
        """Does what `write_idx` does, for all keys and writers there are."""
        key: Any = self.key_type(idx)
        hash(key)  # before anything is written
        if self._has_plain_writes:
            writer = self._writer()
            # Integers beyond 64 bits, and whatever else a key may be, are written as their text.
            is_native = type(key) is int and -(2**63) <= key < 2**63
            offset = writer.write_indexed(key if is_native else str(key), buf)
        else:
            offset = self.tell()
            entry = format_entry(str(key), offset)
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
        if self._keeps_entries:
            self._take_entries()
        state = super().__getstate__()
        for name in ("_index", *_NATIVE):  # read again where it arrives
            state.pop(name, None)
        if self._index_stamp is not None:
            state["_index_stamp"] = self._index_stamp[:2]  # what a copy on another machine keeps
        # What somebody has looked at, and perhaps edited, goes along; a copy gets its own.
        state |= {name: copy.copy(state[name]) for name in ("idx", "keys") if name in state}
        return state | {"fidx": None}


def _stamp_of(path: str) -> tuple[int, ...] | None:
    """Returns numbers that change when a file does, or `None` where that cannot be told."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns
