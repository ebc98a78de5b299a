"""In what two records differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recordio_rs.exceptions import ImageRecordError
from recordio_rs.image_record import HEADER, unpack
from recordio_rs.tools.image_headers import format_of

__all__ = ["Unlike", "unlike"]

_FIELDS = ("flag", "label", "id", "id2")


@dataclass(frozen=True)
class Unlike:
    """In what two records differ.

    Attributes:
        parts: What is not the same: of image records "flag", "label", "id", "id2", "labels" and
            "image"; of others "bytes".
        first_byte: The first byte that is not the same; where one record ends, if it is as the
            other one begins.
    """

    parts: tuple[str, ...]
    first_byte: int


def unlike(a: bytes, b: bytes) -> Unlike:
    """Tells in what two records differ."""
    common = min(len(a), len(b))
    differs = np.frombuffer(a, np.uint8, common) != np.frombuffer(b, np.uint8, common)
    first = int(differs.argmax()) if differs.any() else common
    split_a, split_b = _split(a), _split(b)
    if split_a is None or split_b is None:
        return Unlike(("bytes",), first)
    (header_a, image_a), (header_b, image_b) = split_a, split_b
    parts = [
        name
        for name in _FIELDS
        if not np.array_equal(getattr(header_a, name), getattr(header_b, name), equal_nan=True)
    ]
    if header_a.flag or header_b.flag:
        parts = ["labels" if name == "label" else name for name in parts]
    if image_a != image_b:
        parts.append("image")
    # The label in a header that labels follow, and the bits of NaN, are in none of these.
    return Unlike(tuple(parts) or ("bytes",), first)


def _split(record: bytes) -> tuple[HEADER, bytes] | None:
    """Returns header and image of an image record."""
    try:
        header, image = unpack(record)
    except ImageRecordError:
        return None
    is_one = format_of(image) or (header.flag and not image)
    return (header, image) if is_one else None
