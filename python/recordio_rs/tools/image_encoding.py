"""Image files made into image records."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recordio_rs.image_check import cut_image
from recordio_rs.image_record import IRHeader, pack
from recordio_rs.images import opencv, pack_img
from recordio_rs.tools.image_list import ListItem

__all__ = ["ENCODINGS", "Encoder", "Encoding", "UnreadableImageError", "single_threaded_opencv"]

ENCODINGS = (".jpg", ".png", ".webp")
"""The formats that images can be encoded in."""

# A file has to be smaller, in bytes: as a record, and for OpenCV to decode it.
_RECORD_LIMIT, _DECODED_LIMIT = 1 << 29, 1 << 31
# What OpenCV decodes: an image with more pixels, or a longer side, could not be read again.
_MOST_PIXELS = 1 << 30
_LONGEST_SIDE = {".jpg": 65_500, ".png": 1 << 20, ".webp": 16_383}
_JPEG, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
# So that a pipe with the name of an image is opened at once; it is not read.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class UnreadableImageError(Exception):
    """An image cannot be packed; the message says why."""


@dataclass(frozen=True)
class Encoding:
    """What is done to images before they are packed.

    Attributes:
        pass_through: Whether files are packed as they are; then only `packs_labels` and
            `keeps_cut` mean anything.
        color: OpenCV's flag: 1 for colour, 0 for grey, both of 8 bits and turned upright as the
            EXIF orientation says; -1 for the pixels as they are, also with alpha or 16 bits.
        crops_center: Whether the longer side is cut to the length of the shorter one, on both ends.
        resize: What length the shorter side gets; 0 for the one it has.
        suffix: The format that images are encoded in, one of `ENCODINGS`.
        quality: For JPEG and WebP 1 to 100; for PNG the compression, 0 to 9.
        packs_labels: Whether all labels are packed where there are several, or the first only.
        keeps_cut: Whether JPEGs that break off are packed, with grey for what is missing; with
            `pass_through` also PNGs that break off, or have a wrong checksum.
    """

    pass_through: bool = False
    color: int = 1
    crops_center: bool = False
    resize: int = 0
    suffix: str = ".jpg"
    quality: int = 95
    packs_labels: bool = True
    keeps_cut: bool = False


class Encoder:
    """Makes image records of files; threads may share it.

    Args:
        root: The folder that paths are seen from.
        encoding: What is done to images.

    Raises:
        MissingOpenCVError: OpenCV is needed, and not there.
    """

    def __init__(self, root: str, encoding: Encoding) -> None:
        self._root = root
        self._encoding = encoding
        self._limit = _RECORD_LIMIT if encoding.pass_through else _DECODED_LIMIT
        self._cv2: Any = None if encoding.pass_through else opencv()

    def record(self, item: ListItem) -> bytes:
        """Returns the image record of a file.

        Raises:
            UnreadableImageError: There is none of it.
        """
        is_array = self._encoding.packs_labels and len(item.labels) > 1
        label = _float32(item.labels) if is_array else item.labels[0]
        header = IRHeader(0, label, item.id, 0)
        content = self._content(os.path.join(self._root, item.path))
        if self._encoding.pass_through:
            return pack(header, content)
        return self._encoded(header, self._arranged(self._decoded(content)))

    def _content(self, path: str) -> bytes:
        try:
            content = _read(path, self._limit)
        except ValueError as error:  # of a null character
            raise UnreadableImageError(str(error)) from error
        except OSError as error:
            raise UnreadableImageError(error.strerror or str(error)) from error
        if not content:
            raise UnreadableImageError("the file is empty")
        if reason := cut_image(content):
            is_kept = self._encoding.pass_through or content.startswith(_JPEG)
            if not (self._encoding.keeps_cut and is_kept):
                raise UnreadableImageError(reason)
            if not self._encoding.pass_through:
                content += _JPEG_END  # OpenCV does so for files, not for bytes in memory
        return content

    def _decoded(self, content: bytes) -> npt.NDArray[Any]:
        try:
            image = self._cv2.imdecode(np.frombuffer(content, np.uint8), self._encoding.color)
        except self._cv2.error as error:
            raise UnreadableImageError(f"OpenCV cannot decode it: {_text_of(error)}") from error
        if image is None:
            raise UnreadableImageError("OpenCV cannot decode it")
        found: npt.NDArray[Any] = image
        return found

    def _arranged(self, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Returns an image with the sides that are asked for.

        Raises:
            UnreadableImageError: There can be none with such sides.
        """
        height, width = image.shape[:2]
        shorter = min(height, width)
        if self._encoding.crops_center:
            top, left = (height - shorter) // 2, (width - shorter) // 2
            image = image[top : top + shorter, left : left + shorter]
            height = width = shorter
        if length := self._encoding.resize:
            width, height = width * length // shorter, height * length // shorter
            self._check_size(width, height)
            try:
                image = self._cv2.resize(image, (width, height))
            except self._cv2.error as error:  # of memory that there is not
                raise UnreadableImageError(f"OpenCV cannot resize it: {_text_of(error)}") from error
        return image

    def _check_size(self, width: int, height: int) -> None:
        """Sees that no memory is taken for an image that is too large to be of use."""
        suffix = self._encoding.suffix
        if max(width, height) > _LONGEST_SIDE[suffix] or width * height > _MOST_PIXELS:
            raise UnreadableImageError(
                f"resized it has {width} x {height} pixels, too many for {suffix}"
            )

    def _encoded(self, header: IRHeader, image: npt.NDArray[Any]) -> bytes:
        suffix, quality = self._encoding.suffix, self._encoding.quality
        try:
            if suffix != ".webp":
                return pack_img(header, image, quality, suffix)
            parameters = [self._cv2.IMWRITE_WEBP_QUALITY, quality]
            is_encoded, encoded = self._cv2.imencode(suffix, image, parameters)
        except self._cv2.error as error:
            raise UnreadableImageError(f"OpenCV cannot encode it: {_text_of(error)}") from error
        except AssertionError:
            is_encoded = False
        if not is_encoded:
            raise UnreadableImageError(f"OpenCV cannot encode it as {suffix}")
        return pack(header, encoded.tobytes())


