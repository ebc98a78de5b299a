"""What the names of files on the command line stand for."""

from __future__ import annotations

import glob
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import click

from recordio_rs.cli.braces import alternatives
from recordio_rs.cli.exits import Failure
from recordio_rs.cli.told_names import call
from recordio_rs.tools.named_errors import errors_name

__all__ = ["STDIN", "expand", "expand_named", "expand_one"]

STDIN = "-"


def expand(names: Sequence[str]) -> list[str]:
    """Returns the files that names and patterns stand for, in their order.

    A name that is there stands for itself, whatever it looks like; `-` for standard input. What
    comes through that or through a named pipe is kept in a temporary file, as records are read at
    offsets.

    Args:
        names: Names, or patterns with braces (`{000..099}`, `{a,b}`) or wildcards.

    Raises:
        UsageError: Standard input is to be read twice, or there are too many files.
        Failure: Nothing is there that a wildcard stands for.
    """
    if list(names).count(STDIN) > 1:
        raise click.UsageError("- is standard input, which can be read once only")
    return [path for name in names for path in _expanded(name)]


def expand_named(names: Sequence[str], what: str) -> list[str]:
    """Returns files as `expand` does, whose names others are made of: no pipes.

    Args:
        names: As for `expand`.
        what: What is made of the name of each, for the user who gives standard input or a pipe.

    Raises:
        Failure, UsageError: As for `expand`; or one is standard input, or a pipe.
    """
    if any(name == STDIN or _is_pipe(name) for name in names):
        message = f"records of standard input or a pipe need -o FILE for {what}"
        raise click.UsageError(message)
    return expand(names)


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
    if _is_pipe(name):
        with open(name, "rb") as pipe:
            yield _kept(pipe, name, "pipe.rec")
        return
    if os.path.lexists(name):
        yield name
        return
    for one in alternatives(name):
        if os.path.lexists(one) or not glob.has_magic(one):
            yield one  # what is not there is an error where it is opened
            continue
        found = sorted(glob.glob(one, recursive=True))
        if not found:
            raise Failure(f"no file is there that {one} stands for")
        yield from found


def _standard_input() -> str:
    """Returns a path to what standard input has.

    Raises:
        Failure: It is closed.
        StorageError: As for `_kept`.
    """
    if sys.stdin is None:
        raise Failure("standard input is closed")
    is_file = stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode)
    if is_file and os.path.exists("/dev/stdin"):
        call("/dev/stdin", STDIN)
        return "/dev/stdin"
    return _kept(sys.stdin.buffer, STDIN, "standard-input.rec")


def _is_pipe(path: str) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except OSError:
        return False


def _kept(source: BinaryIO, name: str, file_name: str) -> str:
    """Returns a path to what a stream has: a temporary file, which goes with the command.

    Args:
        source: The stream.
        name: What it is told of by.
        file_name: The name of the file.

    Raises:
        StorageError: It cannot be read, or there is no room for it.
    """
    folder = tempfile.mkdtemp(prefix="recordio-")
    click.get_current_context().call_on_close(lambda: shutil.rmtree(folder, ignore_errors=True))
    path = os.path.join(folder, file_name)
    with errors_name(path), open(path, "wb") as file:
        while chunk := _read(source, name):
            file.write(chunk)
    call(path, name)
    return path


def _read(source: BinaryIO, name: str) -> bytes:
    with errors_name("standard input" if name == STDIN else name):
        return source.read(1 << 20)
