"""Ranges of numbers on the command line, `3..7`."""

from __future__ import annotations

import click

from recordio_rs.tools.intervals import Interval

__all__ = ["IntervalType"]


class IntervalType(click.ParamType):  # type: ignore[type-arg]
    """The type of an option that takes a number or a range of them."""

    name = "interval"

    def convert(
        self, value: str | Interval, param: click.Parameter | None, ctx: click.Context | None
    ) -> Interval:
        """Returns the range that a text has."""
        if isinstance(value, Interval):
            return value
        found = Interval.parse(value)
        if found is None:
            self.fail(f"{value!r} is no number, and no range as 3..7", param, ctx)
        return found
