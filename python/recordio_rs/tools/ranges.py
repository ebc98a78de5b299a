"""Ranges of whole numbers, `3..7`."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Range"]

_RANGE = re.compile(r"(-?[0-9]+)?\.\.(-?[0-9]+)?")
_NUMBER = re.compile(r"-?[0-9]+")
# What is longer counts nothing; and Python takes its time to make a number of it.
_MAX_LENGTH = 50


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
        if len(text) > _MAX_LENGTH or text == "..":
            return None
        if _NUMBER.fullmatch(text):
            return cls(int(text), int(text))
        found = _RANGE.fullmatch(text)
        if found is None:
            return None
        first, last = (None if one is None else int(one) for one in found.groups())
        return cls(first, last)

    @property
    def is_one(self) -> bool:
        """Whether it was written as a number."""
        return self.first is not None and self.first == self.last

    @property
    def counts_from_end(self) -> bool:
        """Whether a bound is negative."""
        return any(bound is not None and bound < 0 for bound in (self.first, self.last))

    def goes_backwards(self, *, of_ordinals: bool) -> bool:
        """Returns whether nothing can be in it.

        Args:
            of_ordinals: Whether negative bounds count from the end, wherever that is.
        """
        if self.first is None or self.last is None or self.first <= self.last:
            return False
        return not of_ordinals or (self.first < 0) == (self.last < 0)

    def within(self, count: int) -> range:
        """Returns the ordinals of this range, of so many that there are.

        Negative bounds count from the end: -1 is the last one.
        """
        first, last = (
            one + count if one is not None and one < 0 else one for one in (self.first, self.last)
        )
        begin = 0 if first is None else max(first, 0)
        end = count if last is None else min(last + 1, count)
        return range(begin, max(begin, end))

    def __str__(self) -> str:
        if self.is_one:
            return str(self.first)
        first, last = ("" if one is None else str(one) for one in (self.first, self.last))
        return f"{first}..{last}"
