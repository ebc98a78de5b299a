"""A few records of a file, without reading all of it if that can be avoided."""

from __future__ import annotations

import os
import struct
from typing import Literal

import numpy as np
import numpy.typing as npt

from recordio_rs._closing import Closing
from recordio_rs._progress import Progress
from recordio_rs._recordio_rs import FileReader
from recordio_rs.exceptions import IndexFormatError, RecordIOError, StorageError
from recordio_rs.reader import Reader
from recordio_rs.reports import Report
from recordio_rs.tools.source import Source

__all__ = ["LOOKED_THROUGH", "Glance"]

LOOKED_THROUGH = 256 << 20
"""Up to how many bytes a file with an index is looked through first."""

_MAGIC = 0xCED7230A
_HEAD = struct.Struct("<II")
_FULL = 0
# Beginnings that are longer are read as the record that they are of, whose length is known then.
_START = 4096


class Glance(Closing):
    """A file of which a few records are wanted.

    A large file that has an index is not looked through: damage is met where it is read. A small
    one is, and one without an index, and one whose index is damaged or ends before the file does;
    the records are then what is intact.

    Args:
        path: The `.rec` file.
        index: As for `Reader`.
        progress: Told how far it is, should it look through the file.

    Attributes:
        path: The `.rec` file.
        size: Its bytes.
        report: What `verify` says of the file, or `None` if nobody looked.
        offsets: The byte offset of each record.

    Raises:
        StorageError: A file cannot be read.
    """

    def __init__(
        self,
        path: str,
        index: str | Literal[False] | None = None,
        *,
        progress: Progress | None = None,
    ) -> None:
        self.path = path
        self.report: Report | None = None
        self._records: Reader | Source
        reader = self._try_reader(index)
        if reader is not None:
            self._records = reader
        else:
            self._records = Source(path, index, skip_damaged=True, progress=progress)
            self.report = self._records.report
        try:
            self._file = open(path, "rb", buffering=0)  # noqa: SIM115  # closed by `close`
        except BaseException:
            self._records.close()
            raise
        self.size = os.fstat(self._file.fileno()).st_size
        self.offsets: npt.NDArray[np.uint64] = self._records.offsets

    def _try_reader(self, index: str | Literal[False] | None) -> Reader | None:
        """Returns a reader for a file that need not be looked through."""
        try:
            if index is False or os.stat(self.path).st_size <= LOOKED_THROUGH:
                return None
            try:
                reader = Reader(self.path, index)
            except IndexFormatError:
                reader = Reader(self.path, index, key_type=str)
        except StorageError:
            raise
        except (RecordIOError, OSError):
            return None
        if reader.index_path is not None and _ends_with_file(reader):
            return reader
        reader.close()
        return None

    def __len__(self) -> int:
        return len(self._records)

    def key(self, ordinal: int) -> str:
        """Returns the key of a record as text."""
        if isinstance(self._records, Source):
            return self._records.key(ordinal)
        return str(self._records.keys[ordinal])

    def record(self, ordinal: int) -> bytes:
        """Reads a record.

        Raises:
            RecordIOError: It is damaged, which is met here if nobody has looked.
        """
        if isinstance(self._records, Source):
            return self._records.record(ordinal)
        return self._records[ordinal]

    def start(self, ordinal: int, count: int) -> bytes:
        """Reads the first bytes of a record, so many if it has them; none where it is damaged."""
        self._file.seek(int(self.offsets[ordinal]))
        found = self._file.read(_HEAD.size + min(count, _START))
        if len(found) < _HEAD.size:
            return b""
        magic, flag_and_length = _HEAD.unpack_from(found)
        flag, length = flag_and_length >> 29, flag_and_length & (1 << 29) - 1
        if magic != _MAGIC:
            return b""
        if count <= _START and (flag == _FULL or length >= count):
            return found[_HEAD.size : _HEAD.size + min(length, count)]
        try:
            return self.record(ordinal)[:count]
        except RecordIOError:
            return b""

    def close(self) -> None:
        """Closes the file."""
        self._records.close()
        self._file.close()


def _ends_with_file(reader: Reader) -> bool:
    """Returns whether the last record that is listed ends where the file does."""
    if not len(reader):
        return False
    file = FileReader(reader.path)
    try:
        file.seek(int(reader.offsets.max()), None)
        file.read()
        return file.tell() == file.size
    except StorageError:
        raise
    except RecordIOError:
        return False
    finally:
        file.close()
