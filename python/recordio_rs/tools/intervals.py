"""Ranges of numbers such as labels, `3..7`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

__all__ = ["Interval"]


@dataclass(frozen=True)
class Interval:
    """Numbers from one to another, both included, compared as float32: what labels are stored as.

    Attributes:
        low: The least; minus infinity for no limit.
        high: The largest; infinity for no limit.
    """

    low: float
    high: float

    @classmethod
    def parse(cls, text: str) -> Interval | None:
        """Returns what `5`, `0.5`, `3..7`, `10..` or `..5` stand for.

        Args:
            text: The text.

        Returns:
            The range; `None` for any other text, and for one that nothing is in.
        """
        first, dots, last = text.partition("..")
        try:
            low = float(first) if first else -math.inf
            high = (float(last) if last else math.inf) if dots else low
        except ValueError:
            return None
        is_nothing = not first and not last
        return cls(low, high) if low <= high and not is_nothing else None  # NaN is neither

    def has(self, number: float) -> bool:
        """Returns whether a number is in it."""
        with np.errstate(over="ignore"):  # beyond float32 is infinity
            return bool(np.float32(self.low) <= np.float32(number) <= np.float32(self.high))

    def __str__(self) -> str:
        low, high = (f"{one:g}" if math.isfinite(one) else "" for one in (self.low, self.high))
        return low if low == high else f"{low}..{high}"
