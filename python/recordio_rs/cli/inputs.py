"""What the names of files on the command line stand for."""

from __future__ import annotations

import glob
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence

import click
from braceexpand import braceexpand

from recordio_rs.cli.exits import Failure

__all__ = ["STDIN", "expand", "expand_one"]

STDIN = "-"


def expand(names: Sequence[str]) -> list[str]:
    """Returns the files that names and patterns stand for, in their order.

    A name that is there stands for itself, whatever it looks like; `-` for standard input, which is
    kept in a temporary file, as records are read at offsets, unless it is a file already.

    Args:
        names: Names, or patterns with braces (`{000..099}`, `{a,b}`) or wildcards.

    Raises:
        Failure: Nothing is there that a wildcard stands for.
    """
    return [path for name in names for path in _expanded(name)]


def expand_one(name: str) -> str:
    """Returns the one file that a name or pattern stands for.

    Raises:
        UsageError: It stands for several.
        Failure: Nothing is there that a wildcard stands for.
    """
    paths = expand([name])
    if len(paths) != 1:
        raise click.UsageError(f"{name} stands for {len(paths)} files; one is needed")
    return paths[0]


def _expanded(name: str) -> Iterator[str]:
    if name == STDIN:
        yield _standard_input()
        return
    if os.path.lexists(name):
        yield name
        return
    try:
        alternatives = list(braceexpand(name))
    except ValueError:  # braces that do not close
        alternatives = [name]
    for one in alternatives:
        if os.path.lexists(one) or not glob.has_magic(one):
            yield one  # what is not there is an error where it is opened
            continue
        found = sorted(glob.glob(one, recursive=True))
        if not found:
            raise Failure(f"no file is there that {one} stands for")
        yield from found


def _standard_input() -> str:
    """Returns a path to what standard input has; a temporary file goes with the command."""
    if sys.stdin is None:
        raise Failure("standard input is closed")
    descriptor = sys.stdin.fileno()
    if stat.S_ISREG(os.fstat(descriptor).st_mode) and os.path.exists("/dev/stdin"):
        return "/dev/stdin"
    folder = tempfile.mkdtemp(prefix="recordio-")
    click.get_current_context().call_on_close(lambda: shutil.rmtree(folder, ignore_errors=True))
    path = os.path.join(folder, "standard-input.rec")
    with open(path, "wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
    return path
