"""Files for the tests of commands."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from damaged import overwrite
from recordio_rs import Reader, Writer, pack

__all__ = ["damage", "image_bytes", "write_images", "write_list", "write_tree"]


def image_bytes(seed: int, suffix: str = ".jpg", size: tuple[int, int] = (24, 32)) -> bytes:
    """Gives an encoded image with shapes in it, another one for each seed."""
    random = np.random.RandomState(seed)
    height, width = size
    image = np.full((height, width, 3), random.randint(0, 256, 3), np.uint8)
    for _ in range(3):
        centre = (int(random.randint(width)), int(random.randint(height)))
        colour = [int(value) for value in random.randint(0, 256, 3)]
        cv2.circle(image, centre, int(random.randint(2, 9)), colour, -1)
    is_encoded, encoded = cv2.imencode(suffix, image)
    assert is_encoded
    return encoded.tobytes()


def write_images(path: Path, count: int = 12, classes: int = 3, first: int = 0) -> Path:
    """Writes image records, every fourth one a PNG; the keys are their ids.

    Args:
        path: The `.rec` file; the index goes beside it.
        count: How many.
        classes: How many labels they have.
        first: The id of the first one.
    """
    with Writer(path) as writer:
        for number in range(first, first + count):
            image = image_bytes(number, ".png" if number % 4 == 3 else ".jpg")
            writer.write(pack((0, float(number % classes), number, 0), image), number)
    return path


def _name(number: int, classes: int) -> str:
    return f"class {number % classes}/image-{number}.jpg"


def write_list(path: Path, count: int = 12, classes: int = 3) -> Path:
    """Writes a list of the images that `write_tree` writes."""
    lines = [f"{n}\t{float(n % classes)}\t{_name(n, classes)}\n" for n in range(count)]
    path.write_text("".join(lines))
    return path


def write_tree(folder: Path, count: int = 12, classes: int = 3) -> Path:
    """Writes images into a folder for each class."""
    for number in range(count):
        name = _name(number, classes)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(image_bytes(number))
    return folder


def damage(path: Path, ordinal: int) -> None:
    """Writes over the magic of a record."""
    with Reader(path) as reader:
        offset = int(reader.offsets[ordinal])
    overwrite(path, offset, b"????")
