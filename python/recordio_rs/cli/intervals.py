"""Ranges of numbers on the command line, `3..7`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from recordio_rs.tools.intervals import Interval

__all__ = ["IntervalsType", "in_one"]


class IntervalsType(click.ParamType):  # type: ignore[type-arg]
    """The type of an option that takes numbers and ranges, with commas between them.

    Args:
        number: Makes a bound of its text.
    """

    name = "intervals"

    def __init__(self, number: Callable[[str], float] = float) -> None:
        self._number = number

    def convert(
        self,
        value: str | tuple[Interval, ...],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[Interval, ...]:
        """Returns the ranges that a text has."""
        if isinstance(value, tuple):
            return value
        found = []
        for part in value.split(","):
            one = Interval.parse(part.strip(), self._number)
            if one is None:
                first, _, last = part.strip().partition("..")
                if Interval.parse(f"{last}..{first}", self._number) is not None and last:
                    self.fail(f"{part.strip()!r} goes backwards", param, ctx)
                self.fail(f"{part.strip()!r} is no number, and no range as 3..7", param, ctx)
            found.append(one)
        return tuple(found)


def in_one(given: Sequence[Sequence[Interval]]) -> tuple[Interval, ...]:
    """Returns all ranges of an option that may be given several times."""
    return tuple(one for several in given for one in several)
