"""Files of other formats, as they are or compressed by gzip."""

from __future__ import annotations

import errno
import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from recordio_rs.exceptions import storage_error

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["UNREADABLE", "decompressed", "is_gzip", "opened", "read_up_to", "size_of"]

UNREADABLE = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading compressed bytes raises where these are damaged."""

_MAGIC = b"\x1f\x8b\x08"
_BUFFER = 1 << 20


class _File(io.FileIO):
    """A file whose errors name it, which those of Python do only where it is opened."""

    def readinto(self, buffer: Buffer, /) -> int | None:
        try:
            return super().readinto(buffer)
        except OSError as error:
            raise storage_error(error.errno, str(error), os.fspath(self.name)) from error


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """Opens a file to be read.

    Raises:
        StorageError: It cannot be opened, or not be read at any place, as a pipe. So does reading
            where it fails.
    """
    try:
        file = _File(path)
    except OSError as error:
        raise storage_error(error.errno, str(error), path) from error
    with io.BufferedReader(file, _BUFFER) as buffered:
        if not file.seekable():
            raise storage_error(errno.ESPIPE, "no file, but a pipe", path)
        yield buffered


def is_gzip(file: BinaryIO) -> bool:
    """Tells whether a file begins as gzip has it."""
    begin = file.read(len(_MAGIC))
    file.seek(0)
    return begin == _MAGIC


def decompressed(file: BinaryIO) -> BinaryIO:
    """Returns what a file of gzip holds; its checksum is compared at the end."""
    return cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="rb"))


def read_up_to(file: BinaryIO, length: int) -> bytes:
    """Reads some bytes, or as many as there are; memory grows only with what comes."""
    if length <= _BUFFER:
        return file.read(length)
    parts = []
    while length > 0 and (part := file.read(min(length, 16 * _BUFFER))):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def size_of(file: BinaryIO) -> int:
    """Returns how many bytes an open file has."""
    return os.fstat(file.fileno()).st_size
