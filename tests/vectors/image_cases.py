"""Cases about encoded images, as `pack_img` writes them and `unpack_img` reads them."""

from __future__ import annotations

import hashlib
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from oracle.payloads import digest
from vectors.case import Case, Entry
from vectors.image_record_cases import Header, header_facts

Image = npt.NDArray[Any]

HEADER: Header = (0, 3.0, 42, 0)

# An Exif block of one tag: orientation 6, to be turned a quarter clockwise when shown.
EXIF = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


def gradient(height: int, width: int, channels: int, dtype: str = "uint8") -> Image:
    """Gives an image whose channels rise along different directions, up to the dtype's largest."""
    largest = int(np.iinfo(dtype).max)
    y, x, c = np.meshgrid(range(height), range(width), range(channels), indexing="ij")
    sums = (c + 1) * y * 3 + (channels - c) * x * 5
    scaled = sums * largest // max(1, int(sums.max()))
    image = scaled.astype(dtype)
    gray: Image = image[:, :, 0]
    return gray if channels == 1 else image


def pixels(image: Image) -> dict[str, Any]:
    """Gives the manifest's object for an array of pixels: little-endian, row by row."""
    data = image.astype(image.dtype.newbyteorder("<")).tobytes(order="C")
    return {
        "shape": list(image.shape),
        "dtype": str(image.dtype),
        "sha256": hashlib.sha256(data).hexdigest(),
        "hex": data.hex(),
    }


def image_entry(recordio: ModuleType, data: bytes, header: Header, image: Image) -> Entry:
    """Gives the entry of a packed image, with what each `iscolor` decodes it to."""
    unpacked, body = recordio.unpack(data)
    decoded = [
        {"iscolor": iscolor, **pixels(recordio.unpack_img(data, iscolor)[1])}
        for iscolor in (-1, 0, 1)
    ]
    facts = {
        "header": header_facts(header),
        "unpacked": header_facts(unpacked),
        "body": digest(body),
        "image": {"source": pixels(image), "decoded": decoded},
    }
    return Entry(data, digest(data), 0, facts)


def with_exif(jpeg: bytes) -> bytes:
    """Gives a JPEG file with the Exif block put right after its first marker."""
    segment = b"\xff\xe1" + (len(EXIF) + 2).to_bytes(2, "big") + EXIF
    return jpeg[:2] + segment + jpeg[2:]


def image_cases(recordio: ModuleType) -> list[Case]:
    """Gives all the cases about images; `recordio` is the module whose `pack_img` is used."""

    def case(
        name: str, description: str, image: Image, header: Header = HEADER, **options: object
    ) -> Case:
        data = recordio.pack_img(header, image, **options)
        return Case(name, description, [image_entry(recordio, data, header, image)], "int")

    turned = gradient(8, 24, 3)
    _, body = recordio.unpack(recordio.pack_img(HEADER, turned))
    rotated = recordio.pack(HEADER, with_exif(body))
    return [
        case("image_jpg_colour", "JPEG, blue-green-red.", gradient(16, 24, 3)),
        case("image_jpg_gray", "JPEG, one channel.", gradient(16, 16, 1)),
        case("image_jpg_low_quality", "JPEG of quality 20.", gradient(16, 24, 3), quality=20),
        case(
            "image_jpg_vector_label",
            "JPEG behind a label of four numbers.",
            gradient(8, 8, 3),
            (0, [4.0, 5.0, 0.25, 0.75], 2**40, 1),
        ),
        Case(
            "image_jpg_orientation",
            "JPEG with Exif orientation 6: `iscolor` 0 and 1 turn it, -1 does not.",
            [image_entry(recordio, rotated, HEADER, turned)],
            "int",
        ),
        case("image_png_colour", "PNG.", gradient(16, 24, 3), img_fmt=".png", quality=9),
        case("image_png_gray", "PNG, one channel.", gradient(9, 7, 1), img_fmt=".png"),
        case("image_png_alpha", "PNG with alpha.", gradient(8, 8, 4), img_fmt=".png"),
        case("image_png_16_bit", "PNG, 16 bit.", gradient(8, 8, 3, "uint16"), img_fmt=".png"),
    ]
