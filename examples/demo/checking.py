"""Checking a record that was read back against what it was made from."""

import hashlib
import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from recordio_rs import IRHeader, unpack, unpack_img

from crops import Crop
from mismatch import MismatchError
from packing import Packed, digest_of
from photographs import Pixels

MAX_MEAN_DIFFERENCE = 8.0
MIN_SIGNAL_TO_NOISE = 27.0


@dataclass(slots=True)
class Fidelity:
    """How far the JPEG images were from their crops at worst, in brightness.

    Attributes:
        mean_difference: Largest mean absolute difference of an image, out of 255.
        signal_to_noise: Smallest peak signal-to-noise ratio of an image, in decibels.
        worst: The crop that had the smallest ratio.
    """

    mean_difference: float = 0.0
    signal_to_noise: float = math.inf
    worst: Crop | None = None


def check_record(packed: Packed, record: bytes | None, size: int, step: str) -> Pixels:
    """Check a record's bytes, header and pixels exactly.

    Args:
        packed: What the record has to be.
        record: What was read; `None` is what `read_idx` gives where no record is.
        size: Side of the stored images.
        step: What is being done, for the message.

    Returns:
        The decoded pixels.

    Raises:
        MismatchError: Something differs.
    """
    key = packed.crop.key
    if record is None:
        raise MismatchError(key, step, "record", f"{packed.size} bytes", "no record")
    digest = hashlib.sha256(record).digest()
    if digest != packed.digest:
        expected = f"{packed.size} bytes, sha256 {packed.digest.hex()}"
        raise MismatchError(
            key, step, "content", expected, f"{len(record)} bytes, sha256 {digest.hex()}"
        )
    header, body = unpack(record)
    _check_header(packed, header, f"{step}, unpack")
    if body != record[packed.body_at :]:
        expected = f"the {packed.size - packed.body_at} bytes from {packed.body_at} on"
        raise MismatchError(
            key, f"{step}, unpack", "encoded image", expected, f"{len(body)} others"
        )
    header, image = unpack_img(record)
    _check_header(packed, header, f"{step}, unpack_img")
    if image is None or image.shape != (size, size, 3) or image.dtype != np.uint8:
        found = "no image" if image is None else f"{image.shape} of {image.dtype}"
        raise MismatchError(
            key, f"{step}, unpack_img", "image", f"({size}, {size}, 3) of uint8", found
        )
    digest = digest_of(image)
    if digest != packed.pixels_digest:
        expected = f"sha256 {packed.pixels_digest.hex()}"
        raise MismatchError(
            key, f"{step}, unpack_img", "pixels", expected, f"sha256 {digest.hex()}"
        )
    return np.asarray(image, dtype=np.uint8)


def check_likeness(crop: Crop, source: Pixels, decoded: Pixels, fidelity: Fidelity) -> None:
    """Check that a decoded JPEG looks like the crop it was made from, within tolerance.

    Brightness is what gets compared: JPEG as OpenCV writes it stores colour at half resolution,
    so that fine colour patterns get lost at any quality, while brightness stays close.

    Args:
        crop: What the record was made from.
        source: The crop's pixels.
        decoded: The record's pixels.
        fidelity: Updated with this image.

    Raises:
        MismatchError: The two are too different.
    """
    difference = _brightness(source) - _brightness(decoded)
    mean = float(np.abs(difference).mean())
    square = float(np.square(difference).mean())
    ratio = math.inf if square == 0 else 10 * math.log10(255**2 / square)
    if mean > MAX_MEAN_DIFFERENCE or ratio < MIN_SIGNAL_TO_NOISE:
        expected = (
            f"a mean difference up to {MAX_MEAN_DIFFERENCE} and {MIN_SIGNAL_TO_NOISE} dB or more"
        )
        found = f"a mean difference of {mean:.1f} and {ratio:.1f} dB"
        raise MismatchError(crop.key, "likeness to the photograph", "JPEG image", expected, found)
    fidelity.mean_difference = max(fidelity.mean_difference, mean)
    if ratio < fidelity.signal_to_noise:
        fidelity.signal_to_noise, fidelity.worst = ratio, crop


def _check_header(packed: Packed, header: IRHeader, step: str) -> None:
    key, label = packed.crop.key, packed.crop.label
    if (header.id, header.id2) != (key, packed.fingerprint):
        expected = f"{key}, {packed.fingerprint}"
        raise MismatchError(key, step, "id, id2", expected, f"{header.id}, {header.id2}")
    flag = 0 if isinstance(label, float) else label.size
    if header.flag != flag:
        raise MismatchError(key, step, "flag", flag, header.flag)
    same_type = isinstance(header.label, float) == isinstance(label, float)
    if not same_type or not np.array_equal(header.label, label):
        raise MismatchError(key, step, "label", _plain(label), _plain(header.label))


def _plain(label: object) -> object:
    """Turn an array into a list, which prints with all its digits."""
    return label.tolist() if isinstance(label, np.ndarray) else label


def _brightness(pixels: Pixels) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), dtype=np.float32)
