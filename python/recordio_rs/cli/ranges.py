"""Ranges of whole numbers on the command line, `3..7`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import click
import numpy as np
import numpy.typing as npt

__all__ = ["Range", "RangesType", "chosen"]

_RANGE = re.compile(r"(-?\d+)?\.\.(-?\d+)?")
_NUMBER = re.compile(r"-?\d+")


@dataclass(frozen=True)
class Range:
    """Numbers from one to another, both included.

    Attributes:
        first: The first one; `None` for no bound.
        last: The last one; `None` for no bound.
    """

    first: int | None
    last: int | None

    @classmethod
    def parse(cls, text: str) -> Range | None:
        """Returns what `5`, `3..7`, `10..` or `..5` stand for; `None` if the text is none of these.

        Args:
            text: The text.
        """
        if _NUMBER.fullmatch(text):
            return cls(int(text), int(text))
        found = _RANGE.fullmatch(text)
        if found is None or text == "..":
            return None
        first, last = (None if one is None else int(one) for one in found.groups())
        return cls(first, last)

    @property
    def counts_from_end(self) -> bool:
        """Whether a bound is negative."""
        return any(bound is not None and bound < 0 for bound in (self.first, self.last))

    def within(self, count: int) -> range:
        """Returns the ordinals of this range, of so many that there are.

        Negative bounds count from the end.
        """
        first, last = (
            None if one is None else one + count if one < 0 else one
            for one in (self.first, self.last)
        )
        begin = 0 if first is None else max(first, 0)
        end = count if last is None else min(last + 1, count)
        return range(begin, max(begin, end))

    def has(self, number: int) -> bool:
        """Tells whether a number lies in this range; negative bounds are negative numbers."""
        return (self.first is None or self.first <= number) and (
            self.last is None or number <= self.last
        )

    def __str__(self) -> str:
        if self.first is not None and self.first == self.last:
            return str(self.first)
        first, last = ("" if one is None else str(one) for one in (self.first, self.last))
        return f"{first}..{last}"


class RangesType(click.ParamType):
    """The type of an option that takes ranges, with commas between them."""

    name = "ranges"

    def convert(
        self,
        value: str | tuple[Range, ...],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[Range, ...]:
        """Returns the ranges that a text has."""
        if isinstance(value, tuple):
            return value
        ranges = []
        for part in value.split(","):
            one = Range.parse(part.strip())
            if one is None:
                self.fail(f"{part.strip()!r} is no number and no range as 3..7", param, ctx)
            ranges.append(one)
        return tuple(ranges)


def chosen(ranges: Sequence[Range], count: int) -> npt.NDArray[np.int64]:
    """Returns the ordinals of ranges, as they stand, each as often as it is asked for.

    Args:
        ranges: The ranges.
        count: How many ordinals there are.
    """
    parts = [np.arange(one.start, one.stop, dtype=np.int64) for one in _each(ranges, count)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _each(ranges: Sequence[Range], count: int) -> list[range]:
    return [one.within(count) for one in ranges]
