"""How large encoded images are, without decoding them."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest

from recordio_rs.tools.image_size import ImageSize, image_size

FORMATS = [".jpg", ".png", ".webp", ".bmp", ".tiff", ".jp2"]


def encoded(suffix: str, channels: int) -> bytes:
    """Encodes an image of 70 x 50 pixels."""
    shape = (50, 70) if channels == 1 else (50, 70, channels)
    is_encoded, image = cv2.imencode(suffix, np.full(shape, 77, np.uint8))
    assert is_encoded
    return image.tobytes()


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("channels", [1, 3])
def test_what_opencv_has_encoded_is_measured(suffix: str, channels: int) -> None:
    found = image_size(encoded(suffix, channels))
    assert found is not None
    assert (found.width, found.height) == (70, 50)
    if suffix not in (".webp", ".bmp"):  # which have no grey
        assert found.channels == channels


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_image_that_is_cut_anywhere_is_measured_or_not_known(suffix: str) -> None:
    image = encoded(suffix, 3)
    whole = image_size(image)
    for length in range(min(len(image), 700)):
        assert image_size(image[:length]) in (None, whole)


def test_alpha_is_a_channel() -> None:
    assert image_size(encoded(".png", 4)) == ImageSize(70, 50, 4)


@pytest.mark.parametrize(
    ("shape", "expected"), [((4, 5), ImageSize(5, 4, 1)), ((4, 5, 3), ImageSize(5, 4, 3))]
)
def test_arrays_are_measured(shape: tuple[int, ...], expected: ImageSize) -> None:
    file = io.BytesIO()
    np.save(file, np.zeros(shape, np.uint8))
    assert image_size(file.getvalue()) == expected


@pytest.mark.parametrize(
    "shape",
    [
        "('a','b')",
        "(-1,-5)",
        "(2)",
        "(1,2,3,4)",
        "{0:1,1:2}",
        "(2, 3",
        "-" * 5000 + "1",
        "((" * 900,
    ],
)
def test_what_is_no_shape_of_an_array_is_not_measured(shape: str) -> None:
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode()
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(100)
    assert image_size(array) is None


def test_a_gif_is_measured() -> None:
    assert image_size(b"GIF89a\x46\0\x32\0\xf0\0\0") == ImageSize(70, 50, 3)


def test_noise_behind_a_signature_is_no_image() -> None:
    random = np.random.RandomState(0)
    for signature in (b"\xff\xd8\xff", b"II*\0", b"BM", b"RIFF", b"\x93NUMPY", b"MM\0*"):
        for _ in range(200):
            image_size(signature + random.bytes(60))
