"""`pack_img` and `unpack_img`, with the real OpenCV."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest

from isolated import run_python
from recordio_rs import IRHeader, MXRecordIO, pack, pack_img, unpack, unpack_img
from recordio_rs.exceptions import ImageRecordError

cv2 = pytest.importorskip("cv2")

Anything: TypeAlias = Any  # a value of the wrong type, too
Pixels: TypeAlias = npt.NDArray[Any]

HEADER = IRHeader(0, 3.0, 7, 0)


def picture(height: int = 24, width: int = 32, channels: int | None = 3) -> Pixels:
    """Gives a smooth picture, different in every channel."""
    rows, columns = np.mgrid[:height, :width]
    planes = [rows * 5 + columns * 2, 200 - columns * 3, rows * 3 + 90, 255 - rows * 7]
    pixels = np.stack([np.clip(plane, 0, 255) for plane in planes], axis=-1).astype(np.uint8)
    return pixels[:, :, 0] if channels is None else pixels[:, :, :channels]


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """Puts an EXIF orientation into a JPEG file."""
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    segment = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]


@pytest.mark.parametrize(
    "pixels",
    [
        picture(),
        picture(channels=None),
        picture(channels=4),
        picture()[::-1, ::2],
        picture(1, 1),
        (picture().astype(np.uint16) * 257),
    ],
    ids=["colour", "grey", "alpha", "view", "one-pixel", "16-bit"],
)
def test_png_gives_back_every_pixel(pixels: Pixels) -> None:
    header, found = unpack_img(pack_img(HEADER, pixels, quality=3, img_fmt=".png"))
    assert header == HEADER
    assert found.dtype == pixels.dtype
    np.testing.assert_array_equal(found, pixels)


@pytest.mark.parametrize("img_fmt", [".bmp", ".tiff", ".PNG", ".pNg"])
def test_other_formats_without_loss_work_too(img_fmt: str) -> None:
    _, found = unpack_img(pack_img(HEADER, picture(), 9, img_fmt))
    np.testing.assert_array_equal(found, picture())


@pytest.mark.parametrize("img_fmt", [".jpg", ".JPG", ".jpeg", ".Jpeg"])
def test_jpeg_gives_back_nearly_every_pixel_in_the_order_blue_green_red(img_fmt: str) -> None:
    _, found = unpack_img(pack_img(HEADER, picture(), img_fmt=img_fmt))
    assert np.abs(found.astype(int) - picture().astype(int)).mean() < 3
    assert unpack(pack_img(HEADER, picture(), img_fmt=img_fmt))[1][:2] == b"\xff\xd8"


def test_the_defaults_are_jpeg_of_quality_95() -> None:
    expected = pack_img(HEADER, picture(), quality=95, img_fmt=".jpg")
    assert pack_img(HEADER, picture()) == expected
    parameters = [cv2.IMWRITE_JPEG_QUALITY, 95]
    assert unpack(expected)[1] == cv2.imencode(".jpg", picture(), parameters)[1].tobytes()


@pytest.mark.parametrize("img_fmt", [".jpg", ".JPEG"])
def test_a_lower_quality_makes_a_smaller_jpeg(img_fmt: str) -> None:
    sizes = [len(pack_img(HEADER, picture(), quality, img_fmt)) for quality in (5, 50, 100)]
    assert sizes == sorted(set(sizes))


def test_quality_is_the_compression_of_a_png() -> None:
    fast, small = (
        len(pack_img(HEADER, picture(240, 320), quality=quality, img_fmt=".PNG"))
        for quality in (0, 9)
    )
    assert small < fast / 2


@pytest.mark.parametrize(("quality", "img_fmt"), [(0, ".jpg"), (101, ".jpg")])
def test_a_quality_out_of_range_is_left_to_opencv(quality: int, img_fmt: str) -> None:
    assert unpack_img(pack_img(HEADER, picture(), quality, img_fmt))[1].shape == (24, 32, 3)


def test_png_with_the_default_quality_works() -> None:
    np.testing.assert_array_equal(
        unpack_img(pack_img(HEADER, picture(), img_fmt=".png"))[1], picture()
    )


@pytest.mark.parametrize(("iscolor", "shape"), [(-1, (24, 32, 4)), (0, (24, 32)), (1, (24, 32, 3))])
def test_iscolor_chooses_the_channels(iscolor: int, shape: tuple[int, ...]) -> None:
    record = pack_img(HEADER, picture(channels=4), 3, ".png")
    _, found = unpack_img(record, iscolor)
    assert (found.shape, found.dtype) == (shape, np.uint8)
    if iscolor == 1:
        np.testing.assert_array_equal(found, picture())


def test_the_default_of_iscolor_keeps_the_pixels_as_they_are() -> None:
    grey = unpack_img(pack_img(HEADER, picture(channels=None), 3, ".png"))[1]
    assert grey.shape == (24, 32)


@pytest.mark.parametrize(("iscolor", "shape"), [(-1, (4, 8, 3)), (0, (8, 4)), (1, (8, 4, 3))])
def test_the_exif_orientation_turns_all_but_unchanged_pixels(
    iscolor: int, shape: tuple[int, ...]
) -> None:
    jpeg = cv2.imencode(".jpg", picture(4, 8))[1].tobytes()
    record = pack(HEADER, with_orientation(jpeg, 6))
    assert unpack_img(record, iscolor)[1].shape == shape


def test_the_pixels_can_be_written() -> None:
    found = unpack_img(pack_img(HEADER, picture()))[1]
    found[:] = 0
    assert found.flags.owndata


@pytest.mark.parametrize("label", [[1.0, 2.0, 3.0], np.arange(5)], ids=["list", "array"])
def test_labels_stand_before_the_image(label: Anything) -> None:
    header, found = unpack_img(pack_img((0, label, 9, 1), picture(), 3, ".png"))
    assert (header.flag, header.id, header.id2) == (len(label), 9, 1)
    assert header.label.tolist() == list(label)
    np.testing.assert_array_equal(found, picture())


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_record_of_any_byte_type_is_decoded(kind: Anything) -> None:
    record = kind(pack_img(HEADER, picture(), 3, ".png"))
    np.testing.assert_array_equal(unpack_img(record)[1], picture())


@pytest.mark.parametrize("data", [b"no image", b"\xff\xd8\xff\xe0", bytes(100)], ids=ascii)
def test_data_that_is_no_image_decodes_to_none(data: bytes) -> None:
    for iscolor in (-1, 0, 1):
        header, found = unpack_img(pack(HEADER, data), iscolor)
        assert header == HEADER
        assert found is None


def test_no_data_is_an_error_of_opencv() -> None:
    with pytest.raises(cv2.error):
        unpack_img(pack(HEADER, b""))


def test_a_record_that_is_no_image_record_is_refused() -> None:
    with pytest.raises(ImageRecordError):
        unpack_img(b"short")


@pytest.mark.parametrize(
    ("pixels", "img_fmt"),
    [
        (picture(), "jpg"),
        (picture(), ".no-such-format"),
        (picture(), ""),
        (picture(channels=2), ".jpg"),
        (np.zeros((0, 0, 3), np.uint8), ".png"),
        (None, ".jpg"),
    ],
    ids=["no-dot", "unknown", "empty-format", "two-channels", "no-pixels", "none"],
)
def test_what_opencv_does_not_encode_is_its_error(pixels: Anything, img_fmt: str) -> None:
    with pytest.raises(cv2.error):
        pack_img(HEADER, pixels, img_fmt=img_fmt)


@pytest.mark.parametrize("quality", [9.5, "95"])
def test_a_quality_that_is_no_integer_is_an_error_of_opencv(quality: Anything) -> None:
    with pytest.raises(cv2.error):
        pack_img(HEADER, picture(), quality)


def test_an_image_goes_through_a_file(rec: Path) -> None:
    with MXRecordIO(rec, "w") as writer:
        writer.write(pack_img(HEADER, picture(), 3, ".png"))
    record = MXRecordIO(rec, "r").read()
    assert record is not None
    np.testing.assert_array_equal(unpack_img(record)[1], picture())


WITHOUT_OPENCV = """
import sys
sys.modules["cv2"] = None  # as if it were not installed
import numpy as np
from recordio_rs import exceptions, pack, pack_img, recordio, unpack, unpack_img
assert unpack(pack((0, 1.0, 2, 3), b"x"))[1] == b"x"
assert recordio.cv2 is None
for call in (
    lambda: pack_img((0, 1.0, 2, 3), np.zeros((2, 2, 3), np.uint8)),
    lambda: unpack_img(pack((0, 1.0, 2, 3), b"x")),
):
    for kind in (AssertionError, ImportError, exceptions.MXNetError, exceptions.MissingOpenCVError):
        try:
            call()
        except kind as error:
            assert "pip install opencv-python" in str(error)
"""


def test_without_opencv_images_fail_with_advice_and_the_rest_works() -> None:
    run_python(WITHOUT_OPENCV)


def test_opencv_is_an_attribute_of_the_module_and_imported_only_when_needed() -> None:
    run_python(
        """
        import sys
        from recordio_rs import pack, recordio, unpack
        unpack(pack((0, 1.0, 2, 3), b"x"))
        assert "cv2" not in sys.modules
        assert recordio.cv2 is sys.modules["cv2"]
        """
    )
