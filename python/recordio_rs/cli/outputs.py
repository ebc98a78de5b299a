"""Files that a command is to write."""

from __future__ import annotations

import os
from collections.abc import Iterable

from recordio_rs._paths import index_path_beside, paths_on_the_way
from recordio_rs.cli.exits import Failure

__all__ = ["check_outputs", "with_index"]


def check_outputs(outputs: Iterable[str], inputs: Iterable[str] = (), *, force: bool) -> None:
    """Checks, before anything is read, that files may be written.

    Args:
        outputs: The files to be written.
        inputs: The files to be read, none of which may be one of those, or one that ends in
            `.partial` and is to take the place of one.
        force: Whether files that are there may be replaced.

    Raises:
        Failure: One may not.
    """
    names = set(inputs)
    files = {_identity(path) for path in names} - {None}
    for path in outputs:
        if any(one in names or _identity(one) in files for one in paths_on_the_way(path)):
            raise Failure(f"{path} is to be read and to be written; name another output")
        if not force and os.path.lexists(path):
            raise Failure(f"{path} is there already; --force replaces it")


def _identity(path: str) -> tuple[int, int] | None:
    """Returns the numbers by which a system tells files apart, or `None` if there is no file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def with_index(path: str) -> tuple[str, str]:
    """Returns a `.rec` file and the `.idx` file beside it."""
    return path, index_path_beside(path)
