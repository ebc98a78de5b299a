"""The headers of many image records at once, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = [
    "HEADER_BYTES",
    "IMAGE_FORMATS",
    "LABEL_BYTES",
    "SIGNATURE_BYTES",
    "UNKNOWN_FORMAT",
    "ImageHeaders",
    "Packed",
    "format_of",
    "headers_of",
    "rows_at",
    "suffix_of",
]

_HEADER = np.dtype([("flag", "<u4"), ("label", "<f4"), ("id", "<u8"), ("id2", "<u8")])
HEADER_BYTES, LABEL_BYTES = _HEADER.itemsize, 4
"""How many bytes the header of an image record has, and each of the labels behind it."""

IMAGE_FORMATS = ("", "jpeg", "png", "webp", "gif", "bmp", "tiff", "jpeg2000", "npy")
"""The names of what an image may be, by its number in `ImageHeaders.formats`; "" is unknown."""

UNKNOWN_FORMAT = "unknown"
"""What is said of the format of what is behind a header and is no image that is known."""

# What each begins with, at byte 0 or 8.
_SIGNATURES = (
    (1, 0, b"\xff\xd8\xff"),
    (2, 0, b"\x89PNG\r\n\x1a\n"),
    (3, 8, b"WEBP"),
    (4, 0, b"GIF8"),
    (5, 0, b"BM"),
    (6, 0, b"II*\0"),
    (6, 0, b"MM\0*"),
    (7, 0, b"\0\0\0\x0cjP  "),
    (7, 0, b"\xff\x4f\xff\x51"),
    (8, 0, b"\x93NUMPY"),
)
_START = np.dtype([("first", "<u8"), ("last", "<u4")])
SIGNATURE_BYTES = _START.itemsize
"""How many bytes of an image tell its format; what is shorter has none."""


class Packed(Protocol):
    """Records end to end in one buffer: what `Reader.read_packed` gives, or what is like it."""

    @property
    def data(self) -> npt.NDArray[np.uint8]:
        """All bytes."""

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Where each record begins in `data`, and where the last one ends."""


def format_of(image: bytes | memoryview) -> str:
    """Returns which of `IMAGE_FORMATS` an encoded image is.

    Args:
        image: What stands behind header and labels of a record.
    """
    start = bytes(image[:SIGNATURE_BYTES])
    if len(start) == SIGNATURE_BYTES:
        for number, begin, signature in _SIGNATURES:
            if start.startswith(signature, begin):
                return IMAGE_FORMATS[number]
    return ""


def suffix_of(name: str) -> str:
    """Returns what the names of files end in that are images of one of `IMAGE_FORMATS`."""
    return {"": "bin", "jpeg": "jpg", "jpeg2000": "jp2"}.get(name, name)


@dataclass(frozen=True)
class ImageHeaders:
    """What stands at the head of each of many records, if they are image records.

    Every attribute is an array with an element for each record.

    Attributes:
        lengths: The bytes of the record; int64.
        is_whole: Whether it is long enough for a header and the labels that this counts. What
            follows is 0 where it is not; bool.
        flags: The number of labels behind the header, or 0 for the one in it; uint32.
        labels: The label in the header, or the first of those behind it; float32.
        ids: `IRHeader.id`; uint64.
        id2s: `IRHeader.id2`; uint64.
        image_lengths: The bytes behind header and labels; int64.
        formats: What the image is, as the place in `IMAGE_FORMATS`; uint8.
    """

    lengths: npt.NDArray[np.int64]
    is_whole: npt.NDArray[np.bool_]
    flags: npt.NDArray[np.uint32]
    labels: npt.NDArray[np.float32]
    ids: npt.NDArray[np.uint64]
    id2s: npt.NDArray[np.uint64]
    image_lengths: npt.NDArray[np.int64]
    formats: npt.NDArray[np.uint8]

    @property
    def is_image_record(self) -> npt.NDArray[np.bool_]:
        """Whether there is an image of a known format behind the header, or labels and nothing.

        Any record of 24 bytes can be read as one with a header; this tells those that are meant so.
        Face datasets have records of labels alone.
        """
        is_labels = (self.flags > 0) & (self.image_lengths == 0)
        found: npt.NDArray[np.bool_] = self.is_whole & ((self.formats > 0) | is_labels)
        return found

    def are_image_records(self, *, any_payload: bool) -> npt.NDArray[np.bool_]:
        """Returns which records are taken for image records: the one rule of all commands.

        Args:
            any_payload: Whether it is all that are long enough, whatever is behind the header; if
                not, those that `is_image_record` tells.
        """
        return self.is_whole if any_payload else self.is_image_record


def headers_of(packed: Packed) -> ImageHeaders:
    """Parses the head of each record.

    Args:
        packed: The records, as `Reader.read_packed` gives them.
    """
    begins, lengths = packed.offsets[:-1], np.diff(packed.offsets)
    heads = np.zeros(len(begins), _HEADER)
    has_header = lengths >= HEADER_BYTES
    heads[has_header] = rows_at(packed, begins[has_header], HEADER_BYTES).view(_HEADER)[:, 0]
    label_bytes = heads["flag"].astype(np.int64) * LABEL_BYTES
    image_lengths = lengths - HEADER_BYTES - label_bytes
    is_whole = has_header & (image_lengths >= 0)
    heads[~is_whole] = 0
    has_labels = heads["flag"] > 0
    first = rows_at(packed, begins[has_labels] + HEADER_BYTES, LABEL_BYTES)
    heads["label"][has_labels] = first.view("<f4")[:, 0]
    return ImageHeaders(
        lengths=lengths,
        is_whole=is_whole,
        flags=heads["flag"],
        labels=heads["label"],
        ids=heads["id"],
        id2s=heads["id2"],
        image_lengths=np.where(is_whole, image_lengths, 0),
        formats=_formats(packed, begins + lengths - image_lengths, image_lengths, is_whole),
    )


def _formats(
    packed: Packed,
    begins: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    is_whole: npt.NDArray[np.bool_],
) -> npt.NDArray[np.uint8]:
    formats = np.zeros(len(begins), np.uint8)
    places = np.flatnonzero(is_whole & (lengths >= SIGNATURE_BYTES))
    starts = rows_at(packed, begins[places], SIGNATURE_BYTES).view(_START)[:, 0]
    for number, begin, signature in _SIGNATURES:
        # As numbers: a comparison each, and not one for every byte.
        words = starts["first"] if begin == 0 else starts["last"]
        mask = int.from_bytes(b"\xff" * len(signature), "little")
        expected = int.from_bytes(signature, "little")
        formats[places[(words & words.dtype.type(mask)) == expected]] = number
    return formats


def rows_at(packed: Packed, begins: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.uint8]:
    """Returns as many bytes from each place of records, as rows of an array."""
    # One element from each byte on, which overlap: taking some of them copies rows, not bytes.
    count = max(len(packed.data) - length + 1, 0)
    everywhere = np.ndarray((count,), f"V{length}", packed.data, strides=(1,))
    rows: npt.NDArray[np.uint8] = everywhere[begins].view(np.uint8).reshape(-1, length)
    return rows
