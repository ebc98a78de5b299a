"""Encoded images as small ones, for the eye."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from recordio_rs.image_check import cut_image
from recordio_rs.images import opencv
from recordio_rs.tools.image_size import image_size

__all__ = ["Picture", "Pixels", "UndecodableError", "encode", "picture_of"]

Pixels: TypeAlias = npt.NDArray[np.uint8]

_NPY = b"\x93NUMPY"
_JPEG = b"\xff\xd8\xff"
# What is larger takes more memory, decoded, than a look at it is worth.
_MAX_PIXELS = 128 << 20
# Large images are decoded one at a time, for the memory.
_LARGE = 16 << 20
_one_large_image = threading.Lock()
_CHECKS = (200, 255)
_FINE = 4
_PNG_PIXELS = 128 * 128
_JPEG_QUALITY = 85


class UndecodableError(Exception):
    """An image cannot be decoded; the message says why."""


@dataclass(frozen=True)
class Picture:
    """A decoded image, made small.

    Attributes:
        pixels: Height x width x 3, in the order blue, green, red; upright.
        width: Of the image as it is stored, upright.
        height: The same.
        channels: How many values a pixel has.
        bits: How many bits each has.
        fault: What is wrong with it although it can be decoded, or `None`.
    """

    pixels: Pixels
    width: int
    height: int
    channels: int
    bits: int
    fault: str | None


def picture_of(image: bytes, max_side: int) -> Picture:
    """Decodes an image.

    Images with alpha are put on a chequered ground, and those of more than 8 bits scaled to that.

    Args:
        image: The encoded image.
        max_side: How many pixels the longer side may have; smaller images stay as they are.

    Raises:
        UndecodableError: It cannot be decoded, or is too large for that.
    """
    size = image_size(image)
    pixels = 0 if size is None else size.width * size.height
    longer = None if size is None else max(size.width, size.height)
    reduction = _reduction(image, longer, max_side)
    if pixels // reduction**2 > _MAX_PIXELS:
        assert size is not None
        raise UndecodableError(f"too large to be shown: {size.width} x {size.height} pixels")
    if pixels > _LARGE:
        with _one_large_image:
            decoded = _decode(image, reduction)
            small = _made_small(_for_the_eye(decoded, max_side), max_side)
    else:
        decoded = _decode(image, reduction)
        small = _made_small(_for_the_eye(decoded, max_side), max_side)
    height, width = decoded.shape[:2]
    if size is not None:  # a decoder that reduces rounds; one that turns swaps the sides
        is_turned = (width > height) != (size.width > size.height) and width != height
        sides = (size.height, size.width) if is_turned else (size.width, size.height)
        width, height = sides if reduction > 1 else (width, height)
    channels = size.channels if size is not None else decoded[0, 0].size
    bits = decoded.dtype.itemsize * 8
    return Picture(small, width, height, channels, bits, cut_image(image))


def _reduction(image: bytes, side: int | None, max_side: int) -> int:
    """Returns by how much a decoder may reduce an image: only that of JPEGs saves anything."""
    if side is None or not image.startswith(_JPEG):
        return 1
    return next((by for by in (8, 4, 2) if side // by >= 2 * max_side), 1)


def _decode(image: bytes, reduction: int) -> npt.NDArray[Any]:
    cv2 = opencv()
    if image.startswith(_NPY):
        return _array(image)
    flags = {
        1: cv2.IMREAD_COLOR if image.startswith(_JPEG) else cv2.IMREAD_UNCHANGED,
        2: cv2.IMREAD_REDUCED_COLOR_2,
        4: cv2.IMREAD_REDUCED_COLOR_4,
        8: cv2.IMREAD_REDUCED_COLOR_8,
    }[reduction]
    try:
        decoded: npt.NDArray[Any] | None = cv2.imdecode(np.frombuffer(image, np.uint8), flags)
    except cv2.error as error:
        raise UndecodableError(f"the image cannot be decoded: {error.err}") from error
    if decoded is None or not decoded.size:
        raise UndecodableError(cut_image(image) or "the image cannot be decoded")
    return decoded


def _array(image: bytes) -> npt.NDArray[Any]:
    """Returns a NumPy array that is an image; its colours come in OpenCV's order."""
    size = image_size(image)  # which `picture_of` has looked at
    if size is None or size.channels not in (1, 3, 4):
        raise UndecodableError("the array is no image, or cut")
    if size.width * size.height * size.channels > len(image):  # before NumPy asks for the memory
        raise UndecodableError("the array is cut")
    try:
        array: npt.NDArray[Any] = np.load(io.BytesIO(image), allow_pickle=False)
    except (ValueError, EOFError, OSError, SyntaxError, TypeError, RecursionError) as error:
        raise UndecodableError(f"the array cannot be read: {error}") from error
    if array.ndim not in (2, 3) or not array.size or array.dtype.kind not in "uif":
        shape = " x ".join(map(str, array.shape))
        raise UndecodableError(f"an array of {array.dtype}, {shape}, is no image")
    return array


def _for_the_eye(decoded: npt.NDArray[Any], max_side: int) -> Pixels:
    """Returns an image of 8 bits and three channels."""
    cv2 = opencv()
    image = _with_8_bits(decoded)
    channels = 1 if image.ndim == 2 else image.shape[2]
    if channels == 4:
        # Not all pixels of a large one, which take their time; but so many that nobody sees it.
        return _on_checks(_made_small(image, _FINE * max_side), max_side)
    if channels == 3:
        return image
    grey: Pixels = cv2.cvtColor(np.ascontiguousarray(image.reshape(image.shape[:2])), 8)  # to BGR
    return grey


def _with_8_bits(image: npt.NDArray[Any]) -> Pixels:
    if image.dtype == np.uint8:
        return image
    if image.dtype.kind == "u":
        # Ten or twelve bits stored as sixteen would be black.
        bits = max(int(image.max()).bit_length(), 8)
        return (image >> (bits - 8)).astype(np.uint8)
    known = np.nan_to_num(image.astype(np.float32), nan=0, posinf=0, neginf=0)
    low, high = float(known.min()), float(known.max())
    return ((known - low) * (255 / max(high - low, 1e-30))).astype(np.uint8)


def _on_checks(image: Pixels, max_side: int) -> Pixels:
    height, width = image.shape[:2]
    check = max(1, round(max(height, width) / max_side * 8))
    rows, columns = (np.arange(count) // check % 2 for count in (height, width))
    ground = np.where(rows[:, np.newaxis] ^ columns, *_CHECKS).astype(np.uint16)[..., np.newaxis]
    alpha = image[..., 3:].astype(np.uint16)
    mixed = (image[..., :3] * alpha + ground * (255 - alpha)) // 255
    return mixed.astype(np.uint8)


def _made_small(image: Pixels, max_side: int) -> Pixels:
    cv2 = opencv()
    height, width = image.shape[:2]
    if max(height, width) <= max_side:
        return image
    scale = max_side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small: Pixels = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return small


def encode(pixels: Pixels) -> tuple[str, bytes]:
    """Encodes pixels for a browser.

    Args:
        pixels: As in `Picture`.

    Returns:
        The media type, and the encoded image: a PNG if it is small, where a JPEG would show.
    """
    cv2 = opencv()
    if pixels.shape[0] * pixels.shape[1] <= _PNG_PIXELS:
        return "image/png", cv2.imencode(".png", pixels)[1].tobytes()
    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    return "image/jpeg", cv2.imencode(".jpg", pixels, quality)[1].tobytes()
