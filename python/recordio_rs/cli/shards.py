"""The names of several files that are to be written, given as one."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence

import click

from recordio_rs._counted import counted
from recordio_rs.cli.braces import alternatives
from recordio_rs.cli.console import Console

__all__ = ["MAX_SHARDS", "shard_names", "warn_of_others"]

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
            raise click.UsageError(
                f"{name} stands for {counted(len(names), 'file')}, not {count:,}"
            )
        return names
    if count is None:
        return [name]
    before, after = _around_place(name)
    digits = max(_DIGITS, len(str(count - 1)))
    return [f"{before}{number:0{digits}}{after}" for number in range(count)]


def _of_ranges(name: str) -> list[str]:
    names, end = [""], 0
    for found in _RANGE.finditer(name):
        between = name[end : found.start()]
        numbers = alternatives(found[0], MAX_SHARDS)
        if len(names) * len(numbers) > MAX_SHARDS:
            raise click.UsageError(f"{name} stands for more than {MAX_SHARDS:,} files")
        names = [f"{one}{between}{number}" for one in names for number in numbers]
        end = found.end()
    return [one + name[end:] for one in names]


def _around_place(name: str) -> list[str]:
    """Returns what stands in front of the number and behind it."""
    if _PLACE not in name:
        stem, ending = os.path.splitext(name)
        if ending.lower() == ".gz":
            stem, inner = os.path.splitext(stem)
            ending = inner + ending
        name = f"{stem}-{_PLACE}{ending}"
    return name.split(_PLACE, 1)


def warn_of_others(console: Console, name: str, written: Sequence[str]) -> None:
    """Warns of files with other numbers: what is left of an earlier run, and would be read, too.

    Args:
        console: Where to.
        name: What stands for the files, as for `shard_names`.
        written: The files that it stood for.
    """
    # Parts of a path are written in one way only: so `glob` does, too.
    name = os.path.normpath(name)
    parts = _RANGE.split(name) if _RANGE.search(name) else _around_place(name)
    is_numbered = re.compile("[0-9]+".join(map(re.escape, parts))).fullmatch
    own = {os.path.normpath(path) for path in written}
    found = glob.iglob("*".join(map(glob.escape, parts)))
    others = sorted(path for path in found if is_numbered(path) and path not in own)
    if others:
        are, them = "is", "it"
        if len(others) > 1:
            are, them = f"and {counted(len(others) - 1, 'more file')} are", "them"
        pattern = "*".join(parts)
        console.warn(f"{others[0]} {are} still there from before; {pattern} stands for {them}, too")
