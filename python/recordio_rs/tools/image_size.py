"""How large encoded images are, from their first bytes: nothing is decoded."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["ImageSize", "image_size"]

_JPEG_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
_JPEG_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # tables, an extension, conditioning
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
_TIFF_NUMBERS = {1: "B", 3: "H", 4: "I"}
_NPY_SHAPE = re.compile(rb"""['"]shape['"]: *\(([\d, ]{1,50})\)""")
_MAX_NPY_HEADER = 10_000


@dataclass(frozen=True)
class ImageSize:
    """How large an image is, as it is stored.

    Attributes:
        width: In pixels.
        height: In pixels.
        channels: Values a pixel has when it is decoded; a palette is one of colours.
    """

    width: int
    height: int
    channels: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}x{self.channels}"


def image_size(image: bytes) -> ImageSize | None:
    """Returns how large an image says that it is.

    Args:
        image: The encoded image, or as much of its beginning as has what is asked for. In a JPEG
            that stands behind all its metadata.

    Returns:
        Width, height and channels; `None` if the format is not known, or the bytes end too soon.
    """
    for signature, parse in _PARSERS:
        if image.startswith(signature):
            try:
                size = parse(image)
            except (struct.error, IndexError, KeyError, ValueError):
                return None  # cut, or no image in spite of its first bytes
            return size if size is not None and min(size.width, size.height) >= 0 else None
    return None


def _jpeg(image: bytes) -> ImageSize | None:
    place = 2
    while True:
        place = image.index(b"\xff", place)
        while image[place] == 0xFF:  # any number of them may come before a marker
            place += 1
        marker = image[place]
        place += 1
        if marker in _JPEG_ALONE:
            continue
        if marker in _JPEG_FRAMES:
            height, width, channels = struct.unpack_from(">HHB", image, place + 3)
            return ImageSize(width, height, channels)
        if marker in (0xD9, 0xDA):  # the end, or a scan that no frame comes before
            return None
        place += max(struct.unpack_from(">H", image, place)[0], 2)


def _png(image: bytes) -> ImageSize:
    width, height, _, color = struct.unpack_from(">IIBB", image, 16)
    return ImageSize(width, height, _PNG_CHANNELS[color])


def _gif(image: bytes) -> ImageSize:
    width, height = struct.unpack_from("<HH", image, 6)
    return ImageSize(width, height, 3)


def _bmp(image: bytes) -> ImageSize | None:
    (header,) = struct.unpack_from("<I", image, 14)
    if header == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", image, 18)
    elif header >= 40:
        width, height, _, bits = struct.unpack_from("<iiHH", image, 18)
    else:
        return None
    return ImageSize(width, abs(height), 4 if bits == 32 else 3)


def _webp(image: bytes) -> ImageSize | None:
    if image[8:12] != b"WEBP":
        return None
    kind = image[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", image, 26)
        return ImageSize(width & 0x3FFF, height & 0x3FFF, 3)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", image, 21)
        return ImageSize((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, 4 if bits >> 28 & 1 else 3)
    if kind == b"VP8X":
        sides = [int.from_bytes(image[at : at + 3], "little") + 1 for at in (24, 27)]
        return ImageSize(sides[0], sides[1], 4 if image[20] & 0x10 else 3) if image[29:] else None
    return None


def _tiff(image: bytes) -> ImageSize:
    order = "<" if image.startswith(b"II") else ">"
    (place,) = struct.unpack_from(f"{order}I", image, 4)
    (count,) = struct.unpack_from(f"{order}H", image, place)
    fields = {}
    for at in range(place + 2, place + 2 + count * 12, 12):
        tag, kind = struct.unpack_from(f"{order}HH", image, at)
        if kind in _TIFF_NUMBERS and tag in (256, 257, 262, 277):
            (fields[tag],) = struct.unpack_from(order + _TIFF_NUMBERS[kind], image, at + 8)
    channels = 3 if fields.get(262) == 3 else fields.get(277, 1)  # 3: colours of a palette
    return ImageSize(fields[256], fields[257], channels)


def _jp2(image: bytes) -> ImageSize | None:
    place = image.find(b"ihdr")
    if place < 0:
        return None
    height, width, channels = struct.unpack_from(">IIH", image, place + 4)
    return ImageSize(width, height, channels)


def _j2k(image: bytes) -> ImageSize:
    right, bottom, left, top = struct.unpack_from(">IIII", image, 8)
    (channels,) = struct.unpack_from(">H", image, 40)
    return ImageSize(right - left, bottom - top, channels)


def _npy(image: bytes) -> ImageSize | None:
    begin, width = (10, "<H") if image[6] == 1 else (12, "<I")
    (length,) = struct.unpack_from(width, image, 8)
    # Not evaluated, as NumPy does it: what a file says may be nested deeper than Python can stand.
    found = _NPY_SHAPE.search(image[begin : begin + min(length, _MAX_NPY_HEADER)])
    if len(image) < begin + length or found is None:
        return None
    shape = [int(side) for side in found[1].split(b",") if side.strip()]
    if not 2 <= len(shape) <= 3:
        return None
    return ImageSize(shape[1], shape[0], shape[2] if len(shape) == 3 else 1)


_PARSERS: tuple[tuple[bytes, Callable[[bytes], ImageSize | None]], ...] = (
    (b"\xff\xd8\xff", _jpeg),
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"RIFF", _webp),
    (b"GIF8", _gif),
    (b"BM", _bmp),
    (b"II*\0", _tiff),
    (b"MM\0*", _tiff),
    (b"\0\0\0\x0cjP  ", _jp2),
    (b"\xff\x4f\xff\x51", _j2k),
    (b"\x93NUMPY", _npy),
)
