"""A record as all formats see it: its key, what stands in front of the image, and the image."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recordio_rs.image_record import pack
from recordio_rs.tools.image_headers import format_of

__all__ = ["Label", "Sample", "header_of", "id_of"]

_HEADER = struct.Struct("<IfQQ")
_LABEL = np.dtype("<f4")
_CLASSES = 1 << 31  # labels below that are taken for the numbers of classes

Label = float | Sequence[float] | npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sample:
    """One record.

    Attributes:
        key: Its key.
        header: The header of an image record with the labels behind it, as they are in the record;
            empty if this is no image record.
        data: The image; the whole record if this is no image record.
        image_format: Which of `IMAGE_FORMATS` the image is; "" for an unknown one, or none.
    """

    key: str
    header: bytes
    data: bytes
    image_format: str = ""

    @classmethod
    def of_record(cls, key: str, record: bytes) -> Sample:
        """Takes a record apart.

        What counts as an image record is what `ImageHeaders.is_image_record` says.

        Args:
            key: Its key.
            record: The record.
        """
        if len(record) >= _HEADER.size:
            flag = int.from_bytes(record[:4], "little")
            end = _HEADER.size + flag * _LABEL.itemsize
            if end <= len(record):
                image = record[end:]
                image_format = format_of(image)
                if image_format or (flag and not image):
                    return cls(key, record[:end], image, image_format)
        return cls(key, b"", record)

    @classmethod
    def of_image(cls, key: str, header: bytes, image: bytes) -> Sample:
        """Makes a sample of an image and what stands in front of it.

        Args:
            key: The key.
            header: Header and labels, as `header_of` makes them.
            image: The encoded image, of any format; may be empty.

        Raises:
            ValueError: The header has another length than it says.
        """
        flag = int.from_bytes(header[:4], "little")
        if len(header) != _HEADER.size + flag * _LABEL.itemsize:
            raise ValueError(f"a header of {len(header)} bytes with {flag} labels")
        return cls(key, header, image, format_of(image))

    @property
    def record(self) -> bytes:
        """The record."""
        return self.header + self.data

    @property
    def is_image_record(self) -> bool:
        """Whether there is a header, without which there are no labels and ids."""
        return bool(self.header)

    @property
    def has_image(self) -> bool:
        """Whether this is an image record with more than labels."""
        return bool(self.header) and (bool(self.data) or not self.flag)

    @property
    def flag(self) -> int:
        """The number of labels behind the header, or 0 for the one in it."""
        return int(_HEADER.unpack_from(self.header)[0])

    @property
    def ids(self) -> tuple[int, int]:
        """`IRHeader.id` and `IRHeader.id2`."""
        _, _, id_, id2 = _HEADER.unpack_from(self.header)
        return id_, id2

    @property
    def labels(self) -> npt.NDArray[np.float32]:
        """The labels behind the header, or the one in it."""
        if self.flag:
            return np.frombuffer(self.header, _LABEL, offset=_HEADER.size)
        return np.frombuffer(self.header, _LABEL, 1, 4)

    @property
    def label(self) -> Label:
        """The label as `pack` takes it: a number where the flag is 0, else an array."""
        return self.labels if self.flag else float(self.labels[0])

    @property
    def class_number(self) -> int | None:
        """The label as an integer, if it is one number that can be the number of a class."""
        if self.flag:
            return None
        label = float(self.labels[0])
        if not label.is_integer() or abs(label) >= _CLASSES:
            return None
        number = int(label)
        # -0.0 would come back without its sign.
        return number if header_of(number, 0, 0)[4:8] == self.header[4:8] else None


def header_of(label: Label, id_: int, id2: int) -> bytes:
    """Returns header and labels as `pack` writes them.

    Args:
        label: A number, or several.
        id_: `IRHeader.id`.
        id2: `IRHeader.id2`.

    Raises:
        struct.error: An id is not an integer from 0 to 2^64 - 1.
        ValueError, TypeError: The label is not numeric.
    """
    with np.errstate(over="ignore"):  # what is too large is infinity, as in the header
        return pack((0, label, id_, id2), b"")


def id_of(key: str) -> int:
    """Returns the id of a record of which nothing is known but its key.

    That is the key where it is an integer as `str` writes it, else 0.
    """
    if key.isdecimal() and key.isascii() and len(key) <= 20:
        number = int(key)
        if number < 1 << 64 and str(number) == key:
            return number
    return 0
