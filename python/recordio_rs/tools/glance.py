"""A file of which a few records are wanted, or the beginnings of many."""

from __future__ import annotations

import os
import struct
from typing import Literal

from recordio_rs._progress import Progress
from recordio_rs.exceptions import RecordIOError
from recordio_rs.tools.magic import MAGIC
from recordio_rs.tools.source import Source

__all__ = ["Glance"]

_HEAD = struct.Struct("<4sI")
_FULL = 0
# Beginnings that are longer are read as the record that they are of, whose length is known then.
_START = 4096


class Glance(Source):
    """A file that was looked through, and whose records are looked at from their beginning.

    Damage is told by `report`; the records are what is intact.

    Args:
        path: The `.rec` file.
        index: As for `Reader`.
        progress: Told how many bytes have been looked through, and how many there are.

    Attributes:
        size: The bytes of the file.

    Raises:
        OSError, StorageError: A file cannot be read.
    """

    def __init__(
        self,
        path: str,
        index: str | Literal[False] | None = None,
        *,
        progress: Progress | None = None,
    ) -> None:
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115  # closed by `close`
        try:
            super().__init__(path, index, skip_damaged=True, progress=progress)
        except BaseException:
            self._file.close()
            raise
        self.size = os.fstat(self._file.fileno()).st_size

    def start(self, ordinal: int, count: int) -> bytes:
        """Reads the first bytes of a record, so many if it has them; none where it is damaged."""
        self._file.seek(int(self.offsets[ordinal]))
        found = self._file.read(_HEAD.size + min(count, _START))
        if len(found) < _HEAD.size:
            return b""
        magic, flag_and_length = _HEAD.unpack_from(found)
        flag, length = flag_and_length >> 29, flag_and_length & (1 << 29) - 1
        if magic != MAGIC:
            return b""
        if count <= _START and (flag == _FULL or length >= count):
            return found[_HEAD.size : _HEAD.size + min(length, count)]
        try:
            return self.record(ordinal)[:count]
        except RecordIOError:
            return b""

    def close(self) -> None:
        """Closes the file."""
        super().close()
        self._file.close()
