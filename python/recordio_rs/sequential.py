"""MXNet's `MXRecordIO`: records in sequence."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from recordio_rs import _process
from recordio_rs._backend import Backend
from recordio_rs._closing import Closing
from recordio_rs._open_writers import open_instead
from recordio_rs._paths import BytesPath, StrPath, Uri, local_path
from recordio_rs._recordio_rs import FileReader, FileWriter
from recordio_rs.exceptions import CannotPickleError, ClosedError, ForkedError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["MXRecordIO"]


class MXRecordIO(Closing):
    """Reads or writes a `.rec` file in sequence.

    Threads may share a reader; each record then goes to one of them. A forked child has to call
    `reset` before it reads in sequence, and can never write for its parent.

    Args:
        uri: The file: a path of any kind, or `file://` and a path.
        flag: "r" to read, "w" to write; writing empties the file that is there. A writer of this
            process that has it open is closed first.

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
        LockedError: A writer of another process has the file.
        ValueError: `flag` is neither "r" nor "w".
    """

    # In sequence only large records come through a map.
    backend: Backend = "auto"
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
        if self.is_open:
            self.close()
        self.writable = self.flag == "w"
        self.handle = self._open_writer() if self.writable else self._open_reader()
        self.is_open = True
        self.pid = _process.pid  # last: threads that see it go on without a lock

    def _open_writer(self) -> FileWriter:
        return FileWriter.stdout() if self.uri == "stdout" else open_instead(local_path(self.uri))

    def _open_reader(self) -> FileReader:
        if self.uri == "stdin":
            return FileReader.stdin()
        return FileReader(local_path(self.uri), backend=self.backend)

    def close(self) -> None:
        """Closes the file; again and again without harm.

        Raises:
            StorageError: What was buffered could not be written.
        """
        if not self.is_open:
            return
        try:
            if self.handle is not None:
                self.handle.close()
        finally:
            # It stays open if it was in use, by what a signal handler has interrupted, say.
            if self.handle is None or self.handle.is_closed:
                self.is_open = False
                self.pid = None

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
        if self.pid == _process.pid and self.writable:
            self.handle.write(buf)  # type: ignore[union-attr]
        else:
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
        if self.pid == _process.pid and not self.writable:
            return self.handle.read()  # type: ignore[union-attr]
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
        self._assert_writable(False)
        self._check_pid()
        return self.handle  # type: ignore[return-value]

    def _writer(self) -> FileWriter:
        """Returns the native writer, for an operation that needs this process to have opened it."""
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
            with STATE_LOCK.lock:
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


class _StateLock:
    """The lock under which files are opened again, say; a forked child has one of its own."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self.lock = threading.RLock()


STATE_LOCK = _StateLock()
