"""Files of other formats, as they are or compressed by gzip."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from recordio_rs.exceptions import storage_error

__all__ = ["UNREADABLE", "decompressed", "is_gzip", "opened", "read_up_to", "size_of"]

UNREADABLE = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading compressed bytes raises where these are damaged."""

_MAGIC = b"\x1f\x8b\x08"
_BUFFER = 1 << 20


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """Opens a file to be read.

    Raises:
        StorageError: It cannot be opened.
    """
    try:
        file = open(path, "rb", buffering=_BUFFER)  # noqa: SIM115 (closed below)
    except OSError as error:
        raise storage_error(error.errno, str(error), path) from error
    with file:
        yield file


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
