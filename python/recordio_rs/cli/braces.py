"""What braces in the names of files stand for, without more memory than anyone wants."""

from __future__ import annotations

import re

import click
from braceexpand import braceexpand

__all__ = ["MAX_NAMES", "alternatives"]

MAX_NAMES = 1_000_000
"""How many names the braces of one name may stand for if nothing else is said."""

_RANGE = re.compile(r"\{(-?\d+)\.\.(-?\d+)")
# Python takes its time to make a number of more.
_MAX_DIGITS = 18


def alternatives(name: str, most: int = MAX_NAMES) -> list[str]:
    """Returns the names that a name with braces (`{000..099}`, `{a,b}`) stands for.

    Args:
        name: The name.
        most: How many names its braces may stand for.

    Raises:
        UsageError: They are too many.
    """
    count = 1
    for first, last in _RANGE.findall(name):
        is_long = max(len(first), len(last)) > _MAX_DIGITS
        count *= most + 1 if is_long else abs(int(last) - int(first)) + 1
        if count > most:
            raise click.UsageError(f"{name} stands for more than {most:,} files")
    try:
        return list(braceexpand(name))
    except ValueError:  # braces that do not close
        return [name]
