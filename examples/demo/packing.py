"""Packing the crops into `train.rec` and `train.idx`."""

import hashlib
import struct
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import cv2
import numpy as np
from recordio_rs import IRHeader, MXIndexedRecordIO, pack_img

from crops import Crop, cut
from mismatch import MismatchError
from output import Output
from photographs import Library, Pixels
from steps import Step, Stopwatch

JPEG_QUALITY = 95
PNG_COMPRESSION = 3
BATCH = 64


@dataclass(frozen=True, slots=True)
class Packed:
    """What a record has to be when it is read back.

    Attributes:
        crop: What it was made from.
        fingerprint: The id2 of its header: 64 bits of the SHA-256 of the crop's pixels.
        size: Its length in bytes.
        digest: SHA-256 of its bytes.
        body_at: Where the encoded image begins in it.
        pixels_digest: SHA-256 of the pixels its encoded image decodes to. For PNG these are the
            pixels of the crop itself.
    """

    crop: Crop
    fingerprint: int
    size: int
    digest: bytes
    body_at: int
    pixels_digest: bytes


def pack_all(
    crops: Sequence[Crop],
    library: Library,
    size: int,
    output: Output,
    advance: Callable[[int], None],
) -> tuple[list[Packed], list[Step]]:
    """Cut, encode and write every crop, in the order given, under its key.

    Args:
        crops: What to pack.
        library: Where their photographs are.
        size: Side of the stored images.
        output: Where the files go; those of an earlier run are replaced.
        advance: Called with the number of records each time some are written.

    Returns:
        What to expect of each record, and the steps with their times.

    Raises:
        MismatchError: `pack_img` made a record that does not begin with the header it was given.
    """
    cutting, encoding, writing = Stopwatch(), Stopwatch(), Stopwatch()
    packed: list[Packed] = []
    writer = MXIndexedRecordIO(str(output.idx), str(output.rec), "w")
    with closing(writer):
        for start in range(0, len(crops), BATCH):
            batch = crops[start : start + BATCH]
            with cutting:
                images = [cut(crop, library.pixels(crop.photograph), size) for crop in batch]
            marks = [_fingerprint(image) for image in images]
            with encoding:
                records = [_encode(*one) for one in zip(batch, marks, images, strict=True)]
            with writing:
                for crop, record in zip(batch, records, strict=True):
                    writer.write_idx(crop.key, record)
            packed += [_expect(*one) for one in zip(batch, marks, images, records, strict=True)]
            advance(len(batch))
        # Closing is part of writing: the last buffers reach the files only now.
        with writing:
            writer.close()
    count, volume = len(packed), sum(one.size for one in packed)
    both = encoding.seconds + writing.seconds
    return packed, [
        Step("cut and scale crops", count, 0, cutting.seconds),
        Step("encode: pack_img", count, volume, encoding.seconds),
        Step("write: write_idx", count, volume, writing.seconds),
        Step("encode + write", count, volume, both),
    ]


def digest_of(pixels: Pixels) -> bytes:
    """SHA-256 of an image's pixels, row by row."""
    return hashlib.sha256(np.ascontiguousarray(pixels).data).digest()


def _fingerprint(pixels: Pixels) -> int:
    return int.from_bytes(digest_of(pixels)[:8], "little")


def _encode(crop: Crop, fingerprint: int, pixels: Pixels) -> bytes:
    header = IRHeader(0, crop.label, crop.key, fingerprint)
    if crop.is_lossless:
        return pack_img(header, pixels, quality=PNG_COMPRESSION, img_fmt=".png")
    return pack_img(header, pixels, quality=JPEG_QUALITY, img_fmt=".jpg")


def _expect(crop: Crop, fingerprint: int, pixels: Pixels, record: bytes) -> Packed:
    """Note what the record has to be, relying on the file format and OpenCV alone.

    Nothing of `recordio_rs` is used in here: it is what is being checked.
    """
    label = crop.label
    if isinstance(label, float):
        head = struct.pack("<IfQQ", 0, label, crop.key, fingerprint)
    else:
        head = struct.pack("<IfQQ", label.size, 0.0, crop.key, fingerprint)
        head += label.astype("<f4").tobytes()
    if not record.startswith(head):
        raise MismatchError(
            crop.key, "pack_img", "header bytes", head.hex(), record[: len(head)].hex()
        )
    if crop.is_lossless:
        decoded = pixels
    else:
        body = np.frombuffer(record, dtype=np.uint8, offset=len(head))
        decoded = np.asarray(cv2.imdecode(body, cv2.IMREAD_UNCHANGED), dtype=np.uint8)
    return Packed(
        crop=crop,
        fingerprint=fingerprint,
        size=len(record),
        digest=hashlib.sha256(record).digest(),
        body_at=len(head),
        pixels_digest=digest_of(decoded),
    )
