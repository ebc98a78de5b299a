"""Files that a command is to write."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Literal

import click

from recordio_rs._paths import find_index, index_path_beside, paths_on_the_way
from recordio_rs.cli.exits import Failure
from recordio_rs.tools.output import STDOUT

__all__ = ["check_is_name", "check_outputs", "folder_of_files", "with_index", "with_own_index"]


def check_outputs(outputs: Iterable[str], inputs: Iterable[str] = (), *, force: bool) -> None:
    """Checks, before anything is read, that files may be written.

    Args:
        outputs: The files to be written.
        inputs: The files to be read. None of them may be one of those, nor have the name that one
            of those has until it is whole: what is there under that name is removed.
        force: Whether files that are there may be replaced.

    Raises:
        Failure: One may not, or two of them are one.
    """
    read = {one for path in inputs for one in _identities(path)}
    written = set[Hashable]()
    for path in outputs:
        check_is_name(path)
        for name in paths_on_the_way(path):
            if not read.isdisjoint(_identities(name)):
                raise Failure(f"{name} is to be read and to be written; name another output")
        target = os.path.realpath(path)
        if target in written:
            raise Failure(f"{path} would be written twice; name other outputs")
        written.add(target)
        if not force and os.path.lexists(path):
            raise Failure(f"{path} is there already; --force replaces it")


def _identities(path: str) -> Iterator[Hashable]:
    """Gives what two paths have in common that lead to one file, whether it is there or not."""
    yield os.path.realpath(path)
    with suppress(OSError, ValueError):
        status = os.stat(path)
        yield status.st_dev, status.st_ino


def check_is_name(path: str) -> None:
    """Checks that a file to be written is not to be standard output.

    Raises:
        UsageError: It is.
    """
    if path == STDOUT:
        raise click.UsageError("- is no file that can be written here; ./- is one of this name")


def with_index(path: str) -> tuple[str, str]:
    """Returns a `.rec` file that is to be written, and the `.idx` file beside it.

    Raises:
        Failure: Both would be one.
    """
    index = index_path_beside(path)
    if index == path:
        raise Failure(f"{path} is the name of an index; name another output")
    return path, index


def with_own_index(paths: Sequence[str], index: str | Literal[False] | None) -> list[str]:
    """Returns `.rec` files that are read, and the indexes that are read with them.

    Args:
        paths: The `.rec` files.
        index: The index, as for `Reader`.
    """
    return [one for path in paths for one in (path, find_index(path, index)) if one is not None]


@contextmanager
def folder_of_files(path: str) -> Iterator[None]:
    """Makes a folder unless it is there, and removes it again if nothing is in it at the end.

    Args:
        path: The folder; those that it is in are made, too.

    Raises:
        Failure: Something else is there.
    """
    is_there = os.path.isdir(path)
    try:
        os.makedirs(path, exist_ok=True)
    except FileExistsError as error:
        raise Failure(f"{path} is there and no folder") from error
    try:
        yield
    finally:
        if not is_there:
            with suppress(OSError):  # something is in it
                os.rmdir(path)
