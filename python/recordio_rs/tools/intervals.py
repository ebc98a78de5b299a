"""Ranges of numbers such as labels and ids, `3..7`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Interval", "Mask", "in_any"]

Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Interval:
    """Numbers from one to another, both included.

    Attributes:
        low: The least; `None` for no limit.
        high: The largest; `None` for no limit.
    """

    low: float | None
    high: float | None

    @classmethod
    def parse(cls, text: str, number: Callable[[str], float] = float) -> Interval | None:
        """Returns what `5`, `3..7`, `10..` or `..5` stand for.

        Args:
            text: The text.
            number: Makes a bound of its text: `int` keeps large ones exact.

        Returns:
            The range; `None` for any other text, and for one that nothing is in.
        """
        first, dots, last = text.partition("..")
        try:
            low = number(first) if first else None
            high = (number(last) if last else None) if dots else low
        except ValueError:
            return None
        bounds = [one for one in (low, high) if one is not None]
        is_one = bool(bounds) and not any(map(math.isnan, bounds)) and bounds == sorted(bounds)
        return cls(low, high) if is_one else None

    def has(self, number: int) -> bool:
        """Returns whether a whole number, of any size, is in it."""
        is_low = self.low is not None and number < self.low
        return not is_low and (self.high is None or number <= self.high)

    def mask(self, values: npt.NDArray[Any]) -> Mask:
        """Returns which of many numbers are in it; 0.1 has a label that is stored as that."""
        found = np.ones(len(values), np.bool_)
        if self.low is not None:
            found &= values >= _stored(self.low, values)
        if self.high is not None:
            found &= values <= _stored(self.high, values)
        return found

    def __str__(self) -> str:
        low, high = ("" if one is None else f"{one:g}" for one in (self.low, self.high))
        return low if low == high else f"{low}..{high}"


def in_any(intervals: Sequence[Interval], values: npt.NDArray[Any]) -> Mask:
    """Returns which of many numbers are in one of some intervals."""
    found = np.zeros(len(values), np.bool_)
    for interval in intervals:
        found |= interval.mask(values)
    return found


def _stored(bound: float, values: npt.NDArray[Any]) -> float | np.float32:
    if values.dtype != np.float32:
        return bound
    with np.errstate(over="ignore"):  # what is beyond float32 is infinity there
        return np.float32(bound)
