"""The names of several files that are to be written, given as one."""

from __future__ import annotations

import math
import os
import re

import click
from braceexpand import braceexpand

__all__ = ["MOST_SHARDS", "shard_names"]

MOST_SHARDS = 100_000
"""How many files a name may stand for."""

_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
_PLACE = "{}"
_DIGITS = 3


def shard_names(name: str, count: int | None) -> list[str]:
    """Returns the files that a name stands for.

    Args:
        name: A name; with a range (`{000..007}`) it stands for several files, with `{}` or with
            neither for as many as are asked for.
        count: How many are asked for; `None` for what the name says.

    Raises:
        UsageError: The name stands for another number of files, or for more than `MOST_SHARDS`.
    """
    if _RANGE.search(name):
        # Only ranges are patterns here: other braces are part of the name.
        names = _of_ranges(name)
        if count not in (None, len(names)):
            raise click.UsageError(f"{name} stands for {len(names)} files, and {count} are wanted")
        return names
    if count is None:
        return [name]
    if _PLACE not in name:
        stem, ending = os.path.splitext(name)
        name = f"{stem}-{_PLACE}{ending}"
    before, _, after = name.partition(_PLACE)
    digits = max(_DIGITS, len(str(count - 1)))
    return [f"{before}{number:0{digits}}{after}" for number in range(count)]


def _of_ranges(name: str) -> list[str]:
    ranges = list(_RANGE.finditer(name))
    if math.prod(abs(int(one[2]) - int(one[1])) + 1 for one in ranges) > MOST_SHARDS:
        raise click.UsageError(f"{name} stands for more than {MOST_SHARDS} files")
    names, end = [""], 0
    for found in ranges:
        between = name[end : found.start()]
        names = [f"{one}{between}{number}" for one in names for number in braceexpand(found[0])]
        end = found.end()
    return [one + name[end:] for one in names]
