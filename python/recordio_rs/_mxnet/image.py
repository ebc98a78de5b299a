"""`mxnet.image`: `imdecode`, which scripts call on what `unpack` gives."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from recordio_rs.exceptions import MXNetError
from recordio_rs.images import opencv

__all__ = ["PixelArray", "imdecode"]


class PixelArray(np.ndarray[Any, np.dtype[np.uint8]]):
    """A NumPy array with the method that MXNet's arrays have to become one."""

    def asnumpy(self) -> npt.NDArray[np.uint8]:
        """Returns the pixels as a plain array of their own."""
        return np.array(self, dtype=np.uint8, subok=False)


def imdecode(
    buf: bytes | bytearray | memoryview,
    flag: int = 1,
    to_rgb: bool | int = True,
    out: npt.NDArray[np.uint8] | None = None,
) -> PixelArray:
    """Decodes an image.

    Args:
        buf: The encoded image.
        flag: 1 for three channels of colour, 0 for one of grey.
        to_rgb: Whether colours come as red, green, blue; else as blue, green, red.
        out: An array to put the pixels into, too.

    Returns:
        The pixels, height x width x channels, uint8.

    Raises:
        MXNetError: `buf` is no image that OpenCV can decode.
        MissingOpenCVError: OpenCV is not installed.
    """
    cv2 = opencv()
    encoded = np.frombuffer(buf, dtype=np.uint8)
    pixels = cv2.imdecode(encoded, flag) if encoded.size else None
    if pixels is None:
        raise MXNetError(f"Decoding failed. Invalid image file: {encoded.size} bytes")
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    elif to_rgb:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    if out is not None:
        out[...] = pixels
    return cast("PixelArray", np.ascontiguousarray(pixels).view(PixelArray))
