"""How often numbers occur, by ranges of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Bin", "histogram"]

_BINS = 10
# From here on (largest to smallest) ranges of equal width would have nearly all in one.
_WIDE = 64


@dataclass(frozen=True)
class Bin:
    """A range of whole numbers, and how many there are in it.

    Attributes:
        first: The first number of the range.
        last: The last one.
        count: How many.
    """

    first: int
    last: int
    count: int


def histogram(numbers: npt.NDArray[np.integer[Any]]) -> tuple[Bin, ...]:
    """Returns about ten bins with round bounds; powers of two if the numbers are far apart.

    Args:
        numbers: Numbers from 0 on.
    """
    if not len(numbers):
        return ()
    least, most = int(numbers.min()), int(numbers.max())
    edges = _powers(least, most) if most > _WIDE * max(least, 1) else _even(least, most)
    places = np.searchsorted(edges, numbers, "right") - 1
    counts = np.bincount(places, minlength=len(edges) - 1).tolist()
    return tuple(
        Bin(first, behind - 1, count)
        for first, behind, count in zip(edges[:-1], edges[1:], counts, strict=True)
    )


def _powers(least: int, most: int) -> list[int]:
    edges = [0] if least == 0 else [1 << least.bit_length() - 1]
    while edges[-1] <= most:
        edges.append(max(edges[-1] * 2, 1))
    return edges


def _even(least: int, most: int) -> list[int]:
    width = (most - least + 1) / _BINS
    power = 10 ** math.floor(math.log10(max(width, 1)))
    step = next(int(power * one) for one in (1, 2, 5, 10) if power * one >= width)
    begin = least // step * step
    return list(range(begin, most + step + 1, step)) if step else [least, most + 1]