def _float32(labels: tuple[float, ...]) -> npt.NDArray[np.float32]:
    """Returns labels as they are packed: infinite where they are too large, as a single one is."""
    with np.errstate(over="ignore"):
        return np.array(labels, np.float32)


def _read(path: str, limit: int) -> bytes:
    """Returns what a regular file has, if that is less than a limit."""
    descriptor = os.open(path, _OPEN_FLAGS)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise UnreadableImageError("it is a folder")
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableImageError("it is no regular file")
        if status.st_size >= limit:
            raise UnreadableImageError(f"it has {status.st_size} bytes, {limit} or more")
        parts = [os.read(descriptor, status.st_size)]
        while len(parts[-1]) and sum(map(len, parts)) < status.st_size:  # reads may be short
            parts.append(os.read(descriptor, status.st_size))
        return parts[0] if len(parts) == 1 else b"".join(parts)
    finally:
        os.close(descriptor)


def _text_of(error: Exception) -> str:
    """Returns what OpenCV says in one line."""
    return str(getattr(error, "err", None) or error).strip().splitlines()[-1]


@contextmanager
def single_threaded_opencv() -> Iterator[None]:
    """Keeps OpenCV from using threads of its own, and from telling what errors say anyway.

    For who calls it from a thread for each core.

    Raises:
        MissingOpenCVError: OpenCV is not there.
    """
    cv2 = opencv()
    threads, level = cv2.getNumThreads(), cv2.utils.logging.getLogLevel()
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
        cv2.utils.logging.setLogLevel(level)
