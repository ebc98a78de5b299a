"""Planning and cutting the crops that become the records of the dataset."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from photographs import Photograph, Pixels

VECTOR_LABEL_EVERY = 10
PNG_EVERY = 8
LARGEST_REDUCTION = 3


@dataclass(frozen=True, slots=True)
class Crop:
    """A square cut from a photograph, and how it is to be stored.

    Attributes:
        key: The key and the id of its record.
        photograph: Where it is cut from.
        x: Left edge in the photograph.
        y: Top edge in the photograph.
        side: Width and height in the photograph; the stored image is scaled to the demo's size.
    """

    key: int
    photograph: Photograph
    x: int
    y: int
    side: int

    @property
    def has_vector_label(self) -> bool:
        """Whether the record carries [class, x, y, width, height] and not just the class."""
        return self.key % VECTOR_LABEL_EVERY == 0

    @property
    def is_lossless(self) -> bool:
        """Whether the record is stored as PNG and not as JPEG."""
        return self.key % PNG_EVERY == 0

    @property
    def label(self) -> float | npt.NDArray[np.float32]:
        """The label as `unpack` is to return it."""
        if not self.has_vector_label:
            return float(self.photograph.label)
        box = (self.photograph.label, self.x, self.y, self.side, self.side)
        return np.array(box, dtype=np.float32)


def plan(photographs: Sequence[Photograph], count: int, size: int, seed: int) -> list[Crop]:
    """Choose `count` random squares, spread evenly over the photographs.

    All crops of a photograph follow each other, so that a folder too large for memory is read
    front to back instead of once per crop.

    Args:
        photographs: What to cut from; with more photographs than crops some are left out.
        count: How many crops.
        size: Side of the stored images. Squares are up to `LARGEST_REDUCTION` times as large and
            get scaled down; in a photograph smaller than `size` they are scaled up.
        seed: Equal arguments give equal crops.

    Returns:
        The crops, with keys from 0 to count - 1 in this order.
    """
    random = np.random.default_rng(seed)
    crops: list[Crop] = []
    for position, photograph in enumerate(photographs):
        shorter = photograph.shorter_side
        smallest, largest = min(size, shorter), min(LARGEST_REDUCTION * size, shorter)
        for key in range(len(crops), count * (position + 1) // len(photographs)):
            side = int(random.integers(smallest, largest, endpoint=True))
            x = int(random.integers(0, photograph.width - side, endpoint=True))
            y = int(random.integers(0, photograph.height - side, endpoint=True))
            crops.append(Crop(key, photograph, x, y, side))
    return crops


def cut(crop: Crop, pixels: Pixels, size: int) -> Pixels:
    """Cut a crop from its photograph's pixels and scale it to `size` x `size`."""
    square = pixels[crop.y : crop.y + crop.side, crop.x : crop.x + crop.side]
    if crop.side == size:
        return np.ascontiguousarray(square)
    how = cv2.INTER_AREA if crop.side > size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (size, size), interpolation=how), dtype=np.uint8)
