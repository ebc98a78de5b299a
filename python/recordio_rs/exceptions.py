"""What can go wrong, with the facts: file, byte offset, record ordinal or key, expected, found.

Every error of the package is a `RecordIOError`, and that is an `MXNetError`, so code written for
MXNet catches all of them. Each is also the builtin exception that a Python user expects: a cut
file is an `EOFError`, a bad value a `ValueError`, a failure of the system an `OSError`.
"""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Hashable

__all__ = [
    "CannotPickleError",
    "ClosedError",
    "CorruptRecordError",
    "ForkedError",
    "ImageRecordError",
    "IndexFormatError",
    "IndexMismatchError",
    "InvalidKeyError",
    "LockedError",
    "MXNetError",
    "MissingOpenCVError",
    "RecordIOError",
    "RecordTooLargeError",
    "ReentrantError",
    "SameFileError",
    "StorageBrokenPipeError",
    "StorageError",
    "StorageExistsError",
    "StorageIsADirectoryError",
    "StorageNotADirectoryError",
    "StorageNotFoundError",
    "StoragePermissionError",
    "TruncatedRecordError",
    "WriteAfterFailureError",
]


class MXNetError(RuntimeError):
    """The base of MXNet's own errors; a `RuntimeError` as in MXNet 1.7 and later."""


class RecordIOError(MXNetError):
    """The base of all errors of this package.

    Attributes:
        path: The file at fault, if there is one.
        offset: The byte offset at fault, counted from the start of the file.
        ordinal: How many records (in an index: entries) come before the one at fault.
        key: The key that was asked for.
        expected: What the format or the caller requires at this place.
        found: What is there instead.
        kind: The name that docs/format.md has for this kind of error, "bad-magic" say.
    """

    path: str | None = None
    offset: int | None = None
    ordinal: int | None = None
    key: Hashable | None = None
    expected: int | str | None = None
    found: int | str | None = None
    kind: str | None = None

    # What `ordinal` counts.
    _counted = "record"

    def __init__(
        self,
        message: str = "",
        path: str | None = None,
        offset: int | None = None,
        ordinal: int | None = None,
        key: Hashable | None = None,
        expected: int | str | None = None,
        found: int | str | None = None,
        kind: str | None = None,
    ) -> None:
        super().__init__(message)
        self.path = path
        self.offset = offset
        self.ordinal = ordinal
        self.key = key
        self.expected = expected
        self.found = found
        self.kind = kind

    def __str__(self) -> str:
        facts = [("file", self.path), (self._counted, self.ordinal), ("key", self.key)]
        known = ", ".join(f"{name} {fact!r}" for name, fact in facts if fact is not None)
        message = super().__str__()
        return f"{message} [{known}]" if known else message


class CorruptRecordError(RecordIOError, ValueError):
    """The bytes at `offset` are not RecordIO: a wrong magic, or a flag out of place.

    `Reader(errors=...)` passes over them, `repair` leaves them out.
    """


class TruncatedRecordError(RecordIOError, EOFError):
    """The file ends inside a record.

    `Writer(mode="a")` writes on before it, `Reader(errors=...)` reads what is before it.
    """


class IndexFormatError(RecordIOError, ValueError):
    """A line of an `.idx` file is not key, tab, offset; `ordinal` counts the lines before it.

    `rebuild_index` makes an index anew, and `index=False` does without.
    """

    _counted = "entry"


class IndexMismatchError(RecordIOError, ValueError):
    """An entry of an index points to where no record is: behind the end of the file, say."""


class InvalidKeyError(RecordIOError, ValueError):
    """A key cannot stand in an index: it would not come back as it is."""


class RecordTooLargeError(RecordIOError, ValueError):
    """A record has 2^29 bytes or more; nothing of it was written."""


class ReentrantError(RecordIOError):
    """A thread asks for a file that it is using already, in a signal handler say."""


class SameFileError(RecordIOError, ValueError):
    """Records and index would go to one file, by one path or by two."""


class WriteAfterFailureError(RecordIOError, ValueError):
    """An earlier write failed, so the file may end in a part of a record; no more is written."""


class ClosedError(RecordIOError, ValueError):
    """The file was closed before."""


class ForkedError(RecordIOError):
    """The file was opened before a fork, by the parent process, and this needs its own."""


class CannotPickleError(RecordIOError, TypeError):
    """An open writer was pickled: opening the file again elsewhere would empty it."""


class ImageRecordError(RecordIOError, struct.error, ValueError):
    """A record does not begin with a whole image-record header and its labels."""


class MissingOpenCVError(RecordIOError, ImportError, AssertionError):
    """OpenCV is needed to pack or unpack images and is not installed.

    MXNet fails with an `AssertionError` here.
    """


class StorageError(OSError, RecordIOError):
    """A file could not be opened, read or written; has `errno` and `filename`."""

    def __init__(self, errno: int, strerror: str, filename: str) -> None:
        OSError.__init__(self, errno, strerror, filename)

    @property
    def path(self) -> str | None:  # type: ignore[override]
        """The file at fault."""
        filename: str | None = self.filename
        return filename

    def __str__(self) -> str:
        return OSError.__str__(self)


class StorageNotFoundError(FileNotFoundError, StorageError):
    """There is no such file or folder."""


class StorageExistsError(FileExistsError, StorageError):
    """The file is there already and was to be created."""


class StoragePermissionError(PermissionError, StorageError):
    """Access to the file is not permitted."""


class StorageIsADirectoryError(IsADirectoryError, StorageError):
    """The path is that of a folder."""


class StorageNotADirectoryError(NotADirectoryError, StorageError):
    """A part of the path is no folder."""


class StorageBrokenPipeError(BrokenPipeError, StorageError):
    """Nobody reads from the pipe any more."""


class LockedError(BlockingIOError, StorageError):
    """Another writer has the file, in this process or in another one."""


_BY_ERRNO: dict[int | None, type[StorageError]] = {
    errno.ENOENT: StorageNotFoundError,
    errno.ENOTDIR: StorageNotADirectoryError,
    errno.EPIPE: StorageBrokenPipeError,
    errno.EEXIST: StorageExistsError,
    errno.EACCES: StoragePermissionError,
    errno.EPERM: StoragePermissionError,
    errno.EISDIR: StorageIsADirectoryError,
}


def storage_error(
    number: int | None,
    text: str,
    filename: str,
    ordinal: int | None = None,
    key: Hashable | None = None,
) -> StorageError:
    """Returns the error for a failure of the system.

    Args:
        number: The system's number of the failure (on Windows not an `errno`), if there is one.
        text: What is said of it where there is no number.
        filename: The file at fault.
        ordinal: The record that was asked for, if one was.
        key: Its key, if it was asked for by one.

    Returns:
        A `StorageError` of the class that belongs to the number.
    """
    if number is None:
        number = errno.EIO
    elif sys.platform == "win32":
        number = OSError(0, text, filename, number).errno or errno.EIO
    else:
        text = os.strerror(number)
    error = _BY_ERRNO.get(number, StorageError)(number, text, filename)
    error.ordinal, error.key = ordinal, key
    return error


def locked_error(filename: str) -> LockedError:
    """Returns the error for a file that another writer has."""
    return LockedError(errno.EWOULDBLOCK, "another writer has the file", filename)
