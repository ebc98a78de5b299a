"""Lists made of images: shuffled, and divided into chunks and into parts for training and tests."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from recordio_rs.tools.image_list import format_item, is_listable
from recordio_rs.tools.image_table import ImageTable
from recordio_rs.tools.placing import write_all_or_none

__all__ = ["Division", "divide", "shuffled", "shuffled_as_mxnet", "write_lists"]

_MXNET_SEED = 100


@dataclass(frozen=True)
class Division:
    """How images are divided.

    Attributes:
        chunks: Into how many chunks, of which all but the last ones have the same length.
        train: Which share of a chunk is for training; if 1.0, chunks are not divided any further.
        test: Which share of it is for tests; what is left is for validation.
    """

    chunks: int = 1
    train: float = 1.0
    test: float = 0.0

    @property
    def divides(self) -> bool:
        """Whether several lists may come of it."""
        return self.chunks > 1 or self.train != 1.0

    @property
    def endings(self) -> list[str]:
        """What is added to the name of a list for each part, in the order of `divide`."""
        return [ending for ending, _, _ in self._parts(0)]

    def _parts(self, count: int) -> Iterator[tuple[str, int, int]]:
        """Gives ending, begin and end of each part of so many images."""
        # As MXNet does, with what comes of floating-point numbers: shares are of the length of the
        # first chunk, also in a last one that is shorter.
        length = -(-count // self.chunks)
        test, train = int(length * self.test), int(length * self.train)
        for chunk in range(self.chunks):
            begin, end = min(chunk * length, count), min((chunk + 1) * length, count)
            name = f"_{chunk}" if self.chunks > 1 else ""
            if self.train == 1.0:
                yield name, begin, end
                continue
            test_end = min(begin + test, end)
            train_end = min(test_end + train, end)
            if self.test:
                yield f"{name}_test", begin, test_end
            if self.train + self.test < 1.0:
                yield f"{name}_val", train_end, end
            yield f"{name}_train", test_end, train_end


def divide(images: ImageTable, division: Division) -> Iterator[tuple[str, ImageTable]]:
    """Divides images.

    Yields:
        What is added to the name of the list, and the images of each part.
    """
    for ending, begin, end in division._parts(len(images)):
        yield ending, images.arranged(range(begin, end))


def shuffled(images: ImageTable, seed: int) -> ImageTable:
    """Returns images in an order that comes from a seed."""
    return images.arranged(np.random.RandomState(seed).permutation(len(images)))


def shuffled_as_mxnet(images: ImageTable) -> ImageTable:
    """Returns images in the order in which MXNet's im2rec lists them."""
    order = np.arange(len(images)).tolist()
    random.Random(_MXNET_SEED).shuffle(order)
    return images.arranged(np.array(order, np.int64))


def write_lists(
    lists: Sequence[tuple[str, ImageTable]],
    others: Sequence[tuple[str, Iterable[bytes]]] = (),
) -> list[list[str]]:
    """Writes images to `.lst` files, all of them or none; those that are there are replaced.

    Args:
        lists: The path of each, and its images.
        others: Path and content of files that are written with them, or not.

    Returns:
        For each list, the paths of those that are left out, as no list can have them: with tabs or
        ends of lines in them, say.

    Raises:
        StorageError: A file cannot be written.
    """
    write_all_or_none([*((path, _lines(images)) for path, images in lists), *others])
    return [[item.path for item in images if not is_listable(item.path)] for _, images in lists]


def _lines(images: ImageTable) -> Iterator[bytes]:
    return (format_item(item) for item in images if is_listable(item.path))
