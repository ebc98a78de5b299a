"""Ranges of whole numbers on the command line, `3..7`."""

from __future__ import annotations

from collections.abc import Iterable

import click

from recordio_rs.tools.ranges import Range

__all__ = ["RangesType", "check_keys"]


class RangesType(click.ParamType):  # type: ignore[type-arg]
    """The type of an option that takes ranges, with commas between them: `0..9,20,-1`."""

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
                self.fail(f"{part.strip()!r} is no number, and no range as 3..7", param, ctx)
            if one.goes_backwards(of_ordinals=True):
                self.fail(f"{part.strip()!r} goes backwards", param, ctx)
            ranges.append(one)
        return tuple(ranges)


def check_keys(keys: Iterable[str]) -> None:
    """Checks that none of some keys, which may be ranges, is a range that goes backwards.

    Raises:
        UsageError: One is.
    """
    for key in keys:
        one = Range.parse(key)
        if one is not None and one.goes_backwards(of_ordinals=False):
            raise click.UsageError(f"the range of keys '{key}' goes backwards")
