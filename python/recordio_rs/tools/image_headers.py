"""The headers of many image records at once, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recordio_rs._recordio_rs import PackedRecords

__all__ = ["IMAGE_FORMATS", "ImageHeaders", "format_of", "headers_of"]

_HEADER = np.dtype([("flag", "<u4"), ("label", "<f4"), ("id", "<u8"), ("id2", "<u8")])
_LABEL_BYTES = 4

IMAGE_FORMATS = ("", "jpeg", "png", "webp", "gif", "bmp", "tiff", "jpeg2000", "npy")
"""The names of what an image may be, by its number in `ImageHeaders.formats`; "" is unknown."""

# What each begins with, at which byte.
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
_SIGNATURE_BYTES = 12


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


def headers_of(packed: PackedRecords) -> ImageHeaders:
    """Parses the head of each record.

    Args:
        packed: The records, as `Reader.read_packed` gives them.
    """
    begins, lengths = packed.offsets[:-1], np.diff(packed.offsets)
    heads = np.zeros(len(begins), _HEADER)
    has_header = lengths >= _HEADER.itemsize
    heads[has_header] = _gather(packed, begins[has_header], _HEADER.itemsize).view(_HEADER)[:, 0]
    label_bytes = heads["flag"].astype(np.int64) * _LABEL_BYTES
    image_lengths = lengths - _HEADER.itemsize - label_bytes
    is_whole = has_header & (image_lengths >= 0)
    heads[~is_whole] = 0
    has_labels = heads["flag"] > 0
    first = _gather(packed, begins[has_labels] + _HEADER.itemsize, _LABEL_BYTES)
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


def format_of(image: bytes | memoryview) -> str:
    """Returns the name of what an image is, or "" if that is unknown."""
    names = (
        IMAGE_FORMATS[number]
        for number, begin, signature in _SIGNATURES
        if image[begin : begin + len(signature)] == signature
    )
    return next(names, "")


def _formats(
    packed: PackedRecords,
    begins: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    is_whole: npt.NDArray[np.bool_],
) -> npt.NDArray[np.uint8]:
    formats = np.zeros(len(begins), np.uint8)
    places = np.flatnonzero(is_whole & (lengths >= _SIGNATURE_BYTES))
    starts = _gather(packed, begins[places], _SIGNATURE_BYTES)
    for number, begin, signature in _SIGNATURES:
        expected = np.frombuffer(signature, np.uint8)
        is_one = (starts[:, begin : begin + len(expected)] == expected).all(axis=1)
        formats[places[is_one]] = number
    return formats


def _gather(
    packed: PackedRecords, begins: npt.NDArray[np.int64], length: int
) -> npt.NDArray[np.uint8]:
    """Returns as many bytes from each place, as rows of an array."""
    rows: npt.NDArray[np.uint8] = packed.data[begins[:, np.newaxis] + np.arange(length)]
    return rows
