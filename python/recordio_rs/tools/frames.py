"""Whether records that were read as they stand may be damaged without anybody noticing."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from recordio_rs._closing import Closing
from recordio_rs.tools.image_headers import Packed
from recordio_rs.tools.magic import MAGIC

__all__ = ["Frames"]

_HEAD = struct.Struct("<II")
_FULL, _LAST = 0, 3


class Frames(Closing):
    """What records that were read take up in their file.

    A length that leads across other records, and records without an entry, do not disturb whoever
    reads records; but the magic in a record that is not split, bytes that no record explains, or
    no record behind the last one show that a closer look is needed.

    Args:
        path: The `.rec` file.

    Attributes:
        bytes: How many bytes the records have taken up that were looked at.

    Raises:
        OSError: The file cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb")  # noqa: SIM115  # closed by `close`
        self.bytes = 0

    def are_well(self, records: Packed, offsets: npt.NDArray[np.int64]) -> bool:
        """Counts the bytes of records, and tells whether none looks like damage.

        Args:
            records: The records.
            offsets: Where they begin in the file.
        """
        begins, lengths = records.offsets[:-1], np.diff(records.offsets)
        self.bytes += int((8 + lengths + -lengths % 4).sum())
        data, magics = records.data.tobytes(), dict[int, int]()
        place = data.find(MAGIC)
        while place >= 0:
            number = int(np.searchsorted(begins, place, "right")) - 1
            is_inside = place + len(MAGIC) <= records.offsets[number + 1]
            if is_inside and (place - begins[number]) % 4 == 0:
                magics[number] = magics.get(number, 0) + 1
            place = data.find(MAGIC, place + 1)
        for number, count in magics.items():
            if self._fragments(int(offsets[number])) != count + 1:
                return False
            self.bytes += 4 * count
        if not len(offsets):
            return True
        last = len(offsets) - 1
        length = int(lengths[last])
        end = int(offsets[last]) + 8 + length + -length % 4 + 4 * magics.get(last, 0)
        self._file.seek(end)
        return self._file.read(len(MAGIC)) in (b"", MAGIC)

    def _fragments(self, offset: int) -> int:
        """Returns how many fragments the record at an offset has."""
        count = 0
        while True:
            self._file.seek(offset)
            head = self._file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return count
            _, flag_and_length = _HEAD.unpack(head)
            flag, length = flag_and_length >> 29, flag_and_length & (1 << 29) - 1
            count += 1
            if flag in (_FULL, _LAST):
                return count
            offset += 8 + length + -length % 4

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
