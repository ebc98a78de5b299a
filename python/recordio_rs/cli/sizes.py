"""Numbers of bytes, as a user writes them."""

from __future__ import annotations

import re
from fractions import Fraction

import click

__all__ = ["SIZE"]

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
# More digits than the number of bytes of any file has; and Python takes its time for many more.
_SIZE = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)


class _Size(click.ParamType[int]):
    """A number of bytes, with K, M, G or T behind it for 1024 of them and so on."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Returns the number of bytes."""
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no number of bytes as 100, 64K, 1.5M or 2G", param, ctx)
        return int(Fraction(found[1]) * _UNITS[found[2].upper()])


SIZE = _Size()
"""The type of an option that takes a number of bytes."""
