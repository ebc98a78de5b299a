"""Files that a command is to write."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from recordio_rs._paths import are_one, index_path_beside
from recordio_rs.cli.exits import Failure

__all__ = ["check_outputs", "folder_of_files", "with_index"]


def check_outputs(outputs: Iterable[str], inputs: Iterable[str] = (), *, force: bool) -> None:
    """Checks, before anything is read, that files may be written.

    Args:
        outputs: The files to be written.
        inputs: The files to be read, none of which may be one of those.
        force: Whether files that are there may be replaced.

    Raises:
        Failure: One may not.
    """
    sources = list(inputs)
    for path in outputs:
        for source in sources:
            if are_one(path, source):
                raise Failure(f"{path} is to be read and to be written; name another output")
        if not force and os.path.lexists(path):
            raise Failure(f"{path} is there already; --force replaces it")


def with_index(path: str) -> tuple[str, str]:
    """Returns a `.rec` file and the `.idx` file beside it."""
    return path, index_path_beside(path)


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
