"""The names of several files that are to be written, given as one."""

from __future__ import annotations

import os
import re

import click

from recordio_rs.cli.braces import alternatives

__all__ = ["MAX_SHARDS", "shard_names"]

MAX_SHARDS = 100_000
"""More files than anyone wants, and than can be open at once."""

_RANGE = re.compile(r"\{\d+\.\.\d+\}")
_PLACE = "{}"
_DIGITS = 3


def shard_names(name: str, count: int | None) -> list[str]:
    """Returns the files that a name stands for.

    Args:
        name: A name; with a range (`{000..007}`) it stands for several files, with `{}` or with
            neither for as many as are asked for.
        count: How many are asked for; `None` for what the name says.

    Raises:
        UsageError: The name stands for another number of files, or for too many.
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
        if ending.lower() == ".gz":
            stem, inner = os.path.splitext(stem)
            ending = inner + ending
        name = f"{stem}-{_PLACE}{ending}"
    before, _, after = name.partition(_PLACE)
    digits = max(_DIGITS, len(str(count - 1)))
    return [f"{before}{number:0{digits}}{after}" for number in range(count)]


def _of_ranges(name: str) -> list[str]:
    names, end = [""], 0
    for found in _RANGE.finditer(name):
        between = name[end : found.start()]
        numbers = alternatives(found[0])
        if len(names) * len(numbers) > MAX_SHARDS:
            raise click.UsageError(f"{name} stands for too many files; the most are {MAX_SHARDS}")
        names = [f"{one}{between}{number}" for one in names for number in numbers]
        end = found.end()
    return [one + name[end:] for one in names]
