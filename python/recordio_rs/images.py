"""Images in image records, encoded and decoded by OpenCV.

Pixels are in OpenCV's order: blue, green, red. OpenCV is imported on the first use.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from recordio_rs.exceptions import MissingOpenCVError
from recordio_rs.image_record import HEADER, _Data, pack, unpack

__all__ = ["pack_img", "unpack_img"]


def opencv() -> ModuleType:
    """Returns the module `cv2`.

    Raises:
        MissingOpenCVError: It is not installed, or cannot be loaded; the message says what to do.
    """
    try:
        import cv2
    except ImportError as error:
        raise MissingOpenCVError(
            f"packing and unpacking images needs OpenCV, and importing cv2 failed ({error}): "
            "pip install opencv-python, or opencv-python-headless on a machine without a display"
        ) from error
    module: ModuleType = cv2
    return module


def pack_img(
    header: Iterable[Any], img: npt.NDArray[Any], quality: int = 95, img_fmt: str = ".jpg"
) -> bytes:
    """Encodes an image and packs it into a record.

    Args:
        header: As for `pack`.
        img: The pixels, height x width or height x width x channels (blue, green, red), uint8;
            what else OpenCV can encode depends on the format.
        quality: For JPEG 1 to 100; for PNG the compression, 0 to 9 (OpenCV takes more for that).
        img_fmt: The format by its file extension, with the dot.

    Raises:
        MissingOpenCVError: OpenCV is not installed.
        AssertionError: OpenCV could not encode the image.
        cv2.error: The image or the format is not one of OpenCV's.

    Examples:
        >>> record = pack_img((0, 1.0, 7, 0), np.zeros((2, 3, 3), np.uint8), img_fmt=".png")
        >>> unpack_img(record)[1].shape
        (2, 3, 3)
    """
    cv2 = opencv()
    parameters = {
        ".JPG": [cv2.IMWRITE_JPEG_QUALITY, quality],
        ".JPEG": [cv2.IMWRITE_JPEG_QUALITY, quality],
        ".PNG": [cv2.IMWRITE_PNG_COMPRESSION, _png_compression(quality)],
    }
    is_encoded, encoded = cv2.imencode(img_fmt, img, parameters.get(img_fmt.upper()))
    if not is_encoded:
        raise AssertionError("failed to encode image")
    return pack(header, encoded.tobytes())


def _png_compression(quality: int) -> int:
    """Returns the nearest compression that PNG has; OpenCV does the same, newer ones with a log."""
    return min(quality, 9) if isinstance(quality, int) else quality


def unpack_img(s: _Data, iscolor: int = -1) -> tuple[HEADER, Any]:
    """Splits a record into its header and the decoded image.

    Args:
        s: The record.
        iscolor: OpenCV's flag. -1 gives the pixels as they were encoded, with alpha and 16 bits;
            0 gives grey and 1 colour, of 8 bits, turned upright as the EXIF orientation says.

    Returns:
        The header, and the pixels as an array of height x width (x channels in the order blue,
        green, red), or `None` where the data is no image that OpenCV can decode.

    Raises:
        MissingOpenCVError: OpenCV is not installed.
        ImageRecordError: The record is too short for its header.
        cv2.error: There is no data behind the header.
    """
    header, data = unpack(s)
    return header, opencv().imdecode(np.frombuffer(data, dtype=np.uint8), iscolor)
