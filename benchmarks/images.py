"""Images that are measured with: JPEGs of one size in bytes."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from benchmarks.sets import RecordSet

__all__ = ["payloads", "write_tree"]

_COUNT = 64
_HEIGHT, _WIDTH = 375, 500
_CLASSES = 10
# What a JPEG begins with, and a comment in it, with two bytes for the length of the rest.
_START, _COMMENT = b"\xff\xd8", b"\xff\xfe"


@cache
def payloads(size: int) -> list[bytes]:
    """Returns different JPEGs that are all so many bytes long, by a comment in each."""
    return [_filled(_encoded(number), size) for number in range(_COUNT)]


def _encoded(number: int) -> bytes:
    """Returns a JPEG with shapes and some noise, as a photograph has."""
    generator = np.random.RandomState(number)
    picture = random.Random(number)
    image = np.full((_HEIGHT, _WIDTH, 3), generator.randint(0, 256, 3), np.uint8)
    for _ in range(40):
        centre = (picture.randrange(_WIDTH), picture.randrange(_HEIGHT))
        colour = [picture.randrange(256) for _ in range(3)]
        cv2.circle(image, centre, picture.randrange(5, 90), colour, -1)
    noise = cv2.GaussianBlur(generator.normal(0, 30, image.shape), (0, 0), 1.2)
    noisy = np.clip(cv2.GaussianBlur(image, (0, 0), 1.5) + noise * 1.5, 0, 255).astype(np.uint8)
    is_encoded, encoded = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 90])
    assert is_encoded
    return encoded.tobytes()


def _filled(image: bytes, size: int) -> bytes:
    missing = size - len(image) - len(_COMMENT)
    assert 2 <= missing < 1 << 16, f"an image of {len(image)} bytes"
    comment = _COMMENT + missing.to_bytes(2, "big") + bytes(missing - 2)
    return _START + comment + image[len(_START) :]


def write_tree(folder: Path, records: RecordSet) -> None:
    """Writes the images of a set into a folder for each class."""
    images = payloads(records.size)
    for label in range(_CLASSES):
        (folder / f"class-{label}").mkdir(parents=True)
    for number in range(records.count):
        path = folder / f"class-{number % _CLASSES}" / f"image-{number:06}.jpg"
        path.write_bytes(images[number % len(images)])
