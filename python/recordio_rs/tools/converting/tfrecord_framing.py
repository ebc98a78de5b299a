"""How TFRecord keeps records: length, checksum of it, bytes, checksum of them.

```
 byte  0            8               12                12 + length
      | length u64 | crc of length | bytes ...       | crc of the bytes |
```

All numbers are little-endian. A checksum is a CRC-32C, masked. (TensorFlow, "TFRecord and
tf.train.Example".) The library `tfrecord` writes it so, and does not compare when it reads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from crc32c import crc32c

from recordio_rs.tools.converting.errors import ConversionError
from recordio_rs.tools.converting.fields import Tell
from recordio_rs.tools.converting.losses import Losses
from recordio_rs.tools.converting.opened import (
    UNREADABLE,
    decompressed,
    is_gzip,
    opened,
    read_up_to,
    size_of,
)

__all__ = ["frame", "read_frames"]

_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")
_HEAD_BYTES = _LENGTH.size + _CRC.size
_MASK, _WORD = 0xA282EAD8, 0xFFFFFFFF
_LONGEST = 1 << 31  # of a message that protobuf can have


def frame(data: bytes) -> bytes:
    """Returns a record as it stands in a file."""
    length = _LENGTH.pack(len(data))
    return b"".join((length, _CRC.pack(_masked(length)), data, _CRC.pack(_masked(data))))


def _masked(data: bytes) -> int:
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + _MASK) & _WORD


def read_frames(path: str, losses: Losses, tell: Tell) -> Iterator[bytes]:
    """Reads the records of a file, plain or compressed by gzip, and compares checksums.

    Raises:
        ConversionError: It is damaged.
        StorageError: It cannot be read.
    """
    with opened(path) as file:
        # A record's length may look like the magic of gzip; then its checksum is right.
        is_plain = _is_head(file.read(_HEAD_BYTES))
        file.seek(0)
        is_compressed = not is_plain and is_gzip(file)
        frames = _Frames(path, decompressed(file) if is_compressed else file, losses)
        if not is_compressed:
            frames.limit = size_of(file)
        for data in frames:
            tell(file.tell())
            yield data


def _is_head(head: bytes) -> bool:
    if len(head) < _HEAD_BYTES:
        return False
    (crc,) = _CRC.unpack(head[_LENGTH.size :])
    return _masked(head[: _LENGTH.size]) == int(crc)


class _Frames:
    """The records of an open file."""

    def __init__(self, path: str, file: BinaryIO, losses: Losses) -> None:
        self.limit = _LONGEST
        self._path = path
        self._file = file
        self._losses = losses
        self._offset = 0

    def __iter__(self) -> Iterator[bytes]:
        ordinal = 0
        while head := self._read(_HEAD_BYTES):
            if len(head) < _HEAD_BYTES:
                self._damaged("the file ends inside the head of a record", ordinal)
                return
            if not _is_head(head):
                message = "the checksum of a record's length is wrong, so what follows is lost"
                self._damaged(message, ordinal)
                return
            (length,) = _LENGTH.unpack_from(head)
            if length > _LONGEST or length > self.limit:
                self._damaged(f"the file ends inside a record of {length} bytes", ordinal)
                return
            data, crc = self._read(length), self._read(_CRC.size)
            if len(data) < length or len(crc) < _CRC.size:
                self._damaged(f"the file ends inside a record of {length} bytes", ordinal)
                return
            if _masked(data) == _CRC.unpack(crc)[0]:
                yield data
            else:
                self._damaged("the checksum of a record is wrong", ordinal)
            self._offset += _HEAD_BYTES + length + _CRC.size
            ordinal += 1

    def _read(self, length: int) -> bytes:
        try:
            return read_up_to(self._file, length)
        except UNREADABLE as error:
            self._losses.damaged(ConversionError(f"damaged gzip file: {error}", self._path))
            return b""

    def _damaged(self, message: str, ordinal: int) -> None:
        self._losses.damaged(ConversionError(message, self._path, self._offset, ordinal))
